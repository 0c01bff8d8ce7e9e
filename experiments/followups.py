"""Work on a run that has ended, in the background: start, follow, stop. It outlives the tab."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.errors import ChoraleError
from data.readings import ReadingStore
from data.schema import ModelRef
from data.store import Store
from experiments.background import Background
from models.base import LanguageModel
from models.manager import ModelManager

Stop = Callable[[], bool]
Name = tuple[str, str]  # run and kind


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the work, short enough to take turns with other visitors'.

    Attributes:
        name: under which its result is kept.
        work: gives what JSON takes; None when it was stopped.
    """

    name: str
    model: ModelRef
    work: Callable[[LanguageModel, Stop], Any]


@dataclass(frozen=True, slots=True)
class Followup:
    """How far it is; nothing in it ever changes.

    Attributes:
        done: pieces in the store.
        wanted: pieces in all.
        active: whether it goes on by itself.
        error: why it failed; None otherwise.
    """

    done: int
    wanted: int
    active: bool = True
    error: ChoraleError | None = None


class Followups:
    """All such work of this process.

    Args:
        store: of the runs.
        readings: where results go, before anybody sees them.
        models: who gives turns out.
    """

    def __init__(self, store: Store, readings: ReadingStore, models: ModelManager) -> None:
        self._store, self._readings, self._models = store, readings, models
        self._work: Background[Name, Followup] = Background("work")

    def start(self, run_id: str, kind: str, pieces: Sequence[Piece], *, owner: str) -> None:
        """Do what isn't done yet; nothing happens while that is going on.

        Raises:
            StoreError: the run isn't there or isn't this owner's.
        """
        self._store.run(run_id, owner=owner)
        name, there = (run_id, kind), self._readings.load(run_id, kind)
        left = [piece for piece in pieces if piece.name not in there]

        def work(stop: threading.Event) -> None:
            for piece in left:
                if stop.is_set():
                    return
                self._do(name, piece, owner, stop)

        self._work.begin(name, lambda _: Followup(len(pieces) - len(left), len(pieces)), work)

    def stop(self, run_id: str, kind: str) -> None:
        """Do no more; what was found is kept."""
        self._work.stop((run_id, kind))

    def shown(self, run_id: str, kind: str) -> Followup | None:
        """How it stands; None where nothing was started since the app was."""
        return self._work.shown((run_id, kind))

    def busy(self, run_id: str) -> bool:
        """Whether any work on this run is going on."""
        return self._work.any_active(lambda name, _: name[0] == run_id)

    def wait(self, run_id: str, kind: str, timeout: float | None = None) -> None:
        """Until it ends."""
        self._work.wait((run_id, kind), timeout)

    def shutdown(self) -> None:
        """Stop all of it and wait for that."""
        self._work.shutdown()

    def _do(self, name: Name, piece: Piece, owner: str, stop: threading.Event) -> None:
        def work(model: LanguageModel) -> Any:
            return piece.work(model, stop.is_set)

        found = self._models.submit(owner, piece.model, work).result()
        if found is not None:
            self._readings.put(*name, piece.name, found)
            self._work.change(name, lambda now: replace(now, done=now.done + 1))
