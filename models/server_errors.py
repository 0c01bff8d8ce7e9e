"""What a model server's refusals mean to the user."""

from __future__ import annotations

import json
from typing import Any

from data.errors import ChoraleError, ModelError, PromptError
from models.server_address import ServerAddress

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})  # worth another try
LONGEST_QUOTE = 200  # characters of what a server says

_CHECK_ADDRESS = (
    "Check the address: it usually ends in /v1, and nothing but the server answers there."
)
_LATER = "Try again later, or choose another model."


class RefusedError(ModelError):
    """The server understands the request but doesn't take it: perhaps it takes a simpler one."""


class PassingError(Exception):
    """Trouble that may be over at the next attempt.

    Args:
        final: what to say when it isn't.
        wait_s: seconds that the server asks to wait; None when it doesn't say.
    """

    def __init__(self, final: ModelError, wait_s: float | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait_s = wait_s


def unreachable(address: ServerAddress, why: str) -> ModelError:
    """No connection, or one that broke off."""
    return ModelError(
        f"The connection to {address.shown} failed: {why or 'it was cut'}.",
        "Check that the server runs and that the address is right, then go on.",
    )


def silent(address: ServerAddress, seconds: float) -> ModelError:
    """No word for a very long time."""
    return ModelError(
        f"Nothing came from {address.shown} for {seconds / 60:.0f} minutes.",
        "Look at what the server is doing, or ask for fewer or shorter answers.",
    )


def not_json(address: ServerAddress, text: str) -> ModelError:
    """Something else than the API's JSON, under a status that promises it."""
    what = "a web page" if is_html(text) else "something that isn't JSON"
    return ModelError(f"{_start(address)} answered with {what}.", _CHECK_ADDRESS)


def not_understood(address: ServerAddress, said: str = "") -> ModelError:
    """JSON, but not that of an answer; `said` is a message in it, free of secrets."""
    because = f": {said}." if said else " with JSON that holds no answer."
    return ModelError(f"{_start(address)} replied{because}", _CHECK_ADDRESS)


def refusal(address: ServerAddress, status: int, text: str) -> ChoraleError:
    """What a status other than success means.

    Args:
        address: who was asked, and for which model.
        status: HTTP status.
        text: of the response, free of secrets.
    """
    said = quoted(text)
    because = f": {said}" if said else f" (status {status})"
    if status == 413 or (status in (400, 422) and _is_too_long(said)):
        return PromptError(
            f"The prompt doesn't fit {address.model}{because}.",
            "Shorten the prompt or the persona, or allow shorter answers.",
        )
    kind = RefusedError if status in (400, 404, 405, 406, 415, 422) else ModelError
    what, advice = _meaning(address, status)
    return kind(f"{_start(address)} {what}{because}.", advice)


def _meaning(address: ServerAddress, status: int) -> tuple[str, str]:
    meanings: tuple[tuple[bool, str, str], ...] = (
        (status in (401, 403), "refuses the key, or wants one", _key_advice(address)),
        (
            status == 404,
            f"has no model “{address.model}”, or no chat there",
            "Choose one of the models that it lists, and check the address.",
        ),
        (status == 429, "gets too many requests", _LATER),
        (300 <= status < 400, "sends requests on to another address", _CHECK_ADDRESS),
        (status >= 500, "failed", "Look into the server's log, then go on."),
    )
    found = next(((what, advice) for holds, what, advice in meanings if holds), None)
    return found or ("refuses this request", "Choose other settings or another model.")


def quoted(text: str) -> str:
    """What the server says for itself, in one line without a full stop; "" for a web page."""
    try:
        said = spoken(json.loads(text))
    except ValueError:
        said = "" if is_html(text) else text
    lines = said.strip().splitlines() or [""]
    return lines[0][:LONGEST_QUOTE].rstrip(".")


def spoken(payload: Any) -> str:
    """The message in an error's JSON, whichever way this server writes it; "" without one."""
    if isinstance(payload, str):
        return payload
    if isinstance(payload, list):
        return next(filter(None, map(spoken, payload)), "")
    if not isinstance(payload, dict):
        return ""
    names = ("error", "message", "detail", "msg")
    return next(filter(None, (spoken(payload.get(name)) for name in names)), "")


def is_html(text: str) -> bool:
    """Whether a text is a web page."""
    return text.lstrip()[:1] == "<"


def _is_too_long(said: str) -> bool:
    said = said.lower()
    return "context" in said and any(word in said for word in ("length", "size", "window", "long"))


def _key_advice(address: ServerAddress) -> str:
    if address.own:
        return "Start Chorale with the right CHORALE_SERVER_KEY."
    return (
        "Start Chorale with this address as CHORALE_SERVER_URL and its key as CHORALE_SERVER_KEY; "
        "no other server is sent the key."
    )


def _start(address: ServerAddress) -> str:
    return address.shown[0].upper() + address.shown[1:]
