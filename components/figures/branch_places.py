"""Where each branch of a graph of answers stands: columns as wide as their words, few crossings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

LONGEST = 40  # letters of a text that a column makes room for
_LEAST, _BETWEEN = 3, 3  # letters that a column is wide, and between two
_GAP = 0.012  # between branches of a column, of all answers
_ROUNDS = 3


class Placeable(Protocol):
    """What a branch must tell."""

    @property
    def id(self) -> str:
        """By which others go on to it."""
        ...

    @property
    def column(self) -> int:
        """From 0."""
        ...

    @property
    def size(self) -> int:
        """Answers, its height."""
        ...

    @property
    def letters(self) -> int:
        """Room that what is written on it takes."""
        ...

    @property
    def goes_on(self) -> Mapping[str, int]:
        """How many answers go on to which branch."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """A branch's place: letters from the left, answers from above."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """Halfway down."""
        return (self.top + self.bottom) / 2


def boxes(bars: Sequence[Placeable]) -> dict[str, Box]:
    """Places of all branches, as high as their answers are many, near those they come from.

    Args:
        bars: from left to right; every branch behind those that lead to it.
    """
    if not bars:
        return {}
    columns: dict[int, list[Placeable]] = defaultdict(list)
    for bar in bars:
        columns[bar.column].append(bar)
    gap = _GAP * max(sum(bar.size for bar in column) for column in columns.values())
    tops = {key: _stacked(column, {}, gap) for key, column in columns.items()}
    middles = {key: top for column in tops.values() for key, top in column.items()}
    before, behind = _neighbours(bars)
    for turn in range(_ROUNDS):
        rightwards = turn % 2 == 0
        beside = before if rightwards else behind
        for key in sorted(columns, reverse=not rightwards):
            wanted = {bar.id: _mean(beside[bar.id], middles) for bar in columns[key]}
            middles |= _stacked(columns[key], wanted, gap)
    lefts = _lefts(columns)
    return {
        bar.id: Box(
            *lefts[bar.column], middles[bar.id] - bar.size / 2, middles[bar.id] + bar.size / 2
        )
        for bar in bars
    }


def _lefts(columns: Mapping[int, Sequence[Placeable]]) -> dict[int, tuple[float, float]]:
    found, left = {}, 0.0
    for key in sorted(columns):
        right = left + max(_LEAST, *(bar.letters for bar in columns[key]))
        found[key] = (left, right)
        left = right + _BETWEEN
    return found


def _neighbours(
    bars: Sequence[Placeable],
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Per branch, those it comes from and those it goes on to, with how many answers do so."""
    before: dict[str, dict[str, int]] = defaultdict(dict)
    behind: dict[str, dict[str, int]] = defaultdict(dict)
    for bar in bars:
        for later, count in bar.goes_on.items():
            before[later][bar.id] = behind[bar.id][later] = count
    return before, behind


def _mean(weights: Mapping[str, int], middles: Mapping[str, float]) -> float | None:
    total = sum(weights.values())
    return sum(middles[key] * count for key, count in weights.items()) / total if total else None


def _stacked(
    column: Sequence[Placeable], wanted: Mapping[str, float | None], gap: float
) -> dict[str, float]:
    """Middles of a column's branches: as near as they may be to where they are wanted."""
    places = {bar.id: place for place, bar in enumerate(column)}
    known = {key: middle for key, middle in wanted.items() if middle is not None}

    def order(bar: Placeable) -> tuple[float, int]:
        return known.get(bar.id, float("inf")), places[bar.id]

    found, free = {}, float("-inf") if known else 0.0
    ordered = sorted(column, key=order)
    for bar in ordered:
        top = max(free, known[bar.id] - bar.size / 2) if bar.id in known else free
        found[bar.id] = top + bar.size / 2
        free = top + bar.size + gap
    return _shifted(found, known)


def _shifted(middles: Mapping[str, float], wanted: Mapping[str, float]) -> dict[str, float]:
    """A column moved as a whole, so that on average its branches are where they are wanted."""
    apart = [wanted[key] - middles[key] for key in wanted]
    shift = sum(apart) / len(apart) if apart else 0.0
    return {key: middle + shift for key, middle in middles.items()}
