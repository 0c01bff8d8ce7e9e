"""Recorded chats as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from data.schema import Message


@dataclass(frozen=True, slots=True)
class Transcript:
    """One recorded chat.

    Attributes:
        id: unique in its file.
        turns: what was said, in order: user and assistant messages, none empty.
        system: the persona or other system prompt; "" if none was recorded.
        source: where it stands in its file, in words ("row 3").
        persona: what the file says about who the user is played as; "" if nothing.
        repeat: which repetition of the same task it is, from 0.
    """

    id: str
    turns: tuple[Message, ...]
    system: str = ""
    source: str = ""
    persona: str = ""
    repeat: int = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of it as a model is given it."""
        return (Message("system", self.system), *self.turns) if self.system else self.turns


@dataclass(frozen=True, slots=True)
class TranscriptFile:
    """What a file held.

    Attributes:
        transcripts: in the file's order.
        notes: what a reader should know about how it was read, in words; nothing was left out
            without one.
    """

    transcripts: tuple[Transcript, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RolePrompts:
    """A role with wordings of its system prompt and questions that bring it out."""

    role: str
    system_prompts: tuple[str, ...]
    probe_questions: tuple[str, ...]
