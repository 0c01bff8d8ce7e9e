"""One run on its way: turns → samples in the store → places on the map → snapshots."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from data.errors import ChoraleError
from data.schema import Run, RunData, RunState
from data.store import Store
from experiments.base import Experiment, SampleDrawn, Turn
from experiments.pace import Pace
from experiments.placing import Placer, Row
from experiments.snapshot import Phase, Snapshot, next_version, wanted_of
from models.base import Embedder, LanguageModel
from models.manager import ModelManager

STOPPED_BY_USER = "Stopped by you. What was drawn is kept."
CLOSED = "Chorale was closed while this run was going. Resume it to draw the rest."

log = logging.getLogger(__name__)

Arrivals = SimpleQueue[SampleDrawn | None]


class Job:
    """A run being worked on.

    Its driver thread asks the experiment for turns, hands each to the model's worker, and commits
    what comes back before anyone sees it; a `Placer` follows behind.

    Args:
        run: as it is in the store.
        experiment: what is left to do is asked of it.
        store: where everything goes first.
        models: who runs the turns.
        embedder: makes or finds the embedder.
        data: what has been drawn and placed before.
        drawn: indices drawn before, per condition key.
        unplaced: draws that were left without a place.
        ended: called once, from the driver, when all is over.
    """

    def __init__(
        self,
        run: Run,
        experiment: Experiment,
        *,
        store: Store,
        models: ModelManager,
        embedder: Callable[[], Embedder],
        data: RunData,
        drawn: Mapping[str, frozenset[int]],
        unplaced: tuple[Row, ...] = (),
        ended: Callable[[Job], None] = lambda job: None,
    ) -> None:
        self._run = run
        self._experiment = experiment
        self._store = store
        self._models = models
        self._before = drawn
        self._ended = ended
        self._placer = Placer(
            store=store, embedder=embedder, data=data, publish=self._publish, fail=self._fail
        )
        self._placer.put(unplaced)
        self._pace = Pace()
        self._stopping = threading.Event()
        self._stop_note = ""
        self._turn: Future[None] | None = None
        self.done = threading.Event()

        self._lock = threading.Lock()  # guards what a snapshot shows, below
        self._phase = Phase.QUEUED
        self._error: ChoraleError | None = None
        self._drawn = {key: len(drawn.get(key, ())) for key in wanted_of(run)}
        self._data = data
        self._version = next_version()
        self._started = time.monotonic()
        self._sampling_since = math.nan
        self._last_draw = math.nan
        self._finished_now = 0
        self._ended_at = math.nan
        self._driver = threading.Thread(target=self._drive, name=f"run {run.id}", daemon=True)

    @property
    def run(self) -> Run:
        """What was asked for."""
        return self._run

    def start(self) -> None:
        """Begin."""
        self._placer.start()
        self._driver.start()

    def stop(self, note: str = STOPPED_BY_USER) -> None:
        """Draw no more, within one token step; what was drawn is still placed."""
        with self._lock:
            if not self._stopping.is_set():
                self._stop_note = note
            self._stopping.set()
            turn = self._turn
        if turn is not None:
            turn.cancel()

    def close(self) -> None:
        """Stop without placing what waits."""
        self._placer.abandon()
        self.stop(CLOSED)

    def join(self) -> None:
        """Wait for the end."""
        self._driver.join()

    def snapshot(self) -> Snapshot:
        """The run at this moment. Reads memory only."""
        with self._lock:
            phase, wanted = self._phase, wanted_of(self._run)
            now = time.monotonic() if math.isnan(self._ended_at) else self._ended_at
            rate = self._rate()
            left = sum(wanted.values()) - sum(self._drawn.values())
            shown = Snapshot(
                run=self._run,
                phase=phase,
                message="",
                error=self._error,
                drawn=dict(self._drawn),
                wanted=wanted,
                placed=len(self._data.keys),
                rate=rate,
                elapsed_s=now - self._started,
                seconds_left=left / rate if phase is Phase.SAMPLING and rate > 0 else math.nan,
                data=self._data,
                version=self._version,
            )
        return replace(shown, phase=self._queued_or_loading(phase), message=self._message(shown))

    def _drive(self) -> None:
        try:
            self._store.set_state(self._run.id, RunState.RUNNING)
            for turn in self._experiment.turns(self._before, self._pace):
                if self._stopping.is_set():
                    break
                self._take(turn)
        except BaseException as error:
            self._fail(error)
        finally:
            self._enter(Phase.ANALYSING)
            self._placer.finish()
            self._conclude()

    def _take(self, turn: Turn) -> None:
        """Give one turn to its model and keep what it draws, as it comes."""
        arrivals: Arrivals = SimpleQueue()
        future = self._models.submit(
            self._run.owner, turn.model, partial(self._serve, turn, arrivals)
        )
        future.add_done_callback(lambda _: arrivals.put(None))
        with self._lock:
            self._turn = future
        if self._stopping.is_set():
            future.cancel()
        more = True
        while more:
            drawn, more = _drain(arrivals)
            self._keep(drawn)
        try:
            future.result()
        except CancelledError:
            pass

    def _serve(self, turn: Turn, arrivals: Arrivals, model: LanguageModel) -> None:
        """Run one turn; in the model's worker thread."""
        self._enter(Phase.SAMPLING)
        began, count = time.monotonic(), 0
        for event in turn.work(model, self._stopping.is_set):
            arrivals.put(event)
            count += 1
        self._pace.observe(count, time.monotonic() - began)

    def _keep(self, events: list[SampleDrawn]) -> None:
        """Commit draws, then show them."""
        if not events:
            return
        rows = [(event.condition, event.sample) for event in events]
        self._store.add_drawn(self._run.id, rows)
        with self._lock:
            for key, _ in rows:
                self._drawn[key] += 1
            self._finished_now += len(rows)
            self._last_draw = time.monotonic()
        self._placer.put(rows)

    def _publish(self, data: RunData) -> None:
        with self._lock:
            self._data = data
            self._version = next_version()

    def _enter(self, phase: Phase) -> None:
        with self._lock:
            if phase is Phase.SAMPLING and math.isnan(self._sampling_since):
                self._sampling_since = time.monotonic()
            self._phase = phase

    def _fail(self, error: BaseException) -> None:
        """Remember the first error and stop."""
        if not isinstance(error, ChoraleError):
            log.error("Run %s broke", self._run.id, exc_info=error)
            error = ChoraleError(
                "Something in Chorale broke, and the run was stopped.",
                "What was drawn is kept; resume it to draw the rest. The log says more.",
            )
        with self._lock:
            self._error = self._error or error
        self._stopping.set()

    def _conclude(self) -> None:
        """Say in the store and on the screen how it ended."""
        complete = self._drawn == wanted_of(self._run)
        if self._error is None and complete:
            phase, state, note = Phase.DONE, RunState.DONE, ""
        elif self._error is None:
            phase, state, note = Phase.STOPPED, RunState.INCOMPLETE, self._stop_note
        else:
            phase, state, note = Phase.FAILED, RunState.INCOMPLETE, str(self._error)
        try:
            self._store.set_state(self._run.id, state, note)
        except ChoraleError as error:
            phase, self._error = Phase.FAILED, self._error or error
        with self._lock:
            self._phase, self._ended_at = phase, time.monotonic()
            self._run = replace(self._data.run, state=state, note=note)
            self._data = replace(self._data, run=self._run)
        self._ended(self)
        self.done.set()

    def _rate(self) -> float:
        spent = self._last_draw - self._sampling_since
        return self._finished_now / spent if spent > 0 else math.nan

    def _queued_or_loading(self, phase: Phase) -> Phase:
        model = self._run.conditions[0].model
        return Phase.LOADING if phase is Phase.QUEUED and self._models.loading(model) else phase

    def _message(self, shown: Snapshot) -> str:
        return shown.phase.value


def _drain(arrivals: Arrivals) -> tuple[list[SampleDrawn], bool]:
    """Everything that has arrived, waiting for the first; and whether the turn goes on."""
    drawn: list[SampleDrawn] = []
    event = arrivals.get()
    while event is not None:
        drawn.append(event)
        try:
            event = arrivals.get_nowait()
        except Empty:
            return drawn, True
    return drawn, False
