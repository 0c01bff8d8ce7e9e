"""A text as words and sentences, cut once for all measures of style."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Marks that are written onto the letter before them and would otherwise cut a word in two.
_MARKS = (
    "\u0300-\u036f"  # combining accents
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u064b-\u065f\u0670"  # Arabic vowels
    "\u0900-\u0963\u0966-\u0dff"  # scripts of India; not their full stop
)
_NUMBER = r"\d+(?:[.,]\d+)*(?!\w)"
_WORD = re.compile(rf"{_NUMBER}|[^\W_](?:[\w{_MARKS}]|'(?=\w))*")

_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++[^\w\s]{0,20}+(?=\s|$)"  # closing quotes, brackets and emoji may follow
    r"|[。！？؟।]+|\n+"
)

_LATIN = re.compile("[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]")
# Thai, Lao, Burmese, Khmer, Japanese and Chinese put no spaces between words.
_UNSPACED = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text and what it consists of.

    Attributes:
        text: composed (NFC), with straight apostrophes.
        words: in lower case; an apostrophe inside a word is kept, hyphens and dashes cut, a number
            is one word.
        sentences: stretches between full stops, exclamation marks, question marks, ellipses and
            line breaks that hold a word.
        latin: whether most of its letters are Latin; False when it has none.
        spaced: whether most of its letters are of scripts with spaces between words; True when it
            has none.
    """

    text: str
    words: tuple[str, ...]
    sentences: int
    latin: bool
    spaced: bool


def tokens(text: str) -> Tokens:
    """Cut a text into words and sentences.

    A full stop ends a sentence only before a space or the end, so "3.5" stays whole; that of an
    abbreviation ("Mr. Hall") is taken for an end.
    """
    text = unicodedata.normalize("NFC", text.replace("’", "'"))
    letters = sum(map(str.isalpha, text))
    return Tokens(
        text=text,
        words=tuple(_WORD.findall(text.lower())),
        sentences=sum(bool(_WORD.search(part)) for part in _SENTENCE_END.split(text)),
        latin=2 * len(_LATIN.findall(text)) > letters,
        spaced=2 * len(_UNSPACED.findall(text)) <= letters,
    )
