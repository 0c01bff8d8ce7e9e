"""What an answer is worth to each group, learned from their judgements of others, and best of n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from metrics.choices import weighted_counts
from metrics.lexical import WORD

RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)
LEAST_TEXTS = 10
MOST_WORDS = 5_000
_FOLDS = 10
_LEAST_SPREAD = 1e-12


@dataclass(frozen=True, eq=False)
class ValueFunction:
    """A linear value of words for each group.

    Attributes:
        words: that occur in the texts it was learned from.
        weights: (groups, words) utility that one more occurrence adds.
        hat: (words, texts) that turns centred utilities into weights.
        spread: (groups,) standard deviation of its values over the texts it was learned from.
        skill: (groups,) correlation of held-out texts' values with what the group said of them,
            both within their part; NaN where either doesn't vary.
        ridge: chosen by the same held-out texts.
        texts: number of them.
    """

    words: tuple[str, ...]
    weights: NDArray[np.float64]
    hat: NDArray[np.float64]
    spread: NDArray[np.float64]
    skill: NDArray[np.float64]
    ridge: float
    texts: int

    def mixed(self, weights: ArrayLike) -> tuple[tuple[str, float], ...]:
        """What a word is worth to all together: Σ w_g V_g, its weights made to add up to 1.

        V_g is in standard deviations of what the group's values say of the texts they were learned
        from, so that no group has more say for spreading its judgements more; one that values all
        alike has none.

        Args:
            weights: (groups,) ≥ 0, not all 0.
        """
        shares = np.asarray(weights, dtype=np.float64)
        tells = self.spread > _LEAST_SPREAD
        scaled = self.weights / np.where(tells, self.spread, np.inf)[:, None]
        return tuple(zip(self.words, (shares / shares.sum() @ scaled).tolist(), strict=True))

    def rewards(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(groups, n) values of texts, of mean zero over them."""
        return self.weights @ centred_counts(texts, self.words).T


def fit_values(
    texts: Sequence[str],
    parts: ArrayLike,
    utilities: ArrayLike,
    *,
    ridges: Sequence[float] = RIDGES,
) -> ValueFunction:
    """Ridge regression of each group's utility on counts of words, within parts.

    Args:
        texts: of the answers that were judged.
        parts: (n,) answers of one part compete with each other: values are about what is better
            within it.
        utilities: (groups, n) mean utility of each answer to each group, finite.
        ridges: penalties to choose from, by the error on held-out texts, all groups together.

    Raises:
        ValueError: shapes differ, a value is not finite, or there are fewer than ten texts.

    References:
        Hoerl and Kennard 1970; as a value for decoding, Han et al. 2024 (VAS).
    """
    target = np.asarray(utilities, dtype=np.float64)
    part = np.unique(np.asarray(parts), return_inverse=True)[1]
    if target.ndim != 2 or target.shape[1] != len(texts) or len(part) != len(texts):
        raise ValueError(f"Expected (groups, {len(texts)}) utilities but it was {target.shape}.")
    if not np.isfinite(target).all() or len(texts) < LEAST_TEXTS:
        raise ValueError(f"Expected finite utilities of {LEAST_TEXTS} texts or more.")
    words = _vocabulary(texts)
    counts = _counts(texts, words)
    held_out = {ridge: _held_out(counts, part, target, ridge) for ridge in ridges}
    truth = _centred(target.T, part).T
    best = min(ridges, key=lambda r: float(np.sum((held_out[r] - truth) ** 2)))
    hat = _hat(_centred(counts, part), best)
    skill = np.array([_correlation(a, b) for a, b in zip(held_out[best], truth, strict=True)])
    weights = truth @ hat.T
    spread = (weights @ _centred(counts, part).T).std(axis=1)
    return ValueFunction(words, weights, hat, spread, skill, best, len(texts))


def centred_counts(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.float64]:
    """(texts, words) how often each word occurs, less its mean over the texts."""
    counts = _counts(texts, words)
    return counts - counts.mean(axis=0)


