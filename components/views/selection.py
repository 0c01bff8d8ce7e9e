"""Selection after sampling: a few answers out of those drawn, and how much it helps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from components.analysis import computed_once
from components.figures.selection import (
    selection_description,
    selection_figure,
    selection_frame,
)
from components.layout import theme
from components.services import embedder, readings
from components.state import State
from components.text import as_markdown, plural, printable
from components.views.answer_states import answers_read
from components.views.charts import chart, named
from components.views.gate import Shown
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.answer_states import KIND, states_of
from experiments.selecting import FEWEST, SELECTORS, Chosen, choices

_MOST = 24
_COUNTED = ("Different meanings", "Effective number")


def selection_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """Choose k of a pool; the texts, and their diversity beside chance."""
    data = shown.data
    pools = {"": np.arange(len(data.keys))} | {
        key: np.flatnonzero(np.array(data.keys) == key) for key in names
    }
    pools = {key: rows for key, rows in pools.items() if len(rows) > FEWEST}
    if not pools:
        st.caption("From three answers on, a few of them can be chosen here.")
        return
    key, k = _controls(pools, names)
    states = answers_read(
        state,
        shown,
        "selection",
        "“Least explained” goes by sentence embeddings until states are read.",
    )
    if states:
        st.caption("“Least explained” goes by the model’s own states (last layer, mean of tokens).")
    found = _choices(data, shown.analysis, key, k, states)
    if "mmr" not in found:
        st.caption("MMR needs the question in the run’s own embedder, which isn’t loaded here.")
    st.caption(
        f"{k} of {plural(len(pools[key]), 'answer')} that are paid for anyway. Grey: where 95 % of "
        f"choices by chance lie. What lies inside it is no better than chance."
    )
    _beside(found, k)
    way = str(
        st.selectbox(
            "Show what was chosen",
            list(found),
            index=min(1, len(found) - 1),
            key="diversity.selection.way",
            format_func=lambda name: SELECTORS[name].label,
        )
    )
    st.caption(SELECTORS[way].about)
    _texts(shown, found[way], names)


def _controls(pools: Mapping[str, NDArray[np.intp]], names: Mapping[str, str]) -> tuple[str, int]:
    with st.container(horizontal=True, gap="small"):
        key = str(
            st.selectbox(
                "Out of",
                list(pools),
                key="diversity.selection.pool",
                format_func=lambda key: named(key, names) if key else "all answers",
            )
        )
        k = st.slider("Answers to keep", FEWEST, _MOST, 5, key="diversity.selection.k")
    return key, min(k, len(pools[key]) - 1)


@computed_once
def _choices(data: RunData, analysis: Analysis, key: str, k: int, read: bool) -> dict[str, Chosen]:
    pool = np.array([row for row, own in enumerate(data.keys) if key in ("", own)], dtype=np.intp)
    states = states_of(readings().load(data.run.id, KIND), data) if read else None
    return choices(data, analysis.labels, pool, k, query=_query(data), states=states)


def _query(data: RunData) -> NDArray[np.float32] | None:
    """The question as the answers were embedded; None where that embedder isn't at hand."""
    own = embedder()
    return own.embed([data.run.prompt])[0] if own.id == data.run.embedder else None


def _beside(found: Mapping[str, Chosen], k: int) -> None:
    counted = st.segmented_control(
        "Counted as",
        _COUNTED,
        default=_COUNTED[0],
        required=True,
        key="diversity.selection.counted",
        label_visibility="collapsed",
    )
    if counted == _COUNTED[0]:
        x_title = f"different meanings among {k}"
        told = {
            name: (SELECTORS[name].label, float(one.meanings), one.by_chance)
            for name, one in found.items()
        }
    else:
        x_title = f"effective number of answers among {k} (Vendi, order 2)"
        told = {
            name: (SELECTORS[name].label, one.vendi, one.vendi_by_chance)
            for name, one in found.items()
        }
    frame = selection_frame(told)
    chart(
        selection_figure(frame, x_title=x_title, theme=theme()),
        frame,
        key="selection",
        alt=selection_description(frame, x_title=x_title),
    )


def _texts(shown: Shown, chosen: Chosen, names: Mapping[str, str]) -> None:
    data, labels = shown.data, shown.analysis.labels
    frame = pd.DataFrame(
        {
            "chosen": place,
            "condition": named(data.keys[row], names),
            "meaning": int(labels[row]) + 1,
            "answer": printable(data.samples[row].text),
        }
        for place, row in enumerate(chosen.rows, start=1)
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"answer": st.column_config.TextColumn(width="large")},
        alt=f"The {plural(len(frame), 'answer')} chosen of those to {as_markdown(data.run.prompt)}",
    )
