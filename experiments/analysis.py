"""From the draws of a run to its meanings and measures: what a page shows, as one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from experiments.grouping import EMBEDDING, Grouping, rows_by_condition
from metrics.gist import gists
from metrics.panel import Panel, common_sample_size, compare_all, diversity_panel
from metrics.partition import MEANING_THRESHOLD, MeaningTree, cut, medoids
from metrics.uncertainty import Difference

__all__ = ["Analysis", "Meaning", "analyse", "analyse_groups", "rows_by_condition"]

LIVE_RESAMPLES, FINAL_RESAMPLES = 200, 1000


@dataclass(frozen=True, slots=True)
class Meaning:
    """A group of answers that say the same.

    Attributes:
        rank: 0 is the largest.
        rows: rows of the run's data, in order of arrival.
        representative: the row closest in meaning to all others.
        gist: a few of its own words; "" when it has none.
        counts: answers per condition key, zeros included.
    """

    rank: int
    rows: tuple[int, ...]
    representative: int
    gist: str
    counts: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many answers it holds."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a run says so far.

    Attributes:
        grouping: by what means, rule and threshold answers count as one meaning.
        resamples: bootstrap replicates behind each interval.
        labels: (m,) rank of each row's meaning.
        meanings: largest first.
        common_n: number of answers to which counts are rarefied, the same for every condition.
        panels: measures per condition key, for the conditions that have answers.
        differences: by pair of condition keys (first minus second, in the run's order), then by
            measure; p-values adjusted over the pairs.
    """

    grouping: Grouping
    resamples: int
    labels: NDArray[np.intp]
    meanings: tuple[Meaning, ...]
    common_n: int
    panels: Mapping[str, Panel]
    differences: Mapping[tuple[str, str], Mapping[str, Difference]]

    @property
    def threshold(self) -> float:
        """Cosine at which embeddings count as one meaning: the default where others judge."""
        of_cosines = self.grouping.means == EMBEDDING
        return self.grouping.threshold if of_cosines else MEANING_THRESHOLD


def analyse(
    data: RunData,
    tree: MeaningTree,
    *,
    threshold: float = MEANING_THRESHOLD,
    resamples: int = FINAL_RESAMPLES,
) -> Analysis:
    """Group a run's answers by their embeddings and measure each condition; see `analyse_groups`.

    Args:
        data: m placed rows.
        tree: `metrics.partition.meaning_tree` of the same m vectors.
        threshold: in (0, 1); higher splits more finely.
        resamples: bootstrap replicates behind each interval.
    """
    labels = cut(tree, threshold=threshold)
    return analyse_groups(data, labels, Grouping(threshold=threshold), resamples=resamples)


def analyse_groups(
    data: RunData, labels: NDArray[np.intp], grouping: Grouping, *, resamples: int = FINAL_RESAMPLES
) -> Analysis:
    """Measure each condition of a run whose answers are grouped by meaning.

    Meanings are found over all conditions together, so that one meaning is the same thing in
    every condition. Counts are compared at the smallest condition's number of answers. Resampling
    is seeded by the run, so the same data give the same numbers.

    Args:
        data: m placed rows.
        labels: (m,) meaning of each, 0 the largest, without gaps.
        grouping: how they were found.
        resamples: bootstrap replicates behind each interval.
    """
    rows = rows_by_condition(data)
    common_n = common_sample_size(len(r) for r in rows.values())
    panels = {
        key: _panel(data, labels, r, common_n=common_n, resamples=resamples)
        for key, r in rows.items()
    }
    return Analysis(
        grouping=grouping,
        resamples=resamples,
        labels=labels,
        meanings=_meanings(data, labels),
        common_n=common_n,
        panels=MappingProxyType(panels),
        differences=MappingProxyType(compare_all(panels)),
    )


def _panel(
    data: RunData,
    labels: NDArray[np.intp],
    rows: NDArray[np.intp],
    *,
    common_n: int,
    resamples: int,
) -> Panel:
    samples = [data.samples[row] for row in rows]
    texts = [sample.text for sample in samples]
    return diversity_panel(
        vectors=data.vectors[rows],
        labels=labels[rows],
        texts=texts,
        call_ids=[sample.call_id for sample in samples],
        common_n=common_n,
        rng=np.random.default_rng(data.run.seed),
        resamples=resamples,
    )


def _meanings(data: RunData, labels: NDArray[np.intp]) -> tuple[Meaning, ...]:
    if not len(labels):
        return ()
    names = gists([sample.text for sample in data.samples], labels)
    centres = medoids(data.vectors, labels)
    return tuple(
        _meaning(data, rank, np.flatnonzero(labels == rank), centres[rank], names[rank])
        for rank in range(len(centres))
    )


def _meaning(
    data: RunData, rank: int, rows: NDArray[np.intp], representative: int, gist: str
) -> Meaning:
    tally = Counter(data.keys[row] for row in rows)
    counts = {condition.key: tally[condition.key] for condition in data.run.conditions}
    return Meaning(
        rank, tuple(int(r) for r in rows), int(representative), gist, MappingProxyType(counts)
    )
