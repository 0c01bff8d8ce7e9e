"""Function words by class: what measures of accommodation count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from metrics.tokens import tokens
from metrics.words import FOLDER


def _read() -> dict[str, frozenset[str]]:
    lines = (FOLDER / "markers.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(":") for line in lines if line and not line.startswith("#")]
    return {name: frozenset(words.split()) for name, words in rows}


MARKERS: Mapping[str, frozenset[str]] = MappingProxyType(_read())

_CONTRACTION = re.compile(r"(?P<stem>.*?)(?P<tail>n't|'(?:re|ve|ll|d|m|s))$")
_IRREGULAR = {"won't": "will", "can't": "can", "shan't": "shall", "cannot": "can"}
# Before these a final 's is a verb ("that's"), elsewhere a possessive ("the town's").
_VERB_AFTER = MARKERS["personal_pronouns"] | MARKERS["impersonal_pronouns"] | {"there", "here"}
_VERB_AFTER |= {"how", "when", "where", "why"}


def marker_counts(texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many words of each class are in each text.

    Args:
        texts: n texts.

    Returns:
        (n, 9) counts in the order of `MARKERS`, and (n,) words. Counts are NaN for a text without
        words or of mostly other letters than Latin ones; a word in two classes counts in both.
    """
    counts = np.full((len(texts), len(MARKERS)), np.nan)
    words = np.zeros(len(texts))
    for row, text in enumerate(texts):
        given = tokens(text)
        words[row] = len(given.words)
        if given.words and given.latin:
            counts[row] = np.sum([_classes(word) for word in given.words], axis=0)
    return counts, words


@lru_cache(maxsize=2**15)
def _classes(word: str) -> tuple[bool, ...]:
    parts = _parts(word)
    return tuple(any(part in listed for part in parts) for listed in MARKERS.values())


def _parts(word: str) -> tuple[str, ...]:
    """A word and what its contraction stands for: "don't" is "do" and "not"."""
    found = _CONTRACTION.match(word)
    if not found or not found["stem"]:
        return (word,)
    stem = _IRREGULAR.get(word, found["stem"])
    if found["tail"] == "n't":
        return word, stem, "not"
    if found["tail"] == "'s" and stem not in _VERB_AFTER:
        return word, stem
    return word, stem, "is"
