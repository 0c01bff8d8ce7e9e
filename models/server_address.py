"""Where a model server is, and what its models are called here. Needs no HTTP client."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from data.errors import ModelError

PREFIX = "server:"
_AT = re.compile(r"@(?=https?://)", re.IGNORECASE)
_HOW = "Write it as http://host:port/v1."


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A model on an OpenAI-compatible server.

    Attributes:
        model: as the server calls it; "" while none is chosen.
        url: of the API, without a slash at its end ("http://localhost:8000/v1").
        own: whether it is the operator's server: only that one is sent the operator's key, and
            its address is not shown.
    """

    model: str
    url: str
    own: bool = False

    @property
    def shown(self) -> str:
        """The server in words."""
        return "the model server" if self.own else f"the server at {urlsplit(self.url).netloc}"


def is_server(model_id: str) -> bool:
    """Whether a model id names a model on a server."""
    return model_id.startswith(PREFIX)


def server_id(model: str, url: str, *, environment: Mapping[str, str] = os.environ) -> str:
    """The model id of a model on a server, checked.

    "server:NAME" is a model on the operator's server, "server:NAME@URL" one anywhere else.

    Raises:
        ModelError: the name or the address can't be one, or this host may not go there.
    """
    address = server_at(url, environment=environment)
    place = "" if address.own else f"@{address.url}"
    found = f"{PREFIX}{model.strip()}{place}"
    parse_server(found, environment=environment)
    return found


def parse_server(model_id: str, *, environment: Mapping[str, str] = os.environ) -> ServerAddress:
    """Where the model of an id like "server:NAME" or "server:NAME@http://host:port/v1" is.

    Raises:
        ModelError: it is no such id, or this host may not go there.
    """
    model, url = _split(model_id)
    if not model or not model.isprintable():
        raise ModelError(
            "No model of the server is named.",
            "Write server:NAME@http://host:port/v1, with a name that the server lists.",
        )
    place = server_at(url or own_url(environment), environment=environment)
    return ServerAddress(model, place.url, place.own)


def server_at(url: str, *, environment: Mapping[str, str] = os.environ) -> ServerAddress:
    """A server as typed, without a model yet.

    On a public host only the operator's server may be asked: who could name any address there
    could reach what only that host can.

    Raises:
        ModelError: it is no address of a server, or this host may not go there.
    """
    own = own_url(environment)
    if not url.strip():
        raise ModelError(
            "No server is named, and this copy of Chorale has none of its own.",
            f"{_HOW[:-1]}, or start Chorale with CHORALE_SERVER_URL.",
        )
    if environment.get("CHORALE_PUBLIC") == "1" and (not own or _attempted(url) != own):
        raise ModelError(
            "This host asks no other model server than its own.", "Choose a model from the list."
        )
    place = server_url(url)
    return ServerAddress("", place, place == own)


def own_url(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the operator's server, CHORALE_SERVER_URL; "" without one.

    Raises:
        ModelError: it is no address of a server.
    """
    url = environment.get("CHORALE_SERVER_URL", "").strip()
    return server_url(url) if url else ""


def own_models(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Ids of the models that the operator's server offers by name, CHORALE_SERVER_MODELS."""
    if not environment.get("CHORALE_SERVER_URL", "").strip():
        return ()
    names = (name.strip() for name in environment.get("CHORALE_SERVER_MODELS", "").split(","))
    return tuple(dict.fromkeys(f"{PREFIX}{name}" for name in names if name))


def server_url(text: str) -> str:
    """An address in the one form that is compared and stored.

    The path of the API may be left out; "/v1" is then added, as every server has it.

    Raises:
        ModelError: it is no address of a server, or holds a password.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        raise _no_address(text) from None
    if parts.username is not None or parts.password is not None:
        raise ModelError(
            "The server's address holds a name or a password, and addresses are stored.",
            "Leave it out; start Chorale with CHORALE_SERVER_URL and CHORALE_SERVER_KEY instead.",
        )
    if not _is_plain(parts) or any(mark.isspace() or not mark.isprintable() for mark in text):
        raise _no_address(text)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/models")
    return f"{parts.scheme}://{parts.netloc.lower()}{path or '/v1'}"


def server_name(model_id: str) -> str:
    """A server's model as people call it."""
    model, url = _split(model_id)
    place = urlsplit(url).netloc.rpartition("@")[2] if url else "server"
    return f"{model.rstrip('/').rpartition('/')[2] or 'a model'} ({place})"


def _split(model_id: str) -> tuple[str, str]:
    """Name and address; the address is "" on the operator's server."""
    rest = model_id.removeprefix(PREFIX)
    marks = list(_AT.finditer(rest))
    if not marks:
        return rest.strip(), ""
    return rest[: marks[-1].start()].strip(), rest[marks[-1].end() :]


def _attempted(url: str) -> str:
    """The address, or "" where it is none: a public host says no more than that."""
    try:
        return server_url(url)
    except ModelError:
        return ""


def _is_plain(parts: SplitResult) -> bool:
    scheme = parts.scheme in ("http", "https")
    return scheme and bool(parts.hostname) and not parts.query and not parts.fragment


def _no_address(text: str) -> ModelError:
    return ModelError(f"“{text[:100]}” is no address of a server.", _HOW)
