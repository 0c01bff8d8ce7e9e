"""Work in the background, by name: start, follow, stop. It outlives the tab."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from data.errors import ChoraleError

log = logging.getLogger(__name__)

Name = TypeVar("Name", bound=Hashable)
State = TypeVar("State", bound=Any)  # a frozen dataclass with the fields active and error


class Background(Generic[Name, State]):
    """Threads that each do one piece of work, and how far they are.

    Args:
        called: what such work is called where it breaks.
    """

    def __init__(self, called: str) -> None:
        self._called = called
        self._lock = threading.RLock()
        self._shown: dict[Name, State] = {}
        self._stops: dict[Name, threading.Event] = {}
        self._threads: dict[Name, threading.Thread] = {}

    def begin(
        self,
        name: Name,
        first: Callable[[State | None], State],
        work: Callable[[threading.Event], object],
    ) -> None:
        """Start work; nothing happens while work of this name is going on.

        Args:
            name: of the work.
            first: its state at the start, given its last one; what it raises, this raises.
            work: does it, until it is done or the event is set.
        """
        with self._lock:
            last = self._shown.get(name)
            if last is not None and last.active:
                return
            self._shown[name] = first(last)
            stop = self._stops[name] = threading.Event()
            thread = threading.Thread(
                target=self._live, args=(name, work, stop), name=self._called, daemon=True
            )
            self._threads[name] = thread
            thread.start()

    def stop(self, name: Name) -> None:
        """Do no more; what was found is kept."""
        with self._lock:
            if name in self._stops:
                self._stops[name].set()

    def shown(self, name: Name) -> State | None:
        """How it stands; None where nothing was started since the app was."""
        with self._lock:
            return self._shown.get(name)

    def any_active(self, chosen: Callable[[Name, State], bool]) -> bool:
        """Whether any chosen work is going on."""
        with self._lock:
            return any(state.active and chosen(name, state) for name, state in self._shown.items())

    def wait(self, name: Name, timeout: float | None = None) -> None:
        """Until it ends."""
        with self._lock:
            thread = self._threads.get(name)
        if thread is not None:
            thread.join(timeout)

    def shutdown(self) -> None:
        """Stop all of it and wait for that."""
        for name in list(self._stops):
            self.stop(name)
        for name in list(self._threads):
            self.wait(name)

    def change(self, name: Name, change: Callable[[State], State]) -> None:
        """Replace the state of work by what comes of it."""
        with self._lock:
            self._shown[name] = change(self._shown[name])

    def _live(
        self, name: Name, work: Callable[[threading.Event], object], stop: threading.Event
    ) -> None:
        error: ChoraleError | None = None
        try:
            work(stop)
        except ChoraleError as known:
            error = known
        except Exception:
            log.exception("The %s of %s broke", self._called, name)
            error = ChoraleError(
                f"Something in Chorale broke and ended the {self._called}.",
                "Start it again, or look into the log if it happens again.",
            )
        finally:
            self.change(name, lambda now: replace(now, active=False, error=error))
