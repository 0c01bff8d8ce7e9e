"""Tables of turns, and which format a file is in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from data.dialogues.formats import read_daily_dialog, read_empathetic_dialogues, read_persona_chat
from data.dialogues.published import as_turns
from data.dialogues.records import (
    COLUMNS_HELP,
    Corpus,
    Dialogue,
    Problem,
    Utterance,
    corpus_of,
    problem,
)
from data.dialogues.tables import (
    PARQUET,
    Row,
    Table,
    csv_table,
    decoded,
    json_table,
    parquet_table,
)
from data.errors import CorpusError

# What each column may be called.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conversation_id": ("conversation_id", "conversation", "dialogue_id", "dialog_id",
                            "session_id", "conv_id"),
        "speaker": ("speaker", "role", "speaker_id", "speaker_idx", "author"),
        "text": ("text", "utterance", "content", "message"),
        "turn": ("turn", "turn_number", "turn_index", "utterance_idx"),
    }
)  # fmt: skip
_NEEDED = ("conversation_id", "speaker", "text")
_LISTS = ("turns", "dialog", "dialogue", "messages")  # a whole conversation in one JSON object


def read_turns(file: str | bytes) -> Corpus:
    """Conversations from a CSV file or JSON lines.

    One row per turn with the columns

    - `conversation_id` (or conversation, dialogue_id, dialog_id, session_id, conv_id),
    - `speaker` (or role, speaker_id, speaker_idx, author),
    - `text` (or utterance, content, message),
    - and, if the rows aren't in order, a number `turn` (or turn_number, turn_index,
      utterance_idx).

    A line of JSON may also be a whole conversation: an object with a list `turns` (or dialog,
    dialogue, messages) of such turns, or of texts by two speakers who alternate. Other columns are
    kept with the turn.

    Returns:
        Conversations in order of first appearance. An empty text stays a turn; a row without
        conversation or speaker is a problem that keeps its content.

    Raises:
        CorpusError: a column is missing, or there is no conversation.
    """
    text = decoded(file)
    return _turns_of(json_table(text) if text.lstrip().startswith("{") else csv_table(text))


def _turns_of(table: Table) -> Corpus:
    names = _column_names(table)
    problems = list(table.problems)
    turns: dict[str, list[tuple[float, Utterance]]] = {}
    for row in _single_turns(table, problems):
        placed = _turn(row, names, problems)
        if placed is not None:
            turns.setdefault(placed[0], []).append(placed[1:])
    dialogues = [_dialogue(name, rows, names, problems) for name, rows in turns.items()]
    return corpus_of(dialogues, problems)


def read_corpus(file: str | bytes, kind: str = "") -> Corpus:
    """Conversations from a file of any known format.

    Args:
        file: text, or the bytes of an upload; parquet too, by row, or as the Hub keeps DailyDialog,
            PersonaChat and EmpatheticDialogues.
        kind: a key of `FORMATS`; "" finds out by how it begins.

    Raises:
        CorpusError: there is no such format, or the file isn't of it.
    """
    if isinstance(file, bytes) and file.startswith(PARQUET) and not kind:
        return _turns_of(as_turns(parquet_table(file)))
    text = decoded(file)
    chosen = kind or format_of(text)
    if chosen not in FORMATS:
        raise CorpusError(f"“{chosen}” is no known format.", f"Known are {', '.join(FORMATS)}.")
    return FORMATS[chosen](text)


def format_of(text: str) -> str:
    """The format a text most likely is in: a key of `FORMATS`."""
    start = text.lstrip()[:4096]
    if re.match(r"\d+ (?:your persona:|partner's persona:|[^\n]*\t)", start):
        return "persona_chat"
    if start.startswith("conv_id,utterance_idx,"):
        return "empathetic_dialogues"
    if "__eou__" in start and not start.startswith("{"):
        return "daily_dialog"
    return "turns"


FORMATS: Mapping[str, Callable[[str | bytes], Corpus]] = MappingProxyType(
    {
        "turns": read_turns,
        "daily_dialog": read_daily_dialog,
        "persona_chat": read_persona_chat,
        "empathetic_dialogues": read_empathetic_dialogues,
    }
)


def _column_names(table: Table) -> dict[str, str]:
    """Our name of a column → the file's."""
    lower = {name.casefold(): name for name in reversed(table.columns)}
    found = {
        ours: lower[theirs]
        for ours, candidates in COLUMNS.items()
        for theirs in reversed(candidates)
        if theirs in lower
    }
    whole = any(name in table.columns for name in _LISTS)
    missing = [name for name in _NEEDED if name not in found]
    if missing and table.rows and not whole:
        there = ", ".join(table.columns)
        raise CorpusError(f"Row 1 has no column “{missing[0]}”, only {there}.", COLUMNS_HELP)
    return {ours: found.get(ours, ours) for ours in COLUMNS}


