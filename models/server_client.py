"""Requests to one model server: many at once, with patience, given up as soon as asked.

Imports its HTTP client at once; import it where a server is about to be asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
from anyio.from_thread import start_blocking_portal

from data.errors import ModelError
from models import server_errors as errors
from models.server_address import ServerAddress
from models.server_answers import Reply, read_reply

Key = TypeVar("Key")
Payload = dict[str, Any]

CONNECT_S, LIST_S, SILENT_S = 10.0, 10.0, 600.0
POLL_S = 0.05  # a stop is seen this soon


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made in all, and how long to wait in between.

    Attributes:
        attempts: ≥ 1.
        first_s: seconds before the second attempt, doubled before each further one.
        longest_s: a server that asks for a longer wait is given up.
    """

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 60.0

    def pause(self, attempt: int, asked_s: float | None) -> float | None:
        """Seconds to wait after a failed attempt; None to give up.

        Args:
            attempt: which one failed; the first is 1.
            asked_s: seconds that the server asked for.
        """
        if attempt >= self.attempts or (asked_s or 0.0) > self.longest_s:
            return None
        own = min(self.longest_s, self.first_s * 2 ** (attempt - 1))
        # Spread, so that requests which failed together don't come back together.
        return max(asked_s or 0.0, own * random.uniform(0.5, 1.0))


ONCE = Patience(attempts=1)


class ServerClient:
    """Asks one server.

    Args:
        address: where it is, and which model is asked.
        key: sent as a bearer token; "" sends none.
        limit: requests under way at once, ≥ 1.
        patience: with what may pass.
        sleep: how to wait.

    Raises:
        ModelError: the key can't be sent.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        key: str = "",
        limit: int = 32,
        patience: Patience = Patience(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not (key.isascii() and key.isprintable()):
            raise ModelError(
                "The server's key holds characters that no key has.", "Set CHORALE_SERVER_KEY anew."
            )
        self.address, self.limit = address, limit
        self._key, self._patience, self._sleep = key, patience, sleep

    def models(self) -> list[Payload]:
        """What the server says of each of its models, in one attempt.

        Raises:
            ModelError: it can't be reached or doesn't say.
        """
        with httpx2.Client(**self._options(LIST_S)) as http:
            try:
                payload = self._payload(http.get("models"))
            except httpx2.RequestError as error:
                raise errors.unreachable(self.address, self._clean(str(error))) from error
            except errors.PassingError as error:
                raise error.final from error
        cards = payload.get("data")
        if not isinstance(cards, list):
            raise errors.not_understood(self.address)
        return [
            card for card in cards if isinstance(card, dict) and isinstance(card.get("id"), str)
        ]

    def answers(
        self,
        requests: Iterable[tuple[Key, Payload]],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        patience: Patience | None = None,
    ) -> Iterator[tuple[Key, Reply]]:
        """Post chat completions, several at once, each reply yielded as soon as it is there.

        After a request has failed for good no more are made, but those under way are awaited and
        yielded before the error is raised.

        Args:
            requests: what tells each apart, and its body.
            should_stop: once true, requests under way are given up and nothing more is yielded.
            patience: another than this client's.

        Raises:
            ChoraleError: a request failed for good.
        """
        waiting, failure = iter(requests), None
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal(name="model server"))
            client = httpx2.AsyncClient(**self._options(SILENT_S))
            http = stack.enter_context(portal.wrap_async_context_manager(client))
            going: dict[Future[Reply], Key] = {}
            stack.callback(_cancel, going)
            while not should_stop():
                room = 0 if failure else self.limit - len(going)
                for key, body in islice(waiting, room):
                    task = portal.start_task_soon(self._ask, http, body, patience or self._patience)
                    going[task] = key
                if not going:
                    break
                for task in wait(going, timeout=POLL_S, return_when=FIRST_COMPLETED).done:
                    key, error = going.pop(task), task.exception()
                    if error is None:
                        yield key, task.result()
                    failure = failure or error
        if failure and not should_stop():
            raise failure

    async def _ask(self, http: httpx2.AsyncClient, body: Payload, patience: Patience) -> Reply:
        for attempt in range(1, patience.attempts + 1):
            try:
                return await self._post(http, body)
            except errors.PassingError as trouble:
                seconds = patience.pause(attempt, trouble.wait_s)
                if seconds is None:
                    raise trouble.final from trouble
                await self._sleep(seconds)
        raise ValueError(f"Expected at least one attempt but there were {patience.attempts}.")

    async def _post(self, http: httpx2.AsyncClient, body: Payload) -> Reply:
        try:
            response = await http.post("chat/completions", json=body)
        except httpx2.ReadTimeout as error:
            raise errors.silent(self.address, SILENT_S) from error
        except httpx2.RequestError as error:
            problem = errors.unreachable(self.address, self._clean(str(error)))
            raise errors.PassingError(problem) from error
        payload = self._payload(response)
        try:
            return read_reply(payload, limit=body["max_tokens"])
        except ValueError as error:
            raise errors.PassingError(errors.not_understood(self.address)) from error

    def _payload(self, response: httpx2.Response) -> Payload:
        text = self._clean(response.text)
        if not response.is_success:
            problem = errors.refusal(self.address, response.status_code, text)
            if isinstance(problem, ModelError) and response.status_code in errors.PASSING:
                raise errors.PassingError(problem, _retry_after(response))
            raise problem
        try:
            payload = response.json()
        except ValueError as error:
            problem = errors.not_json(self.address, text)
            if errors.is_html(text):
                raise problem from error
            raise errors.PassingError(problem) from error  # cut off in the middle, perhaps
        if not isinstance(payload, dict) or "error" in payload:  # some say 200 even then
            raise errors.not_understood(self.address, errors.quoted(text))
        return payload

    def _clean(self, text: str) -> str:
        """A server's text without the key, which some repeat in their refusals."""
        return text.replace(self._key, "…") if self._key else text

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading all certificates takes longer than a small request."""
        if _is_near(self.address.url) and self.address.url.startswith("http:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used
        return httpx2.create_ssl_context()

    def _options(self, read_s: float) -> dict[str, Any]:
        return {
            "base_url": self.address.url,
            "headers": {"Authorization": f"Bearer {self._key}"} if self._key else {},
            "timeout": httpx2.Timeout(read_s, connect=CONNECT_S, pool=None),
            "limits": httpx2.Limits(max_connections=self.limit),
            "verify": self._tls,
            "follow_redirects": False,  # they could lead anywhere
            "trust_env": not _is_near(self.address.url),  # a proxy can't reach what is near
        }


def _cancel(tasks: dict[Future[Reply], Any]) -> None:
    for task in tasks:
        task.cancel()


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds of the Retry-After header, which may be a number or a date; None without one."""
    value = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _is_near(url: str) -> bool:
    """Whether an address is on this machine or in a private network, as far as its name tells."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host
