"""From tags of parts of speech to the word classes that formality counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from metrics.accommodation import MIN_TAGGED_WORDS, formality_score
from metrics.conversation_bootstrap import FLOOR
from metrics.uncertainty import LEVEL, Estimate

CLASSES = (
    "noun", "adjective", "preposition", "article", "pronoun", "verb", "adverb", "interjection",
    "other",
)  # fmt: skip
_UNIVERSAL = {
    "NOUN": "noun", "PROPN": "noun", "ADJ": "adjective", "ADP": "preposition", "DET": "article",
    "PRON": "pronoun", "VERB": "verb", "AUX": "verb", "ADV": "adverb", "INTJ": "interjection",
    "CCONJ": "other", "SCONJ": "other", "NUM": "other", "PART": "other",
}  # fmt: skip
_PENN = {
    **dict.fromkeys(("NN", "NNS", "NNP", "NNPS"), "noun"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "adjective"),
    **dict.fromkeys(("IN", "TO"), "preposition"),
    "DT": "article",
    **dict.fromkeys(("PRP", "PRP$", "WP", "WP$", "EX"), "pronoun"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "MD"), "verb"),
    **dict.fromkeys(("RB", "RBR", "RBS", "WRB", "RP"), "adverb"),
    "UH": "interjection",
    **dict.fromkeys(("CC", "CD", "PDT", "POS", "WDT", "FW"), "other"),
}
# Marks are no words.
_MARKS = frozenset({"PUNCT", "SYM", "X", "LS", ".", ",", ":", "``", "''", "(", ")", "#", "$",
                    "-LRB-", "-RRB-", "HYPH", "NFP"})  # fmt: skip
TAGS: Mapping[str, str] = MappingProxyType({**_UNIVERSAL, **_PENN, **{c: c for c in CLASSES}})

Counts = NDArray[np.float64]


def class_counts(tags: Sequence[str]) -> Counts:
    """Words of each class in some texts.

    Args:
        tags: n texts as their tags with spaces between: Universal (NOUN …), Penn (NN …), or the
            names in `CLASSES`. Neither scheme knows articles, so all determiners count as such.

    Returns:
        (n, 9) counts in the order of `CLASSES`; NaN for a text without tags, or with an unknown
        one.
    """
    found = np.full((len(tags), len(CLASSES)), np.nan)
    for row, text in enumerate(tags):
        words = [tag for tag in text.split() if tag not in _MARKS]
        classes = [TAGS.get(tag) for tag in words]
        if text.strip() and None not in classes:
            found[row] = [classes.count(name) for name in CLASSES]
    return found


def unknown_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags that belong to no known class, each once."""
    every = (tag for text in tags for tag in text.split())
    return tuple(dict.fromkeys(t for t in every if t not in TAGS and t not in _MARKS))


def formality_estimate(
    counts: Counts, weights: Counts, *, min_words: int = MIN_TAGGED_WORDS
) -> Estimate:
    """F-score of all conversations pooled, with a percentile bootstrap over conversations.

    Args:
        counts: (m, 9) words of each class per conversation; NaN leaves one out.
        weights: (draws, m) of `metrics.conversation_bootstrap.resampled_weights`.
        min_words: as `metrics.accommodation.formality_score`.

    Returns:
        Estimate whose n counts words; undefined below the floor of words, or of conversations.
    """
    there = np.asarray(np.isfinite(counts).all(axis=1))
    given = np.where(there[:, None], counts, 0.0)
    words = int(given.sum())
    if words < min_words or there.sum() < FLOOR:
        what = f"{words} tagged words in {int(there.sum())} conversations"
        return Estimate.undefined(words, f"Too few: {what}, of {min_words} in {FLOOR}.")
    pooled = np.concatenate([given.sum(axis=0)[None], weights @ given])
    scores = [_score(row) for row in pooled]
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(scores[1:], [tail, 1 - tail])
    return Estimate(scores[0], float(low), float(high), words)


def _score(row: Counts) -> float:
    return formality_score(dict(zip(CLASSES, row.tolist(), strict=True)), min_words=1)
