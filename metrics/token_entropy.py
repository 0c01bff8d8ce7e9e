"""Entropy of tokens: what the model hesitated about, and how evenly a set uses its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.lexical import words


def mean_token_entropy(entropies: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """How uncertain the model was about its next token, on average along each answer.

    Higher is more diverse. It speaks of tokens, not of meanings.

    Args:
        entropies: per answer, of the whole next-token distribution at each step, in nats; NaN
            where a server didn't tell.

    Returns:
        (answers,) nats per token; NaN for an answer none of whose entropies is known.

    Raises:
        ValueError: an entropy is negative.
    """
    return _means(entropies, least=0, name="entropies")


def mean_logprob(logprobs: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """How probable the model finds each answer: mean log-probability per token.

    Higher is more fluent to the model itself, which is no proof of quality.

    Args:
        logprobs: per answer, natural log-probability of each of its tokens; NaN where unknown.

    Returns:
        (answers,) nats per token ≤ 0; NaN for an answer of which nothing is known.

    Raises:
        ValueError: a log-probability is positive.
    """
    return -_means([-np.asarray(row, dtype=float) for row in logprobs], least=0, name="logprobs")


def word_entropy(texts: Sequence[str]) -> float:
    """Entropy of the words of all answers together.

    Higher is more diverse: 0 for one word, ln V for V words equally often. Biased low for few
    words, and it grows with their number.

    Args:
        texts: the answers.

    Returns:
        −Σ p ln p in nats; NaN without words.

    Raises:
        ValueError: no texts.

    References:
        Shannon 1948.
    """
    if not len(texts):
        raise ValueError("Expected texts to hold at least one answer but it was empty.")
    counts = np.array(list(Counter(word for text in texts for word in words(text)).values()))
    if not len(counts):
        return float("nan")
    shares = counts / counts.sum()
    return abs(float(np.sum(shares * np.log(shares))))


def _means(rows: Sequence[ArrayLike], *, least: float, name: str) -> NDArray[np.float64]:
    means = np.full(len(rows), np.nan)
    for row, given in enumerate(rows):
        values = np.asarray(given, dtype=np.float64)
        known = values[~np.isnan(values)]
        if (known < least - 1e-9).any():
            raise ValueError(f"Expected {name} to have the right sign but those of {row} had not.")
        if len(known):
            means[row] = known.mean()
    return means
