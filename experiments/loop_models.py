"""Closed loops of several models beside each other: on one scale, over the same turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.errors import ChoraleError
from data.schema import RunData
from experiments.chats import plan_of
from experiments.loop_results import finished_turns, held_replies, loop_frontier
from experiments.loop_styles import unadapted
from experiments.synchrony import Frontier, contrasts
from metrics.style_space import StyleSpace, fit_style_space
from metrics.uncertainty import Estimate

AXES = ("synchrony", "stability", "coherence")


@dataclass(frozen=True, slots=True, eq=False)
class Loops:
    """Several runs.

    Attributes:
        frontiers: one per run, all on the same scale.
        turns: that count, the first among them.
        same_users: whether all runs answer the same lines.
    """

    frontiers: tuple[Frontier, ...]
    turns: int
    same_users: bool


def compared_loops(runs: Sequence[RunData]) -> Loops:
    """Measure several runs on the scale of all they say before anything is adapted.

    Each run was steered on a scale of its own, on which cosines of different runs don't compare.
    Here the users' lines and the first replies of all runs, each run counting alike, make one
    scale; each model's own style is still the middle of its own first replies.

    Args:
        runs: closed loops, one or more.

    Raises:
        ChoraleError: one has not finished two turns, or styles can't be measured.
    """
    turns = min(finished_turns(data) for data in runs)
    if turns < 2:
        raise ChoraleError(
            "One of these runs has not finished its second turn.",
            "Choose runs that went on longer.",
        )
    space = _space(runs)
    found = [loop_frontier(data, space=space, turns=turns) for data in runs]
    lines = {_lines(data, turns) for data in runs}
    return Loops(tuple(each for each in found if each is not None), turns, len(lines) == 1)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one policy changes against another, in one run.

    Attributes:
        place: of the run.
        measure: what is compared.
        difference: mean over conversations, in pairs.
    """

    place: int
    measure: str
    difference: Estimate


def costs(loops: Loops, policy: str, base: str) -> tuple[Cost, ...]:
    """One policy minus another on the three axes, run by run; runs without both are left out."""
    found = []
    for place, frontier in enumerate(loops.frontiers):
        keys = [each.key for each in frontier.policies]
        if policy in keys and base in keys:
            wanted = keys.index(policy)
            found += [
                Cost(place, each.measure, each.difference)
                for axis in AXES
                for each in contrasts(frontier, keys.index(base))
                if each.policy == wanted and each.measure == axis
            ]
    return tuple(found)


def _space(runs: Sequence[RunData]) -> StyleSpace:
    said, back = zip(
        *(unadapted(data.run.conditions, held_replies(data)) for data in runs), strict=True
    )
    most = max(len(each) for each in (*said, *back))
    rows = np.concatenate([_stretched(each, most) for each in (*said, *back)])
    try:
        return fit_style_space(rows, reference="the users and first replies of all runs shown")
    except ValueError as error:
        raise ChoraleError(
            "The style of these runs can’t be measured.", "Choose runs in English."
        ) from error


def _stretched(rows: np.ndarray, size: int) -> np.ndarray:
    """The same rows again and again, so that every run and speaker weighs alike."""
    return rows[np.arange(size) * len(rows) // size]


def _lines(data: RunData, turns: int) -> tuple[str, ...]:
    plan = plan_of(data.run.conditions[0])
    each = len(plan.lines) // plan.scripts
    return tuple(line for place, line in enumerate(plan.lines) if place % each < turns)
