"""Published data sets and wide tables, turned into the long forms of `data.importers`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data.answer_checks import as_text, refuse, refuse_empty
from data.errors import UploadError
from data.importers import Responses, checked_responses
from data.reading_tables import RawTable

_NESTED = {"ethnicity": "simplified", "religion": "simplified", "location": "reside_region"}
_PRISM = ("age", "gender", "education", "ethnicity", "religion", "location")
_TURNS = ("first", "second", "third", "fourth")
_OPTIONS = ("a", "b", "c", "d")
_END = "<|end_of_text|>"
_DISCRIM = ("filled_template", "decision_question_id", "age", "gender", "race")


def prism(utterances: RawTable, survey: RawTable) -> Responses:
    """PRISM's opening turns as ratings of models.

    Only turn 0 counts, where up to four models answered the same prompt. The item is the
    interaction, the response is the model, the score runs from 1 to 100. Nested answers of the
    survey (ethnicity, religion, location) give their simplified value.

    Args:
        utterances: of utterances.jsonl.
        survey: of survey.jsonl.

    Raises:
        UploadError: a column is missing, a user is not in the survey, or a check fails.
    """
    rows = utterances.frame
    need_columns(rows, ("user_id", "interaction_id", "turn", "model_name", "score"), "utterances")
    need_columns(survey.frame, ("user_id",), "survey")
    rows = rows[pd.to_numeric(rows["turn"]) == 0]
    people = pd.DataFrame({"rater_id": survey.frame["user_id"]})
    for name in _PRISM:
        if name in survey.frame:
            people[name] = [_inner(cell, _NESTED.get(name)) for cell in survey.frame[name]]
    numbers = pd.Series(rows.index + utterances.first_row, index=rows.index)
    unknown = ~rows["user_id"].isin(people["rater_id"])
    refuse(numbers[unknown], "user_id", "this user is not in the survey")
    long = pd.DataFrame(
        {
            "rater_id": rows["user_id"],
            "item_id": rows["interaction_id"],
            "response_id": rows["model_name"],
            "score": rows["score"],
        }
    )
    note = "Opening turns only; the row numbers of messages count these."
    joined = long.merge(people, on="rater_id", how="left")
    raw = RawTable(joined, 1, (note,))
    return checked_responses(raw, score_range=(1, 100))


def community_alignment(raw: RawTable) -> Responses:
    """Community Alignment's comparisons as choices of one out of up to four responses.

    The same prompt with the same responses is one item, whatever order they were shown in. One
    choice is one choice out of four, not three independent pairs.

    Args:
        raw: of the published table, one row per conversation; turns it lacks are left out.

    Raises:
        UploadError: a column is missing, or a preferred response is none of those shown.
    """
    frame = raw.frame
    need_columns(
        frame, ("annotator_id", "first_turn_prompt", "first_turn_preferred_response"), "table"
    )
    people = [c for c in frame.columns if str(c).startswith("annotator_") and c != "annotator_id"]
    parts = [_turn(frame, turn, people, raw.first_row) for turn in _TURNS]
    long = pd.concat([part for part in parts if len(part)], ignore_index=True)
    note = "Row numbers of messages count choices, turn after turn."
    return checked_responses(RawTable(long, 1, (*raw.notes, note)))


def polis_export(participants_votes: RawTable) -> Responses:
    """A Polis export, one row per participant and one column per comment, as votes.

    1 agrees, −1 disagrees, 0 passes, blank was not seen; Polis's own group becomes an attribute.

    Args:
        participants_votes: of participants-votes.csv.

    Raises:
        UploadError: a column is missing, a vote is another value, or `n-votes` doesn't fit.
    """
    frame = participants_votes.frame
    need_columns(frame, ("participant", "group-id", "n-votes"), "participants-votes")
    statements = [column for column in frame.columns if str(column).strip().isdigit()]
    votes = frame[statements].replace("", np.nan).apply(pd.to_numeric, errors="coerce")
    numbers = pd.Series(frame.index + participants_votes.first_row, index=frame.index)
    for name in statements:
        odd = (frame[name] != "") & frame[name].notna() & ~votes[name].isin((-1, 0, 1))
        refuse(numbers[odd], str(name), "it is not 1, 0, -1 or blank")
    counts = votes.notna().sum(axis=1)
    wrong = counts != pd.to_numeric(frame["n-votes"])
    what = f"it says {frame.loc[wrong, 'n-votes'].iloc[0]} votes" if wrong.any() else ""
    refuse(numbers[wrong], "n-votes", f"{what} but the row holds another number")
    long = votes.assign(
        rater_id=frame["participant"], polis_group=as_text(frame["group-id"]).str.removesuffix(".0")
    ).melt(id_vars=["rater_id", "polis_group"], var_name="statement_id", value_name="vote")
    long = long.dropna(subset="vote").assign(vote=lambda rows: rows["vote"].astype(int).astype(str))
    return checked_responses(RawTable(long.reset_index(drop=True), 1, participants_votes.notes))


def polis_left_out(comments: RawTable) -> tuple[str, ...]:
    """Statements that moderators took out, by id, of a Polis comments.csv (`moderated` is −1)."""
    need_columns(comments.frame, ("comment-id", "moderated"), "comments")
    out = pd.to_numeric(comments.frame["moderated"]) == -1
    return tuple(comments.frame.loc[out, "comment-id"].astype(str))


def discrim_eval(raw: RawTable) -> pd.DataFrame:
    """Anthropic's discrim-eval: one decision prompt per row, with whom it is about.

    Args:
        raw: of explicit.jsonl or implicit.jsonl.

    Returns:
        prompt, scenario, age (a number), gender, race.

    Raises:
        UploadError: a column is missing, an age is no number, or a scenario asks about the same
            kind of person twice.
    """
    frame = raw.frame
    need_columns(frame, _DISCRIM, "table")
    numbers = pd.Series(frame.index + raw.first_row, index=frame.index)
    ages = pd.to_numeric(frame["age"], errors="coerce")
    refuse(numbers[ages.isna()], "age", "it is not a number")
    made = frame[list(_DISCRIM)].rename(
        columns={"filled_template": "prompt", "decision_question_id": "scenario"}
    )
    made["age"] = ages
    again = made.duplicated(["scenario", "age", "gender", "race"])
    what = "this scenario has this age, gender and race already"
    refuse(numbers[again], "decision_question_id", what)
    return made.reset_index(drop=True)


def wide_ratings(
    raw: RawTable,
    *,
    rater: str,
    items: Mapping[str, str] | Sequence[str],
    attributes: Mapping[str, str] | Sequence[str] = (),
    values: Mapping[str, float] | None = None,
) -> Responses:
    """A survey with one row per person and one column per question, as ratings.

    Args:
        raw: the survey.
        rater: column that names the person.
        items: columns that are rated, → how to call them if a mapping.
        attributes: columns that describe people, likewise.
        values: what each answer in words counts; answers not in it count as not given. Numbers as
            they stand if not given.

    Raises:
        UploadError: a column is missing, a person stands in two rows, or an answer is no number.
    """
    frame = raw.frame
    named, described = _renaming(items), _renaming(attributes)
    need_columns(frame, (rater, *named, *described), "survey")
    numbers = pd.Series(frame.index + raw.first_row, index=frame.index)
    refuse(numbers[frame[rater].duplicated()], rater, "this person stands in an earlier row too")
    kept = frame[[rater, *described, *named]].rename(columns={**named, **described})
    kept = kept.rename(columns={rater: "rater_id"})
    long = kept.melt(["rater_id", *described.values()], var_name="item_id", value_name="score")
    said = long["score"].astype("string").str.strip()
    long["score"] = said if values is None else said.map(values)
    left = long["score"].isna() | (long["score"].astype("string") == "")
    note = f"{int(left.sum()):,} of {len(long):,} answers were not given or have no value."
    return checked_responses(RawTable(long[~left].reset_index(drop=True), 1, (*raw.notes, note)))


def _renaming(names: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    return dict(names) if isinstance(names, Mapping) else {name: name for name in names}


def need_columns(frame: pd.DataFrame, columns: Sequence[str], title: str) -> None:
    """Refuse a table that lacks a column.

    Raises:
        UploadError: names the first that is missing, and what there is.
    """
    if missing := [column for column in columns if column not in frame.columns]:
        raise UploadError(
            f"The {title} lacks the column {missing[0]}.",
            f"It has {', '.join(map(str, list(frame.columns)[:8]))}.",
        )


def _inner(cell: Any, key: str | None) -> str:
    """A nested answer's simplified value; "" where there is none."""
    value = cell.get(key) if isinstance(cell, dict) and key else cell
    return "" if pd.isna(value) else str(value)


