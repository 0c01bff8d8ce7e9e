"""Published corpora as the Hub keeps them: as tables whose rows are not single turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from data.dialogues.tables import Row, Table

_COMMA = "_comma_"  # how EmpatheticDialogues writes a comma
_EMPATHETIC = {"conv_id", "utterance_idx", "speaker_idx", "utterance", "prompt"}


def as_turns(table: Table) -> Table:
    """The same table with rows that `data.dialogues.reading` understands.

    - DailyDialog has a list of texts per row, which is understood as it is.
    - EmpatheticDialogues writes commas as a word.
    - PersonaChat has what was said before and candidate replies, of which the last was given: per
      conversation (a list `utterances`), or per reply (`conv_id`, `history`, `candidates`). Each
      conversation becomes one row. The persona is that of the second speaker, who replies.
    """
    columns = set(table.columns)
    if columns >= _EMPATHETIC:
        return replace(table, rows=tuple(_with_commas(row) for row in table.rows))
    if columns >= {"utterances", "personality"}:
        return _conversations(table, _last_utterances(table.rows))
    if columns >= {"conv_id", "history", "candidates"}:
        return _conversations(table, _last_replies(table.rows))
    return table


def _with_commas(row: Row) -> Row:
    cells = {
        name: cell.replace(_COMMA, ",") if isinstance(cell, str) else cell
        for name, cell in row.cells.items()
        # Its own column of tags holds notes on the rating, not parts of speech.
        if name != "tags"
    }
    return replace(row, cells=cells)


def _last_utterances(rows: Iterable[Row]) -> Iterable[tuple[Row, Mapping[str, Any]]]:
    for row in rows:
        listed = row.cells["utterances"]
        yield row, listed[-1] if listed else {}


def _last_replies(rows: Iterable[Row]) -> Iterable[tuple[Row, Mapping[str, Any]]]:
    """The row of each conversation with the longest history."""
    found: dict[Any, Row] = {}
    for row in rows:
        name = row.cells["conv_id"]
        if name not in found or _length(row) >= _length(found[name]):
            found[name] = row
    for row in found.values():
        yield row, row.cells


def _length(row: Row) -> int:
    return len(row.cells["history"] or ())


def _conversations(table: Table, last: Iterable[tuple[Row, Mapping[str, Any]]]) -> Table:
    rows = []
    for row, said in last:
        turns = [*(said.get("history") or ()), *(said.get("candidates") or ())[-1:]]
        name = row.cells.get("conv_id", row.number)
        rows.append(Row(row.number, {"conversation_id": name, "turns": turns}, row.content))
    return Table(("conversation_id", "turns"), tuple(rows), table.problems)
