"""The texts and tables behind the map: computed only in the tab that is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.figures.palette import condition_mark
from components.layout import theme
from components.state import State, widget_value
from components.text import as_markdown, one_line, plural, printable
from components.views.accounts import accounts_table, asks_differently, empty_places, steps_of
from components.views.map import answers_frame, selection_bar
from components.views.sources import source_notes
from data.exports import to_csv, to_parquet
from data.schema import RunData
from experiments.analysis import Analysis, Meaning
from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, Measure
from metrics.uncertainty import Difference

_FIRST_MEANINGS = 12


def diversity_tabs(
    state: State, data: RunData, analysis: Analysis, *, names: Mapping[str, str]
) -> None:
    """Meanings, answers, comparison, data."""
    tabs = st.tabs(
        ["Meanings", "Answers", "Compare", "Data"], key="diversity.tabs", on_change="rerun"
    )
    shows = (_meanings, _answers, _compare, _data)
    for tab, show in zip(tabs, shows, strict=True):
        if tab.open:
            with tab:
                show(state, data, analysis, names)


def _picked(state: State, data: RunData) -> list[int]:
    """Rows picked on the map; all rows when none are."""
    chosen = state.diversity.selection
    ids = enumerate(zip(data.keys, (sample.index for sample in data.samples), strict=True))
    rows = [row for row, point in ids if not chosen or point in chosen]
    return rows or list(range(len(data.keys)))


def _meanings(state: State, data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    selection_bar(state)
    rows = set(_picked(state, data))
    found = [meaning for meaning in analysis.meanings if rows.intersection(meaning.rows)]
    shown = found if widget_value("diversity.all_meanings") else found[:_FIRST_MEANINGS]
    st.caption(
        f"{plural(len(found), 'meaning')}, largest first. Each stands here with the answer that is "
        "closest to all others of its kind."
    )
    for meaning in shown:
        _meaning(data, meaning, names)
    if len(found) > _FIRST_MEANINGS:
        st.toggle(f"Show all {len(found)}", key="diversity.all_meanings", persist_state="session")


def _meaning(data: RunData, meaning: Meaning, names: Mapping[str, str]) -> None:
    text = as_markdown(data.samples[meaning.representative].text, limit=160)
    label = f"**{meaning.size}** {text} {_shares(meaning)}"
    with st.expander(
        label, key=f"diversity.meaning.{meaning.rank}", on_change="rerun", type="compact"
    ) as expander:
        if expander.open:
            st.dataframe(
                _folded(data, meaning.rows, names),
                hide_index=True,
                row_height=36,
                alt=f"The {plural(meaning.size, 'answer')} of this meaning",
            )


def _shares(meaning: Meaning) -> str:
    """How many answers of each condition hold it, beside the condition's symbol."""
    marks = ((condition_mark(key), count) for key, count in meaning.counts.items() if count)
    return "  ".join(
        f':color[{mark.glyph} {count}]{{foreground="{mark.ink_on(theme())}"}}'
        for mark, count in marks
    )


def _folded(data: RunData, rows: Sequence[int], names: Mapping[str, str]) -> pd.DataFrame:
    """Identical texts once, with how often each came, the most frequent first."""
    counts = Counter((printable(data.samples[row].text), data.keys[row]) for row in rows)
    totals = Counter(printable(data.samples[row].text) for row in rows)
    table = [
        {"answer": text, "times": times} | {names[k]: counts[text, k] for k in names}
        for text, times in totals.most_common()
    ]
    return pd.DataFrame(table)


def _answers(state: State, data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    selection_bar(state)
    rows = _picked(state, data)
    frame = answers_frame(data, analysis).iloc[rows]
    event = st.dataframe(
        pd.DataFrame(
            {
                "condition": [_named(key, names) for key in frame["condition"]],
                "answer": frame["text"],
                "meaning": frame["meaning"],
                "words": [len(text.split()) for text in frame["text"]],
                "ended": [_ending(data, row) for row in rows],
                **_asked_as(data, rows),
            }
        ),
        hide_index=True,
        height=420,
        column_config={
            "answer": st.column_config.TextColumn(width="large"),
            "meaning": st.column_config.NumberColumn(help="1 is the largest meaning."),
        },
        alt=f"{plural(len(rows), 'answer')} with condition, meaning and length",
        on_select="rerun",
        selection_mode="single-row",
        key="diversity.answers",
    )
    for place in event.selection.rows[:1]:
        if place < len(rows):
            steps_of(data.samples[rows[place]])
    empty_places(data, names)


def _asked_as(data: RunData, rows: Sequence[int]) -> dict[str, list[str]]:
    """What set each answer's asking apart, if anything did."""
    origins = [one_line(data.samples[row].origin) for row in rows]
    return {"asked as": origins} if any(origins) else {}


def _named(key: str, names: Mapping[str, str]) -> str:
    return f"{condition_mark(key).glyph} {one_line(names[key])}"


def _ending(data: RunData, row: int) -> str:
    return "by itself" if data.samples[row].finish == "stop" else "cut at the limit"


def _compare(state: State, data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    if asks_differently(data.run):
        accounts_table(data, analysis, names)
    source_notes(data, names)
    if len(analysis.panels) < 2:
        st.caption("With a second condition, the differences between the two stand here.")
        return
    st.caption(
        "The first condition minus the second. The interval is for that pair alone; the p-value "
        "and the verdict are adjusted for the number of pairs (Holm)."
    )
    st.dataframe(
        differences_table(analysis, names),
        hide_index=True,
        alt="Differences between the conditions",
    )


def differences_table(analysis: Analysis, names: Mapping[str, str]) -> pd.DataFrame:
    """Every measure of the panel for every pair of conditions, first minus second."""
    return pd.DataFrame(
        {
            "measure": CATALOGUE[key].label.format(n=analysis.common_n),
            "first": _named(first, names),
            "second": _named(second, names),
            **_difference(found, CATALOGUE[key]),
        }
        for key in DEFAULT_PANEL
        for (first, second), differences in analysis.differences.items()
        for found in (differences[key],)
    )


def _difference(found: Difference, measure: Measure) -> dict[str, object]:
    if found.reason:
        return {"difference": found.reason, "verdict": "too few"}
    low, value, high = (measure.format(v) for v in (found.low, found.value, found.high))
    return {
        "difference": f"{value} ({low} to {high})",
        "n": found.n,
        "p": found.p_value,
        "verdict": "clear" if found.is_clear else "within chance",
    }


def _data(state: State, data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    extra = {"meaning": [int(label) + 1 for label in analysis.labels]}
    st.caption(
        f"Every answer with its settings, tokens and probabilities. Seed {data.run.seed}; "
        f"embedder {data.run.embedder}."
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = f"chorale-{data.run.id[:8]}"
        st.download_button(
            "Answers as CSV",
            lambda: to_csv(data, extra),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Everything as parquet",
            lambda: to_parquet(data, extra),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            icon=":material/download:",
            on_click="ignore",
        )
        st.segmented_control(
            "The map’s camera saves",
            ["SVG", "PNG"],
            default="SVG",
            required=True,
            key="diversity.picture",
            persist_state="session",
        )
