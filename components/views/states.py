"""Inside the model: the persona's direction and the attention to it, layer by layer and turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from components.figures.layers import (
    full_shade,
    layers_description,
    layers_figure,
    layers_frame,
)
from components.findings import coloured
from components.layout import theme
from components.problems import problems_shown, show_problem
from components.services import followups, readings
from components.text import plural
from components.tiles import method_card_button
from components.views.charts import file_button
from data.schema import RunData
from experiments.chats import plan_of
from experiments.states import KIND, shares_of_tokens, state_pieces, table_of
from metrics.catalogue_probes import PROBES
from models.server_address import is_server

_CONFIG = {"displaylogo": False}


def states_view(data: RunData, names: Mapping[str, str], *, owner: str | None) -> None:
    """Look inside on demand, and show what is known so far.

    Args:
        data: a run of conversations.
        names: of its conditions.
        owner: the visitor, who may ask; None where the run is a recording.
    """
    if owner is None:
        st.info(
            "Here two heat-maps show every layer at every turn: how far the model’s state lies "
            "along the persona’s direction, beside random directions, and how much attention it "
            "pays to its system prompt."
        )
        st.caption("That takes a run of your own: press Sample first.")
        return
    if any(is_server(condition.model.id) for condition in data.run.conditions):
        st.caption(
            "A server doesn’t show its model’s inner states. Choose a model on this machine."
        )
        return
    st.caption(
        "The model reads each first reply again, in its conversation. Along the persona’s "
        "direction (from replies without it to replies with it, to the same lines asked alone) its "
        "state is measured in standard deviations of replies without any persona."
    )
    _start(data, owner)
    kept = readings().load(data.run.id, KIND)
    if kept:
        _maps(data, names, kept, "axis")
        _maps(data, names, kept, "attention")


def _start(data: RunData, owner: str) -> None:
    run, work = data.run, followups()
    shown = work.shown(run.id, KIND)
    if shown is not None and shown.error is not None:
        show_problem(shown.error)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if shown is not None and shown.active:
            st.progress(
                shown.done / max(shown.wanted, 1),
                text=f"{shown.done} of {plural(shown.wanted, 'turn')} looked into",
            )
            st.button("Stop", icon=":material/stop:", key="drift.states.stop", on_click=work.stop,
                      args=(run.id, KIND))  # fmt: skip
        elif st.button("Look inside", icon=":material/neurology:", key="drift.states.start"):
            with problems_shown():
                work.start(run.id, KIND, state_pieces(data), owner=owner)
                st.rerun()


def _maps(data: RunData, names: Mapping[str, str], kept: Mapping[str, Any], what: str) -> None:
    """One heat-map per condition, on one scale."""
    measure = PROBES[what]
    turns = {c.key: len(plan_of(c).lines) for c in data.run.conditions}
    found = {key: table_of(kept, key, what, turns[key]) for key in names}
    tables = {key: table for key, table in found.items() if table is not None}
    if not tables:
        st.caption(f"{measure.label}: this model’s attention is of a kind that can’t be watched.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{measure.label}**", width="content")
        method_card_button(measure)
    most, frames = full_shade(list(tables.values())), []
    grid = st.grid(min(len(tables), 2), min_column_width=320, gap="medium")
    for key, table in tables.items():
        frame = layers_frame(table)
        frames.append(frame.assign(condition=names[key]))
        with grid.cell():
            st.markdown(coloured(names[key], key, theme()))
            st.plotly_chart(
                layers_figure(frame, measure=measure, theme=theme(), most=most),
                key=f"drift.{what}.{key}",
                config=_CONFIG,
                alt=layers_description(frame, names[key], measure),
            )
            if what == "attention":
                st.caption(_tokens(shares_of_tokens(kept, key, turns[key])))
    count = plan_of(data.run.conditions[0]).replicates
    st.caption(
        f"Means over n = {count} conversations"
        + (", intervals under the pointer" if count >= measure.floor else "")
        + ("; a dot: beyond 95 % of random directions." if what == "axis" else ".")
    )
    file_button(
        "The numbers as CSV",
        lambda: str(pd.concat(frames).to_csv(index=False)),
        f"chorale-{what}-{data.run.id[:8]}.csv",
    )


def _tokens(shares: list[float]) -> str:
    known = [share for share in shares if np.isfinite(share)]
    if not known:
        return ""
    return (
        f"Of all tokens the system prompt is {known[0]:.0%} at first and {known[-1]:.0%} at last: "
        "evenly spread attention would give it that."
    )
