"""A model server on loopback that can be told how to behave, and how to misbehave."""

from __future__ import annotations

import json
import math
import random
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

WORDS = tuple("anchor boat cliff dune eel fog gull harbour island jetty kelp lantern".split())
CHANCES = (*(2.0**-i for i in range(1, len(WORDS))), 2.0 ** (1 - len(WORDS)))
PATIENCE = 20  # seconds until a test gives up; none waits that long
HTML = "<!doctype html><html><body>It works!</body></html>"


@dataclass
class Behaviour:
    """What this server does.

    Attributes:
        several: whether it gives n answers to one request.
        copies: whether those are all the same.
        seeds: whether a seed fixes an answer.
        logprobs: "own", "scaled" by the temperature, or "" for none.
        ids: whether it tells token ids.
        usage: whether it counts tokens.
        greedy: whether it takes the likeliest word whatever it is asked.
        truncates: whether it knows top-k and min-p.
        refuses: fields that make it refuse a request.
        models: names it lists; None fails.
        key: the key it wants.
        text: answered instead of drawn words.
        finish: its word for the end of every answer.
        faults: what happens to the next chat requests, one each; see `_Handler.misbehave`.
        meet: requests wait until this many are under way.
        upstream: a real server's address, to which all that isn't misbehaviour is passed on.
    """

    several: bool = True
    copies: bool = False
    seeds: bool = True
    logprobs: str = "own"
    ids: bool = True
    usage: bool = True
    greedy: bool = False
    truncates: bool = True
    refuses: frozenset[str] = frozenset()
    models: Sequence[str] | None = ("town",)
    card: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    text: str | None = None
    finish: str | None = "stop"
    faults: deque[Any] = field(default_factory=deque)
    meet: int = 0
    upstream: str = ""


class StubServer:
    """Serves until closed; what it was asked is kept in `requests`."""

    def __init__(self, **behaviour: Any) -> None:
        self.behaviour = Behaviour(**behaviour)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.under_way = self.most = self.hanging = self.given_up = 0
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.stub = self  # type: ignore[attr-defined]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def wait_for(self, name: str, value: int) -> None:
        """Until a counter has reached a value."""
        with self.changed:
            assert self.changed.wait_for(lambda: getattr(self, name) >= value, PATIENCE)

    def count(self, name: str, by: int = 1) -> None:
        with self.changed:
            setattr(self, name, getattr(self, name) + by)
            self.most = max(self.most, self.under_way)
            self.changed.notify_all()


def _drop(handler: _Handler) -> bool:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def _cut(handler: _Handler, promised: int | None = None) -> bool:
    handler.send(200, b'{"choices": [{"message": {"con', promised=promised)
    return True


def _delay(handler: _Handler) -> bool:
    time.sleep(0.05)
    return False


