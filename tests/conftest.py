"""Every test process on its own: a database of its own, no hub, no network, no stray settings."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_ROOM = Path(tempfile.mkdtemp(prefix="chorale-tests-"))
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

# At import, because libraries read some of these when they are first imported.
for _name in [n for n in os.environ if n.startswith("CHORALE_")] + ["DATABASE_URL", "SPACE_ID"]:
    os.environ.pop(_name, None)
os.environ |= {
    "CHORALE_DATABASE": str(_ROOM / "chorale.db"),
    "HF_HUB_OFFLINE": "1",
    "HF_HOME": str(_ROOM / "hub"),
    "TOKENIZERS_PARALLELISM": "false",
}


def pytest_unconfigure() -> None:
    shutil.rmtree(_ROOM, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise OSError(f"Expected tests to stay on this machine but one asked for {address}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
