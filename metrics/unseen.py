"""How many kinds of answers there are, and how many have not been seen yet.

A class is a meaning; its count is the number of draws that gave it. f1 and f2 are the numbers of
classes drawn once and twice. Everything here needs independent draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from metrics.arrays import positive_counts, subsample_size


def rarefied_distinct(counts: ArrayLike, *, m: int | None = None) -> float:
    """Expected number of distinct classes among m draws taken from the n without replacement.

    Higher is more diverse: 1 when all draws agree, m when none do. An unbiased estimate of what m
    fresh draws would show, so conditions with different n are compared at one m.

    Args:
        counts: (classes,) draws per class.
        m: draws to compare at, 1 ≤ m ≤ n; all n if not given.

    Returns:
        Σ_c [1 − C(n − n_c, m) / C(n, m)] in [1, m].

    Raises:
        ValueError: counts are empty, negative or not whole; m is outside 1 … n.

    References:
        Hurlbert 1971; for code, the same sum is pass@k (Chen et al. 2021); NoveltyBench's
        distinct_k at any k (Zhang et al. 2025).
    """
    seen = positive_counts(counts)
    n = int(seen.sum())
    return float(chance_seen(n, subsample_size(m, n))[seen].sum())


def unseen_mass(counts: ArrayLike, *, m: int | None = None) -> float:
    """Probability that the next draw belongs to a class not seen so far (Good–Turing).

    Higher means more is left to see: f1 / n for all n draws. For m < n it is the mean of f1 / m
    over samples of m taken from the n.

    Args:
        counts: (classes,) draws per class.
        m: draws to compare at, 1 ≤ m ≤ n; all n if not given.

    Returns:
        Probability in [0, 1].

    Raises:
        ValueError: counts are empty, negative or not whole; m is outside 1 … n.

    References:
        Good 1953; Chao and Jost 2012 (m < n).
    """
    seen = positive_counts(counts)
    n = int(seen.sum())
    return float(chance_only_once(n, subsample_size(m, n))[seen].sum())


def coverage(counts: ArrayLike) -> float:
    """Share of the distribution that belongs to classes already seen.

    Args:
        counts: (classes,) draws per class.

    Returns:
        1 − (f1/n) · (n − 1) f1 / ((n − 1) f1 + 2 f2), in [0, 1]; with f2 = 0 the form of
        Chao and Jost that keeps it defined.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Chao and Jost 2012.
    """
    seen = positive_counts(counts)
    n, f1, f2 = _frequencies(seen)
    if f1 == 0:
        return 1.0
    if f2 > 0:
        return 1 - f1 / n * ((n - 1) * f1 / ((n - 1) * f1 + 2 * f2))
    return 1 - f1 / n * ((n - 1) * (f1 - 1) / ((n - 1) * (f1 - 1) + 2))


def chao1(counts: ArrayLike) -> float:
    """Lower bound for the number of classes that exist, seen or not.

    Args:
        counts: (classes,) draws per class.

    Returns:
        S + f1 (f1 − 1) / (2 (f2 + 1)), at least the number seen.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Chao 1984, in the bias-corrected form of Chao 2005.
    """
    seen = positive_counts(counts)
    _, f1, f2 = _frequencies(seen)
    return len(seen) + f1 * (f1 - 1) / (2 * (f2 + 1))


@dataclass(frozen=True)
class Assemblage:
    """A distribution over classes from which draws like the observed ones could have come.

    Attributes:
        seen: (classes,) probability of each class that was drawn.
        unseen_classes: estimated number of classes not drawn yet, all equally likely.
        unseen_mass: probability that they share.
    """

    seen: NDArray[np.float64]
    unseen_classes: int
    unseen_mass: float

    @property
    def entropy(self) -> float:
        """−Σ p ln p over all its classes, in nats."""
        seen = self.seen[self.seen > 0]
        each = self.unseen_mass / max(self.unseen_classes, 1)
        unseen = self.unseen_mass * np.log(each) if self.unseen_classes else 0.0
        return abs(float(np.sum(seen * np.log(seen)) + unseen))

    def draw(self, n: int, *, resamples: int, rng: np.random.Generator) -> FreshSamples:
        """Fresh samples of n draws each."""
        ends = np.cumsum(self.seen)
        u = rng.random((resamples, n)) * (ends[-1] + self.unseen_mass)
        classes = np.searchsorted(ends, u, side="right")
        spread = (u - ends[-1]) / (self.unseen_mass or 1) * self.unseen_classes
        classes += np.where(u >= ends[-1], spread, 0).astype(np.int64)
        counts, classes = _run_lengths(classes)
        each = self.unseen_mass / max(self.unseen_classes, 1)
        shares = np.append(self.seen, each)[np.minimum(classes, len(self.seen))]
        return FreshSamples(counts, shares, self)


@dataclass(frozen=True)
class FreshSamples:
    """What samples from an assemblage look like.

    Attributes:
        counts: (resamples, n) draws per class in no order, padded with zeros.
        shares: (resamples, n) probability of those classes; anything where the count is zero.
        source: where they come from.
    """

    counts: NDArray[np.int64]
    shares: NDArray[np.float64]
    source: Assemblage

    def mass_unseen(self, *, m: int) -> NDArray[np.float64]:
        """Mass of the classes that m draws of each sample leave out on average, (resamples,)."""
        seen = chance_seen(self.counts.shape[1], m)[self.counts]
        return 1 - np.sum(self.shares * seen, axis=1)


def estimated_assemblage(counts: ArrayLike) -> Assemblage:
    """The distribution behind the counts, with room for the classes not seen.

    What was seen keeps its share less the unseen mass, taken mostly from rare classes; the rest is
    spread evenly over an estimated number of unseen classes. Drawing from it, unlike drawing from
    the counts, shows the spread that fresh samples would show.

    Args:
        counts: (classes,) draws per class.

    Raises:
        ValueError: counts are empty, negative or not whole.

    References:
        Chao et al. 2014, appendix G.
    """
    seen = positive_counts(counts)
    n, f1, f2 = _frequencies(seen)
    shares = seen / n
    missing = 1 - coverage(seen)
    unseen = _unseen_classes(n, f1, f2)
    absent = (1 - shares) ** n
    weight = float(np.sum(shares * absent))
    if unseen == 0 or missing <= 0 or weight == 0:
        return Assemblage(shares, 0, 0.0)
    adjusted = np.maximum(shares * (1 - missing / weight * absent), 0)
    return Assemblage(adjusted * ((1 - missing) / adjusted.sum()), unseen, missing)


def chance_seen(n: int, m: int) -> NDArray[np.float64]:
    """Chance that m of n draws include a class of count 0 … n: 1 − C(n − c, m) / C(n, m)."""
    c = np.arange(n + 1)
    return -np.expm1(_log_choose(n - c, m) - _log_choose(np.array(n), m))


def chance_only_once(n: int, m: int) -> NDArray[np.float64]:
    """What a class of count 0 … n adds to f1 / m in m of n draws, on average."""
    c = np.arange(n + 1)
    rest = _log_choose(np.maximum(n - c, 0), m - 1) - _log_choose(np.array(n - 1), m - 1)
    return c / n * np.exp(rest)


def _log_choose(n: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    enough = np.maximum(n, k)
    log = gammaln(enough + 1) - gammaln(k + 1) - gammaln(enough - k + 1)
    return np.where(n < k, -np.inf, log)


def _frequencies(seen: NDArray[np.int64]) -> tuple[int, int, int]:
    return int(seen.sum()), int(np.sum(seen == 1)), int(np.sum(seen == 2))


def _unseen_classes(n: int, f1: int, f2: int) -> int:
    pairs = f1 * (f1 - 1) / 2 if f2 == 0 else f1**2 / (2 * f2)
    return int(np.ceil((n - 1) / n * pairs))


def _run_lengths(classes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often each value occurs in its row, (rows, n), padded with zeros; and the values."""
    rows, n = classes.shape
    ordered = np.sort(classes, axis=1)
    starts = np.ones((rows, n), dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    run = np.cumsum(starts, axis=1) - 1 + n * np.arange(rows)[:, None]
    counts = np.bincount(run.ravel(), minlength=rows * n)
    values = np.zeros(rows * n, dtype=np.int64)
    values[run.ravel()] = ordered.ravel()
    return counts.reshape(rows, n), values.reshape(rows, n)
