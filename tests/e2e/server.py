"""The app, served on a port of its own with a database of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
BUNDLED_WEIGHTS = ROOT / "models" / "town" / "weights"
_START_S, _STOP_S = 60, 10


@dataclass(frozen=True, slots=True)
class Server:
    """A running app.

    Attributes:
        url: of its first page.
        database: SQLite file of its runs.
        log: file with everything it printed.
    """

    url: str
    database: Path
    log: Path


def bundled_model() -> str:
    """The model and embedder that a newcomer meets; echo in a copy without weights."""
    return "saltmere" if list(BUNDLED_WEIGHTS.glob("*.safetensors")) else "echo"


@contextmanager
def serving(
    folder: Path, *, model: str, embedder: str = "", **environment: str
) -> Iterator[Server]:
    """Serve the app until the block ends.

    Args:
        folder: an empty place for its database and log.
        model: CHORALE_MODEL.
        embedder: CHORALE_EMBEDDER; by default the bundled one with the bundled model, else hash.
        environment: further variables.
    """
    port = _free_port()
    server = Server(f"http://127.0.0.1:{port}", folder / "runs.db", folder / "server.log")
    with server.log.open("w") as output:
        process = subprocess.Popen(
            _command(port, slow=model == "echo:slow"),
            cwd=ROOT,
            env=_environment(server, model, embedder) | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(server, process)
            yield server
        finally:
            _end(process)


def _command(port: int, *, slow: bool) -> list[str]:
    streamlit = "tests.e2e.slow" if slow else "streamlit"
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", streamlit, "run", "app.py", *flags]


def _environment(server: Server, model: str, embedder: str) -> dict[str, str]:
    ours = {
        "CHORALE_DATABASE": str(server.database),
        "CHORALE_MODEL": model,
        "CHORALE_EMBEDDER": embedder or ("hash" if model.startswith("echo") else "minilm"),
        "HF_HUB_OFFLINE": "1",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHORALE_", "STREAMLIT_"))}
    kept.pop("DATABASE_URL", None)
    return kept | ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{server.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"The app did not start. It said:\n{server.log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
