"""People's answers in long form: ratings, pairs, choices, rankings and votes, checked row by row.

Any further column is an attribute of raters, by which they can be grouped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.answer_checks import (
    NEEDED,
    Kind,
    as_text,
    parsed_answers,
    refuse,
    refuse_conflicts,
    refuse_empty,
    without_repeats,
)
from data.errors import UploadError
from data.reading_tables import RawTable, read_table

SMALLEST_GROUP = 10  # raters below which a group is not shown


@dataclass(frozen=True)
class Responses:
    """Answers that passed every check.

    Attributes:
        kind: what was asked.
        table: one row per answer, in the order of the file; ids are text. Pairs have `outcome`
            (1 first, 0 second, ½ tie), choices `options` (a tuple, the preferred one first),
            rankings `places` (tuples from best to worst), ratings a `score`, votes a `vote`.
        raters: attributes by rater_id; "" where unknown.
        notes: what was done to the file or should be known about it, sentences.
        simulated: name of the model that played the raters; "" where they are people.
        apart: attributes whose groups never answered about the same.
    """

    kind: Kind
    table: pd.DataFrame
    raters: pd.DataFrame
    notes: tuple[str, ...]
    simulated: str = ""
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Raters who share the values of some attributes.

    Attributes:
        name: values joined by " × ".
        size: raters.
        shown: whether there are ten or more.
    """

    name: str
    size: int

    @property
    def shown(self) -> bool:
        """Whether it is large enough to be shown."""
        return self.size >= SMALLEST_GROUP


def read_responses(
    source: Path | bytes,
    *,
    name: str = "",
    attributes: Sequence[str] | None = None,
    score_range: tuple[float, float] | None = None,
) -> Responses:
    """Read a file of answers and check it: `read_table`, then `checked_responses`."""
    raw = read_table(source, name=name)
    return checked_responses(raw, attributes=attributes, score_range=score_range)


def checked_responses(
    raw: RawTable,
    *,
    attributes: Sequence[str] | None = None,
    score_range: tuple[float, float] | None = None,
) -> Responses:
    """Answers in one of the five forms, told by their columns.

    Equal rows are kept once and counted in a note; nothing else is dropped: whatever can't be
    understood is refused with its row and column.

    Args:
        raw: from `read_table` or an adapter.
        attributes: columns that describe raters; all further ones if not given.
        score_range: lowest and highest score that may occur.

    Raises:
        UploadError: a column is missing, or a cell is empty, out of range, contradicts another row
            or names no side; the message names the first such row and how many there are.
    """
    kind = kind_of(raw.frame)
    frame = raw.frame.copy()
    if kind == "ratings" and "response_id" not in frame:
        frame["response_id"] = frame["item_id"]  # the item itself was rated
    frame.insert(0, "_row", np.arange(raw.first_row, raw.first_row + len(frame)))
    for column in [c for c in NEEDED[kind] if c not in {"score", "ranking"}]:
        frame[column] = as_text(frame[column])
    refuse_empty(frame, NEEDED[kind])
    frame, notes = without_repeats(frame, kind)
    frame, used = parsed_answers(frame, kind, score_range=score_range)
    raters = _attributes(frame, used, attributes)
    refuse_conflicts(frame, kind)
    kept = [column for column in frame.columns if column not in raters.columns]
    remarks, apart = _remarks(frame, raters, kind)
    notes = (*raw.notes, *notes, *remarks)
    return Responses(kind, frame[kept].drop(columns="_row"), raters, notes, apart=apart)


