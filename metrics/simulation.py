"""How well a model plays a group: its answers against those of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from metrics.turns import mean_estimate
from metrics.uncertainty import Estimate

MIN_QUESTIONS = 10


@dataclass(frozen=True)
class SimBench:
    """A score, and what it has to be read beside.

    Attributes:
        score: 100 as people answer, 0 no nearer than equal shares, negative further away.
        by_question: (questions,) the scores behind it; NaN where it is undefined.
        human_entropy: (questions,) of people's answers, from 0, all alike, to 1, equal shares.
    """

    score: Estimate
    by_question: NDArray[np.float64]
    human_entropy: NDArray[np.float64]


def simbench(
    model: ArrayLike, human: ArrayLike, *, datasets: Sequence[str] | None = None
) -> SimBench:
    """Total variation between model and people, on a scale set by equal shares.

    S = 100 (1 − TV(model, human) / mean TV(uniform, human)), the mean over the questions of the
    same data set; then the mean over questions. Models that are tuned on instructions do worse on
    questions about which people disagree, so the entropy of people's answers belongs beside it.

    Args:
        model: (questions, options) probabilities; NaN where a question has fewer options.
        human: likewise.
        datasets: (questions,) where each comes from; one by default.

    Returns:
        The score with an interval over questions, undefined below ten, and where people answer
        all questions of a data set with equal shares.

    Raises:
        ValueError: shapes or options differ, or a row is no distribution.

    References:
        Hu et al. 2025, SimBench.
    """
    p, q = _distributions(model), _distributions(human)
    if p.shape != q.shape or (np.isnan(p) != np.isnan(q)).any():
        raise ValueError(f"Expected the same options but shapes were {p.shape} and {q.shape}.")
    names = np.array(["" for _ in p] if datasets is None else list(datasets))
    if names.shape != (len(p),):
        raise ValueError(f"Expected {len(p)} data sets but there were {len(names)}.")
    sizes = np.sum(~np.isnan(q), axis=1)
    even = _total_variation(np.where(np.isnan(q), np.nan, 1 / sizes[:, None]), q)
    by_set = {name: even[names == name].mean() for name in np.unique(names)}
    base = np.array([by_set[name] for name in names])
    far = _total_variation(p, q)
    scores = 100 * (1 - np.divide(far, base, out=np.full(len(p), np.nan), where=base > 0))
    entropy = -np.nansum(xlogy(q, q), axis=1) / np.log(np.maximum(sizes, 2))
    return SimBench(_mean(scores), scores, entropy)


def _mean(scores: NDArray[np.float64]) -> Estimate:
    known = scores[~np.isnan(scores)]
    if not len(known):
        return Estimate.undefined(0, "People gave every answer equally often.")
    return mean_estimate(known, limits=(-np.inf, 100), least=MIN_QUESTIONS, units="questions")


def _total_variation(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nansum(np.abs(p - q), axis=1) / 2


def _distributions(given: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(given, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or (np.sum(~np.isnan(rows), axis=1) < 2).any():
        raise ValueError(f"Expected (questions, options ≥ 2) but the shape was {rows.shape}.")
    if (rows < 0).any() or not np.allclose(np.nansum(rows, axis=1), 1, atol=1e-6):
        raise ValueError("Expected rows of probabilities that add up to 1.")
    return rows
