"""How much answers repeat each other's wording: n-gram diversity, compression, self-repetition."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.lexical import words

_LEVEL = 9  # of gzip, its best


def ngram_diversity(texts: Sequence[str], *, longest: int = 4) -> float:
    """Sum over n = 1 … 4 of different word n-grams over all word n-grams of the set.

    Higher is more diverse: 4 when no word occurs twice. N-grams stay within their text. It falls
    with the number of texts and with their length.

    Args:
        texts: the answers.
        longest: n to sum up to, ≥ 1.

    Returns:
        Sum in (0, longest]; NaN when no text has `longest` words.

    Raises:
        ValueError: no texts, or longest < 1.

    References:
        Padmakumar and He 2024; Shaib et al. 2024, whose package `diversity` splits at spaces, joins
        the texts first, so that some of its n-grams cross from one to the next, and rounds.
    """
    _check(texts, longest)
    total = 0.0
    for n in range(1, longest + 1):
        grams = [gram for text in texts for gram in ngrams(words(text), n)]
        total += len(set(grams)) / len(grams) if grams else float("nan")
    return total


def compression_ratio(texts: Sequence[str]) -> float:
    """Bytes of all texts, one per line, over their bytes after gzip.

    Higher is less diverse: near 1 for short texts that share nothing; copies are nearly free, so
    it grows with their number. It favours short sets: compare at one number of texts, beside their
    length.

    Args:
        texts: the answers.

    Returns:
        Ratio > 0; below 1 when a set is too short to be compressed; NaN when all texts are empty.

    Raises:
        ValueError: no texts.

    References:
        Shaib et al. 2024; their package compresses the compressed bytes once more and joins the
        texts by spaces.
    """
    _check(texts, 1)
    raw = "\n".join(texts).encode("utf-8", "surrogatepass")
    if not any(texts):
        return float("nan")
    return len(raw) / len(gzip.compress(raw, compresslevel=_LEVEL, mtime=0))


def self_repetition(texts: Sequence[str], *, n: int = 4) -> float:
    """Mean over texts of ln(1 + how often its n-grams occur in other texts).

    Higher is less diverse: 0 when no n-gram is shared. It grows with the number of texts and with
    their length.

    Args:
        texts: the answers.
        n: words per n-gram, ≥ 1.

    Returns:
        Mean ≥ 0, texts with fewer than n words counting 0; NaN when no text has n words.

    Raises:
        ValueError: no texts, or n < 1.

    References:
        Salkar et al. 2022; Shaib et al. 2024, whose package takes ln Σ (1 + N), looks an n-gram up
        as a piece of text, which also finds it inside longer words, and skips copies of the text.
    """
    found = repetition_by_text(texts, n=n)
    return float(found.mean()) if len(found) else float("nan")


def repetition_by_text(texts: Sequence[str], *, n: int = 4) -> NDArray[np.float64]:
    """ln(1 + Σ over a text's different n-grams of the number of other texts that hold them).

    Args:
        texts: the answers.
        n: words per n-gram, ≥ 1.

    Returns:
        (texts,); empty when no text has n words.

    Raises:
        ValueError: no texts, or n < 1.
    """
    _check(texts, n)
    held = [set(ngrams(words(text), n)) for text in texts]
    holders = Counter(gram for grams in held for gram in grams)
    if not holders:
        return np.empty(0)
    return np.log1p([sum(holders[gram] - 1 for gram in grams) for grams in held])


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n words, in order."""
    return list(zip(*(tokens[shift:] for shift in range(n)), strict=False))


def _check(texts: Sequence[str], n: int) -> None:
    if not len(texts):
        raise ValueError("Expected texts to hold at least one answer but it was empty.")
    if n < 1:
        raise ValueError(f"Expected n to be at least 1 but it was {n}.")
