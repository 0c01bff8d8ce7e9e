"""A Hugging Face Hub on loopback with one model or data set; it can refuse, stall and break off."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PATIENCE = 20  # seconds until a test gives up; none waits that long


@dataclass
class Manners:
    """What this hub does.

    Attributes:
        gated: whether files are for those only who accepted a licence.
        private: whether it says of every model that there is none.
        revisions: that it has.
        stalls: files of which it sends half, and then nothing until it is closed.
        breaks: files of which it sends half, and then cuts the connection, every time.
        busy: whether it answers 503 to everything.
    """

    gated: bool = False
    private: bool = False
    revisions: frozenset[str] = frozenset({"main", COMMIT})
    stalls: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset()
    busy: bool = False


@dataclass
class FakeHub:
    """Serves the files of a folder as the model `model_id`, or a data set, until closed."""

    folder: Path
    model_id: str = "owner/tiny"
    card: Mapping[str, Any] = field(default_factory=lambda: {"license": "apache-2.0"})
    kind: str = "models"  # or "datasets"

    def __post_init__(self) -> None:
        self.manners = Manners()
        self.asked: list[str] = []
        self.half_sent, self.closing = threading.Event(), threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.hub = self  # type: ignore[attr-defined]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def files(self) -> dict[str, bytes]:
        every = sorted(self.folder.rglob("*") if self.kind == "datasets" else self.folder.iterdir())
        return {f.relative_to(self.folder).as_posix(): f.read_bytes() for f in every if f.is_file()}

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> FakeHub:
        return self.server.hub  # type: ignore[attr-defined]

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        api = f"/api/{self.hub.kind}/{self.hub.model_id}"
        folder = "/datasets" if self.hub.kind == "datasets" else ""
        files = f"{folder}/{self.hub.model_id}/resolve/"
        if self.hub.manners.busy:
            self.send(503, b"busy")
        elif self.hub.manners.private or not path.startswith((api, files)):
            self.refuse(404, "RepoNotFound")
        elif path.startswith(files):
            asked = path.removeprefix(files)
            known = (r for r in self.hub.manners.revisions if asked.startswith(f"{r}/"))
            revision = next(known, asked.split("/", 1)[0])
            self.file(revision, asked.removeprefix(f"{revision}/"))
        elif path.startswith(f"{api}/tree/"):
            self.send(200, json.dumps(self.tree()).encode())
        else:
            self.info(path.removeprefix(api).removeprefix("/revision/") or "main")

    def info(self, revision: str) -> None:
        if revision not in self.hub.manners.revisions:
            return self.refuse(404, "RevisionNotFound")
        told = {
            "id": self.hub.model_id,
            "modelId": self.hub.model_id,
            "sha": COMMIT,
            "private": False,
            "gated": "manual" if self.hub.manners.gated else False,
            "cardData": self.hub.card,
            "tags": [],
            "siblings": [{"rfilename": n, "size": len(c)} for n, c in self.hub.files.items()],
        }
        return self.send(200, json.dumps(told).encode())

    def tree(self) -> list[dict[str, Any]]:
        return [
            {"type": "file", "path": name, "size": len(content), "oid": _etag(content)}
            for name, content in self.hub.files.items()
        ]

    def file(self, revision: str, name: str) -> None:
        manners = self.hub.manners
        if manners.gated:
            return self.refuse(401, "GatedRepo")
        content = self.hub.files[name]
        headers = {"ETag": f'"{_etag(content)}"', "X-Repo-Commit": COMMIT}
        if self.command == "GET" and name in manners.stalls | manners.breaks:
            self.send(200, content[: len(content) // 2], headers, promised=len(content))
            self.wfile.flush()
            self.hub.half_sent.set()
            if name in manners.stalls:
                self.hub.closing.wait(PATIENCE)
            self.close_connection = True
            return None
        return self.send(200, content, headers)

    def refuse(self, status: int, code: str) -> None:
        self.send(status, b"{}", {"X-Error-Code": code})

    def send(
        self,
        status: int,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        promised: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(promised or len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _etag(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