def kind_of(frame: pd.DataFrame) -> Kind:
    """Which of the five forms the columns are.

    Raises:
        UploadError: none; it names the columns that the nearest form lacks.
    """
    columns = set(frame.columns)
    optional = {"response_id"}
    lacking = {
        kind: [c for c in needed if c not in columns | optional] for kind, needed in NEEDED.items()
    }
    for kind, missing in lacking.items():
        if not missing:
            return kind
    nearest = min(lacking, key=lambda kind: len(lacking[kind]) / len(NEEDED[kind]))
    raise UploadError(
        f"The columns fit none of the known forms; nearest is {nearest}, which lacks "
        f"{', '.join(lacking[nearest])}. There are {len(columns)} columns: "
        f"{', '.join(map(str, list(frame.columns)[:8]))}{' …' if len(columns) > 8 else ''}.",
        "A table with one row per person and one column per question has to be turned into one "
        "row per answer first (data.adapters.wide_ratings).",
    )


def group_raters(raters: pd.DataFrame, by: Sequence[str]) -> tuple[np.ndarray, tuple[Group, ...]]:
    """Raters by one attribute, or by several crossed.

    Args:
        raters: from `Responses`.
        by: names of attributes.

    Returns:
        (raters,) label of each, −1 where an attribute is unknown or the group is hidden, numbered
        like the groups that are shown; and all groups with their sizes, the largest first.

    Raises:
        UploadError: there is no such attribute.
    """
    if missing := [name for name in by if name not in raters.columns]:
        raise UploadError(
            f"There is no attribute {missing[0]}.", f"There are {', '.join(raters.columns)}."
        )
    known = (raters[list(by)] != "").all(axis=1)
    names = raters[list(by)].agg(" × ".join, axis=1).where(known, "")
    sizes = names[known].value_counts()
    groups = tuple(Group(str(name), int(size)) for name, size in sizes.items())
    number = {group.name: i for i, group in enumerate(g for g in groups if g.shown)}
    return names.map(lambda name: number.get(name, -1)).to_numpy(dtype=np.int64), groups


def _attributes(frame: pd.DataFrame, used: set[str], names: Sequence[str] | None) -> pd.DataFrame:
    further = [c for c in frame.columns if c not in used and c != "_row"]
    wanted = further if names is None else list(names)
    if missing := [name for name in wanted if name not in further]:
        raise UploadError(f"There is no column {missing[0]}.", f"Others: {', '.join(further)}.")
    raters = pd.DataFrame(index=pd.Index(pd.unique(frame["rater_id"]), name="rater_id"))
    for name in wanted:
        raters[name] = _attribute(frame, name).reindex(raters.index).fillna("")
    return raters


def _attribute(frame: pd.DataFrame, name: str) -> pd.Series:
    """One value per rater, where there is any."""
    values = as_text(frame[name])
    known = frame[["_row", "rater_id"]].assign(value=values)[values != ""]
    different = known.drop_duplicates(["rater_id", "value"])
    again = different.duplicated("rater_id")
    if again.any():
        row = different[again].iloc[0]
        first = different[different["rater_id"] == row["rater_id"]].iloc[0]
        what = (
            f"rater {row['rater_id']!r} is {row['value']!r} here and {first['value']!r} in row "
            f"{first['_row']}, so in two groups"
        )
        do = f"Give each rater one value, or leave {name} out of the attributes."
        refuse(different.loc[again, "_row"], str(name), what, do=do)
    return known.drop_duplicates("rater_id").set_index("rater_id")["value"]


def _remarks(
    frame: pd.DataFrame, raters: pd.DataFrame, kind: Kind
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What should be known about attributes, and those whose groups can't be compared."""
    item = "statement_id" if kind == "votes" else "item_id"
    notes, apart = [], []
    for name in map(str, raters.columns):
        values = raters[name][raters[name] != ""]
        if values.nunique() < 2:
            notes.append(f"By {name} there is one group only, so nothing to compare.")
            continue
        seen = frame.assign(group=frame["rater_id"].map(raters[name]).to_numpy())
        if seen[seen["group"] != ""].groupby(item)["group"].nunique().max() < 2:
            notes.append(f"By {name} no two groups answered about the same {item}: no comparison.")
            apart.append(name)
    return tuple(notes), tuple(apart)
