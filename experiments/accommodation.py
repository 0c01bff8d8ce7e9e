"""How far two speakers take up each other's small words: what the frontier's styles don't see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.exchanges import Exchange
from metrics.accommodation import language_style_matching, reciprocal_matching
from metrics.conversation_bootstrap import mean_estimate, resampled_weights
from metrics.coordination import Coordination, coordination
from metrics.parts_of_speech import class_counts, formality_estimate, unknown_tags
from metrics.uncertainty import Estimate

USER, BOT = "user", "bot"
SHUFFLES = 500
SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Accommodation:
    """Matching of function words in a corpus.

    Attributes:
        lsm: pooled turns of user and bot, mean over conversations.
        rlsm: turns and the replies to them, mean over conversations.
        bot_follows: of these, the bot's replies to the user alone.
        user_follows: the user's turns behind the bot's.
        coordination: how much likelier a class of words is in a reply of the bot when it was in
            the user's turn, all conversations together.
        formality: F-score of the user's turns and of the bot's replies; None where the corpus
            brings no parts of speech.
        unknown_tags: tags of it that belong to no known class; their turns are left out.
    """

    lsm: Estimate
    rlsm: Estimate
    bot_follows: Estimate
    user_follows: Estimate
    coordination: Coordination
    formality: tuple[Estimate, Estimate] | None
    unknown_tags: tuple[str, ...]


def accommodation(exchanges: Sequence[Exchange], *, shuffles: int = SHUFFLES) -> Accommodation:
    """Measure a corpus.

    Args:
        exchanges: turns and replies, those of a conversation together and in order.
        shuffles: of the null of coordination.
    """
    talks: dict[str, list[Exchange]] = {}
    for each in exchanges:
        talks.setdefault(each.conversation, []).append(each)
    rng = np.random.default_rng(SEED)
    weights = resampled_weights(len(talks), rng)
    matching = [_reciprocal(talk) for talk in talks.values()]
    texts, speakers, names = _flat(exchanges, parted=True)
    return Accommodation(
        mean_estimate([_pooled(talk) for talk in talks.values()], weights),
        mean_estimate([found[0] for found in matching], weights),
        mean_estimate([found[1] for found in matching], weights),
        mean_estimate([found[2] for found in matching], weights),
        coordination(texts, speakers, names, rng, shuffles=shuffles),
        _formality(list(talks.values()), weights),
        unknown_tags([tags for each in exchanges for tags in (each.said_tags, each.reply_tags)]),
    )


def chance(found: Coordination) -> NDArray[np.float64]:
    """(2,) the middle 95 % of what shuffled replies give; NaN without any."""
    if not np.isfinite(found.null).all():
        return np.full(2, np.nan)
    return np.quantile(found.null, [0.025, 0.975])


def _formality(
    talks: Sequence[Sequence[Exchange]], weights: NDArray[np.float64]
) -> tuple[Estimate, Estimate] | None:
    if not any(each.said_tags or each.reply_tags for talk in talks for each in talk):
        return None
    said = [_counts([each.said_tags for each in talk]) for talk in talks]
    back = [_counts([each.reply_tags for each in talk]) for talk in talks]
    return (
        formality_estimate(np.array(said), weights),
        formality_estimate(np.array(back), weights),
    )


def _counts(tags: Sequence[str]) -> NDArray[np.float64]:
    """Words by class of the turns whose tags are known; NaN without one."""
    rows = class_counts(tags)
    known = rows[np.isfinite(rows).all(axis=1)]
    return known.sum(axis=0) if len(known) else np.full(rows.shape[1], np.nan)


def _pooled(talk: Sequence[Exchange]) -> float:
    return language_style_matching([e.said for e in talk], [e.reply for e in talk])


def _reciprocal(talk: Sequence[Exchange]) -> tuple[float, float, float]:
    """The mean, the bot's replies, the user's."""
    texts, speakers, _ = _flat(talk)
    found = reciprocal_matching(texts, speakers)
    return (
        found.mean,
        found.replies.get(BOT, float("nan")),
        found.replies.get(USER, float("nan")),
    )


def _flat(
    exchanges: Sequence[Exchange], *, parted: bool = False
) -> tuple[list[str], list[str], list[str]]:
    """Texts, speakers and conversations of every turn; a reply that isn't there is none.

    Parted, an empty turn stands before each of the user's, so that it answers nothing.
    """
    turns = [
        (text, who, each.conversation)
        for each in exchanges
        for text, who in ((each.said, USER), (each.reply, BOT))
        if text
    ]
    if parted:
        turns = [t for turn in turns for t in ([("", USER, turn[2])] * (turn[1] == USER) + [turn])]
    return [t for t, _, _ in turns], [w for _, w, _ in turns], [c for _, _, c in turns]
