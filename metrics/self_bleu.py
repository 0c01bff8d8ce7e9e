"""Self-BLEU: how well each answer is foretold, word by word, by all the others."""

from __future__ import annotations

from collections import Counter
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
    counts = [Counter(ngrams(text, n)) for text in tokens]
    largest: dict[tuple[str, ...], int] = {}
    second: dict[tuple[str, ...], int] = {}
    for count in counts:
        for gram, times in count.items():
            if times > largest.get(gram, 0):
                second[gram], largest[gram] = largest.get(gram, 0), times
            else:
                second[gram] = max(second.get(gram, 0), times)
    shares = np.empty(len(tokens))
    for row, count in enumerate(counts):
        # The largest count is this text's own unless another text has as many.
        matches = sum(
            min(times, second[gram] if times == largest[gram] else largest[gram])
            for gram, times in count.items()
        )
        shares[row] = (matches or _TINY) / max(sum(count.values()), 1)
    return shares


def _closest_lengths(tokens: Sequence[list[str]]) -> NDArray[np.float64]:
    """Length of the other text nearest in length over the own length; of two the shorter."""
    lengths = np.array([len(text) for text in tokens])
    ordered = np.sort(lengths)
    ratios = np.empty(len(lengths))
    for row, own in enumerate(lengths):
        others = np.delete(ordered, np.searchsorted(ordered, own))
        ratios[row] = others[np.argmin(np.abs(others - own))] / own
    return ratios
