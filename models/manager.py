"""Which models are in memory, and whose turn it is."""

from __future__ import annotations

import gc
import logging
import math
import sys
import threading
import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from data.errors import ChoraleError, ModelError
from data.schema import ModelRef
from models.base import LanguageModel
from models.registry import estimate_memory
from models.server_address import is_server

Result = TypeVar("Result")
Work = Callable[[LanguageModel], Any]

log = logging.getLogger(__name__)

LINGER_S = 0.25  # a job's next turn arrives this soon after its last; unloading before is a waste
SHARED_BYTES = 1e9  # models that need no more together may be in memory at once
PATIENCE_S = 20.0  # a busy model makes room for another after this long


def load(ref: ModelRef) -> LanguageModel:
    """Load any model by its id.

    Raises:
        ModelError: it can't be found, loaded or held in memory.
    """
    if _is_echo(ref):
        from models.echo import EchoModel

        return EchoModel(ref)
    if is_server(ref.id):
        from models.server import load_server

        return load_server(ref)
    from models.local import load_local

    return load_local(ref)


def within_budget(loaded: Sequence[ModelRef], wanted: ModelRef) -> bool:
    """Whether `wanted` may be loaded beside `loaded`: those that need memory must be small."""
    needed = [size for ref in (*loaded, wanted) if (size := _bytes_needed(ref)) > 0]
    return len(needed) < 2 or _bytes_needed(wanted) == 0 or sum(needed) <= SHARED_BYTES


def _bytes_needed(ref: ModelRef) -> float:
    if _is_echo(ref):
        return 0.0
    try:
        estimate = estimate_memory(ref)
    except ModelError:
        return 0.0  # it will not load: no reason to let another go
    return math.inf if estimate is None else estimate


def _is_echo(ref: ModelRef) -> bool:
    return ref.id.partition(":")[0].partition("#")[0] == "echo"


@dataclass(slots=True)
class _Turn:
    work: Work
    future: Future[Any]


@dataclass(slots=True)
class _Queue:
    """Turns that wait for one model, by visitor; the visitor served last goes to the end."""

    since: float = 0.0  # when the eldest turn came
    visitors: OrderedDict[str, deque[_Turn]] = field(default_factory=OrderedDict)

    def put(self, visitor: str, turn: _Turn) -> None:
        if not self.visitors:
            self.since = time.monotonic()
        self.visitors.setdefault(visitor, deque()).append(turn)

    def take(self) -> _Turn:
        visitor, turns = self.visitors.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self.visitors[visitor] = turns
        self.since = time.monotonic()
        return turn

    def take_all(self) -> list[_Turn]:
        taken = [turn for turns in self.visitors.values() for turn in turns]
        self.visitors.clear()
        return taken


@dataclass(slots=True, eq=False)
class _Worker:
    thread: threading.Thread
    loaded: float | None = None  # since when
    served: bool = False


