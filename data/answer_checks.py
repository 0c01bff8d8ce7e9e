"""Answers row by row: what each form must hold, refused with its row and column where it doesn't.

Frames carry a column `_row`, the number of the row in its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from data.errors import UploadError

Kind = Literal["ratings", "pairs", "choice", "ranking", "votes"]

NEEDED: dict[Kind, tuple[str, ...]] = {
    "pairs": ("rater_id", "item_id", "response_a", "response_b", "winner"),
    "ratings": ("rater_id", "item_id", "response_id", "score"),
    "ranking": ("rater_id", "item_id", "ranking"),
    "choice": ("rater_id", "item_id", "preferred"),
    "votes": ("rater_id", "statement_id", "vote"),
}
_ANSWER = {"pairs": "winner", "ratings": "score", "ranking": "ranking", "choice": "preferred"}
_ANSWER["votes"] = "vote"
_VOTES = {"1": 1, "-1": -1, "0": 0, "agree": 1, "disagree": -1, "pass": 0}


def parsed_answers(
    frame: pd.DataFrame, kind: Kind, *, score_range: tuple[float, float] | None = None
) -> tuple[pd.DataFrame, set[str]]:
    """Check and read the answers of one form.

    Args:
        frame: rows with their ids as text.
        kind: the form.
        score_range: lowest and highest score that may occur.

    Returns:
        The frame with what was read, and the columns that are no attributes of raters.

    Raises:
        UploadError: names the first wrong row, its column, and how many there are.
    """
    if kind == "ratings":
        return _ratings(frame, score_range)
    readers = {"pairs": _pairs, "ranking": _rankings, "choice": _choices, "votes": _votes}
    return readers[kind](frame)


def refuse(rows: pd.Series, column: str, what: str, *, do: str = "") -> None:
    """Raise for the first of some bad rows.

    Args:
        rows: their numbers in the file.
        column: where they are wrong.
        what: is wrong with the first, after "Row 7, column score: ".
        do: a way on.

    Raises:
        UploadError: always, unless there are no rows.
    """
    if len(rows):
        more = f" {len(rows) - 1:,} more rows are wrong in this way." if len(rows) > 1 else ""
        raise UploadError(f"Row {int(rows.iloc[0])}, column {column}: {what}.{more}", do)


def as_text(column: pd.Series) -> pd.Series:
    """Ids as text: 3, 3.0 and "3" are one."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("string").fillna("").str.strip().astype(object)


