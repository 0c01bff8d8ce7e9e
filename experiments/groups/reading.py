"""A visitor’s files as one source: published data sets, the five forms, or columns they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from data.adapters import community_alignment, polis_export, polis_left_out, prism, wide_ratings
from data.errors import UploadError
from data.importers import Responses, checked_responses, kind_of
from data.reading_tables import RawTable, read_table
from experiments.groups.sources import Source, content_key, whole_raters

Files = tuple[tuple[str, bytes], ...]

_IDS = ("item_id", "response_id", "statement_id", "comment-id")
_TEXTS = {
    "item_text": "item_id",
    "prompt": "item_id",
    "response_text": "response_id",
    "statement": "statement_id",
    "statement_text": "statement_id",
    "comment-body": "comment-id",
}
_NOISE = {"timestamp", "datetime", "date", "time", "row", "index", "moderated"}
_PUBLISHED = {
    "Polis": {"participant", "group-id", "n-votes"},
    "PRISM": {"user_id", "interaction_id", "model_name", "score"},
    "Community Alignment": {"annotator_id", "first_turn_prompt"},
    "discrim-eval": {"filled_template", "decision_question_id"},
}
_LONG_TEXT = 12  # characters that the cells of a column of texts have on average


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file hold what, named by hand.

    Attributes:
        rater: who answered.
        items: one column per question where a row is a person; else the column of the question.
        answer: column of the answer where a row is an answer; "" where a row is a person.
        attributes: columns that describe raters.
        order: answers in words from worst to best; others count as not given. Numbers as they
            stand if empty.
    """

    rater: str
    items: tuple[str, ...]
    answer: str = ""
    attributes: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """Files that were read, before they are understood.

    Attributes:
        files: as they came.
        main: the table of answers.
        title: its name.
        others: further tables by name, such as texts.
        published: which known data set it is; "" if none.
        needs_columns: why its columns have to be named by hand; "" where they are known.
    """

    files: Files
    main: RawTable
    title: str
    others: dict[str, RawTable]
    published: str
    needs_columns: str

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns that may describe raters."""
        taken = {*_IDS, "rater_id", "score", "winner", "response_a", "response_b", "vote",
                 "preferred", "ranking", *_TEXTS, *_NOISE}  # fmt: skip
        return tuple(
            str(c)
            for c in self.main.frame
            if c not in taken and not str(c).startswith("option") and str(c).strip()
        )


def open_files(files: Files) -> Opened:
    """Read files, and see which of them holds the answers.

    Args:
        files: names and contents.

    Raises:
        UploadError: one can't be read, or none is there.
    """
    if not files:
        raise UploadError("There is no file.", "Choose one.")
    tables = {name: read_table(content, name=name) for name, content in files}
    sizes = {name: (not _is_aside(table), len(table.frame)) for name, table in tables.items()}
    title = max(sizes, key=lambda name: sizes[name])
    main = tables.pop(title)
    columns = set(map(str, main.frame))
    published = next((n for n, needed in _PUBLISHED.items() if needed <= columns), "")
    needs = ""
    if not published:
        main = _voter_rows(main)
        try:
            kind_of(main.frame)
        except UploadError as error:
            needs = error.what_happened
    return Opened(files, main, title, tables, published, needs)


def source_of(
    opened: Opened,
    *,
    columns: Columns | None = None,
    attributes: Sequence[str] | None = None,
    score_range: tuple[float, float] | None = None,
) -> Source:
    """The answers that files hold, checked.

    Args:
        opened: from `open_files`.
        columns: named by hand, where the file needs it.
        attributes: columns that describe raters; all that may, if not given.
        score_range: lowest and highest score that may occur.

    Raises:
        UploadError: with the row and column that are wrong.
    """
    key = content_key(*(part for file in opened.files for part in file), columns, attributes,
                      score_range)  # fmt: skip
    texts: dict[str, str] = {}
    left_out: tuple[str, ...] = ()
    for table in (opened.main, *opened.others.values()):
        texts |= _texts(table.frame)
    for table in opened.others.values():
        if {"comment-id", "moderated"} <= set(table.frame):
            left_out = polis_left_out(table)
    if columns is not None:
        found = _by_hand(opened.main, columns)
    elif opened.published:
        found = _published(opened)
    else:
        raw = whole_raters(_without_texts(opened.main), "rater_id")
        chosen = opened.attributes if attributes is None else attributes
        found = checked_responses(raw, attributes=list(chosen), score_range=score_range)
    return Source(key, opened.title, found, texts, left_out=left_out)


def _is_aside(table: RawTable) -> bool:
    """Whether it holds texts or people rather than answers: each id stands in one row."""
    frame = table.frame
    if {"user_id"} <= set(frame) and "interaction_id" not in frame:
        return True
    ids = [c for c in _IDS if c in frame]
    return bool(ids) and "rater_id" not in frame and frame[ids[0]].is_unique


def _voter_rows(raw: RawTable) -> RawTable:
    """Polis's long export under the names that votes have here."""
    frame = raw.frame
    if not {"comment-id", "voter-id", "vote"} <= set(frame):
        return raw
    named = frame.rename(columns={"comment-id": "statement_id", "voter-id": "rater_id"})
    if "timestamp" in named:  # who changed their mind: the last vote counts
        named = named.sort_values("timestamp", kind="stable")
    last = named.drop_duplicates(["rater_id", "statement_id"], keep="last").sort_index()
    changed = len(named) - len(last)
    notes = (f"{changed:,} votes were changed later; the last one counts.",) if changed else ()
    return replace(raw, frame=last.reset_index(drop=True), notes=(*raw.notes, *notes))


