"""A few of a meaning's own words, to name it on a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

_WORD = r"(?u)\b\w[\w'’-]*\b"
_LENGTH_BONUS = np.array([0.0, 0.7, 0.9, 1.0, 1.02])  # a whole phrase says more than its best word


def gists(texts: Sequence[str], labels: ArrayLike) -> dict[int, str]:
    """The phrase of one to four words that sets each group of texts apart from the others.

    Scored by (share of the group's texts that hold it − share of the others') × a bonus for
    length; phrases neither start nor end with a stop word. Ours, for reading only: no measure
    rests on it.

    Args:
        texts: n texts.
        labels: (n,) group of each.

    Returns:
        A phrase per group, in lower case; "" where a group has no word of its own.

    Raises:
        ValueError: texts and labels differ in length.
    """
    groups = np.asarray(labels)
    if len(texts) != len(groups):
        raise ValueError(f"Expected {len(texts)} labels but there were {len(groups)}.")
    kinds = [int(kind) for kind in np.unique(groups)]
    try:
        vectorizer = CountVectorizer(ngram_range=(1, 4), token_pattern=_WORD, binary=True)
        holds = vectorizer.fit_transform(texts).tocsr()
    except ValueError:  # no text holds a word
        return dict.fromkeys(kinds, "")
    phrases = vectorizer.get_feature_names_out()
    bonus = np.array([_bonus(phrase) for phrase in phrases])
    total = np.asarray(holds.sum(axis=0)).ravel()
    return {kind: _best(phrases, _contrast(holds, groups == kind, total) * bonus) for kind in kinds}


def _contrast(holds: object, inside: NDArray[np.bool_], total: NDArray[np.int64]) -> NDArray:
    """Share of the texts inside that hold each phrase minus the share outside."""
    within = np.asarray(holds[inside].sum(axis=0)).ravel()  # type: ignore[index]
    outside = max(int((~inside).sum()), 1)
    return within / inside.sum() - (total - within) / outside


def _bonus(phrase: str) -> float:
    words = phrase.split(" ")
    if words[0] in ENGLISH_STOP_WORDS or words[-1] in ENGLISH_STOP_WORDS:
        return 0.0
    return float(_LENGTH_BONUS[len(words)])


def _best(phrases: NDArray[np.str_], scores: NDArray[np.float64]) -> str:
    best = int(np.argmax(scores))
    return str(phrases[best]) if scores[best] > 0 else ""
