"""How alike two people speak: matching of function words, and formality.

Function words are used without noticing, so that their shares show a manner of speaking more than a
topic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.markers import marker_counts

MIN_WORDS = 5  # of a turn; shares of fewer words are 0 or huge
MIN_POOLED_WORDS = 50  # of all turns of a speaker
MIN_TAGGED_WORDS = 200  # for the F-score, whose authors ask for a few hundred

Values = NDArray[np.float64]
Pairs = NDArray[np.int64]


def style_matching(first: ArrayLike, second: ArrayLike) -> Values:
    """Language style matching: mean over classes of 1 − |p₁ − p₂| / (p₁ + p₂ + 0.0001).

    A class that neither uses counts as matched perfectly, as in the original.

    Args:
        first: (…, classes) shares in percent of words, from `marker_shares`.
        second: (…, classes) likewise.

    Returns:
        (…) values in [0, 1]; NaN where a share is.

    References:
        Ireland and Pennebaker 2010; Ireland et al. 2011. Word lists are ours.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    return (1 - np.abs(one - two) / (one + two + 0.0001)).mean(axis=-1)


def marker_shares(texts: Sequence[str], *, min_words: int = MIN_WORDS) -> Values:
    """Share of each class of function words in each text.

    Args:
        texts: n texts.
        min_words: a text of fewer has no shares.

    Returns:
        (n, 9) percent of words; NaN for texts that are too short or of other letters than Latin.
    """
    counts, words = marker_counts(texts)
    counts[words < min_words] = np.nan
    return 100 * counts / np.maximum(words, 1)[:, None]


def language_style_matching(
    first: Sequence[str], second: Sequence[str], *, min_words: int = MIN_POOLED_WORDS
) -> float:
    """Style matching of two speakers, each with all turns taken together.

    Args:
        first: turns of one.
        second: turns of the other.
        min_words: a speaker of fewer has no value.

    Returns:
        Value in [0, 1]; NaN where a speaker has too few words, or they aren't of Latin letters.
    """
    one, two = (
        marker_shares(["\n".join(turns)], min_words=min_words)[0] for turns in (first, second)
    )
    return float(style_matching(one, two))


def reply_pairs(conversations: Sequence[str], speakers: Sequence[str]) -> Pairs:
    """Turns and the replies to them: neighbours of one conversation with different speakers.

    Args:
        conversations: (n,) conversation of each turn, those of one in the order they were said.
        speakers: (n,) who speaks.

    Returns:
        (r, 2) places of the turn and of the reply.

    Raises:
        ValueError: the two differ in length.
    """
    if len(conversations) != len(speakers):
        raise ValueError(
            f"Expected one speaker per turn but there were {len(speakers)} for "
            f"{len(conversations)}."
        )
    last: dict[str, int] = {}
    found = []
    for place, (conversation, speaker) in enumerate(zip(conversations, speakers, strict=True)):
        before = last.get(conversation)
        if before is not None and speakers[before] != speaker:
            found.append((before, place))
        last[conversation] = place
    return np.array(found, dtype=np.int64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class ReciprocalMatching:
    """Style matching of replies to what they reply to, by direction.

    Attributes:
        replies: speaker → mean matching of that speaker's replies; NaN without one that has it.
        mean: of the speakers' values; NaN when none has one.
        n: replies with a value.
    """

    replies: Mapping[str, float]
    mean: float
    n: int


def reciprocal_matching(
    texts: Sequence[str], speakers: Sequence[str], *, min_words: int = MIN_WORDS
) -> ReciprocalMatching:
    """Reciprocal LSM of one conversation: matching of each turn with the one before it.

    Unlike the pooled value it sees who follows whom.

    Args:
        texts: (n,) turns in order.
        speakers: (n,) who speaks.
        min_words: a turn of fewer has no value.

    References:
        Müller-Frommeyer et al. 2019; formula from secondary sources.
    """
    pairs = reply_pairs(["" for _ in texts], speakers)
    shares = marker_shares(texts, min_words=min_words)
    matching = style_matching(shares[pairs[:, 0]], shares[pairs[:, 1]])
    who = np.array([speakers[place] for place in pairs[:, 1]], dtype=object)
    replies = {name: defined_mean(matching[who == name]) for name in dict.fromkeys(speakers)}
    n = int(np.isfinite(matching).sum())
    return ReciprocalMatching(replies, defined_mean(np.array(list(replies.values()))), n)


def formality_score(tagged: Mapping[str, int], *, min_words: int = MIN_TAGGED_WORDS) -> float:
    """F-score of formality: (noun + adj + prep + article − pron − verb − adv − interj + 100) / 2.

    Args:
        tagged: word class → number of words; noun, adjective, preposition, article, pronoun, verb,
            adverb, interjection, and `other`. Classes not named count 0.
        min_words: fewer words have no value; pool turns to get there.

    Returns:
        Value in [0, 100]: 50 when both kinds balance, higher is more formal; NaN for too few words.

    Raises:
        ValueError: there is another class, or a negative number.

    References:
        Heylighen and Dewaele 1999.
    """
    formal, informal = _FORMAL, _INFORMAL
    unknown = set(tagged) - formal - informal - {"other"}
    if unknown or min(tagged.values(), default=0) < 0:
        raise ValueError(
            f"Expected counts ≥ 0 of word classes but they were {dict(tagged)}; "
            f"known are {', '.join(sorted(formal | informal))} and other."
        )
    words = sum(tagged.values())
    if words < max(min_words, 1):
        return float("nan")
    gap = sum(tagged.get(c, 0) for c in formal) - sum(tagged.get(c, 0) for c in informal)
    return (100 * gap / words + 100) / 2


_FORMAL = frozenset({"noun", "adjective", "preposition", "article"})
_INFORMAL = frozenset({"pronoun", "verb", "adverb", "interjection"})


def defined_mean(values: Values) -> float:
    """Mean of the defined values; NaN without one."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")