def _published(opened: Opened) -> Responses:
    if opened.published == "Polis":
        return polis_export(opened.main)
    if opened.published == "Community Alignment":
        return community_alignment(whole_raters(opened.main, "annotator_id"))
    if opened.published == "PRISM":
        surveys = [t for t in opened.others.values() if "user_id" in t.frame]
        if not surveys:
            raise UploadError(
                "PRISM’s utterances need its survey too.", "Choose survey.jsonl beside it."
            )
        return prism(opened.main, surveys[0])
    raise UploadError(
        "discrim-eval holds decisions to be asked of a model, and no person’s answers.",
        "It is for the audits of models.",
    )


def _by_hand(raw: RawTable, columns: Columns) -> Responses:
    """Ratings from columns that were named by hand."""
    values = {word: float(i) for i, word in enumerate(columns.order, start=1)} or None
    if not columns.answer:
        short = {name: name.rsplit(" — ", 1)[-1] for name in columns.items}
        items = short if len(set(short.values())) == len(short) else columns.items
        return wide_ratings(
            raw, rater=columns.rater, items=items, attributes=columns.attributes, values=values
        )
    raw = whole_raters(raw, columns.rater)
    named = raw.frame[[columns.rater, columns.items[0], columns.answer, *columns.attributes]]
    named = named.set_axis(["rater_id", "item_id", "score", *columns.attributes], axis=1)
    notes = raw.notes
    if values is not None:
        scores = named["score"].astype("string").str.strip().map(values)
        left = int(scores.isna().sum())
        named = named.assign(score=scores)[scores.notna()].reset_index(drop=True)
        notes = (*notes, f"{left:,} answers were not given or have no value.")
    return checked_responses(RawTable(named, raw.first_row, notes))


def _texts(frame: pd.DataFrame) -> dict[str, str]:
    """What ids say, of columns of texts and of tables that hold one id per row."""
    found: dict[str, str] = {}
    for column, names in _TEXTS.items():
        if column in frame and names in frame:
            once = frame.drop_duplicates(names)
            found |= dict(zip(once[names].astype(str), once[column].astype(str), strict=True))
    ids = [c for c in _IDS if c in frame]
    if not found and ids and "rater_id" not in frame and frame[ids[0]].is_unique:
        long = [c for c in frame if c not in _IDS and _is_text(frame[c])]
        if long:
            said = frame[long].astype(str).agg(" → ".join, axis=1)
            found = dict(zip(frame[ids[0]].astype(str), said, strict=True))
    return found


def _is_text(column: pd.Series) -> bool:
    return bool(column.astype("string").str.len().mean() > _LONG_TEXT)


def _without_texts(raw: RawTable) -> RawTable:
    """Texts say what ids are; they describe no rater and are not kept row by row."""
    aside = [c for c in raw.frame if c in _TEXTS or c in _NOISE]
    return replace(raw, frame=raw.frame.drop(columns=aside)) if aside else raw
