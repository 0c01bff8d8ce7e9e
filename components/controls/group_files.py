"""Answers from a file, from pasted rows, or from the Hub; columns named by hand where need be."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from components.problems import problems_shown
from components.state import State
from data.errors import UploadError
from data.hub_datasets import hub_tables
from experiments.groups.reading import Columns, Files, Opened, open_files, source_of
from experiments.groups.sources import Source, content_key

_EXAMPLE = """rater_id,item_id,response_id,score,age
1,tea,green,4,young
1,tea,black,2,young
2,tea,green,1,old
2,tea,black,5,old"""
_PEOPLE, _ANSWERS = "is a person, with a column per question", "is one answer"
_MOST_WORDS = 12
_HEADS = " — "  # between a column's two headings


def uploaded_source(state: State) -> Source | None:
    """From files of the visitor, which are kept while the session lasts."""
    files = st.file_uploader(
        "Ratings, pairs, choices, rankings or votes",
        type=["csv", "jsonl", "parquet"],
        accept_multiple_files=True,
        key="groups.files",
        help=_FORMS,
    )
    if files:
        state.group_files = tuple((file.name, file.getvalue()) for file in files)
    if not state.group_files:
        st.caption(_FORMS)
        return None
    if not files:
        st.caption("Shown: " + ", ".join(name for name, _ in state.group_files))
    return _shown(state.group_files)


def pasted_source(state: State) -> Source | None:
    """From rows of comma-separated values."""
    text = st.text_area(
        "Rows with a heading, comma-separated",
        placeholder=_EXAMPLE,
        height=160,
        key="groups.pasted",
        persist_state="session",
    )
    if not text.strip():
        st.caption(_FORMS)
        return None
    return _shown((("pasted.csv", text.strip().encode()),))


def hub_source(state: State) -> Source | None:
    """From a data set of the Hub, which is fetched when asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            "Data set", placeholder="HannahKirk/prism-alignment", key="groups.hub",
            persist_state="session",
        )  # fmt: skip
        file = st.text_input(
            "File", placeholder="the only table", key="groups.hub_file", persist_state="session"
        )
        asked = st.button("Fetch", icon=":material/download:", key="groups.fetch")
    st.caption("PRISM, Community Alignment, or any table in one of the five forms. " + _FORMS)
    if asked:
        state.group_files = ()
        with problems_shown(), st.spinner("Fetching from Hugging Face …"):
            state.group_files = hub_tables(name.strip(), file=file.strip())
    return _shown(state.group_files) if state.group_files else None


@st.cache_resource(max_entries=8, show_spinner="Reading …")
def _opened(key: str, _files: Files) -> Opened:
    return open_files(_files)


@st.cache_resource(max_entries=8, show_spinner="Checking every row …")
def _source(
    key: str,
    _opened: Opened,
    columns: Columns | None,
    attributes: tuple[str, ...] | None,
    score_range: tuple[float, float] | None,
) -> Source:
    return source_of(_opened, columns=columns, attributes=attributes, score_range=score_range)


def _shown(files: Files) -> Source | None:
    with problems_shown():
        key = content_key(*(part for file in files for part in file))
        opened = _opened(key, files)
        if opened.published:
            st.caption(f"Read as a {opened.published} export.")
            return _source(key, opened, None, None, None)
        if opened.needs_columns:
            columns = _columns(key, opened)
            return None if columns is None else _source(key, opened, columns, None, None)
        return _source(key, opened, None, _described(key, opened), _range(key, opened))
    return None


def _described(key: str, opened: Opened) -> tuple[str, ...] | None:
    offered = opened.attributes
    if not offered:
        return None
    return tuple(
        st.multiselect(
            "Columns that describe raters",
            offered,
            default=offered,
            key=f"groups.described.{key}",
            help="Each has one value per rater. Leave out what changes from answer to answer.",
            persist_state="session",
        )
    )


