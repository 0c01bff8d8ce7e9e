"""Estimates with intervals for the three families of measures: pairs, classes, wording.

Those that count classes are undefined below their floors in the catalogue, whoever asks; the plain
formulas, in `metrics.unseen` and `metrics.entropy`, are defined for any number of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from metrics.entropy import chao_shen_entropy, chao_shen_of_rows
from metrics.floors import too_few
from metrics.lexical import NgramTable, ngram_table
from metrics.pairs import PairSums
from metrics.uncertainty import Estimate, half_width, jackknife_error, possible_unseen_share
from metrics.unseen import (
    FreshSamples,
    chance_only_once,
    chance_seen,
    coverage,
    rarefied_distinct,
    unseen_mass,
)
from metrics.vendi import vendi_of_mean_square

_COINCIDE = 1e-6  # cosine distance below which all answers are the same

Statistic = Callable[[NDArray[np.int64]], NDArray[np.float64]]


def spread_estimate(cosines: PairSums) -> Estimate:
    """Mean cosine distance; jackknife on its square root.

    Args:
        cosines: from `cosine_sums`.
    """
    n, units = len(cosines.calls), _units(cosines.calls)
    value = max(1 - cosines.mean, 0.0)
    if value < _COINCIDE:
        share = possible_unseen_share(units)
        return Estimate(value, 0.0, max(2 * share * (1 - share), value), n)
    root = np.sqrt(value)
    half = half_width(cosines.error / (2 * root), units=units)
    ends = max(root - half, 0) ** 2, (root + half) ** 2
    return clipped(value, *ends, n=n, limits=(0, 2))


def vendi_estimate(squares: PairSums, *, m: int) -> Estimate:
    """Rarefied Vendi score of order 2; jackknife on the logit of the mean squared cosine.

    Args:
        squares: from `cosine_sums` with power 2.
        m: draws to compare at.
    """
    n, units = len(squares.calls), _units(squares.calls)
    mean = max(squares.mean, 1e-12)
    if 1 - mean < _COINCIDE:
        share = possible_unseen_share(units)
        ends = 1.0, (1 - share) ** 2 + share**2
    else:
        half = half_width(squares.error / (mean * (1 - mean)), units=units)
        ends = float(expit(logit(mean) + half)), float(expit(logit(mean) - half))
    value, low, high = (vendi_of_mean_square(square, m=m) for square in (mean, *ends))
    return clipped(value, low, high, n=n, limits=(1, m))


def length_estimate(lengths: NDArray[np.float64], calls: NDArray[np.int64]) -> Estimate:
    """Mean length with a jackknife interval."""
    left = len(calls) - np.bincount(calls)
    left_out = (lengths.sum() - np.bincount(calls, weights=lengths)) / np.maximum(left, 1)
    half = half_width(jackknife_error(left_out), units=_units(calls))
    mean = float(lengths.mean())
    return clipped(mean, mean - half, mean + half, n=len(calls), limits=(0, np.inf))


def lexical_estimate(texts: Sequence[str], calls: NDArray[np.int64], *, m: int) -> Estimate:
    """Distinct-2 in m answers; undefined without word pairs.

    The jackknife counts twice what two answers bring only together, three times what three do, and
    so on: of word pairs that came a few times it makes too much. Half of the pairs' part is taken
    off, as λ − λ²/4 stays near 1 − e^−λ for word pairs expected up to λ = 3 times, where the whole
    would be too much; and never more than half of the variance. It sees no risk of having missed
    an answer that came a few times word for word, so the error is never less than that risk alone.
    """
    table = ngram_table(texts, n=2)
    value = table.distinct_share(m)
    if np.isnan(value):
        return Estimate.undefined(len(calls), "No answer has two words.")
    error = max(_lexical_error(table, calls, m=m), table.chance_error(m))
    half = half_width(error, units=_units(calls))
    high = value + half
    if len(set(texts)) == 1:  # a different answer as long would bring as many word pairs
        high = value * (2 - (1 - possible_unseen_share(_units(calls))) ** m)
    return clipped(value, value - half, high, n=len(calls), limits=(0, 1))


def distinct_estimate(counts: NDArray[np.int64], fresh: FreshSamples, *, m: int) -> Estimate:
    """Rarefied number of distinct classes.

    The jackknife knows nothing about classes that could have been missed, so the interval is that
    of fresh samples from the estimated assemblage; upwards it allows for one unseen class.

    Args:
        counts: (classes,) draws per class.
        fresh: samples of n draws from `estimated_assemblage(counts)`.
        m: draws to compare at.

    Returns:
        Undefined below the measure's floor in the catalogue, as are those of its kin below.
    """
    n = int(counts.sum())
    if refused := too_few("distinct", n):
        return refused
    chance = chance_seen(n, m)
    value = rarefied_distinct(counts, m=m)
    half = half_width(_deviation(chance[fresh.counts].sum(axis=1)), units=n)
    high = max(value + half, value + 1 - (1 - possible_unseen_share(n)) ** m)
    return clipped(value, value - half, high, n=n, limits=(1, m))


def unseen_estimate(counts: NDArray[np.int64], fresh: FreshSamples, *, m: int) -> Estimate:
    """Good–Turing unseen mass, for m draws; arguments as `distinct_estimate`.

    The truth is the mass that these very draws leave out, so it is the error against that which is
    looked at in fresh samples: how large it is, and how far it is off on average (f1/m speaks of
    one draw less than m).
    """
    n = int(counts.sum())
    if refused := too_few("unseen", n):
        return refused
    value = unseen_mass(counts, m=m)
    fewer = chance_only_once(n - 1, min(m, n - 1))
    errors = chance_only_once(n, m)[fresh.counts].sum(axis=1) - fresh.mass_unseen(m=m)
    jackknife = _class_jackknife(counts, lambda rows: fewer[rows].sum(axis=1))
    low, high = _shifted(value, errors, half_width(max(_deviation(errors), jackknife), units=n))
    return clipped(value, low, max(high, possible_unseen_share(n)), n=n, limits=(0, 1))


def coverage_estimate(counts: NDArray[np.int64], fresh: FreshSamples) -> Estimate:
    """Share of the distribution in classes already seen; arguments as `distinct_estimate`.

    Its interval is made as that of the unseen mass.
    """
    n = int(counts.sum())
    if refused := too_few("coverage", n):
        return refused
    value = coverage(counts)
    errors = _coverages(fresh.counts) - (1 - fresh.mass_unseen(m=n))
    spread = max(_deviation(errors), _class_jackknife(counts, _coverages))
    low, high = _shifted(value, errors, half_width(spread, units=n))
    return clipped(value, min(low, 1 - possible_unseen_share(n)), high, n=n, limits=(0, 1))


def entropy_estimate(counts: NDArray[np.int64], fresh: FreshSamples) -> Estimate:
    """Chao–Shen semantic entropy; arguments as `distinct_estimate`.

    With even meanings it can only be too low: the interval is shifted by how much fresh samples
    miss the entropy of their assemblage.
    """
    n = int(counts.sum())
    if refused := too_few("entropy", n):
        return refused
    value = chao_shen_entropy(counts)
    errors = chao_shen_of_rows(fresh.counts) - fresh.source.entropy
    jackknife = _class_jackknife(counts, chao_shen_of_rows)
    low, high = _shifted(value, errors, half_width(max(_deviation(errors), jackknife), units=n))
    if not (counts == 1).any():
        share = possible_unseen_share(n)
        rest = 1 - share
        high = max(high, rest * value - rest * np.log(rest) - share * np.log(share))
    return clipped(value, low, high, n=n, limits=(0, np.inf))


def _lexical_error(table: NgramTable, calls: NDArray[np.int64], *, m: int) -> float:
    error = jackknife_error(table.without_each(calls, m))
    if _units(calls) < len(calls):
        return error  # answers of one call belong together anyway
    return float(np.sqrt(error**2 - min(table.pair_variance(m), error**2) / 2))


def _units(calls: NDArray[np.int64]) -> int:
    return int(calls.max()) + 1


def _coverages(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([coverage(row) for row in rows])


def _class_jackknife(counts: NDArray[np.int64], statistic: Statistic) -> float:
    """Error with one draw left out at a time; draws from classes of one size act alike."""
    sizes, first, classes = np.unique(counts, return_index=True, return_counts=True)
    rows = np.repeat(counts[None, :], len(sizes), axis=0)
    rows[np.arange(len(sizes)), first] -= 1
    return jackknife_error(statistic(rows), weights=sizes * classes)


def _shifted(value: float, errors: NDArray[np.float64], half: float) -> tuple[float, float]:
    """An interval around the value less the mean error of fresh samples."""
    centre = value - float(np.mean(errors))
    return centre - half, centre + half


def _deviation(values: NDArray[np.float64]) -> float:
    return float(np.std(values, ddof=1))


def clipped(
    value: float, low: float, high: float, *, n: int, limits: tuple[float, float]
) -> Estimate:
    """Ends kept where the measure can lie, and never on the wrong side of the value."""
    low, high = max(low, limits[0]), min(high, limits[1])
    return Estimate(float(value), float(min(low, value)), float(max(high, value)), n)
