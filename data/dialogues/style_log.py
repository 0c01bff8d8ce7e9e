"""The published log of a study of style: one row per turn with the styles of user and bot."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.dialogues.tables import Row, csv_table, decoded
from data.errors import CorpusError

FEATURE_COUNT = 8
_TEXTS = ("participant_id", "session_id", "condition")
_VECTORS = ("user_style_vector", "bot_style_vector")
_LOGGED = ("synchrony_lsm", "synchrony_embedding", "stability_score", "coherence_score")
_HELP = f"The log has the columns {', '.join((*_TEXTS, 'turn_number', *_LOGGED, *_VECTORS))}."


@dataclass(frozen=True, slots=True)
class StyleLog:
    """n turns in the order of sessions and turn numbers.

    Attributes:
        participants: (n,) who took part.
        sessions: (n,) the conversation of each turn.
        conditions: (n,) how the bot behaved ("adaptive", "static").
        turns: (n,) numbers from 1.
        users: (n, 8) raw features of the user's turn, in the order of `metrics.style.FEATURES`.
        bots: (n, 8) raw features of the bot's reply.
        logged: column → (n,) what the study computed; NaN where it has no value.
    """

    participants: tuple[str, ...]
    sessions: tuple[str, ...]
    conditions: tuple[str, ...]
    turns: NDArray[np.int64]
    users: NDArray[np.float64]
    bots: NDArray[np.float64]
    logged: dict[str, NDArray[np.float64]]


def read_style_log(file: str | bytes) -> StyleLog:
    """Read the log that Brandt 2025 published.

    Raises:
        CorpusError: a column is missing, or a cell isn't what it should be; names row and column.
    """
    table = csv_table(decoded(file))
    if table.problems:
        raise CorpusError(table.problems[0].what, _HELP)
    missing = [name for name in (*_TEXTS, "turn_number", *_VECTORS) if name not in table.columns]
    if missing or not table.rows:
        what = f"Row 1 has no column “{missing[0]}”." if missing else "There are no rows."
        raise CorpusError(what, _HELP)
    rows = _in_order(table.rows)
    texts = {name: tuple(row.cells[name] for row in rows) for name in _TEXTS}
    return StyleLog(
        participants=texts["participant_id"],
        sessions=texts["session_id"],
        conditions=texts["condition"],
        turns=np.array([int(_number(row, "turn_number")) for row in rows]),
        users=np.array([_vector(row, "user_style_vector") for row in rows]),
        bots=np.array([_vector(row, "bot_style_vector") for row in rows]),
        logged={
            name: np.array([_number(row, name, empty=math.nan) for row in rows])
            for name in _LOGGED
            if name in table.columns
        },
    )


def _in_order(rows: tuple[Row, ...]) -> list[Row]:
    """Sessions as they appear, each by its turn numbers."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.cells["session_id"], len(first))
    return sorted(rows, key=lambda r: (first[r.cells["session_id"]], _number(r, "turn_number")))


def _number(row: Row, column: str, *, empty: float | None = None) -> float:
    cell = row.cells[column].strip()
    if not cell and empty is not None:
        return empty
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong(row, column, f"“{cell}” is no number")
    return value


def _vector(row: Row, column: str) -> list[float]:
    cell = row.cells[column]
    try:
        values: Any = json.loads(cell)
    except json.JSONDecodeError:
        values = None
    if not isinstance(values, list) or len(values) != FEATURE_COUNT:
        raise _wrong(row, column, f"it is no list of {FEATURE_COUNT} numbers")
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        raise _wrong(row, column, "it holds something that is no number")
    return values


def _wrong(row: Row, column: str, what: str) -> CorpusError:
    return CorpusError(f"Row {row.number}, column “{column}”: {what}.", _HELP)
