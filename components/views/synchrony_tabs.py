"""What stands below the frontier, in tabs: only the one that is open is computed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.views.accommodation import accommodation_view
from components.views.synchrony_compare import corpora_view, differences_view
from components.views.synchrony_data import data_view
from components.views.synchrony_foretelling import foretelling_view
from components.views.synchrony_maps import heat_view, restless_view
from components.views.synchrony_models import models_view
from components.views.synchrony_shown import Shown
from components.views.synchrony_turns import instructions_view, traces_view


def synchrony_tabs(shown: Shown) -> None:
    """What stands in each tab."""
    views: dict[str, Callable[[], None]] = {
        "Traces": lambda: traces_view(shown),
        "Instructions": lambda: instructions_view(shown),
        "α × cap": lambda: heat_view(shown),
        "Flips and churn": lambda: restless_view(shown),
        "Differences": lambda: differences_view(shown),
        "Foretelling": lambda: foretelling_view(shown),
        "Corpora": lambda: corpora_view(shown),
        "Models": models_view,
        "Accommodation": lambda: accommodation_view(shown),
        "Data": lambda: data_view(shown),
    }
    tabs = st.tabs(list(views), key="synchrony.tabs", on_change="rerun")
    for tab, show in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                show()
