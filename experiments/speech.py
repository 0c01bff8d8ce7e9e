"""What users and bots said, as styles on one scale: what policies are played on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from data.dialogues import Corpus, StyleLog
from data.errors import CorpusError
from experiments.exchanges import Exchange, counted, spoken
from metrics.style import FEATURES, style_features
from metrics.style_space import (
    Conversations,
    StyleSpace,
    by_conversation,
    fit_style_space,
    median_step,
    style_centroid,
)

LOPSIDED = 0.6  # share of all distances from which one feature is said to decide everything
STATIC = "static"  # the condition of the published log in which the bot kept its own style

Features = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Conversations of users with bots, on one scale.

    Attributes:
        name: of the corpus.
        users: what the users said.
        replies: what was said to it, turn by turn.
        persona: (d,) the bot's own style.
        unit: the median step between two turns of a user.
        space: the scale.
        exchanges: the texts, in order; none where only styles were published.
        notes: what should be known about it, in sentences.
        embedder: id of the embedder that heard the styles; "" for the eight features.
    """

    name: str
    users: Conversations
    replies: Conversations
    persona: NDArray[np.float64]
    unit: float
    space: StyleSpace
    exchanges: tuple[Exchange, ...] = ()
    notes: tuple[str, ...] = ()
    embedder: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for equal content, whatever object holds it: what caches go by."""
        found = sha256(repr((self.name, self.users.ids, self.space.names, self.unit)).encode())
        for values in (self.users.vectors, self.replies.vectors, self.persona):
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()

    @property
    def informality(self) -> int | None:
        """Its place among the features, if it is one of them."""
        names = self.space.names
        return names.index("informality") if "informality" in names else None

    @property
    def is_named(self) -> bool:
        """Whether its features have names that an instruction can be written from."""
        return not self.embedder


def features_of(texts: Sequence[str]) -> Features:
    """(n, 8) as `metrics.style.style_features`; each text is looked at once per process."""
    return np.array([_features(text) for text in texts]).reshape(-1, len(FEATURES))


@lru_cache(maxsize=16_384)
def _features(text: str) -> tuple[float, ...]:
    return tuple(style_features([text])[0].tolist())


def speech_of(
    corpus: Corpus,
    name: str,
    *,
    user: str = "",
    own: Sequence[str] = (),
    scale: StyleSpace | None = None,
) -> Speech:
    """The styles of a corpus.

    Args:
        corpus: conversations.
        name: of the corpus, in words.
        user: as `exchanges_of`; conversations without this speaker are left out and named.
        own: texts in the bot's own style; without any, its replies are.
        scale: of another corpus; None fits one on both speakers of this one together.

    Raises:
        CorpusError: nobody of that name speaks, there is nothing in the bot's own style, or all
            texts are alike.
    """
    exchanges, notes = spoken(corpus, user)
    users = features_of([e.said for e in exchanges])
    replies = features_of([e.reply for e in exchanges])
    space = scale or _scale(np.concatenate([users, replies]), f"{name}, both speakers together")
    own_features = features_of(own) if any(text.strip() for text in own) else replies
    found = laid_out(name, users, replies, [e.conversation for e in exchanges], space, own_features)
    return replace(found, exchanges=exchanges, notes=(*notes, *found.notes))


def scripts_of(speech: Speech, count: int, turns: int) -> tuple[tuple[str, ...], ...]:
    """What users say in the first conversations that are long enough, for a model to answer.

    Args:
        speech: with texts; one without gives nothing.
        count: conversations at most.
        turns: of each; shorter conversations, and those with an empty turn, are passed over.
    """
    said: dict[str, list[str]] = {}
    for exchange in speech.exchanges:
        said.setdefault(exchange.conversation, []).append(exchange.said)
    whole = [tuple(lines[:turns]) for lines in said.values() if len(lines) >= turns]
    return tuple(lines for lines in whole if all(line.strip() for line in lines))[:count]


def speech_of_log(log: StyleLog, name: str) -> Speech:
    """The styles of the published log, on the scale of users and bots together.

    The bot's own style is that of its replies where it kept to it.

    Raises:
        CorpusError: all turns are alike, or the log has no turns of the static bot.
    """
    static = np.array(log.conditions) == STATIC
    space = _scale(np.concatenate([log.users, log.bots]), f"{name}, both speakers together")
    own = log.bots[static] if static.any() else log.bots
    return laid_out(name, log.users, log.bots, log.sessions, space, own)


def pooled_scale(speeches: Sequence[Corpus], name: str) -> StyleSpace:
    """One scale for several corpora: fitted on all that everybody says in them.

    Raises:
        CorpusError: all texts are alike.
    """
    texts = [t.text for corpus in speeches for d in corpus.dialogues for t in d.turns]
    return _scale(features_of(texts), name)


def laid_out(
    name: str,
    users: Features,
    replies: Features,
    conversations: Sequence[str],
    space: StyleSpace,
    own: Features,
) -> Speech:
    """Raw features on their scale, conversation by conversation; without texts.

    Args:
        name: of the corpus, in words.
        users: (n, all) of the users' turns.
        replies: (n, all) of the replies to them.
        conversations: (n,) of each turn.
        space: the scale.
        own: (m, all) of texts in the bot's own style.

    Raises:
        CorpusError: the bot's own style can't be measured.
    """
    said, back = (by_conversation(space.scale(raw), conversations) for raw in (users, replies))
    step = median_step(said)
    notes = (*_space_notes(space, users), *_turn_notes(said, space))
    if not np.isfinite(step):
        notes = (*notes, "No user changes from turn to turn, so distances count in standard "
                 "deviations.")  # fmt: skip
    unit = step if np.isfinite(step) else 1.0
    return Speech(name, said, back, _persona(own, space), unit, space, (), notes)


def _scale(features: Features, reference: str) -> StyleSpace:
    try:
        return fit_style_space(features, reference=reference)
    except ValueError as error:
        raise CorpusError(
            "All turns have the same style, or none that can be measured.",
            "Take a corpus of English text in which turns differ.",
        ) from error


def _persona(own: Features, space: StyleSpace) -> NDArray[np.float64]:
    try:
        return style_centroid(own, space)
    except ValueError as error:
        raise CorpusError(
            "The bot’s own style can’t be measured: nobody replies in English words.",
            "Write some lines as the bot itself would say them, or choose another user.",
        ) from error


def left_out(space: StyleSpace) -> tuple[str, ...]:
    """Which features a scale has dropped, a sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, why in space.dropped.items():
        reasons.setdefault(why, []).append(_words(name))
    return tuple(
        f"Left out{', each' if names[1:] else ''} because {why}: {_listed(names)}."
        for why, names in reasons.items()
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]


