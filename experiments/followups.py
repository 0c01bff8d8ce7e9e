"""Work on a run that has ended, in the background: start, follow, stop. It outlives the tab."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.errors import ChoraleError
from data.readings import ReadingStore
from data.schema import ModelRef
from data.store import Store
from models.base import LanguageModel
from models.manager import ModelManager

log = logging.getLogger(__name__)

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
        self._lock = threading.Lock()
        self._shown: dict[Name, Followup] = {}
        self._stops: dict[Name, threading.Event] = {}
        self._threads: dict[Name, threading.Thread] = {}

    def start(self, run_id: str, kind: str, pieces: Sequence[Piece], *, owner: str) -> None:
        """Do what isn't done yet; nothing happens while that is going on.

        Raises:
            StoreError: the run isn't there or isn't this owner's.
        """
        self._store.run(run_id, owner=owner)
        name, there = (run_id, kind), self._readings.load(run_id, kind)
        left = [piece for piece in pieces if piece.name not in there]
        with self._lock:
            if (shown := self._shown.get(name)) is not None and shown.active:
                return
            self._shown[name] = Followup(len(pieces) - len(left), len(pieces))
            self._stops[name] = threading.Event()
            thread = threading.Thread(
                target=self._live, args=(name, left, owner), name=kind, daemon=True
            )
            self._threads[name] = thread
            thread.start()

    def stop(self, run_id: str, kind: str) -> None:
        """Do no more; what was found is kept."""
        with self._lock:
            if (run_id, kind) in self._stops:
                self._stops[run_id, kind].set()

    def shown(self, run_id: str, kind: str) -> Followup | None:
        """How it stands; None where nothing was started since the app was."""
        with self._lock:
            return self._shown.get((run_id, kind))

    def busy(self, run_id: str) -> bool:
        """Whether any work on this run is going on."""
        with self._lock:
            return any(of == run_id and shown.active for (of, _), shown in self._shown.items())

    def wait(self, run_id: str, kind: str, timeout: float | None = None) -> None:
        """Until it ends."""
        with self._lock:
            thread = self._threads.get((run_id, kind))
        if thread is not None:
            thread.join(timeout)

    def shutdown(self) -> None:
        """Stop all of it and wait for that."""
        for name in list(self._stops):
            self.stop(*name)
        for name in list(self._threads):
            self.wait(*name)

    def _live(self, name: Name, pieces: Sequence[Piece], owner: str) -> None:
        try:
            for piece in pieces:
                if self._stops[name].is_set():
                    return
                self._do(name, piece, owner)
        except ChoraleError as error:
            self._change(name, error=error)
        except Exception:
            log.exception("Work on run %s broke", name[0])
            broke = ChoraleError(
                "Something in Chorale broke and ended this.",
                "Go on with it, or look into the log if it happens again.",
            )
            self._change(name, error=broke)
        finally:
            self._change(name, active=False)

    def _do(self, name: Name, piece: Piece, owner: str) -> None:
        stop = self._stops[name]

        def work(model: LanguageModel) -> Any:
            return piece.work(model, stop.is_set)

        found = self._models.submit(owner, piece.model, work).result()
        if found is not None:
            self._readings.put(*name, piece.name, found)
            self._change(name, more=1)

    def _change(self, name: Name, *, more: int = 0, **changes: object) -> None:
        with self._lock:
            now = self._shown[name]
            changed = replace(now, done=now.done + more)
            self._shown[name] = replace(changed, **changes)  # type: ignore[arg-type]