_FAULTS: dict[str, Callable[[_Handler], bool]] = {
    "drop": _drop,
    "cut": lambda handler: _cut(handler, promised=500),
    "cut quietly": _cut,
    "delay": _delay,
    "hang": lambda handler: handler.hang(),
    "meet": lambda handler: bool(handler.stub.wait_for("most", 2)),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def stub(self) -> StubServer:
        return self.server.stub  # type: ignore[attr-defined]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        models = self.stub.behaviour.models
        if self.path != "/v1/models" or models is None:
            return self.reply(500, {"detail": "no list"})
        if self.locked_out():
            return None
        cards = [{"id": name, **self.stub.behaviour.card} for name in models]
        return self.reply(200, {"object": "list", "data": cards})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        stub, behaviour = self.stub, self.stub.behaviour
        with stub.changed:
            stub.requests.append(body)
            stub.headers.append(dict(self.headers))
            fault = behaviour.faults.popleft() if behaviour.faults else None
        stub.count("under_way")
        try:
            if behaviour.meet:
                stub.wait_for("most", behaviour.meet)
            if not self.misbehave(fault):
                self.chat(body)
        except OSError:  # the client has gone
            self.close_connection = True
        finally:
            stub.count("under_way", -1)

    def locked_out(self) -> bool:
        key = self.stub.behaviour.key
        if not key or self.headers.get("authorization") == f"Bearer {key}":
            return False
        sent = self.headers.get("authorization", "").removeprefix("Bearer ")
        self.reply(401, {"error": {"message": f"Incorrect API key provided: {sent}."}})
        return True

    def misbehave(self, fault: Any) -> bool:
        """Do what a fault says; False when the request is to be answered after all."""
        if fault is None:
            return False
        if isinstance(fault, dict):
            self.reply(200, fault)
        elif isinstance(fault, tuple):
            status, headers = fault
            self.reply(status, {"error": {"message": f"trouble {status}"}}, headers)
        elif isinstance(fault, int):
            self.send(fault, HTML.encode(), kind="text/html")
        else:
            return bool(_FAULTS[fault](self))
        return True

    def hang(self) -> bool:
        """Answer nothing until the client gives up."""
        self.stub.count("hanging")
        while not self.stub.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                self.close_connection = True
                self.stub.count("given_up")
                break
        return True

    def chat(self, body: dict[str, Any]) -> None:
        behaviour = self.stub.behaviour
        if behaviour.upstream:
            return self.pass_on(body)
        if self.locked_out():
            return None
        if self.path != "/v1/chat/completions":
            return self.reply(404, {"detail": "Not Found"})
        unexpected = behaviour.refuses & set(body)
        if unexpected:
            return self.reply(422, {"detail": f"Unexpected fields in the request: {unexpected}"})
        if body["model"] not in (behaviour.models or ("town",)):
            return self.reply(404, {"error": {"message": f"No model {body['model']} here."}})
        if "generation_config" in body:
            settings = json.loads(body["generation_config"])
            body |= {"temperature": 0.0, **settings}
        longest = max(len(message["content"]) for message in body["messages"])
        if longest > 1000:
            said = "This model's maximum context length is 1000 tokens."
            return self.reply(400, {"error": {"message": said}})
        n = body.get("n", 1) if behaviour.several else 1
        choices = [self.choice(body, i) for i in range(n)]
        tokens = sum(len(choice["token_ids"]) for choice in choices)
        for choice in choices if not behaviour.ids else ():
            del choice["token_ids"]
        usage = {"prompt_tokens": longest, "completion_tokens": tokens}
        self.reply(200, {"choices": choices, **({"usage": usage} if behaviour.usage else {})})

    def pass_on(self, body: dict[str, Any]) -> None:
        url = self.stub.behaviour.upstream + self.path.removeprefix("/v1")
        content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        try:
            with urlopen(Request(url, content, headers), timeout=PATIENCE) as response:
                self.send(response.status, response.read())
        except HTTPError as error:
            with error:
                self.send(error.code, error.read())

    def choice(self, body: dict[str, Any], place: int) -> dict[str, Any]:
        behaviour = self.stub.behaviour
        seed = body["seed"] if behaviour.seeds else id(body) + len(self.stub.requests)
        rng = random.Random(seed + (0 if behaviour.copies else place))
        drawn = [self.word(body, rng) for _ in range(body["max_tokens"])]
        if behaviour.text is not None:
            drawn = drawn[: len(behaviour.text.split())]
        said = " ".join(WORDS[i] for i in drawn) if behaviour.text is None else behaviour.text
        choice: dict[str, Any] = {
            "index": place,
            "message": {"role": "assistant", "content": said},
            "finish_reason": behaviour.finish,
            "token_ids": drawn,
        }
        if behaviour.logprobs and body.get("logprobs"):
            choice["logprobs"] = {"content": list(self.steps(body, drawn))}
        return choice

    def word(self, body: dict[str, Any], rng: random.Random) -> int:
        behaviour = self.stub.behaviour
        asked = behaviour.truncates and (body.get("top_k", -1) == 1 or body.get("min_p", 0) > 0.9)
        if behaviour.greedy or asked or body["temperature"] == 0:
            return 0
        return rng.choices(range(len(WORDS)), CHANCES)[0]

    def steps(self, body: dict[str, Any], drawn: list[int]) -> Iterator[dict[str, Any]]:
        heat = body["temperature"] if self.stub.behaviour.logprobs == "scaled" else 1.0
        weights = [chance ** (1 / heat) if heat else float(chance == 0.5) for chance in CHANCES]
        odds = [math.log(w / sum(weights)) if w else -9999.0 for w in weights]
        ranked = sorted(range(len(WORDS)), key=lambda i: -odds[i])[: body["top_logprobs"]]
        top = [{"token": WORDS[i], "logprob": odds[i]} for i in ranked]
        for token in drawn:
            yield {"token": WORDS[token], "logprob": odds[token], "top_logprobs": top}

    def reply(self, status: int, payload: Any, headers: Mapping[str, str] | None = None) -> None:
        self.send(status, json.dumps(payload).encode(), headers=headers or {})

    def send(
        self,
        status: int,
        content: bytes,
        *,
        kind: str = "application/json",
        promised: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(promised or len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = promised is not None
