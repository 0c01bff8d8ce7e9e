"""The Diversity page's default panel: all its measures for one condition, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, FLOOR, Measure
from metrics.floors import refusal
from metrics.intervals import (
    distinct_estimate,
    entropy_estimate,
    length_estimate,
    lexical_estimate,
    spread_estimate,
    unseen_estimate,
    vendi_estimate,
)
from metrics.lexical import words
from metrics.pairs import PairSums, cosine_sums
from metrics.uncertainty import Difference, Estimate, difference, holm
from metrics.unseen import FreshSamples, estimated_assemblage


@dataclass(frozen=True)
class Panel:
    """All measures of one condition.

    Attributes:
        estimates: by measure key, in the catalogue's order.
        n: draws.
        common_n: draws the measures that depend on their number are computed for.
    """

    estimates: Mapping[str, Estimate]
    n: int
    common_n: int


@dataclass(frozen=True, kw_only=True)
class _Draws:
    vectors: NDArray[np.float32]
    labels: NDArray[np.int64]
    texts: Sequence[str]
    lengths: NDArray[np.float64]
    calls: NDArray[np.int64]
    m: int
    resamples: int
    rng: np.random.Generator

    def pairs(self, power: Literal[1, 2]) -> PairSums:
        return cosine_sums(self.vectors, power=power, calls=self.calls)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        return np.unique(self.labels, return_counts=True)[1]

    @cached_property
    def fresh(self) -> FreshSamples:
        assemblage = estimated_assemblage(self.counts)
        return assemblage.draw(len(self.labels), resamples=self.resamples, rng=self.rng)


_ESTIMATORS: Mapping[str, Callable[[_Draws], Estimate]] = {
    "distinct": lambda draws: distinct_estimate(draws.counts, draws.fresh, m=draws.m),
    "vendi": lambda draws: vendi_estimate(draws.pairs(2), m=draws.m),
    "spread": lambda draws: spread_estimate(draws.pairs(1)),
    "entropy": lambda draws: entropy_estimate(draws.counts, draws.fresh),
    "unseen": lambda draws: unseen_estimate(draws.counts, draws.fresh, m=draws.m),
    "lexical": lambda draws: lexical_estimate(draws.texts, draws.calls, m=draws.m),
    "length": lambda draws: length_estimate(draws.lengths, draws.calls),
}


def common_sample_size(sizes: Iterable[int]) -> int:
    """The number of draws at which conditions are compared.

    Args:
        sizes: draws per condition so far.

    Returns:
        The smallest size that reaches the panel's floor; 0 when none does.
    """
    return min((size for size in sizes if size >= FLOOR), default=0)


def diversity_panel(
    *,
    vectors: ArrayLike,
    labels: ArrayLike,
    texts: Sequence[str],
    common_n: int,
    rng: np.random.Generator,
    lengths: ArrayLike | None = None,
    call_ids: Sequence[str] | None = None,
    resamples: int = 400,
) -> Panel:
    """Every measure of the panel for the draws of one condition.

    Args:
        vectors: (n, d) embeddings; may be empty.
        labels: (n,) meaning of each draw.
        texts: the n answers.
        common_n: draws to compare at, from `common_sample_size` over the conditions shown.
        rng: for the intervals of the measures that count meanings; a fresh generator of the same
            seed keeps them still from one refresh to the next.
        lengths: (n,) length of each answer; its number of words if not given.
        call_ids: of each draw; draws that share one are dependent. All different if not given.
        resamples: fresh samples behind those intervals; fewer are faster and less steady.

    Returns:
        One estimate per measure. It is undefined, with the reason, below the measure's floor,
        below `common_n` where the measure depends on it, and where draws share calls and the
        measure needs independence.

    Raises:
        ValueError: the inputs differ in length.
    """
    calls = np.arange(len(texts)) if call_ids is None else _numbered(call_ids)
    if lengths is None:
        lengths = [len(words(text)) for text in texts]
    draws = _Draws(
        vectors=np.asarray(vectors, dtype=np.float32),
        labels=np.asarray(labels, dtype=np.int64),
        texts=texts,
        lengths=np.asarray(lengths, dtype=np.float64),
        calls=calls,
        m=common_n,
        resamples=resamples,
        rng=rng,
    )
    _check_lengths(draws)
    return Panel(
        {key: _estimate(CATALOGUE[key], draws) for key in DEFAULT_PANEL}, len(texts), common_n
    )


def compare_panels(a: Panel, b: Panel) -> dict[str, Difference]:
    """First minus second for every measure; `is_clear` says whether it is more than noise.

    Raises:
        ValueError: the panels were computed for different numbers of draws.
    """
    if a.common_n != b.common_n:
        raise ValueError(
            f"Expected panels at one common_n but they had {a.common_n} and {b.common_n}."
        )
    return {key: difference(a.estimates[key], b.estimates[key]) for key in a.estimates}


def compare_all(
    panels: Mapping[str, Panel], *, reference: str = ""
) -> dict[tuple[str, str], dict[str, Difference]]:
    """Pairs of conditions, each measure's p-values adjusted over the pairs (Holm).

    Args:
        panels: by condition key.
        reference: key of the condition that all others are compared with; all pairs if empty.

    Returns:
        First minus second by pair of keys, then by measure key. Intervals are for one pair;
        `is_clear` takes into account how many pairs there are.

    Raises:
        ValueError: the panels were computed for different numbers of draws.
    """
    pairs = [(key, reference) for key in panels if key != reference]
    if not reference:
        pairs = list(combinations(panels, 2))
    found = {(a, b): compare_panels(panels[a], panels[b]) for a, b in pairs}
    for key in DEFAULT_PANEL:
        adjusted = holm({pair: differences[key] for pair, differences in found.items()})
        for pair, one in adjusted.items():
            found[pair][key] = one
    return found


def _estimate(measure: Measure, draws: _Draws) -> Estimate:
    n, calls = len(draws.texts), len(np.unique(draws.calls))
    if refused := refusal(measure, n, calls):
        return refused
    if measure.at_common_n and not 1 <= draws.m <= n:
        return Estimate.undefined(n, f"Too few answers to compare at {draws.m}.")
    return _ESTIMATORS[measure.key](draws)


def _numbered(call_ids: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.asarray(call_ids, dtype=str), return_inverse=True)[1]


def _check_lengths(draws: _Draws) -> None:
    n = len(draws.texts)
    for name in ("vectors", "labels", "lengths", "calls"):
        found = len(getattr(draws, name))
        if found != n:
            raise ValueError(f"Expected {name} to have {n} rows, one per text, but it had {found}.")