def refuse_empty(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Refuse rows where a needed cell is empty."""
    for column in needed:
        empty = frame[column].isna() | (frame[column] == "")
        refuse(frame.loc[empty, "_row"], column, "it is empty")


def without_repeats(frame: pd.DataFrame, kind: Kind) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows that say the same word for word, once; and a note of how many there were."""
    cells = frame.drop(columns="_row")
    nested = any(isinstance(cell, list | dict) for cell in cells.iloc[0])
    same = (cells.astype("string") if nested else cells).duplicated()
    if not same.any():
        return frame, ()
    rows = frame.loc[same, "_row"]
    shown = ", ".join(str(row) for row in rows[:5])
    note = (
        f"{len(rows):,} {'row repeats' if len(rows) == 1 else 'rows repeat'} an earlier one word "
        f"for word and counted once (row {shown}{' …' if len(rows) > 5 else ''})."
    )
    return frame[~same].reset_index(drop=True), (note,)


def _pairs(frame: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    same = frame["response_a"] == frame["response_b"]
    refuse(frame.loc[same, "_row"], "response_b", "it is the same as response_a")
    said = frame["winner"].str.lower()
    outcome = pd.Series(np.nan, index=frame.index)
    outcome[(frame["winner"] == frame["response_a"]) | (said == "a")] = 1.0
    outcome[(frame["winner"] == frame["response_b"]) | (said == "b")] = 0.0
    outcome[said == "tie"] = 0.5
    bad = outcome.isna()
    what = ""
    if bad.any():
        side_a, side_b, winner = frame.loc[bad, ["response_a", "response_b", "winner"]].iloc[0]
        what = f"{winner!r} is neither side (response_a {side_a!r}, response_b {side_b!r})"
    refuse(frame.loc[bad, "_row"], "winner", what, do="Write a, b, tie, or the id of one side.")
    return frame.assign(outcome=outcome), {*NEEDED["pairs"], "outcome"}


def _ratings(
    frame: pd.DataFrame, score_range: tuple[float, float] | None
) -> tuple[pd.DataFrame, set[str]]:
    scores = _numbers(frame, "score")
    if score_range is not None:
        outside = (scores < score_range[0]) | (scores > score_range[1])
        value = f"{scores[outside].iloc[0]:g}" if outside.any() else ""
        what = f"{value} is not between {score_range[0]:g} and {score_range[1]:g}"
        refuse(frame.loc[outside, "_row"], "score", what)
    return frame.assign(score=scores), set(NEEDED["ratings"])


def _votes(frame: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    said = frame["vote"].str.lower().str.removesuffix(".0")
    votes = said.map(_VOTES)
    bad = votes.isna()
    value = repr(frame.loc[bad, "vote"].iloc[0]) if bad.any() else ""
    refuse(frame.loc[bad, "_row"], "vote", f"{value} is not 1 (agree), 0 (pass) or -1 (disagree)")
    return frame.assign(vote=votes.astype(int)), set(NEEDED["votes"])


def _rankings(frame: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    places = [
        tuple(tuple(name.strip() for name in place.split("=")) for place in str(cell).split(">"))
        for cell in frame["ranking"]
    ]
    names = [[name for place in one for name in place] for one in places]
    bad = pd.Series([len(set(n)) < len(n) or "" in n or len(n) < 2 for n in names])
    value = repr(frame.loc[bad, "ranking"].iloc[0]) if bad.any() else ""
    what = f"{value} is not two or more different names joined by > or ="
    refuse(frame.loc[bad, "_row"], "ranking", what, do="Write them like B>A=C, the best first.")
    return frame.assign(places=pd.Series(places, index=frame.index, dtype=object)), {
        *NEEDED["ranking"],
        "places",
    }


def _choices(frame: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    columns = [c for c in frame.columns if str(c).startswith("option")]
    if not columns:
        raise UploadError(
            "Choices need columns option_a, option_b … that hold what could be chosen.",
            "Add one column per option; leave it empty where there were fewer.",
        )
    cells = pd.DataFrame({column: as_text(frame[column]) for column in columns})
    letters = [str(column).removeprefix("option").strip("_") for column in columns]
    options, bad = [], []
    for preferred, row in zip(frame["preferred"], cells.itertuples(index=False), strict=True):
        there = [cell for cell in row if cell]
        named = dict(zip(letters, row, strict=True)).get(preferred, preferred)
        bad.append(named not in there or len(set(there)) < max(len(there), 2))
        options.append((named, *(cell for cell in there if cell != named)))
    wrong = pd.Series(bad, index=frame.index)
    value = repr(frame.loc[wrong, "preferred"].iloc[0]) if wrong.any() else ""
    what = f"{value} is none of the options, or these are not two or more different ones"
    refuse(frame.loc[wrong, "_row"], "preferred", what)
    return frame.assign(options=pd.Series(options, index=frame.index, dtype=object)), {
        *NEEDED["choice"],
        *columns,
        "options",
    }


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    numbers = pd.to_numeric(frame[column], errors="coerce").astype(float)
    bad = ~np.isfinite(numbers)
    value = repr(frame.loc[bad, column].iloc[0]) if bad.any() else ""
    refuse(frame.loc[bad, "_row"], column, f"{value} is not a number")
    return numbers


def refuse_conflicts(frame: pd.DataFrame, kind: Kind) -> None:
    """The same question answered twice by the same person, not in the same way."""
    asked = [c for c in NEEDED[kind] if c != _ANSWER[kind]]
    twice = frame.duplicated(asked, keep="first")
    if twice.any():
        row = frame[twice].iloc[0]
        earlier = frame.loc[(frame[asked] == row[asked]).all(axis=1), "_row"].iloc[0]
        what = f"rater {row['rater_id']!r} answered the same question otherwise in row {earlier}"
        do = "Keep one of the answers, or give repeated questions ids of their own."
        refuse(frame.loc[twice, "_row"], _ANSWER[kind], what, do=do)
