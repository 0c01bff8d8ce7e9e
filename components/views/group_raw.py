"""The answers themselves, to filter and to take away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from components.controls.groups import Draft, simulated_note
from components.text import one_line
from components.views.charts import csv_button
from experiments.groups.sources import Source

MOST_SHOWN = 2_000
_IDS = ("item_id", "statement_id", "response_id", "response_a", "response_b", "preferred")


def raw_expander(draft: Draft, *, key: str) -> None:
    """The answers behind a picture, one click away."""
    with st.expander(
        "The answers behind this", key=f"groups.raw.{key}", on_change="rerun", type="compact",
        icon=":material/list:",
    ) as expander:  # fmt: skip
        if expander.open:
            answers_list(draft, key=key)


def raw_view(draft: Draft) -> None:
    """All answers, with what is known about the raters, as a table and as files."""
    simulated_note(draft.source)
    answers_list(draft, key="tab")
    st.caption("Raters with their attributes")
    raters = draft.source.responses.raters.reset_index()
    st.dataframe(raters.head(MOST_SHOWN), hide_index=True, height=220, alt="Raters")
    csv_button(raters, key="groups-raters")


def answers_list(draft: Draft, *, key: str) -> None:
    """Answers filtered by group and by a word of their texts."""
    frame = _rows(draft.source).assign(group=_groups(draft))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        group = st.selectbox(
            "Group", ["all", *draft.grouping.names], key=f"groups.raw.group.{key}", width=200
        )
        word = st.text_input(
            "Containing", key=f"groups.raw.word.{key}", placeholder="a word or an id", width=260
        ).strip()
        here = st.checkbox(
            "Only the question shown", value=bool(draft.items), disabled=not draft.items,
            key=f"groups.raw.here.{key}",
        )  # fmt: skip
    if group != "all":
        frame = frame[frame["group"] == group]
    if here and draft.items:
        frame = frame[frame["item_id"].isin(draft.items)]
    if word:
        said = frame.astype(str).agg(" ".join, axis=1)
        frame = frame[said.str.contains(word, case=False, regex=False)]
    more = f", the first {MOST_SHOWN:,} shown" if len(frame) > MOST_SHOWN else ""
    st.caption(f"{len(frame):,} answers{more}.")
    st.dataframe(frame.head(MOST_SHOWN), hide_index=True, height=300, alt="The answers")
    csv_button(frame, key=f"groups-answers-{key}")


@st.cache_resource(
    max_entries=4, show_spinner=False, hash_funcs={Source: lambda source: source.key}
)
def _rows(source: Source) -> pd.DataFrame:
    """Answers with their texts, in words that a table shows."""
    table = source.responses.table
    frame = table.drop(columns=[c for c in ("outcome", "options", "places") if c in table])
    for name in _IDS:
        if name in frame and source.texts:
            said = frame[name].map(source.texts)
            if said.notna().any():
                frame = frame.assign(**{_said(name): said.fillna("").map(one_line)})
    return frame


def _said(name: str) -> str:
    return f"{name.removesuffix('_id').replace('_', ' ')} says"


def _groups(draft: Draft) -> NDArray[np.object_]:
    table = draft.source.responses.table
    names = {i: name for i, name in enumerate(draft.grouping.names)}
    of = pd.Series(draft.grouping.labels, index=draft.source.responses.raters.index).map(names)
    return table["rater_id"].map(of).fillna("(hidden)").to_numpy()
