"""MTLD: how many words a text runs on before it repeats itself too much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.lexical import words

THRESHOLD = 0.72  # type–token ratio at which a stretch ends
FEWEST = 10  # words, below which a value would be a guess


def mtld(tokens: Sequence[str], *, threshold: float = THRESHOLD) -> float:
    """Mean length of stretches of words whose type–token ratio stays above a threshold.

    Higher is more varied within one text. It is the mean of reading forwards and backwards; the
    last stretch counts by how far its ratio fell. Little affected by the length of a text.

    Args:
        tokens: the words of one text, in order.
        threshold: 0 < ratio < 1.

    Returns:
        Words per stretch; NaN below 10 words, and where no word is repeated, as then no stretch
        has begun to end.

    Raises:
        ValueError: threshold outside (0, 1).

    References:
        McCarthy and Jarvis 2010. Package `lexicalrichness` counts one stretch where no word is
        repeated, so gives the number of words.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"Expected threshold to be between 0 and 1 but it was {threshold}.")
    if len(tokens) < FEWEST or len(set(tokens)) == len(tokens):
        return float("nan")
    both = [_stretches(order, threshold) for order in (tokens, tokens[::-1])]
    return float(np.mean([len(tokens) / stretches for stretches in both])) if all(both) else np.nan


def mtld_by_text(texts: Sequence[str], *, threshold: float = THRESHOLD) -> NDArray[np.float64]:
    """`mtld` of each text, (texts,)."""
    return np.array([mtld(words(text), threshold=threshold) for text in texts], dtype=np.float64)


def _stretches(tokens: Sequence[str], threshold: float) -> float:
    seen: set[str] = set()
    length, ended, ratio = 0, 0.0, 1.0
    for token in tokens:
        length += 1
        seen.add(token)
        ratio = len(seen) / length
        if ratio <= threshold:
            ended, length, ratio = ended + 1, 0, 1.0
            seen.clear()
    return ended + (1 - ratio) / (1 - threshold)
