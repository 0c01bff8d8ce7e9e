"""What can be decided between, by whom, and who prefers what to what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import UploadError
from experiments.groups.grouping import Grouping
from experiments.groups.options import Options
from metrics.choices import NOBODY, Choices
from metrics.preference import FLOOR

MOST_VOTERS = 2_000  # whose ballots are resampled to see whether a cycle stands


@dataclass(frozen=True, eq=False)
class Ballot:
    """Options that can be decided between, and who prefers what.

    Attributes:
        places: (kept,) which of all options.
        labels: (kept,) what they say.
        utilities: (raters, kept) of raters in a group; NaN where unknown.
        groups: (raters,) group of each.
        names: of the groups.
        means: (groups, kept) mean utility.
        weights: (groups,) that sum to 1.
        wins: (kept, kept) weighted votes for the row over the column.
        wins_by_rater: (voters, kept, kept) of some raters, unweighted.
        left_out: labels of options that fewer than ten raters of some group judged.
    """

    places: NDArray[np.int64]
    labels: tuple[str, ...]
    utilities: NDArray[np.float64]
    groups: NDArray[np.int64]
    names: tuple[str, ...]
    means: NDArray[np.float64]
    weights: NDArray[np.float64]
    wins: NDArray[np.float64]
    wins_by_rater: NDArray[np.float64]
    left_out: tuple[str, ...]

    @property
    def preference(self) -> NDArray[np.float64]:
        """(kept, kept) share of votes for the row over the column, ½ where nobody compared."""
        both = self.wins + self.wins.T
        return np.divide(self.wins, both, out=np.full(both.shape, 0.5), where=both > 0)


def ballot_of(options: Options, grouping: Grouping, *, by_size: bool = False) -> Ballot:
    """What can be decided: options that ten raters or more of every group judged.

    Args:
        options: how raters fared with each.
        grouping: groups whose welfare counts.
        by_size: groups count by their raters; else each counts the same.

    Raises:
        UploadError: fewer than two options are left.
    """
    table, labels = options.utilities[grouping.inside], grouping.labels[grouping.inside]
    groups = len(grouping.shown)
    judged = np.stack([(~np.isnan(table[labels == g])).sum(axis=0) for g in range(groups)])
    places = np.flatnonzero((judged >= FLOOR).all(axis=0))
    if len(places) < 2:
        raise UploadError(
            f"Fewer than two answers were judged by {FLOOR} raters or more of every group.",
            "Choose a coarser attribute, or another question.",
        )
    kept = table[:, places]
    means = np.stack([np.nanmean(kept[labels == g], axis=0) for g in range(groups)])
    weights = grouping.sizes if by_size else np.ones(groups)
    weights = weights / weights.sum()
    wins = _wins_by_rater(options.choices, np.flatnonzero(grouping.inside), places)
    each = weights[labels] / grouping.sizes[labels]
    total = np.tensordot(each, wins, axes=1)
    voters = np.random.default_rng(0).permutation(len(wins))[:MOST_VOTERS]
    return Ballot(
        places, tuple(options.labels[i] for i in places), kept, labels, grouping.names, means,
        weights, total, wins[voters],
        tuple(options.labels[i] for i in range(len(options.labels)) if i not in set(places)),
    )  # fmt: skip


def favourite(ballot: Ballot) -> int:
    """What most people like best, ties shared: the usual default."""
    best = np.nanmax(np.where(np.isnan(ballot.utilities), -1, ballot.utilities), axis=1)
    top = (ballot.utilities >= best[:, None] - 1e-12).astype(float)
    votes = top / np.maximum(top.sum(axis=1, keepdims=True), 1)
    each = ballot.weights[ballot.groups] / np.bincount(ballot.groups)[ballot.groups]
    return int(np.argmax(each @ votes))


def _wins_by_rater(
    choices: Choices, raters: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(raters, kept, kept) what each was seen to prefer; the chosen one beats all in its set."""
    n, kept = choices.items, len(places)
    column = np.full(n + 1, -1)
    column[places] = np.arange(kept)
    row = np.full(max(int(choices.raters.max(initial=-1)), int(raters.max(initial=-1))) + 2, -1)
    row[raters] = np.arange(len(raters))
    wins = np.zeros((len(raters), kept, kept))
    who, best = row[choices.raters], column[choices.sets[:, 0]]
    for at in range(1, choices.sets.shape[1]):
        other = np.where(choices.sets[:, at] == NOBODY, n, choices.sets[:, at])
        there = (who >= 0) & (best >= 0) & (column[other] >= 0)
        np.add.at(wins, (who[there], best[there], column[other][there]), choices.weights[there])
    return wins