def _space_notes(space: StyleSpace, users: Features) -> tuple[str, ...]:
    notes = list(left_out(space))
    if len(space.names) == 1:
        notes.append("With a single feature every cosine is 1 or −1: read the distances.")
    shares = space.share_of_distance(users)
    if np.isfinite(shares).all() and shares.max() > LOPSIDED:
        name = space.names[int(shares.argmax())]
        notes.append(
            f"{_words(name).capitalize()} alone makes up {shares.max():.0%} of the users’ "
            "distances, so it decides nearly everything."
        )
    return tuple(notes)


def _turn_notes(users: Conversations, space: StyleSpace) -> tuple[str, ...]:
    """Which turns nothing follows, and why."""
    if not users.unobserved:
        return ()
    gaps = np.isnan(users.vectors) & users.present[..., None]
    missing = [_words(space.names[i]) for i in np.flatnonzero(gaps.any(axis=(0, 1)))]
    names = _listed(missing)
    return (
        f"{counted(users.unobserved, 'user turn')} of {int(users.present.sum()):,} can’t be "
        f"followed (no words, or other letters than English ones): there, {names} "
        f"{'is' if len(missing) == 1 else 'are'} not defined. Every policy keeps its style.",
    )


def _words(feature: str) -> str:
    return feature.replace("_", " ")
