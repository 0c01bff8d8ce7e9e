"""Choices between items, in the one form that every preference model reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NOBODY = -1  # fills up sets that are smaller than the largest


@dataclass(frozen=True)
class Choices:
    """Who chose what from which set.

    Attributes:
        sets: (m, s) items, the chosen one first, filled up with NOBODY.
        weights: (m,) what each choice counts; a tie of two is half a choice each way.
        raters: (m,) who chose, numbered from 0.
        items: number of items there are, compared or not.
    """

    sets: NDArray[np.int64]
    weights: NDArray[np.float64]
    raters: NDArray[np.int64]
    items: int

    def of(self, raters: ArrayLike) -> Choices:
        """Those of some raters, who keep their numbers.

        Args:
            raters: (raters of all,) which to keep, True or False.
        """
        keep = np.asarray(raters, dtype=bool)[self.raters]
        return Choices(self.sets[keep], self.weights[keep], self.raters[keep], self.items)

    def pooled(self) -> Choices:
        """Equal choices added up over raters, who are all 0 then."""
        width = self.sets.shape[1]
        if (self.items + 1.0) ** width < 2.0**62:
            radix = (self.items + 1) ** np.arange(width)
            codes, place = np.unique((self.sets + 1) @ radix, return_inverse=True)
            sets = codes[:, None] // radix % (self.items + 1) - 1
        else:
            sets, place = np.unique(self.sets, axis=0, return_inverse=True)
        weights = weighted_counts(place, self.weights, len(sets))
        return Choices(sets, weights, np.zeros(len(sets), dtype=np.int64), self.items)


def pair_choices(
    first: ArrayLike, second: ArrayLike, outcome: ArrayLike, raters: ArrayLike, *, items: int
) -> Choices:
    """Choices between two.

    Args:
        first: (m,) items from 0 to items − 1.
        second: (m,) what each was compared with.
        outcome: (m,) 1 where the first won, 0 where the second did, ½ for a tie.
        raters: (m,) who compared, numbered from 0.
        items: number of items.

    Raises:
        ValueError: lengths differ, an item is compared with itself or out of range, or an outcome
            is none of the three.
    """
    one, two = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    won, who = np.asarray(outcome, dtype=np.float64), np.asarray(raters, dtype=np.int64)
    if len({len(one), len(two), len(won), len(who)}) > 1:
        raise ValueError("Expected first, second, outcome and raters to have one length.")
    _refuse(one == two, "two different items", "compared an item with itself")
    _refuse(~np.isin(won, (0, 0.5, 1)), "an outcome of 0, ½ or 1", "had another")
    sets = np.stack([one, two], axis=1)
    _check_items(sets, items)
    tied = won == 0.5
    sets = np.where((won == 0)[:, None], sets[:, ::-1], sets)
    return Choices(
        np.concatenate([sets, sets[tied][:, ::-1]]),
        np.concatenate([np.where(tied, 0.5, 1.0), np.full(tied.sum(), 0.5)]),
        np.concatenate([who, who[tied]]),
        items,
    )


def ranking_choices(
    rankings: Sequence[Sequence[Sequence[int]]], raters: ArrayLike, *, items: int
) -> Choices:
    """Choices that rankings are made of: the best of all, the best of the rest, and so on.

    Items that share a place are taken in 2t orders for t of them, the rotations of the row and of
    its mirror image, each counting 1/(2t): every item then stands in every place equally often,
    and before every other one half of the time. For t ≤ 3 these are all orders.

    Args:
        rankings: for each, the places from best to worst, each holding one or more items. Items
            that stand in no place count as not seen; a top choice is ((best,), (others …)) by
            `top_choices`, not here.
        raters: (rankings,) who ranked, numbered from 0.
        items: number of items.

    Raises:
        ValueError: a ranking holds an item twice or one out of range, or lengths differ.
    """
    who = np.asarray(raters, dtype=np.int64)
    if len(who) != len(rankings):
        raise ValueError(f"Expected {len(rankings)} raters but there were {len(who)}.")
    found = [
        (stage, weight, rater)
        for row, rater in enumerate(who)
        for stage, weight in _stages(rankings[row], row)
    ]
    sets = _filled([stage for stage, _, _ in found])
    _check_items(sets, items)
    weights = np.array([weight for _, weight, _ in found], dtype=np.float64)
    return Choices(sets, weights, np.array([rater for *_, rater in found], dtype=np.int64), items)


def top_choices(sets: ArrayLike, raters: ArrayLike, *, items: int) -> Choices:
    """Choices of one out of several, nothing being said about the others.

    Args:
        sets: (m, s) items, the chosen one first, filled up with NOBODY.
        raters: (m,) who chose, numbered from 0.
        items: number of items.

    Raises:
        ValueError: not (m, s) with s ≥ 2, lengths differ, an item twice in a set or out of range.
    """
    given, who = np.asarray(sets, dtype=np.int64), np.asarray(raters, dtype=np.int64)
    if given.ndim != 2 or given.shape[1] < 2 or len(given) != len(who):
        raise ValueError(
            f"Expected sets of shape (m, s ≥ 2) with m raters but {given.shape} and {len(who)}."
        )
    ordered = np.sort(given, axis=1)
    twice = (np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] != NOBODY)
    _refuse(twice.any(axis=1), "different items in a set", "held one twice")
    _refuse((given[:, :2] == NOBODY).any(axis=1), "two items or more", "had fewer")
    _check_items(given, items)
    return Choices(given, np.ones(len(given)), who, items)


def score_pairs(
    contexts: ArrayLike, items: ArrayLike, scores: ArrayLike, *, tie_within: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """All pairs of items that were scored in the same context.

    Args:
        contexts: (m,) what makes scores comparable: one rater's look at one prompt.
        items: (m,) what was scored.
        scores: (m,) higher is better.
        tie_within: scores that differ by no more than this are a tie.

    Returns:
        first, second (both items), outcome (1, 0 or ½ for a tie) and the context of each pair.
    """
    _, where = np.unique(np.asarray(contexts), return_inverse=True)
    order = np.argsort(where, kind="stable")
    starts = np.flatnonzero(np.diff(where[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    left, right = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        one, two = np.triu_indices(size, 1)
        begin = starts[sizes == size][:, None]
        left.append(order[(begin + one).ravel()])
        right.append(order[(begin + two).ravel()])
    a, b = np.concatenate(left), np.concatenate(right)
    thing, score = np.asarray(items, dtype=np.int64), np.asarray(scores, dtype=np.float64)
    gap = score[a] - score[b]
    outcome = np.where(np.abs(gap) <= tie_within, 0.5, (gap > 0).astype(float))
    return thing[a], thing[b], outcome, where[a]


def win_matrix(choices: Choices) -> NDArray[np.float64]:
    """(items, items) how often the row was chosen over the column; sets of two only.

    Raises:
        ValueError: a set has more than two items.
    """
    if choices.sets.shape[1] != 2:
        raise ValueError(f"Expected choices between two but there were {choices.sets.shape[1]}.")
    code = choices.sets[:, 0] * choices.items + choices.sets[:, 1]
    wins = weighted_counts(code, choices.weights, choices.items**2)
    return wins.reshape(choices.items, choices.items)


def weighted_counts(
    places: NDArray[np.integer], weights: NDArray[np.float64], length: int
) -> NDArray[np.float64]:
    """(length,) sum of the weights that fall on each place."""
    counts = np.bincount(places.ravel(), weights=weights.ravel(), minlength=length)
    return np.asarray(counts, dtype=np.float64)


def _stages(places: Sequence[Sequence[int]], row: int) -> Iterator[tuple[list[int], float]]:
    everything = [int(item) for place in places for item in place]
    if len(set(everything)) < len(everything):
        raise ValueError(f"Expected each item once in a ranking but ranking {row} held one twice.")
    below = len(everything)
    for place in places:
        below -= len(place)
        rest = everything[len(everything) - below :]
        for order, weight in _orders([int(item) for item in place]):
            for at in range(len(order)):
                if len(order) - at + below > 1:
                    yield [*order[at:], *rest], weight


def _orders(place: list[int]) -> Iterator[tuple[list[int], float]]:
    if len(place) == 1:
        yield place, 1.0
        return
    for row in (place, place[::-1]):
        for turn in range(len(place)):
            yield [*row[turn:], *row[:turn]], 1 / (2 * len(place))


def _filled(stages: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    width = max((len(stage) for stage in stages), default=2)
    sets = np.full((len(stages), max(width, 2)), NOBODY, dtype=np.int64)
    for row, stage in enumerate(stages):
        sets[row, : len(stage)] = stage
    return sets


def _refuse(bad: NDArray[np.bool_], expected: str, found: str) -> None:
    if bad.any():
        raise ValueError(f"Expected {expected} but row {int(np.argmax(bad))} {found}.")


def _check_items(sets: NDArray[np.int64], items: int) -> None:
    outside = np.asarray(((sets < NOBODY) | (sets >= items)).any(axis=1))
    _refuse(outside, f"items from 0 to {items - 1}", "had another")
