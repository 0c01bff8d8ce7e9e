"""What the next token is worth where words have a value. No torch here."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+(?:['’]\w+)*")  # as `metrics.lexical` counts them
LONGEST = 32  # tokens of one word; what is longer is taken for several
MOST_KNOWN = 200_000  # values that are kept
_APOSTROPHES = ("'", "’")
_LAST = chr(0x10FFFF)  # behind every other character
_UNREADABLE = "\ufffd"


class WordValues:
    """Values of words, and what to expect of one that is not finished.

    Args:
        words: with what each is worth; letter case doesn't count. All others are worth nothing.
    """

    def __init__(self, words: Mapping[str, float]) -> None:
        values = {word.casefold(): value for word, value in words.items()}
        self._words = sorted(values)
        self._values = values
        self._sums = np.concatenate(([0.0], np.cumsum([values[word] for word in self._words])))

    def finished(self, word: str) -> float:
        """What a whole word is worth."""
        return self._values.get(word.casefold(), 0.0)

    def unfinished(self, start: str) -> float:
        """The mean value of the known words that begin so, 0 where none does."""
        start = start.casefold()
        if not start:
            return 0.0
        first = bisect_left(self._words, start)
        behind = bisect_left(self._words, start + _LAST)
        if first == behind:
            return self.finished(start[:-1]) if start.endswith(_APOSTROPHES) else 0.0
        return float((self._sums[behind] - self._sums[first]) / (behind - first))

    def of(self, text: str, *, ended: bool = False) -> float:
        """What a text is worth: its whole words, and what to expect of one at its end.

        Args:
            text: any.
            ended: whether nothing can follow, so that its last word is a whole one.
        """
        words = [found.group() for found in WORD.finditer(text)]
        if ended or not words or not (last := unfinished_word(text)):
            return sum(map(self.finished, words))
        return sum(map(self.finished, words[:-1])) + self.unfinished(last)


def unfinished_word(text: str) -> str:
    """The word at the end of a text that more letters could make longer; "" without one."""
    *_, last = (None, *WORD.finditer(text))
    if last is None or text[last.end() :] not in ("", *_APOSTROPHES):
        return ""
    return text[last.start() :]


class Leaning:
    """What is added to the logits of the likeliest tokens: β (V − mean V).

    V of a token is the value of the text since the last word boundary with the token behind it.

    Args:
        values: of words.
        read: the text of some tokens.
        before: tokens of a text that no word goes on from, such as a full stop.
        ends: tokens that end an answer.
        strength: β.
        top: tokens that it goes for, ≥ 1.

    Attributes:
        after: from the tokens of the word that is being said and a new token to those of the word
            that is being said then.

    References:
        Han et al. 2024 (VAS, arXiv 2405.06639); values of words are our own.
    """

    def __init__(
        self,
        values: WordValues,
        read: Callable[[Sequence[int]], str],
        *,
        before: Sequence[int],
        ends: frozenset[int],
        strength: float,
        top: int,
    ) -> None:
        self._values, self._read, self._before = values, read, tuple(before)
        self._ends, self._strength, self.top = ends, strength, top
        keep = lru_cache(MOST_KNOWN)
        self._text, self._value = keep(self._text_of), keep(self._value_of)
        self.after = keep(self._after)

    def amounts(self, tail: tuple[int, ...], tokens: Sequence[int]) -> NDArray[np.float64]:
        """(k,) what is added to the logits of these tokens, of mean zero.

        Args:
            tail: tokens of the word that is being said, as `after` gave them; () at the start.
            tokens: (k,) the likeliest ones.
        """
        values = np.array([self._value(tail, token) for token in tokens])
        leaned: NDArray[np.float64] = self._strength * (values - values.mean())
        return leaned

    def _after(self, tail: tuple[int, ...], token: int) -> tuple[int, ...]:
        """The tokens of the word that is being said once this one has come."""
        before, text = self._text(tail), self._text((*tail, token))
        words = len(WORD.findall(text)) - len(WORD.findall(before))
        goes_on = bool(unfinished_word(before) and unfinished_word(text)) and words == 0
        if (goes_on or text == before) and len(tail) < LONGEST:
            return (*tail, token)
        return (token,)

    def _value_of(self, tail: tuple[int, ...], token: int) -> float:
        if token in self._ends:
            return self._values.of(self._text(tail), ended=True)
        return self._values.of(self._text((*tail, token)))

    def _text_of(self, tokens: tuple[int, ...]) -> str:
        # The last bytes may be but a part of a character.
        return self._read((*self._before, *tokens)).rstrip(_UNREADABLE)
