"""What a run looks like at one moment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from data.errors import ChoraleError
from data.schema import Run, RunData, RunState

# One count for the whole process: a version never names two different states of a run, wherever
# its data came from.
next_version = itertools.count(1).__next__


class Phase(StrEnum):
    """What a job is doing."""

    QUEUED = "queued"
    LOADING = "loading"
    SAMPLING = "sampling"
    ANALYSING = "analysing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = frozenset({Phase.DONE, Phase.STOPPED, Phase.FAILED})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment; nothing in it ever changes.

    Attributes:
        phase: what is going on.
        message: more about it in a few words for the user; "" when there is nothing to add.
        error: why it failed; None otherwise.
        drawn: finished draws in the store per condition key.
        wanted: draws asked for per condition key.
        placed: draws with a place on the map, the rows of `data`.
        rate: finished answers per second; NaN before the first.
        elapsed_s: since the run was started or resumed.
        seconds_left: at this rate; NaN when unknown.
        data: what has been placed.
        version: grows whenever `data` does or its points move; unique in this process.
    """

    run: Run
    phase: Phase
    message: str
    error: ChoraleError | None
    drawn: Mapping[str, int]
    wanted: Mapping[str, int]
    placed: int
    rate: float
    elapsed_s: float
    seconds_left: float
    data: RunData
    version: int

    @property
    def active(self) -> bool:
        """Whether more is to come without anybody asking for it."""
        return self.phase not in ENDED


def wanted_of(run: Run) -> dict[str, int]:
    """Draws asked for per condition key."""
    return {condition.key: condition.n for condition in run.conditions}


def empty_data(run: Run) -> RunData:
    """A run before its first draw."""
    nothing = np.zeros((0, 2), dtype=np.float32)
    nothing.flags.writeable = False
    return RunData(run, (), (), nothing, nothing)


def stored_snapshot(data: RunData, drawn: Mapping[str, frozenset[int]]) -> Snapshot:
    """A run that nobody works on, as the store has it."""
    done = data.run.state is RunState.DONE
    return Snapshot(
        run=data.run,
        phase=Phase.DONE if done else Phase.STOPPED,
        message=data.run.note,
        error=None,
        drawn={key: len(indices) for key, indices in drawn.items()},
        wanted=wanted_of(data.run),
        placed=len(data.keys),
        rate=math.nan,
        elapsed_s=math.nan,
        seconds_left=math.nan,
        data=data,
        version=next_version(),
    )
