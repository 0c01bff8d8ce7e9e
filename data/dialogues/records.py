"""What a file of conversations holds, and what in it couldn't be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from data.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn.

    Attributes:
        speaker: who speaks, as the file calls them.
        text: what is said; may be empty.
        row: where it stands in the file, 1 for the first line.
        other: the file's other columns, as text.
    """

    speaker: str
    text: str
    row: int
    other: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation.

    Attributes:
        id: unique in its corpus.
        turns: in the order in which they were said; at least one.
        personas: speaker → sentences that describe them, where the file has any.
        about: what else the file says about the whole conversation.
    """

    id: str
    turns: tuple[Utterance, ...]
    personas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in order of appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in the file that isn't as it should be.

    Attributes:
        row: 1 for the first line.
        column: the column's name; "" for the whole row.
        what: one sentence for the user that names both.
        content: the row as it stands, where it is not among the turns; "" where it is.
    """

    row: int
    column: str
    what: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was read. Every row of the file is a turn, a persona, or a problem with its content.

    Attributes:
        dialogues: at least one.
        problems: in the order of rows.
    """

    dialogues: tuple[Dialogue, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def turns(self) -> int:
        """Turns of all conversations."""
        return sum(len(dialogue.turns) for dialogue in self.dialogues)


def problem(row: int, column: str, what: str, content: str = "") -> Problem:
    """A problem whose sentence begins with its place."""
    place = f"Row {row}, column “{column}”" if column else f"Row {row}"
    return Problem(row, column, f"{place}: {what}.", content)


def corpus_of(dialogues: Iterable[Dialogue], problems: Iterable[Problem]) -> Corpus:
    """What was read, if it holds a conversation.

    Raises:
        CorpusError: it holds none; says what the first problem was.
    """
    found = tuple(dialogue for dialogue in dialogues if dialogue.turns)
    ordered = tuple(sorted(problems, key=lambda each: each.row))
    if not found:
        first = ordered[0].what if ordered else "It is empty."
        raise CorpusError(f"There is no conversation in this file. {first}", COLUMNS_HELP)
    return Corpus(found, ordered)


COLUMNS_HELP = (
    "A table needs the columns conversation_id, speaker and text, and may have turn; one row or "
    "line of JSON per turn."
)
