"""How alike answers are, within each condition and between conditions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from experiments.analysis import Analysis, rows_by_condition
from metrics.arrays import unit_rows
from metrics.catalogue import FLOOR
from metrics.distances import inter_similarity
from metrics.intervals import spread_estimate
from metrics.pairs import cosine_sums
from metrics.uncertainty import Estimate, half_width, jackknife_error

MOST = 200  # answers of a matrix: more can't be told apart on a screen


@dataclass(frozen=True, slots=True)
class SimilarityMatrix:
    """Cosines of answers with each other.

    Attributes:
        rows: (k,) rows of the run's data, by condition, then by meaning, the most typical first.
        cosines: (k, k) in that order.
        of: answers from which these were taken.
    """

    rows: NDArray[np.intp]
    cosines: NDArray[np.float32]
    of: int


def similarity_matrix(data: RunData, analysis: Analysis, *, most: int = MOST) -> SimilarityMatrix:
    """The cosines of up to `most` answers, as many of each condition where that is possible.

    Args:
        data: m rows.
        analysis: of these rows.
        most: above it, answers are drawn at random; seeded by the run.
    """
    shown = _shown(data, most)
    order = np.concatenate([_ordered(data, analysis, rows) for rows in shown.values()])
    vectors = unit_rows(data.vectors[order])
    return SimilarityMatrix(order, (vectors @ vectors.T).astype(np.float32), len(data.keys))


def _shown(data: RunData, most: int) -> dict[str, NDArray[np.intp]]:
    rows = rows_by_condition(data)
    if len(data.keys) <= most:
        return rows
    rng = np.random.default_rng(data.run.seed % 2**64)
    each = most // len(rows)
    return {key: np.sort(rng.permutation(own)[:each]) for key, own in rows.items()}


def _ordered(data: RunData, analysis: Analysis, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """By meaning, the largest first; in it, those close to its most typical answer first."""
    typical = np.array([meaning.representative for meaning in analysis.meanings])
    ranks = np.asarray(analysis.labels)[rows]
    closeness = np.einsum("nd,nd->n", data.vectors[rows], data.vectors[typical[ranks]])
    return rows[np.lexsort((-closeness, ranks))]


def pair_similarities(data: RunData) -> dict[tuple[str, str], Estimate]:
    """Mean cosine of two answers, by pair of condition keys.

    Within a condition (a pair of one key twice) it is that of two different answers; between two,
    that of one answer each. Intervals are jackknives over calls.

    References:
        Jiang et al. 2025, Artificial Hivemind (intra- and inter-model similarity; the formula
        between models is inferred).
    """
    rows = rows_by_condition(data)
    within = {(key, key): _within(data, own) for key, own in rows.items()}
    between = {(a, b): _between(data, rows[a], rows[b]) for a, b in combinations(rows, 2)}
    return within | between


def _within(data: RunData, rows: NDArray[np.intp]) -> Estimate:
    calls = _calls(data, rows)
    if calls.max() + 1 < FLOOR:
        return _too_few(len(rows))
    apart = spread_estimate(cosine_sums(data.vectors[rows], power=1, calls=calls))
    return Estimate(1 - apart.value, 1 - apart.high, 1 - apart.low, apart.n)


def _between(data: RunData, first: NDArray[np.intp], second: NDArray[np.intp]) -> Estimate:
    sides = [(data.vectors[rows], _calls(data, rows)) for rows in (first, second)]
    units = min(int(calls.max()) + 1 for _, calls in sides)
    n = min(len(first), len(second))
    if units < FLOOR:
        return _too_few(n)
    value = inter_similarity(sides[0][0], sides[1][0])
    means = [unit_rows(vectors).mean(axis=0) for vectors, _ in sides]
    first_error, second_error = (
        _error(vectors, calls, other)
        for (vectors, calls), other in zip(sides, reversed(means), strict=True)
    )
    half = half_width(float(np.hypot(first_error, second_error)), units=units)
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0), n)


def _error(
    vectors: NDArray[np.float32], calls: NDArray[np.int64], other: NDArray[np.float64]
) -> float:
    """Of the mean cosine with a fixed other side, one call left out at a time."""
    closeness = unit_rows(vectors) @ other
    sums, sizes = np.bincount(calls, weights=closeness), np.bincount(calls)
    return jackknife_error((closeness.sum() - sums) / (len(closeness) - sizes))


def _calls(data: RunData, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    ids = np.array([data.samples[row].call_id for row in rows], dtype=str)
    return np.unique(ids, return_inverse=True)[1]


def _too_few(n: int) -> Estimate:
    return Estimate.undefined(n, f"Too few answers: {FLOOR} calls of each are needed.")