def _range(key: str, opened: Opened) -> tuple[float, float] | None:
    if "score" not in opened.main.frame:
        return None
    text = st.text_input(
        "Lowest and highest score that may occur",
        placeholder="any, or for example 1, 5",
        key=f"groups.range.{key}",
        width=320,
        persist_state="session",
    )
    if not text.strip():
        return None
    try:
        low, high = (float(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise UploadError(
            f"“{text}” is not a lowest and a highest score.", "Write two numbers, such as 1, 5."
        ) from None
    return low, high


def _columns(key: str, opened: Opened) -> Columns | None:
    """Which column holds what; None until it is said."""
    frame, names = opened.main.frame, [str(c) for c in opened.main.frame]
    st.info(
        f"{opened.needs_columns.split(' There are ')[0]} Say what the columns of {opened.title} "
        "hold.",
        icon=":material/table:",
    )
    for note in opened.main.notes:
        st.caption(f":material/info: {note}")
    st.dataframe(frame.head(3), height=140, alt="The first three rows of the file")
    shape = st.segmented_control(
        "A row", [_ANSWERS, _PEOPLE], default=_PEOPLE if _wide(opened) else _ANSWERS,
        required=True, key=f"groups.shape.{key}", persist_state="session",
    )  # fmt: skip
    rater = _one("Who answered", names, ("rater", "respond", "annot", "user", "worker"), key)
    same = _same_for_a_rater(frame, rater)
    if shape == _ANSWERS:
        items = ("item", "question", "statement", "film")
        item = _one("What was judged", names, items, key, likely=[n for n in names if n != rater])
        varied = [n for n in names if n not in {rater, item, *same}]
        answers = ("score", "rating", "answer", "label", "rank")
        answer = _one("The answer", names, answers, key, likely=varied)
        asked: tuple[str, ...] = (item,)
        columns = [answer]
    else:
        block = _largest_block(names)
        asked = tuple(_many("Questions, one column each", names, key, "asked", default=block))
        answer, columns = "", list(asked)
    left = [name for name in names if name not in {rater, answer, *asked}]
    few = [n for n in left if n in same and 1 < frame[n].nunique() <= 30]
    if shape == _PEOPLE:  # while questions aren't known, a column may be one of them
        few = [n for n in few if _HEADS not in n] if asked else []
    people = tuple(_many("Columns that describe raters", left, key, "people", default=few))
    order = _order(key, opened, columns)
    ready = bool(rater and asked and all(asked)) and order is not None
    return Columns(rater, asked, answer, people, order or ()) if ready else None


def _wide(opened: Opened) -> bool:
    return opened.main.frame.shape[1] > 14


def _largest_block(names: list[str]) -> list[str]:
    """The columns under the one of two headings that holds most; none where there is one only."""
    heads = Counter(name.partition(_HEADS)[0] for name in names if _HEADS in name)
    if not heads:
        return []
    head = heads.most_common(1)[0][0]
    return [name for name in names if name.startswith(head + _HEADS)]


def _same_for_a_rater(frame: pd.DataFrame, rater: str) -> set[str]:
    """Columns of which no rater has two values, blanks aside: they may describe raters."""
    others = [str(name) for name in frame if name != rater]
    told = frame[others].astype("string").replace("", pd.NA)
    return {name for name in others if told[name].groupby(frame[rater]).nunique().max() <= 1}


def _one(
    label: str,
    names: list[str],
    hints: tuple[str, ...],
    key: str,
    *,
    likely: list[str] | None = None,
) -> str:
    """A column; at first one whose name holds a hint, else the first that is likely."""
    first = likely or names
    named = (name for hint in hints for name in first if hint in name.lower())
    guess = names.index(next(named, first[0]))
    chosen: str = st.selectbox(
        label, names, index=guess, key=f"groups.{label}.{key}", persist_state="session"
    )
    return chosen


def _many(
    label: str, names: list[str], key: str, what: str, *, default: list[str] | None = None
) -> list[str]:
    return st.multiselect(
        label, names, default=default or [], key=f"groups.{what}.{key}", persist_state="session"
    )


def _order(key: str, opened: Opened, columns: list[str]) -> tuple[str, ...] | None:
    """Words from worst to best; () for numbers; None until they are ordered."""
    if not columns:
        return None
    cells = opened.main.frame[columns].stack().astype("string").str.strip()
    said = [word for word in cells.unique() if word]
    if all(_is_number(word) for word in said):
        return ()
    common = cells[cells != ""].value_counts().index[:_MOST_WORDS].tolist()
    chosen = st.multiselect(
        "Answers from worst to best; any left out count as not given",
        common,
        key=f"groups.order.{key}",
        persist_state="session",
    )
    return tuple(chosen) if len(chosen) > 1 else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


_FORMS = (
    "csv, jsonl or parquet, one row per answer: rater_id, item_id and score (with response_id), or "
    "response_a, response_b and winner, or option_a, option_b … and preferred, or ranking (B>A=C); "
    "or rater_id, statement_id and vote. Further columns describe raters. Exports of Polis, PRISM "
    "and Community Alignment are read as they are; texts may come in a second file."
)
