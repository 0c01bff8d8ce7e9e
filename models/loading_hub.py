"""From a Hub id to a folder on this machine, or to a message that says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import ModelError
from models.hub_process import UNWANTED, WANTED
from models.loading_watch import LoadingCancelled, Stage, Watch, current_watch
from models.shape import ModelShape, missing_shards, shape_of

_ROOT = Path(__file__).parents[1]
LOOK_UP_S = 60.0  # seconds after which a look-up is given up
_downloads: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class HubFacts:
    """What the Hub tells of a model before it is downloaded.

    Attributes:
        shape: its sizes.
        download: bytes.
        licence: as its publisher names it; "" where they don't.
        gated: whether a licence must be accepted first.
        chat: whether it has a chat template.
    """

    shape: ModelShape
    download: int
    licence: str
    gated: bool
    chat: bool


def fetch(model_id: str, revision: str = "") -> Path:
    """Download a model, or find it among those downloaded before.

    Cancelling the watch ends the download and removes what was half done; whole files stay.

    Args:
        model_id: "owner/name".
        revision: branch, tag or commit; "" takes the default branch.

    Returns:
        The folder with its files.

    Raises:
        LoadingCancelled: the watch over this loading was cancelled.
        ModelError: there is no such model, it is gated, unsafe, or the Hub can't be reached.
    """
    watch = current_watch()
    if (folder := downloaded(model_id, revision)) is not None:
        return folder
    watch.report(Stage.ASKING)
    with _alone(model_id, watch):
        if (folder := downloaded(model_id, revision)) is not None:
            return folder
        return Path(_Errand("download", model_id, revision).run(watch))


def look_up(model_id: str, revision: str = "") -> HubFacts:
    """Ask the Hub how large a model is and what it asks for.

    Raises:
        ModelError: as in `fetch`, or it is too slow.
    """
    watch = Watch()
    timer = threading.Timer(LOOK_UP_S, watch.cancel)
    timer.start()
    try:
        told = _Errand("look_up", model_id, revision).run(watch)
    except LoadingCancelled:
        raise ModelError("Hugging Face takes too long to answer.", "Try again later.") from None
    finally:
        timer.cancel()
    return HubFacts(
        shape_of(told["config"], told["parameters"]),
        told["download"],
        told["licence"],
        told["gated"],
        told["chat"],
    )


def downloaded(model_id: str, revision: str = "") -> Path | None:
    """The folder of an earlier download that is whole, so that it also works offline."""
    from huggingface_hub import snapshot_download

    try:
        place = snapshot_download(
            model_id,
            revision=revision or None,
            allow_patterns=list(WANTED),
            ignore_patterns=list(UNWANTED),
            local_files_only=True,
        )
    except Exception:  # not there, or never finished: ask the Hub
        return None
    folder = Path(place)
    whole = (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return folder if whole and not missing_shards(folder) else None


@contextmanager
def _alone(model_id: str, watch: Watch) -> Iterator[None]:
    """Wait until nobody else here downloads the same model, for another precision say."""
    lock = _downloads[model_id]
    while not lock.acquire(timeout=0.2):
        watch.report(Stage.ASKING)
    try:
        yield
    finally:
        lock.release()


class _Errand:
    """One call of `models.hub_process`."""

    def __init__(self, errand: str, model_id: str, revision: str) -> None:
        self._model = model_id
        self._words = (errand, model_id, revision)
        self._total = 0
        self._blobs: Path | None = None
        self._before: frozenset[str] = frozenset()

    def run(self, watch: Watch) -> Any:
        """Its result.

        Raises:
            LoadingCancelled: the watch was cancelled.
            ModelError: it failed.
        """
        command = [sys.executable, "-m", "models.hub_process", *self._words]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            with watch.acting_on_cancel(process.kill):
                lines = map(json.loads, _whole_lines(process.stdout))
                last = self._follow(lines, watch)
        if watch.cancelled:
            self._tidy()
            raise LoadingCancelled
        if "error" in last:
            raise ModelError(*last["error"])
        if "result" not in last:
            self._tidy()
            raise ModelError(
                f"The download of {self._model} broke off.", "Load it again; whole files are kept."
            )
        return last["result"]

    def _follow(self, lines: Iterator[dict[str, Any]], watch: Watch) -> Mapping[str, Any]:
        """Pass progress on; the last line."""
        last: dict[str, Any] = {}
        for last in lines:
            if "blobs" in last:
                self._blobs, self._before = Path(last["blobs"]), frozenset(last["before"])
                self._total = last["total"]
            if "done" in last or "blobs" in last:
                if watch.cancelled:
                    break
                watch.report(Stage.DOWNLOADING, min(last.get("done", 0), self._total), self._total)
        return last

    def _tidy(self) -> None:
        """Remove what a process that was ended has left half done: it is never taken up again."""
        for part in self._blobs.glob("*.incomplete") if self._blobs else ():
            if part.name not in self._before:
                part.unlink(missing_ok=True)


def _whole_lines(output: Any) -> Iterator[str]:
    """Lines of a process that may be killed while it writes one."""
    return (line for line in output if line.endswith("\n"))


def _environment() -> dict[str, str]:
    """Ours, and where our modules are, wherever the app was started."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "HF_HUB_DISABLE_TELEMETRY": "1"}
