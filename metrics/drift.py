"""How far replies have moved from those of a reference context: KL and JS per token.

Both need the full distributions of one tokenizer. Where a server shows only the likeliest tokens,
`metrics.bounds.divergence_floor` gives a lower bound, to be labelled as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from metrics.turns import UNBOUNDED, Limits, conversations_of, running_curve, turn_curve
from metrics.uncertainty import Estimate

MIN_REPLIES = 4
_SLACK = 1e-3  # by which exponentiated 32-bit log-probabilities of a vocabulary may miss 1


@dataclass(frozen=True, slots=True)
class DriftCurve:
    """Drift over the turns of repeated conversations.

    Attributes:
        by_turn: mean over conversations at each turn.
        so_far: mean over the turns up to each.
        between_replies: (T,) root mean variance of the replies sampled within one turn; NaN
            with one value per turn.
        replies: m, sampled replies per turn; 1 with one value per turn.
    """

    by_turn: tuple[Estimate, ...]
    so_far: tuple[Estimate, ...]
    between_replies: NDArray[np.float64]
    replies: int


def token_kl(log_q: ArrayLike, log_p: ArrayLike) -> NDArray[np.float64]:
    """KL(q ‖ p) at each token of a reply.

    Higher is more drift: 0 where both contexts give the same distribution.

    Args:
        log_q: (tokens, vocabulary) log-probabilities in the conversation, teacher-forced, T = 1.
        log_p: likewise in the reference context.

    Returns:
        (tokens,) nats ≥ 0; infinite where p rules out what q does not.

    Raises:
        ValueError: shapes differ or are not two-dimensional, or a row is no distribution.

    References:
        Dongre et al. 2025 (Drift No More?, arXiv 2510.07777): D_t = KL(q_t ‖ p_t).
    """
    q, p = _distributions(log_q, log_p)
    return np.maximum(_kl(q, p), 0.0)


def token_js(log_q: ArrayLike, log_p: ArrayLike) -> NDArray[np.float64]:
    """Jensen–Shannon divergence at each token of a reply, in bits; arguments as `token_kl`.

    Higher is more drift: 0 for equal distributions, 1 for those that share no token. Symmetric.

    Returns:
        (tokens,) in [0, 1].

    Raises:
        ValueError: as `token_kl`.

    References:
        Lin 1991.
    """
    q, p = _distributions(log_q, log_p)
    middle = np.logaddexp(q, p) - np.log(2)
    return np.clip((_kl(q, middle) + _kl(p, middle)) / (2 * np.log(2)), 0.0, 1.0)


def reply_divergence(by_token: ArrayLike) -> float:
    """Drift of one reply, per token so that long replies don't count for more.

    Args:
        by_token: (tokens,) from `token_kl` or `token_js`.

    Returns:
        The mean; NaN for a reply without tokens. Times the number of tokens it is the reply's
        whole KL.

    Raises:
        ValueError: not one-dimensional.
    """
    values = np.asarray(by_token, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"Expected values with shape (tokens,) but it was {values.shape}.")
    return float(values.mean()) if len(values) else float("nan")


def drift_curve(values: ArrayLike, *, limits: Limits = UNBOUNDED) -> DriftCurve:
    """Drift at each turn with intervals over conversations, and the spread between replies.

    Args:
        values: (R, T, m) drift of each sampled reply, or (R, T) one value per turn.
        limits: least and largest value possible: (0, inf) for KL, (0, 1) for JS.

    Returns:
        Undefined, with a reason, below ten conversations or for 2 or 3 replies per turn: the
        spread between so few is not known.

    Raises:
        ValueError: another shape, not finite, or outside the limits.
    """
    given = conversations_of(values)
    replies = given.shape[2] if given.ndim == 3 else 1
    between = np.full(given.shape[1], np.nan)
    if replies == 1:
        return DriftCurve(
            turn_curve(given, limits=limits), running_curve(given, limits=limits), between, 1
        )
    if replies < MIN_REPLIES:
        reason = f"{replies} replies per turn are too few: at least {MIN_REPLIES} are needed."
        none = (Estimate.undefined(len(given), reason),) * given.shape[1]
        return DriftCurve(none, none, between, replies)
    between = np.sqrt(given.var(axis=2, ddof=1).mean(axis=0))
    by_turn, so_far = turn_curve(given, limits=limits), running_curve(given, limits=limits)
    return DriftCurve(by_turn, so_far, between, replies)


def _distributions(log_q: ArrayLike, log_p: ArrayLike) -> tuple[NDArray, NDArray]:
    q, p = (np.asarray(given, dtype=np.float64) for given in (log_q, log_p))
    if q.ndim != 2 or q.shape != p.shape or not q.shape[1]:
        raise ValueError(
            "Expected log-probabilities of one shape (tokens, vocabulary) but they were "
            f"{q.shape} and {p.shape}."
        )
    for rows in (q, p):
        totals = logsumexp(rows, axis=1)
        if not (np.abs(totals) < _SLACK).all():
            row = int(np.flatnonzero(~(np.abs(totals) < _SLACK))[0])
            raise ValueError(f"Expected probabilities that add up to 1; those of row {row} don't.")
    return q, p


def _kl(q: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    possible = np.isfinite(q)
    gap = np.subtract(q, p, out=np.zeros_like(q), where=possible)
    return np.sum(np.exp(q) * gap, axis=1)
