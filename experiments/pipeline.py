"""One run on its way: turns → draws in the store → places on the map → snapshots."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue

from data.divergences import DivergenceStore
from data.errors import ChoraleError
from data.schema import Run, RunData, RunState, Sample
from data.store import CUT_OFF, Store
from experiments.base import DivergenceFound, Event, Experiment, SampleDrawn, Turn
from experiments.pace import Pace
from experiments.placing import Placer, Row
from experiments.progress import Progress
from experiments.snapshot import Phase, Snapshot
from models.base import Embedder, LanguageModel
from models.manager import ModelManager

STOPPED_BY_USER = "Stopped by you."

log = logging.getLogger(__name__)

Arrivals = SimpleQueue[Event | None]


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run has already.

    Attributes:
        data: its placed draws.
        drawn: indices in the store per condition key.
        unplaced: draws in the store that were left without a place.
    """

    data: RunData
    drawn: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unplaced: tuple[Row, ...] = ()

    def samples(self) -> dict[str, dict[int, Sample]]:
        """Every draw in the store, by condition key and index."""
        placed = zip(self.data.keys, self.data.samples, strict=True)
        found: dict[str, dict[int, Sample]] = {key: {} for key in self.drawn}
        for key, sample in (*placed, *self.unplaced, *self.data.voids):
            found.setdefault(key, {})[sample.index] = sample
        return found


class Job:
    """A run being worked on.

    Its driver thread asks the experiment for turns, hands each to the model's worker and commits
    what comes back before anyone sees it. A `Placer` follows behind.

    Args:
        begun: what it has already, with the run as it is in the store.
        experiment: asked for what is left to draw; None only places what was left unplaced.
        store: where everything goes first.
        divergences: where those go.
        models: who gives the turns out.
        embedder: makes or finds the embedder.
        ended: called once, from the driver, before `done` is set.
    """

    def __init__(
        self,
        begun: Begun,
        experiment: Experiment | None,
        *,
        store: Store,
        divergences: DivergenceStore,
        models: ModelManager,
        embedder: Callable[[], Embedder],
        ended: Callable[[Job], None],
    ) -> None:
        self.run: Run = begun.data.run
        self.draws = experiment is not None
        self.done = threading.Event()
        self._drawn = begun.samples()
        self._experiment = experiment
        self._store, self._divergences = store, divergences
        self._models = models
        self._ended = ended
        counts = {key: len(indices) for key, indices in begun.drawn.items()}
        self._progress = Progress(begun.data, counts, models)
        self._placer = Placer(
            store=store,
            embedder=embedder,
            data=begun.data,
            publish=self._progress.placed,
            fail=self._fail,
        )
        self._placer.put(begun.unplaced)
        self._pace = Pace()
        self._stopping = threading.Event()
        self._note = self.run.note  # why it is incomplete, if it will be
        self._turn: Future[None] | None = None
        self._driver = threading.Thread(target=self._drive, name="driver", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._placer.start()
        self._driver.start()

    def stop(self, note: str = STOPPED_BY_USER) -> None:
        """Draw no more, within one token step; what was drawn is still placed."""
        if self.draws and not self._stopping.is_set():
            self._note = note
        self._stopping.set()
        if self._turn is not None:
            self._turn.cancel()  # if it still waits

    def close(self, note: str = CUT_OFF) -> None:
        """Stop without placing what waits."""
        self._placer.abandon()
        self.stop(note)

    def join(self) -> None:
        """Wait for the end."""
        self._driver.join()

    def snapshot(self) -> Snapshot:
        """The run at this moment. Reads memory only."""
        return self._progress.snapshot()

    def _drive(self) -> None:
        try:
            if self._experiment is not None:
                self._draw(self._experiment)
        except Exception as error:
            self._fail(error)
        self._progress.analysing()
        self._placer.finish()
        self._conclude()

    def _draw(self, experiment: Experiment) -> None:
        self._store.set_state(self.run.id, RunState.RUNNING)
        for turn in experiment.turns(self._drawn, self._pace):
            if self._stopping.is_set():
                return
            self._take(turn)

    def _take(self, turn: Turn) -> None:
        """Give one turn to its model and keep what it draws, as it comes."""
        arrivals: Arrivals = SimpleQueue()
        self._progress.waiting(turn.model)
        serve = partial(self._serve, turn, arrivals)
        self._turn = self._models.submit(self.run.owner, turn.model, serve)
        self._turn.add_done_callback(lambda _: arrivals.put(None))
        if self._stopping.is_set():  # asked to before there was a turn to cancel
            self._turn.cancel()
        more = True
        while more:
            events, more = _arrived(arrivals)
            self._keep(events)
        with suppress(CancelledError):
            self._turn.result()

    def _serve(self, turn: Turn, arrivals: Arrivals, model: LanguageModel) -> None:
        """Run one turn; in the model's worker thread."""
        self._progress.sampling()
        began, count = time.monotonic(), 0
        for event in turn.work(model, self._stopping.is_set):
            arrivals.put(event)
            count += isinstance(event, SampleDrawn)
        self._pace.observe(count, time.monotonic() - began)

    def _keep(self, events: list[Event]) -> None:
        """Commit draws in one transaction; only then show and place them."""
        measured = {
            (event.condition, event.index): event.divergence
            for event in events
            if isinstance(event, DivergenceFound)
        }
        if measured:
            self._divergences.add(self.run.id, measured)
        rows = [(e.condition, e.sample) for e in events if isinstance(e, SampleDrawn)]
        if not rows:
            return
        self._store.add_drawn(self.run.id, rows)
        self._progress.drew(rows)
        self._placer.put(row for row in rows if row[1].answered)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, ChoraleError):
            log.error("Run %s broke", self.run.id, exc_info=error)
            error = ChoraleError(
                "Something in Chorale broke and ended this run.",
                "Draw the rest, or look into the log if it happens again.",
            )
        self._progress.failed(error)
        self._stopping.set()

    def _conclude(self) -> None:
        """Say in the store and on the screen how it ended."""
        phase, state, note = self._outcome()
        try:
            self._store.set_state(self.run.id, state, note)
        except ChoraleError as error:
            self._progress.failed(error)
            phase, note = Phase.FAILED, error.what_happened
        except Exception as error:
            self._fail(error)
            phase = Phase.FAILED
        self._progress.ended(phase, state, note)
        self._ended(self)
        self.done.set()

    def _outcome(self) -> tuple[Phase, RunState, str]:
        error = self._progress.error
        if error is not None:
            return Phase.FAILED, RunState.INCOMPLETE, error.what_happened
        if self._progress.complete:
            return Phase.DONE, RunState.DONE, ""
        return Phase.STOPPED, RunState.INCOMPLETE, self._note


def _arrived(arrivals: Arrivals) -> tuple[list[Event], bool]:
    """Everything that has arrived, waiting for the first; and whether the turn goes on."""
    events: list[Event] = []
    event = arrivals.get()
    while event is not None:
        events.append(event)
        try:
            event = arrivals.get_nowait()
        except Empty:
            return events, True
    return events, False
