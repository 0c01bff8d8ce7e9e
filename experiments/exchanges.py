"""Conversations of any number of speakers as turns of a user and the replies to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.dialogues import Corpus, Dialogue, Utterance
from data.errors import CorpusError

TAGS = "tags"  # the column of a corpus that holds parts of speech


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn of the user and the reply to it.

    Attributes:
        conversation: whose it is.
        said: by the user; turns without a reply in between are taken together.
        reply: "" where there is none.
        said_tags: parts of speech of what the user said, as the corpus gives them; "" without any.
        reply_tags: likewise of the reply.
    """

    conversation: str
    said: str
    reply: str
    said_tags: str = ""
    reply_tags: str = ""


def exchanges_of(dialogue: Dialogue, user: str = "") -> tuple[Exchange, ...]:
    """A conversation as turns of one speaker and the replies of all others.

    Args:
        dialogue: of any number of speakers.
        user: who is taken for the user; "" is whoever speaks first. What others say before the
            user's first turn answers nothing and is left out.
    """
    who = user or dialogue.speakers[0]
    found: list[tuple[list[Utterance], list[Utterance]]] = []
    for turn in dialogue.turns:
        if turn.speaker == who and (not found or found[-1][1]):
            found.append(([], []))
        if found:
            found[-1][turn.speaker != who].append(turn)
    return tuple(
        Exchange(dialogue.id, _texts(said), _texts(back), _tags(said), _tags(back))
        for said, back in found
    )


def _texts(turns: Sequence[Utterance]) -> str:
    return "\n".join(turn.text for turn in turns)


def _tags(turns: Sequence[Utterance]) -> str:
    return " ".join(filter(None, (turn.other.get(TAGS, "") for turn in turns)))


def spoken(corpus: Corpus, user: str = "") -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """Turns and replies of a corpus, and what should be known about them.

    Args:
        corpus: conversations.
        user: as `exchanges_of`; conversations without this speaker are left out and named.

    Raises:
        CorpusError: nobody of that name speaks.
    """
    kept = [d for d in corpus.dialogues if not user or user in d.speakers]
    exchanges = tuple(e for dialogue in kept for e in exchanges_of(dialogue, user))
    if not exchanges:
        raise CorpusError(f"Nobody called “{user}” speaks.", "Choose another speaker as the user.")
    return exchanges, _corpus_notes(corpus, kept, user)


def _corpus_notes(corpus: Corpus, kept: Sequence[Dialogue], user: str) -> tuple[str, ...]:
    notes = []
    if missing := len(corpus.dialogues) - len(kept):
        notes.append(f"In {counted(missing, 'conversation')} nobody called “{user}” speaks.")
    single = sum(len(exchanges_of(dialogue, user)) < 2 for dialogue in kept)
    if single:
        notes.append(
            f"In {counted(single, 'conversation')} the user has a single turn: there is nothing "
            "to compare it with but the bot’s own style."
        )
    return tuple(notes)


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
