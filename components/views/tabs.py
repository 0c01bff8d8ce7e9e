"""What stands below the map, in tabs: only the one that is open is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from components.state import State
from components.views.answers import answers_view, meanings_view
from components.views.compare import compare_view
from components.views.curves import curves_view
from components.views.download import download_view
from components.views.gate import Shown
from components.views.selection import selection_view
from components.views.sensitivity import sensitivity_view
from components.views.tokens import tokens_view
from components.views.tradeoffs import tradeoffs_view
from experiments.sweep import swept_temperatures


def diversity_tabs(state: State, shown: Shown, *, names: Mapping[str, str]) -> None:
    """Texts first, then what can be said about them, then the files."""
    views: dict[str, Callable[[], None]] = {
        "Meanings": lambda: meanings_view(state, shown, names),
        "Answers": lambda: answers_view(state, shown, names),
        "Compare": lambda: compare_view(state, shown, names),
        "Curves": lambda: curves_view(shown, names),
        "Trade-offs": lambda: tradeoffs_view(state, shown, names),
        "Tokens": lambda: tokens_view(state, shown.data, names),
        "Sensitivity": lambda: sensitivity_view(shown, names),
        "Selection": lambda: selection_view(state, shown, names),
        "Data": lambda: download_view(state, shown),
    }
    first = "Curves" if swept_temperatures(shown.data.run) else "Meanings"
    tabs = st.tabs(list(views), default=first, key="diversity.tabs", on_change="rerun")
    for tab, (name, show) in zip(tabs, views.items(), strict=True):
        if tab.open:
            with tab:
                if shown.data.keys or name == "Data":
                    show()
                else:
                    st.caption("No answer passes the quality gate, so there is nothing to show.")
