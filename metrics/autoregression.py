"""Where drift settles and how fast: one autoregression of order one for all conversations.

D(t + 1) = c + φ D(t) + δ · reminded(t + 1) + shock. With 0 < φ < 1 drift returns to D* = c/(1 − φ)
and a push away from there halves in ln ½ / ln φ turns. That a fitted φ is below 1 proves nothing:
in short series that of a random walk is, too. So a fit stands beside two nulls simulated at the
same size, and "mean-reverting" is said only where both are excluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from metrics.nulls import Band, null_band
from metrics.pooled_fit import Fit, PooledMoments, noise_variance, pooled_moments, regressors
from metrics.turns import MIN_CONVERSATIONS, MIN_TURNS, conversations_of, too_few
from metrics.uncertainty import LEVEL, Estimate

MIN_RELIABILITY = 0.1
NULL_RUNS = 1000


class Verdict(StrEnum):
    """What the dynamics may be called."""

    REVERTING = "mean-reverting"  # both nulls are excluded, and the interval of φ stays below 1
    NO_MEMORY = "no memory"  # as independent noise around a level
    OVERSHOOTING = "overshooting"  # φ lies below what noise gives: a high turn precedes a low one
    NO_EQUILIBRIUM = "no equilibrium"  # a random walk isn't excluded
    UNDECIDED = "undecided"  # neither is excluded
    REFUSED = "refused"  # no fit, for the reason given


@dataclass(frozen=True, slots=True)
class Dynamics:
    """A fit of all conversations together.

    Attributes:
        persistence: φ; less its bias of order 1/R.
        equilibrium: D*, without reminders; undefined where the interval of φ reaches 1.
        half_life: turns; its interval follows from that of φ and may reach infinity.
        reminder: δ, the step that a reminder adds in its own turn; None if none was given.
        intercept: c.
        noise: φ of independent noise at the same R and T.
        walk: φ of a random walk.
        reliability: part of the variance of D that isn't noise of the sampled replies; 1 where
            there is one value per turn, and its noise, if any, then pulls φ towards 0.
        reason: why there is no fit; "" when there is one.
    """

    persistence: Estimate
    equilibrium: Estimate
    half_life: Estimate
    reminder: Estimate | None
    intercept: float
    noise: Band
    walk: Band
    reliability: float
    verdict: Verdict
    conversations: int
    turns: int
    reason: str = ""


def fit_dynamics(
    drift: ArrayLike,
    *,
    rng: np.random.Generator,
    reminded: ArrayLike | None = None,
    null_runs: int = NULL_RUNS,
) -> Dynamics:
    """Fit D(t + 1) = c + φ D(t) + δ · reminded(t + 1) + shock to all conversations at once.

    Least squares with one level for all, its moments freed from the noise of the sampled replies;
    delete-one-conversation jackknife for its bias and its error, Student's t with R − 1 degrees of
    freedom, Fieller's interval for D*. Conversations need to be replicates of one plan: where each
    has a level of its own, φ comes out too high.

    Args:
        drift: (R, T) or, with m sampled replies per turn, (R, T, m).
        rng: draws the nulls.
        reminded: (T,) or (R, T) whether the persona was restated in a turn; in some of the turns
            after the first.
        null_runs: simulated data sets of each null.

    Returns:
        Refused, with a reason, below `MIN_CONVERSATIONS` or `MIN_TURNS`, or where the turns hardly
        vary more than the replies within one.

    Raises:
        ValueError: drift or reminded has another shape or isn't finite, a reminder in no turn or
            in all, null_runs < 100.

    References:
        Dongre et al. 2025 (Drift No More?, arXiv 2510.07777), whose fit is ΔD = a + b D with
        b = φ − 1; Fieller 1954; Fuller 1987 (moments with known noise); Nickell 1981 (why levels
        per conversation are not fitted). Choice and coverage: docs/decisions/0007.
    """
    given = conversations_of(drift)
    if null_runs < 100:
        raise ValueError(f"Expected at least 100 runs of each null but it was {null_runs}.")
    means, noise = (given if given.ndim == 2 else given.mean(axis=2)), noise_variance(given)
    extra = None if reminded is None else regressors(reminded, means.shape)
    moments = pooled_moments(means, noise, extra)
    reason = _refusal(means, moments)
    if reason:
        return _refused(means, moments.reliability, reason, with_reminder=extra is not None)
    return _described(moments.fit(), moments, means, noise, extra, (rng, null_runs))


def _refusal(means: NDArray[np.float64], moments: PooledMoments) -> str:
    conversations, turns = means.shape
    if conversations < MIN_CONVERSATIONS:
        return too_few(conversations)
    if turns < MIN_TURNS:
        return f"{turns} turns are too few for dynamics: at least {MIN_TURNS} are needed."
    if not moments.reliability >= MIN_RELIABILITY:
        return (
            "The turns hardly differ more than the replies sampled within one "
            f"(reliability {moments.reliability:.2f}, at least {MIN_RELIABILITY:g} is needed)."
        )
    return ""


def _refused(
    means: NDArray[np.float64], reliability: float, reason: str, *, with_reminder: bool
) -> Dynamics:
    none, band = Estimate.undefined(len(means), reason), Band(np.nan, np.nan)
    return Dynamics(
        persistence=none,
        equilibrium=none,
        half_life=none,
        reminder=none if with_reminder else None,
        intercept=np.nan,
        noise=band,
        walk=band,
        reliability=reliability,
        verdict=Verdict.REFUSED,
        conversations=means.shape[0],
        turns=means.shape[1],
        reason=reason,
    )


def _described(
    fit: Fit,
    moments: PooledMoments,
    means: NDArray[np.float64],
    noise: NDArray[np.float64],
    extra: NDArray[np.float64] | None,
    simulation: tuple[np.random.Generator, int],
) -> Dynamics:
    persistence = fit.estimate(1)
    bands = [null_band(means, noise, extra, phi=phi, simulation=simulation) for phi in (0.0, 1.0)]
    return Dynamics(
        persistence=persistence,
        equilibrium=equilibrium_of(fit),
        half_life=half_life_of(persistence),
        reminder=None if extra is None else fit.estimate(2),
        intercept=float(fit.values[0]),
        noise=bands[0],
        walk=bands[1],
        reliability=moments.reliability,
        verdict=verdict_of(persistence, *bands),
        conversations=means.shape[0],
        turns=means.shape[1],
    )


def equilibrium_of(fit: Fit) -> Estimate:
    """D* = c / (1 − φ) with Fieller's interval: all d for which c = d (1 − φ) isn't rejected.

    It is finite exactly where the interval of φ lies below 1.
    """
    (c, phi), n = fit.values[:2].tolist(), fit.units
    q2 = float(student.ppf((1 + LEVEL) / 2, n - 1)) ** 2
    square = (1 - phi) ** 2 - q2 * float(fit.covariance[1, 1])
    if square <= 0 or phi >= 1:
        return Estimate.undefined(n, "No equilibrium: the interval of φ reaches 1.")
    half = c * (1 - phi) + q2 * float(fit.covariance[0, 1])
    constant = c**2 - q2 * float(fit.covariance[0, 0])
    root = float(np.sqrt(max(half**2 - square * constant, 0.0)))
    return Estimate(c / (1 - phi), (half - root) / square, (half + root) / square, n)


def half_life_of(persistence: Estimate) -> Estimate:
    """Turns until half of a push is gone, ln ½ / ln φ, with the interval of φ carried over."""
    if not 0 < persistence.value < 1:
        return Estimate.undefined(persistence.n, "No half-life: φ isn't between 0 and 1.")
    ends = (persistence.low, persistence.value, persistence.high)
    low, value, high = (_half_life(phi) for phi in ends)
    return Estimate(value, low, high, persistence.n)


def _half_life(phi: float) -> float:
    if phi <= 0:
        return 0.0
    return float("inf") if phi >= 1 else float(np.log(0.5) / np.log(phi))


def verdict_of(persistence: Estimate, noise: Band, walk: Band) -> Verdict:
    """What a fit may be called, given what the nulls would have given."""
    phi = persistence.value
    if phi < noise.low:
        return Verdict.OVERSHOOTING
    walking = phi >= walk.low or persistence.high >= 1
    if phi <= noise.high:
        return Verdict.UNDECIDED if walking else Verdict.NO_MEMORY
    return Verdict.NO_EQUILIBRIUM if walking else Verdict.REVERTING
