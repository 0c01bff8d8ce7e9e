"""What a job shows of itself while it goes: written by its threads, read by every screen."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.errors import ChoraleError
from data.schema import ModelRef, RunData, RunState, Sample
from experiments.snapshot import Phase, Snapshot, next_version, wanted_of
from models.manager import ModelManager
from models.registry import display_name


class Progress:
    """The state behind a job's snapshots. Every method may be called from any thread.

    Args:
        data: what has been placed before, with the run as it stands.
        drawn: number of draws in the store per condition key.
        models: asked whether a model is being loaded.
    """

    def __init__(self, data: RunData, drawn: Mapping[str, int], models: ModelManager) -> None:
        self._lock = threading.Lock()
        self._models = models
        self._run = data.run
        self._data = data
        self._voids = data.voids
        self._version = next_version()
        self._phase = Phase.QUEUED
        self._message = ""
        self._error: ChoraleError | None = None
        self._drawn = {key: drawn.get(key, 0) for key in wanted_of(data.run)}
        self._awaited: ModelRef | None = None
        self._came = 0  # draws since this job began
        self._began = time.monotonic()
        self._first_turn = self._last_draw = self._ended = math.nan

    @property
    def error(self) -> ChoraleError | None:
        """What went wrong first."""
        return self._error

    @property
    def complete(self) -> bool:
        """Whether every draw asked for is in the store."""
        with self._lock:
            return all(self._drawn[key] >= n for key, n in wanted_of(self._run).items())

    def waiting(self, model: ModelRef) -> None:
        """A turn has been asked for."""
        with self._lock:
            self._awaited = model

    def sampling(self) -> None:
        """The turn has come."""
        with self._lock:
            self._awaited = None
            self._phase = Phase.SAMPLING
            if math.isnan(self._first_turn):
                self._first_turn = time.monotonic()

    def analysing(self) -> None:
        """All turns are over; the last answers are being placed."""
        with self._lock:
            self._awaited = None
            self._phase = Phase.ANALYSING
            self._message = "placing the last answers"

    def drew(self, rows: Sequence[tuple[str, Sample]]) -> None:
        """These draws are in the store."""
        counts = Counter(key for key, _ in rows)
        with self._lock:
            self._voids += tuple(row for row in rows if not row[1].answered)
            for key, count in counts.items():
                self._drawn[key] += count
            self._came += counts.total()
            self._last_draw = time.monotonic()

    def placed(self, data: RunData) -> None:
        """The data have grown or moved; they are in the store."""
        with self._lock:
            self._run = data.run
            self._data = data
            self._version = next_version()

    def failed(self, error: ChoraleError) -> None:
        """Something went wrong; only the first error counts."""
        with self._lock:
            self._error = self._error or error

    def ended(self, phase: Phase, state: RunState, note: str) -> None:
        """It is over."""
        with self._lock:
            self._phase, self._message = phase, note
            self._run = replace(self._run, state=state, note=note)
            self._data = replace(self._data, run=self._run)
            self._ended = time.monotonic()

    def snapshot(self) -> Snapshot:
        """The run at this moment. Reads memory only."""
        with self._lock:
            awaited, phase, message = self._awaited, self._phase, self._message
            wanted = wanted_of(self._run)
            now = time.monotonic() if math.isnan(self._ended) else self._ended
            spent = self._last_draw - self._first_turn
            rate = self._came / spent if spent > 0 else math.nan
            left = sum(wanted.values()) - sum(self._drawn.values())
            shown = Snapshot(
                run=self._run,
                phase=phase,
                message=message,
                error=self._error,
                drawn=dict(self._drawn),
                wanted=wanted,
                placed=len(self._data.keys),
                rate=rate,
                elapsed_s=now - self._began,
                seconds_left=left / rate if phase is Phase.SAMPLING else math.nan,
                data=replace(self._data, voids=self._voids),
                version=self._version,
            )
        # The model manager has a lock of its own: asked only after ours is free.
        return shown if awaited is None else self._waits(shown, awaited)

    def _waits(self, shown: Snapshot, model: ModelRef) -> Snapshot:
        if (state := self._models.loading(model)) is not None:
            message = f"loading {display_name(model.id)}: {state.words}"
            return replace(shown, phase=Phase.LOADING, message=message)
        return replace(shown, message="waiting for its turn")
