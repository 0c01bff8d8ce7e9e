"""Where each branch of a graph of answers stands: columns as wide as their words, few crossings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_LEAST, _MOST = 3, 22  # letters that a column has room for
_NUMBER, _BETWEEN = 4, 3  # letters for an entropy with its dot, and between columns
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
    def text(self) -> str:
        """What is written on it."""
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
        longest = max(len(" ".join(bar.text.split())) for bar in columns[key])
        right = left + min(max(longest, _LEAST), _MOST) + _NUMBER
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

    found, free = {}, 0.0
    ordered = sorted(column, key=order)
    for bar in ordered:
        top = max(free, known.get(bar.id, 0.0) - bar.size / 2)
        found[bar.id] = top + bar.size / 2
        free = top + bar.size + gap
    return found