def standardised(rewards: ArrayLike) -> NDArray[np.float64]:
    """(groups, n) of mean 0 and standard deviation 1 within the prompt; 0 where all are the same.

    Args:
        rewards: (groups, n) of the answers to one prompt.
    """
    table = np.asarray(rewards, dtype=np.float64)
    spread = table.std(axis=1, keepdims=True)
    centred = table - table.mean(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(table), where=spread > 1e-12)


def best_of_shares(scores: ArrayLike, size: int) -> NDArray[np.float64]:
    """How likely each of N answers is to be the best of n drawn from them without replacement.

    The k-th best wins with C(N − k, n − 1) / C(N, n); equal ones share.

    Args:
        scores: (N,) what the best is the largest of.
        size: n from 1 to N.

    Raises:
        ValueError: n is out of range.
    """
    values = np.asarray(scores, dtype=np.float64)
    n = len(values)
    if not 1 <= size <= n:
        raise ValueError(f"Expected 1 to {n} answers but it was {size}.")
    rank = np.arange(1, n + 1)
    below = n - rank
    chance = np.zeros(n)
    enough = below >= size - 1
    chance[enough] = np.exp(_log_choose(below[enough], size - 1) - _log_choose(n, size))
    order = np.argsort(-values, kind="stable")
    _, ties = np.unique(np.round(-values[order], 12), return_inverse=True)
    shared = weighted_counts(ties, chance, int(ties.max()) + 1) / np.bincount(ties)
    found = np.empty(n)
    found[order] = shared[ties]
    return found


def best_of_divergence(size: int) -> float:
    """Most that best of n moves the model from its own answers: KL ≤ ln n − (n − 1)/n, in nats.

    Args:
        size: n ≥ 1.

    References:
        Stiennon et al. 2020; Beirami et al. 2024 (it is an upper bound).
    """
    return float(np.log(size) - (size - 1) / size)


def _vocabulary(texts: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, int] = {}
    for text in texts:
        for word in set(_words(text)):
            found[word] = found.get(word, 0) + 1
    often = sorted(found, key=lambda word: (-found[word], word))[:MOST_WORDS]
    return tuple(sorted(often))


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _counts(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.float64]:
    place = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(texts), len(words)))
    for row, text in enumerate(texts):
        for word in _words(text):
            if word in place:
                counts[row, place[word]] += 1
    return counts


def _means(table: NDArray[np.float64], part: NDArray[np.int64], parts: int) -> NDArray[np.float64]:
    """(parts, columns); the mean of all for a part without rows."""
    sums = np.zeros((parts, table.shape[1]))
    np.add.at(sums, part, table)
    size = np.bincount(part, minlength=parts)[:, None]
    return np.where(size > 0, sums / np.maximum(size, 1), table.mean(axis=0))


def _centred(table: NDArray[np.float64], part: NDArray[np.int64]) -> NDArray[np.float64]:
    return table - _means(table, part, int(part.max()) + 1)[part]


def _hat(counts: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    kernel = counts @ counts.T + ridge * np.eye(len(counts))
    return counts.T @ np.linalg.inv(kernel)


def _held_out(
    counts: NDArray[np.float64], part: NDArray[np.int64], target: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """(groups, n) value of each text learned without it, less the known mean of its part."""
    n, parts = len(counts), int(part.max()) + 1
    fold = np.random.default_rng(0).permutation(n) % min(_FOLDS, n)
    found = np.empty_like(target)
    for k in range(int(fold.max()) + 1):
        out, known = fold == k, fold != k
        words = _means(counts[known], part[known], parts)
        hat = _hat(counts[known] - words[part[known]], ridge)
        level = _means(target[:, known].T, part[known], parts)
        weights = hat @ (target[:, known].T - level[part[known]])
        found[:, out] = ((counts[out] - words[part[out]]) @ weights).T
    return found


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if a.std() < 1e-12 or b.std() < 1e-12:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _log_choose(n: ArrayLike, k: float) -> NDArray[np.float64]:
    top = np.asarray(n, dtype=np.float64)
    found: NDArray[np.float64] = gammaln(top + 1) - gammaln(k + 1) - gammaln(top - k + 1)
    return found
