"""Which models are in memory, and whose turn it is."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from data.errors import ChoraleError, ModelError
from data.schema import ModelRef
from models.base import LanguageModel, ModelInfo
from models.budget import (
    Resident,
    bytes_needed,
    fits_beside,
    free_memory,
    held_bytes,
    is_echo,
    within_budget,
)
from models.loading_watch import LoadingCancelled, LoadingState, Watch, watched_by
from models.memory import PeakMemory
from models.server_address import is_server
from models.turns import Queue, Turn, without_frames

Result = TypeVar("Result")

log = logging.getLogger(__name__)

LINGER_S = 0.25  # a job's next turn arrives this soon after its last; unloading before is a waste
PATIENCE_S = 20.0  # a busy model makes room for another after this long
CHOICES = 32  # sets of models chosen together that are remembered


def load(ref: ModelRef) -> LanguageModel:
    """Load any model by its id.

    Raises:
        ModelError: it can't be found, loaded or held in memory.
    """
    if is_echo(ref):
        from models.echo import EchoModel

        return EchoModel(ref)
    if is_server(ref.id):
        from models.server import load_server

        return load_server(ref)
    from models.local import load_local

    return load_local(ref)


@dataclass(slots=True, eq=False)
class _Worker:
    thread: threading.Thread
    watch: Watch = field(default_factory=Watch)
    info: ModelInfo | None = None
    size: int = 0  # bytes of its weights, once it is loaded
    loaded: float | None = None  # since when
    served: bool = False
    leaving: bool = False  # somebody asked for its end
    peak: PeakMemory | None = None


def _state(worker: _Worker) -> LoadingState | None:
    return None if worker.loaded is not None else worker.watch.state


class ModelManager:
    """Loads models when they are first needed and gives their turns out fairly.

    Each loaded model has one thread of its own, in which it is loaded, used and let go. Visitors
    who wait for the same model take turns. Before a model is loaded, those that would not fit
    beside it are let go: soon when nobody uses them, else after the patience at the latest. Models
    that were chosen together stay together as long as the free memory has room for them.

    Args:
        loader: makes a model of a reference; raises ChoraleError when it can't.
        fits: whether a model may be loaded while others are in memory.
        beside: the same for models that were chosen together: loaded, being loaded, wanted.
        patience_s: seconds after which a model in use makes room for one that is waited for.
    """

    def __init__(
        self,
        loader: Callable[[ModelRef], LanguageModel] = load,
        *,
        fits: Callable[[Sequence[ModelRef], ModelRef], bool] = within_budget,
        beside: Callable[[Iterable[ModelRef], Iterable[ModelRef], ModelRef], bool] = fits_beside,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._loader = loader
        self._fits = fits
        self._beside = beside
        self._chosen: deque[frozenset[ModelRef]] = deque(maxlen=CHOICES)
        self._patience = patience_s
        self._changed = threading.Condition()
        self._queues: dict[ModelRef, Queue] = {}
        self._workers: dict[ModelRef, _Worker] = {}
        self._closed = False

    def submit(
        self, visitor: str, ref: ModelRef, work: Callable[[LanguageModel], Result]
    ) -> Future[Result]:
        """Queue one turn.

        Args:
            visitor: whose turn it is; visitors are served round robin.
            ref: the model it needs.
            work: called with the model in its worker thread; should take a few seconds at most.

        Returns:
            A future with what `work` returns or raises, or with what loading raised. It can be
            cancelled until its turn comes.
        """
        future: Future[Result] = Future()
        with self._changed:
            if self._closed:
                raise ModelError("Chorale is closing.", "Start it again.")
            self._queues.setdefault(ref, Queue()).put(visitor, Turn(work, future))
            self._make_room()
            self._changed.notify_all()
        future.add_done_callback(lambda done: self._withdrawn(ref) if done.cancelled() else None)
        return future

    def choose_together(self, refs: Iterable[ModelRef]) -> None:
        """Keep these models in memory at once where there is room: somebody uses them as one."""
        chosen = frozenset(refs)
        with self._changed:
            if len(chosen) > 1 and chosen not in self._chosen:
                self._chosen.append(chosen)

    def cancel_loading(self, visitor: str, ref: ModelRef) -> None:
        """Take back what a visitor wants of a model that isn't loaded yet.

        Their turns end in `LoadingCancelled`. Loading ends too, unless others wait for the model.
        """
        with self._changed:
            worker, queue = self._workers.get(ref), self._queues.get(ref)
            if queue is None or (worker is not None and worker.loaded is not None):
                return
            turns = queue.take_of(visitor)
        for turn in turns:
            turn.fail(LoadingCancelled())
        self._withdrawn(ref)

    def unload(self, ref: ModelRef) -> None:
        """Let a model go as soon as nobody uses it."""
        with self._changed:
            worker = self._workers.get(ref)
            if worker is not None and worker.loaded is not None:
                worker.leaving = True
            self._changed.notify_all()

    def residents(self) -> tuple[Resident, ...]:
        """The models in memory and those being loaded, eldest first."""
        with self._changed:
            return tuple(
                Resident(ref, w.size, w.info, _state(w), w.peak) for ref, w in self._workers.items()
            )

    def loaded(self) -> tuple[ModelRef, ...]:
        """The models in memory."""
        with self._changed:
            return tuple(ref for ref, worker in self._workers.items() if worker.loaded is not None)

    def loading(self, ref: ModelRef) -> LoadingState | None:
        """How far the loading of this model is; None when it isn't being loaded right now."""
        with self._changed:
            worker = self._workers.get(ref)
            return None if worker is None else _state(worker)

    def close(self) -> None:
        """Cancel what waits, let the turns in progress end, let every model go."""
        with self._changed:
            self._closed = True
            waiting = [turn for queue in self._queues.values() for turn in queue.take_all()]
            workers = list(self._workers.values())
            self._changed.notify_all()
        for turn in waiting:
            turn.future.cancel()
        for worker in workers:
            worker.watch.cancel()
            worker.thread.join()

    def _make_room(self) -> None:
        """Start a worker for each model that is waited for and fits. Needs the lock."""
        waiting = [
            ref for ref, q in self._queues.items() if q.visitors and ref not in self._workers
        ]
        for ref in sorted(waiting, key=lambda ref: self._queues[ref].since):
            if self._closed:
                return
            if not self._fits_now(ref):
                return  # strictly the eldest first: a big model is not passed by small ones
            thread = threading.Thread(
                target=self._live, args=(ref,), name=f"model {ref.id}", daemon=True
            )
            self._workers[ref] = _Worker(thread)
            thread.start()

    def _fits_now(self, ref: ModelRef) -> bool:
        """Whether a model may be loaded beside those that are there. Needs the lock."""
        if not self._workers or self._fits(tuple(self._workers), ref):
            return True
        there = {other for other in self._workers if bytes_needed(other) > 0}
        if not any({ref, *there} <= chosen for chosen in self._chosen):
            return False
        loaded = [other for other in there if self._workers[other].loaded is not None]
        return self._beside(loaded, there.difference(loaded), ref)

    def _withdrawn(self, ref: ModelRef) -> None:
        """End a loading that nobody waits for any more."""
        with self._changed:
            worker = self._workers.get(ref)
            unwanted = worker is not None and worker.loaded is None and not self._queues[ref].wanted
        if worker is not None and unwanted:
            worker.watch.cancel()

    def _live(self, ref: ModelRef) -> None:
        """A worker's life: load, serve, let go."""
        worker = self._workers[ref]
        try:
            with watched_by(worker.watch):
                model = self._loader(ref)
        except BaseException as error:
            self._fail_all(ref, without_frames(error))
        else:
            worker.info, worker.size = model.info, held_bytes(ref, model.info)
            with self._changed:
                worker.loaded = time.monotonic()
            while (turn := self._next(ref)) is not None:
                turn.run(model)
                worker.peak = getattr(model, "peak_memory", None)
                del turn  # its work may hold what the model has made
            del model
        finally:
            free_memory()
            with self._changed:
                del self._workers[ref]
                self._make_room()
                self._changed.notify_all()

    def _next(self, ref: ModelRef) -> Turn | None:
        """The next turn of this model, as soon as there is one; None when it has to go."""
        queue, worker = self._queues[ref], self._workers[ref]
        idle_since = time.monotonic()
        with self._changed:
            while not self._closed:
                since = self._room_wanted_since(ref)
                if queue.visitors and not (since is not None and self._tried(worker, since)):
                    worker.served = True
                    return queue.take()
                left = idle_since + LINGER_S - time.monotonic()
                going = since is not None or worker.leaving
                if going and (queue.visitors or left <= 0):
                    return None
                self._changed.wait(left if going else None)
        return None

    def _tried(self, worker: _Worker, since: float) -> bool:
        """Whether others have waited long enough for this one, its time of loading not counted."""
        fair_since = max(since, worker.loaded or 0.0)
        return worker.served and time.monotonic() - fair_since >= self._patience

    def _room_wanted_since(self, here: ModelRef) -> float | None:
        """Since when a model has been waited for that this one must make room for; None without."""
        waits = [
            queue.since
            for ref, queue in self._queues.items()
            if queue.visitors and ref not in self._workers and not self._may_stay(here, ref)
        ]
        return min(waits, default=None)

    def _may_stay(self, here: ModelRef, wanted: ModelRef) -> bool:
        """Whether two models were chosen together and have room: others are to go first."""
        together = any({here, wanted} <= chosen for chosen in self._chosen)
        return together and self._beside([here], [], wanted)

    def _fail_all(self, ref: ModelRef, error: BaseException) -> None:
        if not isinstance(error, ChoraleError):
            log.error("Loading %s failed", ref.id, exc_info=error)
        with self._changed:
            queue = self._queues[ref]
            if isinstance(error, LoadingCancelled):
                queue.drop_cancelled()  # whoever came since then is served by another worker
                return
            turns = queue.take_all()
        for turn in turns:
            turn.fail(error)
