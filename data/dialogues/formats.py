"""Readers for the files in which three well-known corpora of conversations are published."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.dialogues.records import Corpus, Dialogue, Problem, Utterance, corpus_of, problem
from data.dialogues.tables import decoded
from data.errors import CorpusError

_END_OF_TURN = "__eou__"
_NUMBERED = re.compile(r"(\d+) (.*)", re.DOTALL)
_PERSONA = re.compile(r"(your|partner's) persona: ?(.*)", re.DOTALL)
_EMPATHETIC = ("conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance")


def read_daily_dialog(file: str | bytes) -> Corpus:
    """DailyDialog: one conversation per line, `__eou__` behind each turn, two who alternate.

    Raises:
        CorpusError: there is no conversation.

    References:
        Li et al. 2017.
    """
    dialogues, problems = [], []
    for row, line in _lines(decoded(file)):
        if _END_OF_TURN not in line:
            problems.append(problem(row, "", f"there is no {_END_OF_TURN}", line))
            continue
        texts = [text.strip() for text in line.split(_END_OF_TURN)]
        if not texts[-1]:
            texts.pop()  # what stands behind the last mark
        turns = [Utterance("AB"[place % 2], text, row) for place, text in enumerate(texts)]
        dialogues.append(Dialogue(str(row), tuple(turns)))
    return corpus_of(dialogues, problems)


def read_persona_chat(file: str | bytes) -> Corpus:
    """PersonaChat and ConvAI2: numbered lines that begin anew at 1 with each conversation.

    A line is a sentence of a persona ("3 your persona: i like to ski .") or a turn and its reply,
    parted by a tab; candidate replies behind further tabs are left out. "your" persona is that of
    the second speaker, who replies.

    Raises:
        CorpusError: there is no conversation.

    References:
        Zhang et al. 2018; Dinan et al. 2019.
    """
    dialogues: list[Dialogue] = []
    problems: list[Problem] = []
    turns: list[Utterance] = []
    personas: dict[str, tuple[str, ...]] = {}
    for row, line in _lines(decoded(file)):
        found = _NUMBERED.match(line)
        if not found:
            problems.append(problem(row, "", "it does not begin with a number", line))
            continue
        if int(found[1]) == 1 and (turns or personas):
            dialogues.append(Dialogue(str(len(dialogues) + 1), tuple(turns), personas))
            turns, personas = [], {}
        persona = _PERSONA.match(found[2])
        if persona:
            whose = "B" if persona[1] == "your" else "A"
            personas[whose] = (*personas.get(whose, ()), persona[2].strip())
        else:
            turns += _exchange(row, found[2], problems)
    dialogues.append(Dialogue(str(len(dialogues) + 1), tuple(turns), personas))
    return corpus_of(dialogues, problems)


def read_empathetic_dialogues(file: str | bytes) -> Corpus:
    """EmpatheticDialogues: comma-separated without quoting, `_comma_` for a comma in a text.

    Columns conv_id, utterance_idx, context, prompt, speaker_idx, utterance, selfeval and tags; the
    feeling (context) and the situation (prompt) go with the conversation.

    Raises:
        CorpusError: a column is missing, or there is no conversation.

    References:
        Rashkin et al. 2019.
    """
    lines = list(_lines(decoded(file)))
    if not lines:
        return corpus_of([], [])
    header = [name.strip() for name in lines[0][1].split(",")]
    missing = [name for name in _EMPATHETIC if name not in header]
    if missing:
        raise CorpusError(
            f"Row 1 has no column “{missing[0]}”, only {', '.join(header)}.",
            f"EmpatheticDialogues has {', '.join(_EMPATHETIC)}.",
        )
    problems: list[Problem] = []
    found: dict[str, list[tuple[int, Utterance]]] = {}
    about: dict[str, dict[str, str]] = {}
    for row, line in lines[1:]:
        cells = _cells(row, line, header, problems)
        if cells is None:
            continue
        name, place = cells["conv_id"], int(cells["utterance_idx"])
        turn = Utterance(cells["speaker_idx"], cells["utterance"], row)
        found.setdefault(name, []).append((place, turn))
        about.setdefault(name, {key: cells[key] for key in ("context", "prompt")})
    return corpus_of(
        [
            Dialogue(name, tuple(t for _, t in sorted(turns, key=lambda p: p[0])), {}, about[name])
            for name, turns in found.items()
        ],
        problems,
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and content of every line that isn't empty."""
    for row, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield row, line.rstrip("\r")


def _exchange(row: int, content: str, problems: list[Problem]) -> list[Utterance]:
    """A turn and the reply to it."""
    said, *rest = content.split("\t")
    turns = [Utterance("A", said.strip(), row)]
    if rest and rest[0].strip():
        return [*turns, Utterance("B", rest[0].strip(), row)]
    problems.append(problem(row, "", "there is no reply behind a tab; the turn is kept"))
    return turns


def _cells(
    row: int, line: str, header: list[str], problems: list[Problem]
) -> dict[str, str] | None:
    """A row's cells with their commas; None with a problem where they can't be told apart."""
    parts = line.split(",")
    needed = max(header.index(name) for name in _EMPATHETIC) + 1
    if not needed <= len(parts) <= len(header):
        what = f"it has {len(parts)} cells where the header has {len(header)}"
        problems.append(problem(row, "", what, line))
        return None
    cells = {
        name: part.replace("_comma_", ",").strip()
        for name, part in zip(header, parts, strict=False)
    }
    for column in ("conv_id", "speaker_idx"):
        if not cells[column]:
            problems.append(problem(row, column, "it is empty", line))
            return None
    if not cells["utterance_idx"].isdecimal():
        problems.append(problem(row, "utterance_idx", "it is no number", line))
        return None
    return cells
