"""What stands below the heat-map, in tabs: only the one that is open is computed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.controls.groups import Draft, simulated_note
from components.problems import problems_shown
from components.views.group_agreement import agreement_view
from components.views.group_budget import budget_view
from components.views.group_camps import camps_view
from components.views.group_deciding import deciding_view
from components.views.group_negotiation import negotiation_view
from components.views.group_opinion import opinion_view
from components.views.group_raw import raw_expander, raw_view
from components.views.group_rewards import rewards_view
from components.views.group_splits import splits_view
from experiments.groups.options import Options


def groups_tabs(draft: Draft, options: Options) -> None:
    """Splits, agreement, camps, opinions, ways of deciding, whom to ask, and the answers."""
    views: dict[str, Callable[[], None]] = {
        "Splits": lambda: splits_view(draft),
        "Agreement": lambda: agreement_view(draft),
        "Camps": lambda: camps_view(draft),
        "Opinion map": lambda: opinion_view(draft),
        "Deciding": lambda: deciding_view(draft),
        "Negotiation": lambda: negotiation_view(draft),
        "Best of n": lambda: rewards_view(draft),
        "Budget": lambda: budget_view(draft, options),
        "Answers": lambda: raw_view(draft),
    }
    tabs = st.tabs(list(views), key="groups.tabs", on_change="rerun")
    for tab, (name, show) in zip(tabs, views.items(), strict=True):
        if tab.open:
            with tab, problems_shown():
                if name == "Answers":
                    show()
                    continue
                simulated_note(draft.source)
                show()
                raw_expander(draft, key=name)
