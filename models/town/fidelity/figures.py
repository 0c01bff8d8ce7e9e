"""Rows of the table: shares, means and their 95 % intervals beside what they should reach."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1000

Statistic = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True, slots=True)
class Aim:
    """The range that a figure should lie in."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        """The range as the table shows it."""
        if math.isinf(self.high):
            return f"≥ {self.low:g}"
        return f"≤ {self.high:g}" if math.isinf(self.low) else f"{self.low:g}–{self.high:g}"

    def verdict(self, value: float) -> str:
        """Whether the value lies in the range, or by how much it doesn't."""
        if math.isnan(value):
            return "not measured"
        missed = max(self.low - value, value - self.high)
        return f"missed by {missed:.3f}" if missed > 0 else "met"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        low: lower end of the 95 % interval.
        high: its upper end.
        n: how many units the figure is of.
        note: what it compares with.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str
    aim: Aim | None = None
    note: str = ""


def share(
    name: str,
    hits: Sequence[bool] | NDArray[np.bool_],
    *,
    clusters: Sequence[Hashable] = (),
    unit: str = "replies",
    aim: Aim | None = None,
    note: str = "",
) -> Row:
    """A proportion with its Wilson score interval.

    Replies to one topic are more alike than independent ones, so with clusters the interval is that
    of n over the design effect: how many times the proportion's variance, taken between clusters,
    is that of independent replies.

    Args:
        name: of the row.
        hits: n outcomes.
        clusters: n labels; empty for independent outcomes.
        unit: what is counted.
        aim: the range it should lie in.
        note: what it compares with.

    Returns:
        The row; NaN without outcomes.

    References:
        Wilson 1927; Kish 1965 (design effect).
    """
    if len(hits) == 0:
        return Row(name, math.nan, math.nan, math.nan, 0, unit, aim, note)
    p, z = float(np.mean(hits)), 1.96
    n = len(hits) / design_effect(hits, clusters)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At the ends rounding would carry the interval past the value.
    low, high = min(centre - half, p), max(centre + half, p)
    return Row(name, p, max(low, 0.0), min(high, 1.0), len(hits), unit, aim, note)


def design_effect(hits: Sequence[bool] | NDArray[np.bool_], clusters: Sequence[Hashable]) -> float:
    """Variance of a proportion between clusters, over that of independent outcomes; at least 1."""
    outcomes = np.asarray(hits, dtype=float)
    n, p = len(outcomes), float(outcomes.mean())
    codes = _codes(clusters)
    k = int(codes.max()) + 1 if len(codes) else 0
    if k < 2 or p in (0.0, 1.0):
        return 1.0
    residuals = np.bincount(codes, weights=outcomes - p)
    between = k / (k - 1) * float((residuals**2).sum()) / n**2
    return max(1.0, between / (p * (1 - p) / n))


def mean(
    name: str,
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Sequence[Hashable] = (),
    unit: str = "topics",
    aim: Aim | None = None,
    note: str = "",
) -> Row:
    """A mean with its bootstrap interval.

    Args:
        name: of the row.
        values: (n,) numbers.
        rng: draws the resamples.
        clusters: n labels, resampled whole; empty to resample the numbers.
        unit: what the numbers are of.
        aim: the range it should lie in.
        note: what it compares with.
    """
    numbers = np.asarray(values, dtype=float)
    if len(numbers) == 0:
        return Row(name, math.nan, math.nan, math.nan, 0, unit, aim, note)
    low, high = bootstrap(lambda i: float(numbers[i].mean()), clusters or range(len(numbers)), rng)
    return Row(name, float(numbers.mean()), low, high, len(numbers), unit, aim, note)


def bootstrap(
    statistic: Statistic, clusters: Sequence[Hashable], rng: np.random.Generator
) -> tuple[float, float]:
    """95 % interval from resampling clusters with replacement.

    Percentiles of the resampled values, moved by how far their mean lies off the statistic: a mean
    of absolute errors grows with the noise of resampling, and would leave its own interval.

    Args:
        statistic: of the items with the given indices, some of them several times.
        clusters: n labels; items of one label are drawn together.
        rng: draws the resamples.

    References:
        Efron and Tibshirani 1993, chapters 10 (bias) and 13 (percentiles); Davison and Hinkley
        1997, section 3.8 (clusters).
    """
    codes = _codes(clusters)
    members = [np.flatnonzero(codes == code) for code in range(int(codes.max()) + 1)]
    drawn = rng.integers(len(members), size=(RESAMPLES, len(members)))
    values = [statistic(np.concatenate([members[code] for code in row])) for row in drawn]
    bias = float(np.mean(values)) - statistic(np.arange(len(codes)))
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low) - bias, float(high) - bias


def total_variation(counts: Mapping[str, int], truth: Mapping[str, float]) -> float:
    """Half the summed absolute differences between observed shares and the truth, in [0, 1]."""
    n = sum(counts.values())
    names = set(counts) | set(truth)
    return 0.5 * sum(abs(counts.get(name, 0) / n - truth.get(name, 0.0)) for name in names)


def honest_floor(
    truth: Mapping[str, float], n: int, rng: np.random.Generator, *, repeats: int = 400
) -> float:
    """Expected total variation of n independent draws from the truth itself."""
    shares = np.array(list(truth.values()))
    drawn = rng.multinomial(n, shares, size=repeats) / n
    return float(0.5 * np.abs(drawn - shares).sum(axis=1).mean())


def calibration_error(
    stated: NDArray[np.float64], known: NDArray[np.float64], *, bins: int = 10
) -> float:
    """Mean over equal-count bins of |mean stated − mean known probability|, by share of items.

    Bins are cut along the stated probabilities. It is 0 for anyone who is right on average
    at each stated value, however little that says about the single item.

    Args:
        stated: (n,) probabilities that are judged.
        known: (n,) true probabilities.
        bins: of as equal count as n allows.

    References:
        Naeini, Cooper and Hauskrecht 2015 (expected calibration error).
    """
    parts = np.array_split(np.argsort(stated, kind="stable"), bins)
    gaps = [len(p) * abs(float(stated[p].mean() - known[p].mean())) for p in parts if len(p)]
    return sum(gaps) / len(stated)


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table, one line per row."""
    width = max(len(row.name) for row in rows) + 2
    yield f"{'figure':<{width}}{'value':>7}{'95 % interval':>17}{'n':>7} {'':<15}aim"
    for row in rows:
        interval = f"{row.low:.3f} to {row.high:.3f}"
        aim = f"{row.aim}: {row.aim.verdict(row.value)}" if row.aim else ""
        told = "; ".join(part for part in (aim, row.note) if part)
        text = f"{row.name:<{width}}{row.value:>7.3f}{interval:>17}{row.n:>7} {row.unit:<15}{told}"
        yield text.rstrip()


def _codes(clusters: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in clusters], dtype=np.int64)
