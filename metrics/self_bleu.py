"""Self-BLEU: how well each answer is foretold, word by word, by all the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.lexical import words
from metrics.repetition import ngrams

_TINY = 0.1  # matches that stand in for none, as NLTK's method 1 smooths


def self_bleu(texts: Sequence[str], *, longest: int = 4) -> float:
    """Mean BLEU of each text with all others as references.

    Higher is less diverse: 1 when every text has a twin, near 0 when none share words. It grows
    with the number of texts: compare at one number.

    Args:
        texts: the answers, two or more.
        longest: n-grams up to this length, weighted evenly.

    Returns:
        Mean in [0, 1]; texts without words are left out, NaN when fewer than two have any.

    Raises:
        ValueError: fewer than two texts, or longest < 1.

    References:
        Zhu et al. 2018 (Texygen); Papineni et al. 2002 (BLEU); Chen and Cherry 2014 (method 1
        smoothing).
    """
    found = bleu_by_text(texts, longest=longest)
    return float(found.mean()) if len(found) else float("nan")


def bleu_by_text(texts: Sequence[str], *, longest: int = 4) -> NDArray[np.float64]:
    """BLEU of each text that has words against all others, (texts with words,).

    An n-gram counts at most as often as in the one other text that holds it most often. For every
    n-gram the two largest counts suffice, so time grows with the words, not with the pairs.

    Raises:
        ValueError: fewer than two texts, or longest < 1.
    """
    if len(texts) < 2 or longest < 1:
        raise ValueError(
            f"Expected two or more texts and n-grams of 1 or more but had {len(texts)}, {longest}."
        )
    tokens = [found for found in map(words, texts) if found]
    if len(tokens) < 2:
        return np.empty(0)
    logs = np.zeros(len(tokens))
    for n in range(1, longest + 1):
        logs += np.log(_precisions(tokens, n)) / longest
    return np.exp(logs + np.minimum(0, 1 - _closest_lengths(tokens)))


def _precisions(tokens: Sequence[list[str]], n: int) -> NDArray[np.float64]:
    """Share of each text's n-grams found in others; a tenth of a match where there is none."""
    numbers: dict[tuple[str, ...], int] = {}
    rows = [[numbers.setdefault(gram, len(numbers)) for gram in ngrams(t, n)] for t in tokens]
    totals = np.array([len(row) for row in rows])
    text = np.repeat(np.arange(len(rows)), totals)
    grams = np.array([gram for row in rows for gram in row], dtype=np.int64)
    pairs, times = np.unique(grams * len(rows) + text, return_counts=True)
    gram, owner = np.divmod(pairs, len(rows))
    matches = np.minimum(times, _most_elsewhere(gram, times))
    found = np.bincount(owner, weights=matches, minlength=len(rows))
    return np.where(found == 0, _TINY, found) / np.maximum(totals, 1)


def _most_elsewhere(gram: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each n-gram stands in the one other text that holds it most often, 0 if in none.

    Args:
        gram: (entries,) ascending numbers of n-grams, an entry per text that holds it.
        times: (entries,) how often it does.
    """
    if not len(gram):
        return times
    order = np.lexsort((-times, gram))
    first = np.flatnonzero(np.append(True, np.diff(gram[order]) > 0))
    alone = np.append(np.diff(first), len(gram) - first[-1]) == 1
    second = np.where(alone, 0, times[order][np.minimum(first + 1, len(gram) - 1)])
    which = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(gram))))
    most = np.empty_like(times)
    most[order] = times[order][first][which]
    most[order[first]] = second  # the text that holds it most often meets the second
    return most


def _closest_lengths(tokens: Sequence[list[str]]) -> NDArray[np.float64]:
    """Length of the other text nearest in length over the own length; of two the shorter."""
    lengths = np.array([len(text) for text in tokens])
    ordered = np.sort(lengths)
    ratios = np.empty(len(lengths))
    for row, own in enumerate(lengths):
        others = np.delete(ordered, np.searchsorted(ordered, own))
        ratios[row] = others[np.argmin(np.abs(others - own))] / own
    return ratios
