"""Every measure of every condition, with differences to the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.findings import coloured
from components.layout import theme
from components.services import readings
from components.state import State
from components.tiles import method_card
from components.views.answer_states import answers_read
from components.views.charts import csv_button, minus, named
from components.views.gate import Shown
from components.views.judging import known_likeness, offer_every_pair, scores_of
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.answer_states import KIND, states_of
from experiments.budget import accounts
from experiments.measuring import draws_of
from experiments.quality import SOURCES
from metrics.measure_table import MeasureRow, MeasureTable, measure_table


def measures_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """The table, and the card of the row that is picked."""
    if shown.running:
        st.caption("Every measure at once takes a moment, so it waits until the run has ended.")
        return
    offer_every_pair(state, shown.whole, shown.analysis.grouping)
    scores = scores_of(state, shown.data, shown.quality)
    judged = known_likeness(shown.data, shown.analysis.grouping) is not None
    read = answers_read(state, shown, "measures", "EigenScore goes by the model’s states.")
    with st.spinner("Measuring by everything, and resampling calls for the differences …"):
        table = _table(
            shown.data, shown.analysis, shown.whole, tuple(scores.tolist()), judged, read
        )
    first = next(iter(shown.analysis.panels), "")
    versus = f" minus {coloured(names[first], first, theme())}" if len(names) > 1 else ""
    st.caption(
        f"Values with 95 % intervals, compared at {table.common_n} answers where they move with "
        f"the number of answers; differences are each condition{versus}. p-values are adjusted "
        "for the whole table (Benjamini–Hochberg). Quality, where a measure needs one: "
        f"{SOURCES[shown.quality.source].label.lower()}, as in the quality gate. Click a heading "
        "to sort, a row for its method."
    )
    frame = measures_frame(table, names)
    event = st.dataframe(
        frame,
        hide_index=True,
        height=480,
        placeholder="–",
        column_config=_columns(frame),
        on_select="rerun",
        selection_mode="single-row",
        key="diversity.measures",
        alt=f"{len(frame)} measures of {len(names)} conditions",
    )
    csv_button(pd.DataFrame(table.records()), key="measures")
    for place in event.selection.rows[:1]:
        with st.container(border=True):
            method_card(_measures(table)[place].measure)


@computed_once
def _table(
    data: RunData,
    analysis: Analysis,
    whole: RunData,
    scores: tuple[float, ...],
    judged: bool,
    read: bool,
) -> MeasureTable:
    states = states_of(readings().load(data.run.id, KIND), data, "end") if read else None
    same = known_likeness(data, analysis.grouping) if judged else None
    draws = draws_of(
        data, analysis.labels, accounts(whole), quality=scores, same=same, states=states
    )
    return measure_table(draws, seed=data.run.seed % 2**32)


def _measures(table: MeasureTable) -> list[MeasureRow]:
    """One row per measure: the first condition's."""
    return list({row.measure.key: row for row in reversed(table.rows)}.values())[::-1]


def measures_frame(table: MeasureTable, names: Mapping[str, str]) -> pd.DataFrame:
    """A row per measure; per condition its value and interval, then difference and p-value."""
    rows: dict[str, dict[str, object]] = {}
    for row in table.rows:
        measure = row.measure
        own = rows.setdefault(
            measure.key,
            {"measure": measure.label.format(n=table.common_n), "unit": measure.unit or "–"},
        )
        who = named(row.condition, names)
        own[who] = row.estimate.value
        own[f"{who} 95 %"] = _span(row)
        if row.difference is not None:
            own[f"{who} difference"] = row.difference.value
            own[f"{who} p"] = row.difference.p_value
    return pd.DataFrame(list(rows.values()))


def _span(row: MeasureRow) -> str:
    found = row.estimate
    if not found.is_defined:
        return found.reason
    return f"{minus(f'{found.low:.3g}')} to {minus(f'{found.high:.3g}')}"


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    columns: dict[str, Any] = {"measure": st.column_config.TextColumn(pinned=True, width=290)}
    for name in map(str, frame):
        if name.endswith(" p"):
            columns[name] = st.column_config.NumberColumn(format="%.3f", help="adjusted")
        elif frame[name].dtype == float:
            columns[name] = st.column_config.NumberColumn(format="%.3g")
    return columns
