"""Open word lists for the style features, one text file each; `#` starts a line of explanation.

The lists are short and coarse. They are made for comparing texts with each other, not for saying
what somebody felt or thought; a word counts in whatever sense it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent

_TAIL = re.compile(r"(?:'(?:s|re|ve|ll|d|m)|n't)$")


def _read(name: str) -> frozenset[str]:
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


LISTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: _read(name)
        for name in ("social_words", "cognitive_words", "affect_words", "function_words")
    }
)


@lru_cache(maxsize=2**15)
def lists_with(word: str) -> frozenset[str]:
    """Names of the lists a word is in.

    A word is in a list when it is written there, or when what stands before its contraction or
    possessive ending ('s, 're, 've, 'll, 'd, 'm, n't) is.

    Args:
        word: in lower case, with a straight apostrophe.

    Returns:
        Keys of `LISTS`; empty when no list has it.
    """
    stem = _TAIL.sub("", word)
    return frozenset(name for name, listed in LISTS.items() if word in listed or stem in listed)
