"""The map of answers and what can be done on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast
from zlib import crc32

import pandas as pd
import streamlit as st
from streamlit.elements.plotly_chart import PlotlyState

from components.controls.grouping import grouping_control
from components.figures.diversity import MeaningName, map_description, map_frame, meaning_map
from components.layout import theme
from components.state import State, session, widget_value
from components.text import plural, printable
from components.views.gate import GateChoice, gate_control
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.grouping import Grouping

_CHART = "diversity.map"
_COLOUR = {"Colour by condition": "condition", "by meaning": "meaning"}


def map_controls(data: RunData) -> tuple[Grouping, str, GateChoice]:
    """How meanings are told apart, what colours say, and which answers count."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        colour = st.segmented_control(
            "Colours show",
            list(_COLOUR),
            label_visibility="collapsed",
            default=next(iter(_COLOUR)),
            required=True,
            key="diversity.colour",
            persist_state="session",
        )
        grouping = grouping_control(data)
        gate = gate_control()
    return grouping, _COLOUR[colour], gate


def map_view(
    state: State,
    data: RunData,
    analysis: Analysis,
    *,
    names: Mapping[str, str],
    colour_by: str,
) -> None:
    """The map; a click or a lasso picks answers, and the list below shows them."""
    meanings = meaning_names(analysis)
    frame = answers_frame(data, analysis)
    figure = meaning_map(
        frame,
        names=dict(names),
        meanings=meanings,
        colour_by=colour_by,
        theme=theme(),
        selection=state.diversity.selection,
        revision=data.run.id,
    )
    # To Streamlit every changed figure is another widget. Under one key, a late report about the
    # figure before would read as an empty selection on this one, so each has a key of its own.
    key = f"{_CHART}.{crc32(figure.to_json().encode())}"
    st.plotly_chart(
        figure,
        key=key,
        on_select=partial(_select, key),
        selection_mode=("points", "lasso"),
        config=_config(),
        alt=map_description(frame, meanings),
    )


def answers_frame(data: RunData, analysis: Analysis) -> pd.DataFrame:
    """The map's own table: one row per answer."""
    return map_frame(
        data.keys,
        [sample.index for sample in data.samples],
        [printable(sample.text) for sample in data.samples],
        data.coordinates,
        analysis.labels,
    )


def meaning_names(analysis: Analysis) -> list[MeaningName]:
    """The analysis' meanings as the map names them."""
    return [MeaningName(m.rank, m.representative, m.gist, m.size) for m in analysis.meanings]


def selection_bar(state: State) -> None:
    """Says what is picked, and lets it go."""
    if not state.diversity.selection:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"{plural(len(state.diversity.selection), 'answer')} picked on the map.",
            width="content",
        )
        st.button("Show all", icon=":material/close:", key="diversity.unselect", on_click=_unselect)


def _select(key: str) -> None:
    event = cast(PlotlyState | None, widget_value(key))
    points = event.selection.points if event else []
    picked = frozenset((str(p["customdata"][0]), int(p["customdata"][1])) for p in points)
    session().diversity.selection = picked


def _unselect() -> None:
    session().diversity.selection = frozenset()


def _config() -> dict:
    picture = str(widget_value("diversity.picture") or "svg").lower()
    return {
        "displaylogo": False,
        "scrollZoom": False,
        "toImageButtonOptions": {"format": picture, "filename": "chorale-map", "scale": 2},
        "modeBarButtonsToRemove": ["select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    }
