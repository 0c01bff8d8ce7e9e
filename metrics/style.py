"""Eight features of how a text is put, whatever it says.

Each is a pure function of a text's tokens. All read English: where most letters of a text aren't
Latin, only the sentence length is defined, and where words aren't spaced (Chinese, Japanese, Thai)
not even that. Undefined is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from metrics.syllables import syllables
from metrics.tokens import Tokens, tokens
from metrics.words import LISTS, lists_with

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

FEATURES: tuple[str, ...] = (
    "informality",
    "sentiment",
    "sentence_length",
    "readability",
    "social_words",
    "cognitive_words",
    "affect_words",
    "function_words",
)

# Who speaks and who is spoken to, as the light informality score counts them.
ADDRESS_WORDS = frozenset({"i", "you", "u", "im", "i'm", "you're"})


def style_features(texts: Sequence[str]) -> NDArray[np.float64]:
    """The eight features of each text.

    Args:
        texts: n texts, one turn or answer each.

    Returns:
        (n, 8) values in the order of `FEATURES`; NaN where a feature isn't defined.

    Raises:
        ValueError: texts is one string, or holds something that is no string.
    """
    if isinstance(texts, str):
        raise ValueError("Expected texts to be a sequence of strings but it was one string.")
    rows = np.full((len(texts), len(FEATURES)), np.nan)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise ValueError(f"Expected texts to be strings but row {row} was of type {kind}.")
        given = tokens(text)
        rows[row] = [_FUNCTIONS[name](given) for name in FEATURES]
    return rows


def informality(text: Tokens) -> float:
    """Exclamation, question and address: (#! + #?) / #sentences + #address words / #words.

    Address words are i, you, u, im, i'm, you're. Higher is less formal.

    Returns:
        Score ≥ 0; NaN without words or when most letters aren't Latin.

    References:
        Brandt 2025 (Synchrony–stability, arXiv 2510.00339), the light version of its style vector.
    """
    if not _is_english(text):
        return math.nan
    marks = text.text.count("!") + text.text.count("?")
    address = sum(word in ADDRESS_WORDS for word in text.words)
    return marks / text.sentences + address / len(text.words)


def sentiment(text: Tokens) -> float:
    """VADER's compound score: s / √(s² + 15) of the summed valences s of the words.

    Returns:
        Score from -1 (negative) to 1 (positive), 0 when no word has a valence; NaN without words
        or when most letters aren't Latin.

    References:
        Hutto and Gilbert 2014 (VADER).
    """
    if not _is_english(text):
        return math.nan
    return float(_vader().polarity_scores(text.text)["compound"])


def sentence_length(text: Tokens) -> float:
    """Words per sentence: #words / #sentences.

    Returns:
        Mean ≥ 1; NaN without words or in scripts without spaces between words.

    References:
        Brandt 2025 (arXiv 2510.00339).
    """
    if not text.words or not text.spaced:
        return math.nan
    return len(text.words) / text.sentences


def readability(text: Tokens) -> float:
    """Flesch reading ease: 206.835 − 1.015 #words / #sentences − 84.6 #syllables / #words.

    Higher is easier: prose for adults lies near 60. Numerals are left out of the words, since they
    don't show their syllables. On one short turn a single long word moves it by tens of points.

    Returns:
        At most 121.22, without a lower limit; NaN without words that have letters, or when most
        letters aren't Latin.

    References:
        Flesch 1948 (A new readability yardstick).
    """
    if not _is_english(text):
        return math.nan
    spoken = [word for word in text.words if not word[0].isdigit()]
    if not spoken:
        return math.nan
    per_word = sum(map(syllables, spoken)) / len(spoken)
    return 206.835 - 1.015 * len(spoken) / text.sentences - 84.6 * per_word


def social_words(text: Tokens) -> float:
    """Share of words for people, kin, community and talk: #listed / #words.

    Returns:
        Share in [0, 1]; NaN without words or when most letters aren't Latin.

    References:
        Our list, `metrics/words/social_words.txt`; the category follows Tausczik and
        Pennebaker 2010.
    """
    return _share(text, "social_words")


def cognitive_words(text: Tokens) -> float:
    """Share of words for thinking, cause and certainty: #listed / #words.

    Returns:
        Share in [0, 1]; NaN without words or when most letters aren't Latin.

    References:
        Our list, `metrics/words/cognitive_words.txt`; the category follows Tausczik and
        Pennebaker 2010.
    """
    return _share(text, "cognitive_words")


def affect_words(text: Tokens) -> float:
    """Share of words for feelings, not for evaluations: #listed / #words.

    Returns:
        Share in [0, 1]; NaN without words or when most letters aren't Latin.

    References:
        Our list, `metrics/words/affect_words.txt`; narrower than the category of Tausczik and
        Pennebaker 2010, which holds evaluations too.
    """
    return _share(text, "affect_words")


def function_words(text: Tokens) -> float:
    """Share of grammatical words: #listed / #words.

    Returns:
        Share in [0, 1]; NaN without words or when most letters aren't Latin.

    References:
        Our list, `metrics/words/function_words.txt`; Chung and Pennebaker 2007 (what function
        words tell).
    """
    return _share(text, "function_words")


def _is_english(text: Tokens) -> bool:
    """Whether word lists may be applied: it has words, and most letters are Latin."""
    return bool(text.words) and text.latin


def _share(text: Tokens, name: str) -> float:
    if not _is_english(text):
        return math.nan
    return sum(name in lists_with(word) for word in text.words) / len(text.words)


@cache
def _vader() -> SentimentIntensityAnalyzer:
    """The analyser; reading its lexicon takes longer than a thousand turns."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def lists() -> Mapping[str, frozenset[str]]:
    """The open word lists by the feature that uses them."""
    return LISTS


_FUNCTIONS: Mapping[str, Callable[[Tokens], float]] = {
    "informality": informality,
    "sentiment": sentiment,
    "sentence_length": sentence_length,
    "readability": readability,
    "social_words": social_words,
    "cognitive_words": cognitive_words,
    "affect_words": affect_words,
    "function_words": function_words,
}