class ModelManager:
    """Loads models when they are first needed and gives their turns out fairly.

    Each loaded model has one thread of its own, in which it is loaded, used and let go. Visitors
    who wait for the same model take turns. Before a model is loaded, those that would not fit
    beside it are let go: soon when nobody uses them, else after the patience at the latest.

    Args:
        loader: makes a model of a reference; raises ChoraleError when it can't.
        fits: whether a model may be loaded while others are in memory.
        patience_s: seconds after which a model in use makes room for one that is waited for.
    """

    def __init__(
        self,
        loader: Callable[[ModelRef], LanguageModel] = load,
        *,
        fits: Callable[[Sequence[ModelRef], ModelRef], bool] = within_budget,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._loader = loader
        self._fits = fits
        self._patience = patience_s
        self._changed = threading.Condition()
        self._queues: dict[ModelRef, _Queue] = {}
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
            self._queues.setdefault(ref, _Queue()).put(visitor, _Turn(work, future))
            self._make_room()
            self._changed.notify_all()
        return future

    def loaded(self) -> tuple[ModelRef, ...]:
        """The models in memory."""
        with self._changed:
            return tuple(ref for ref, worker in self._workers.items() if worker.loaded is not None)

    def loading(self, ref: ModelRef) -> bool:
        """Whether this model is being loaded right now."""
        with self._changed:
            worker = self._workers.get(ref)
            return worker is not None and worker.loaded is None

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
            worker.thread.join()

    def _make_room(self) -> None:
        """Start a worker for each model that is waited for and fits. Needs the lock."""
        waiting = [
            ref for ref, q in self._queues.items() if q.visitors and ref not in self._workers
        ]
        for ref in sorted(waiting, key=lambda ref: self._queues[ref].since):
            if self._closed:
                return
            if self._workers and not self._fits(tuple(self._workers), ref):
                return  # strictly the eldest first: a big model is not passed by small ones
            thread = threading.Thread(
                target=self._live, args=(ref,), name=f"model {ref.id}", daemon=True
            )
            self._workers[ref] = _Worker(thread)
            thread.start()

    def _live(self, ref: ModelRef) -> None:
        """A worker's life: load, serve, let go."""
        try:
            model = self._loader(ref)
        except BaseException as error:
            self._fail_all(ref, _without_frames(error))
        else:
            with self._changed:
                self._workers[ref].loaded = time.monotonic()
            while (turn := self._next(ref)) is not None:
                _run(turn, model)
                del turn  # its work may hold what the model has made
            del model
        finally:
            _free_memory()
            with self._changed:
                del self._workers[ref]
                self._make_room()
                self._changed.notify_all()

    def _next(self, ref: ModelRef) -> _Turn | None:
        """The next turn of this model, as soon as there is one; None when it has to go."""
        queue, worker = self._queues[ref], self._workers[ref]
        idle_since = time.monotonic()
        with self._changed:
            while not self._closed:
                since = self._room_wanted_since()
                if queue.visitors and not (since is not None and self._tried(worker, since)):
                    worker.served = True
                    return queue.take()
                left = idle_since + LINGER_S - time.monotonic()
                if since is not None and (queue.visitors or left <= 0):
                    return None
                self._changed.wait(None if since is None else left)
        return None

    def _tried(self, worker: _Worker, since: float) -> bool:
        """Whether others have waited long enough for this one, its time of loading not counted."""
        fair_since = max(since, worker.loaded or 0.0)
        return worker.served and time.monotonic() - fair_since >= self._patience

    def _room_wanted_since(self) -> float | None:
        """Since when a model that is not in memory has been waited for; None without one."""
        waits = [
            queue.since
            for ref, queue in self._queues.items()
            if queue.visitors and ref not in self._workers
        ]
        return min(waits, default=None)

    def _fail_all(self, ref: ModelRef, error: BaseException) -> None:
        if not isinstance(error, ChoraleError):
            log.error("Loading %s failed", ref.id, exc_info=error)
        with self._changed:
            turns = self._queues[ref].take_all()
        for turn in turns:
            if turn.future.set_running_or_notify_cancel():
                turn.future.set_exception(error)


def _run(turn: _Turn, model: LanguageModel) -> None:
    if not turn.future.set_running_or_notify_cancel():
        return
    try:
        result = turn.work(model)
    except BaseException as error:
        del model  # the error's frames lead back to this one
        turn.future.set_exception(_without_frames(error))
    else:
        turn.future.set_result(result)


def _without_frames(error: BaseException) -> BaseException:
    """An error that keeps its story but no local variables.

    Whoever keeps the error (a failed run shows it for long) would keep the model in memory too.
    """
    chain, cleared = [error], set[int]()
    while chain:
        link = chain.pop()
        if id(link) not in cleared:  # an error can be its own cause
            cleared.add(id(link))
            traceback.clear_frames(link.__traceback__)
            chain.extend(e for e in (link.__cause__, link.__context__) if e is not None)
    return error


def _free_memory() -> None:
    """Give freed weights back before the next model is loaded."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
