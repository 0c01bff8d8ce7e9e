"""How far the loading of a model is, seen from outside, and the wish to end it.

Loading goes through functions of a model's reference alone. The watch over it travels in a context
variable, so that each of them can report without handing it on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from data.errors import ModelError
from models.fitting import gigabytes


class Stage(StrEnum):
    """What is being done to have a model in memory, in the order in which it is done."""

    STARTING = "getting ready"
    ASKING = "asking Hugging Face"
    DOWNLOADING = "downloading"
    READING = "reading the weights"
    CHECKING = "trying the model out"
    STOPPING = "stopping"  # cancelled, but not yet at a place where it can end


@dataclass(frozen=True, slots=True)
class LoadingState:
    """How far it is.

    Attributes:
        stage: what is being done.
        done: bytes downloaded, or tensors read; 0 where nothing is counted.
        total: of them; 0 where nothing is counted.
    """

    stage: Stage = Stage.STARTING
    done: int = 0
    total: int = 0

    @property
    def part(self) -> float:
        """Of this stage, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def words(self) -> str:
        """For the user: "downloading, 0.4 of 1.2 GB", "reading the weights, 40 %"."""
        if not self.total:
            return str(self.stage)
        if self.stage is Stage.DOWNLOADING:
            done, total = gigabytes(self.done), gigabytes(self.total)
            shared = done[-3:] if done[-3:] == total[-3:] else ""  # the unit
            return f"{self.stage}, {done.removesuffix(shared)} of {total}"
        return f"{self.stage}, {self.part:.0%}".replace("%", " %")


class LoadingCancelled(ModelError):
    """Nobody wants the model any more."""

    def __init__(self) -> None:
        super().__init__(
            "Loading was cancelled.", "Load the model again whenever you like; whole files stay."
        )


class Watch:
    """One loading. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._on_cancel: Callable[[], None] | None = None
        self.state = LoadingState()

    @property
    def cancelled(self) -> bool:
        """Whether it is to end."""
        return self._cancelled

    def report(self, stage: Stage, done: int = 0, total: int = 0) -> None:
        """Say how far it is; by whoever loads.

        Raises:
            LoadingCancelled: it is to end here.
        """
        if self._cancelled:
            raise LoadingCancelled
        self.state = LoadingState(stage, done, total)

    def cancel(self) -> None:
        """End it as soon as possible."""
        with self._lock:
            self._cancelled = True
            self.state = LoadingState(Stage.STOPPING)
            act = self._on_cancel
        if act is not None:
            act()

    @contextmanager
    def acting_on_cancel(self, act: Callable[[], None]) -> Iterator[None]:
        """Call `act` when it is cancelled meanwhile, or at once if it has been."""
        with self._lock:
            self._on_cancel = act
            late = self._cancelled
        if late:
            act()
        try:
            yield
        finally:
            with self._lock:
                self._on_cancel = None


_CURRENT: ContextVar[Watch | None] = ContextVar("loading", default=None)


def current_watch() -> Watch:
    """The watch over the loading that this code is part of; one that nobody sees without."""
    return _CURRENT.get() or Watch()


@contextmanager
def watched_by(watch: Watch) -> Iterator[None]:
    """Let everything loaded in this block, in this thread, report to a watch."""
    token = _CURRENT.set(watch)
    try:
        yield
    finally:
        _CURRENT.reset(token)
