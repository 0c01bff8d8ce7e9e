"""Comparisons: the main measures pair by pair, every measure, and similarity."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.state import State
from components.views.accounts import accounts_table, asks_differently
from components.views.charts import minus, named, p_words
from components.views.gate import Shown
from components.views.measures import measures_view
from components.views.similarity import similarity_view
from components.views.sources import source_notes
from experiments.analysis import Analysis
from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, Measure
from metrics.uncertainty import Difference

_PARTS = ("Main measures", "All measures", "Similarity")


def compare_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """One of the comparisons, computed when it is chosen."""
    part = st.segmented_control(
        "Compare",
        _PARTS,
        default=_PARTS[0],
        required=True,
        key="diversity.compare",
        label_visibility="collapsed",
        persist_state="session",
    )
    if part == "Similarity":
        similarity_view(shown.data, shown.analysis, names)
    elif part == "All measures":
        measures_view(state, shown, names)
    else:
        _main(shown, names)


def _main(shown: Shown, names: Mapping[str, str]) -> None:
    if asks_differently(shown.data.run):
        accounts_table(shown, names)
    source_notes(shown.data, names)
    if len(shown.analysis.panels) < 2:
        st.caption("With a second condition, the differences between the two stand here.")
        return
    st.caption(
        "The first condition minus the second. The interval is for that pair alone; the p-value "
        "and the verdict are adjusted for the number of pairs (Holm)."
    )
    st.dataframe(
        differences_table(shown.analysis, names),
        hide_index=True,
        alt="Differences between the conditions",
    )


def differences_table(analysis: Analysis, names: Mapping[str, str]) -> pd.DataFrame:
    """Every measure of the panel for every pair of conditions, first minus second."""
    return pd.DataFrame(
        {
            "measure": CATALOGUE[key].label.format(n=analysis.common_n),
            "first": named(first, names),
            "second": named(second, names),
            **_difference(found, CATALOGUE[key]),
        }
        for key in DEFAULT_PANEL
        for (first, second), differences in analysis.differences.items()
        for found in (differences[key],)
    )


def _difference(found: Difference, measure: Measure) -> dict[str, object]:
    if found.reason:
        return {"difference": found.reason, "n": "–", "p": "–", "verdict": "–"}
    low, value, high = (measure.format(v) for v in (found.low, found.value, found.high))
    return {
        "difference": minus(f"{value} ({low} to {high})"),
        "n": str(found.n),
        "p": p_words(found.p_value),
        "verdict": "clear" if found.is_clear else "within chance",
    }