def _single_turns(table: Table, problems: list[Problem]) -> Iterator[Row]:
    """Rows of one turn each: whole conversations taken apart."""
    for row in table.rows:
        listed = next((name for name in _LISTS if name in row.cells), None)
        if listed is None or not isinstance(row.cells[listed], list):
            yield row
        else:
            yield from _taken_apart(row, listed, problems)


def _taken_apart(row: Row, listed: str, problems: list[Problem]) -> Iterator[Row]:
    whole = _with_our_names({key: v for key, v in row.cells.items() if key != listed})
    whole.setdefault("conversation_id", row.number)
    for place, turn in enumerate(row.cells[listed]):
        if isinstance(turn, str):
            cells: dict[str, Any] = {"speaker": "AB"[place % 2], "text": turn}
        elif isinstance(turn, dict):
            cells = _with_our_names(turn)
        else:
            what = f"turn {place + 1} is neither a text nor an object"
            problems.append(problem(row.number, listed, what, str(turn)))
            continue
        yield Row(row.number, {**cells, **whole}, str(turn))


def _with_our_names(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The same cells, the columns that are known under our names."""
    ours = {theirs: ours for ours, options in COLUMNS.items() for theirs in options}
    return {ours.get(name, name): value for name, value in cells.items()}


def _turn(
    row: Row, names: Mapping[str, str], problems: list[Problem]
) -> tuple[str, float, Utterance] | None:
    """Conversation, place and turn of a row; None with a problem where it has none."""
    values = {ours: _text(row.cells.get(names[ours], row.cells.get(ours))) for ours in COLUMNS}
    for column in ("conversation_id", "speaker"):
        if not values[column].strip():
            problems.append(problem(row.number, names[column], "it is empty", row.content))
            return None
    if not values["text"].strip():
        problems.append(problem(row.number, names["text"], "it is empty; kept as an empty turn"))
    used = {*names.values(), *COLUMNS}
    other = {name: _text(value) for name, value in row.cells.items() if name not in used}
    turn = Utterance(values["speaker"].strip(), values["text"], row.number, other)
    return values["conversation_id"].strip(), _number(values["turn"]), turn


def _dialogue(
    name: str,
    rows: Sequence[tuple[float, Utterance]],
    names: Mapping[str, str],
    problems: list[Problem],
) -> Dialogue:
    """A conversation in the order of its turn numbers, or of the file where one has none."""
    numbers = [number for number, _ in rows]
    given = [number for number in numbers if not math.isnan(number)]
    if not given:
        return Dialogue(name, tuple(turn for _, turn in rows))
    if len(given) < len(numbers):
        row = rows[numbers.index(next(n for n in numbers if math.isnan(n)))][1].row
        what = f"it is no number, so conversation “{name}” is in the order of the file"
        problems.append(problem(row, names["turn"], what))
        return Dialogue(name, tuple(turn for _, turn in rows))
    if len(set(given)) < len(given):
        row = next(turn.row for place, (n, turn) in enumerate(rows) if n in numbers[:place])
        what = f"conversation “{name}” has this turn twice; both are kept"
        problems.append(problem(row, names["turn"], what))
    return Dialogue(name, tuple(turn for _, turn in sorted(rows, key=lambda pair: pair[0])))


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