def _turn(frame: pd.DataFrame, turn: str, people: list[str], first_row: int) -> pd.DataFrame:
    """The choices of one turn, those that were made."""
    prefix, preferred = f"{turn}_turn_", f"{turn}_turn_preferred_response"
    if preferred not in frame or f"{prefix}response_a" not in frame:
        return pd.DataFrame()
    rows = frame[frame[preferred].notna() & (frame[preferred] != "")]
    made, bad = [], []
    for _, row in rows.iterrows():
        shown = {letter: _clean(row.get(f"{prefix}response_{letter}")) for letter in _OPTIONS}
        texts = sorted({text for text in shown.values() if text})
        chosen = shown.get(str(row[preferred])[-1:], "")
        bad.append(not chosen)
        item = _digest(_clean(row[f"{prefix}prompt"]), *texts)
        options = {f"option_{x}": f"{item}-{x}" for x, _ in zip(_OPTIONS, texts, strict=False)}
        best = f"{item}-{_OPTIONS[texts.index(chosen)]}" if chosen else ""
        made.append({"item_id": item, "preferred": best, **options})
    numbers = pd.Series(rows.index + first_row)
    refuse(numbers[np.array(bad, dtype=bool)], preferred, "it is none of the responses shown")
    long = pd.DataFrame(made, index=rows.index).fillna("")
    return long.assign(rater_id=rows["annotator_id"], **{name: rows[name] for name in people})


def _clean(cell: Any) -> str:
    return str(cell).removesuffix(_END).strip() if isinstance(cell, str) else ""


def _digest(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:12]


def checked(raw: RawTable, columns: Sequence[str]) -> pd.DataFrame:
    """The needed columns of a table as texts, none of them empty, with `_row`.

    Raises:
        UploadError: a column is missing or a cell empty.
    """
    need_columns(raw.frame, columns, "table")
    frame = pd.DataFrame({name: as_text(raw.frame[name]) for name in columns})
    frame["_row"] = raw.frame.index + raw.first_row
    refuse_empty(frame, columns)
    return frame
