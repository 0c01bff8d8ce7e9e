"""Hybrid over its two settings, and how restless each policy is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.figures.synchrony import bars_figure, heat_figure
from components.layout import theme
from components.state import widget_value
from components.views.charts import chart
from components.views.synchrony_shown import NAMELESS, Shown
from experiments.speech import Speech
from experiments.synchrony import Frontier, Grid, grid
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE
from metrics.policy_choice import Tuning

FOLLOWS = (0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)
CAPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0)


def heat_view(shown: Shown) -> None:
    """Synchrony and stability of Hybrid for every α and cap."""
    st.caption(
        "Hybrid with every share of the way and every cap, played on the users’ turns: means over "
        "conversations. The frame is where the sliders stand. Beyond some cap nothing changes: "
        "steps are then never as long."
    )
    found = _grid(shown.frontier.speech)
    default = Tuning()
    here = (
        _number("synchrony.follow", default.follow),
        _number("synchrony.cap", default.cap),
    )
    sides = st.columns(2, gap="medium")
    for side, (key, title) in zip(
        sides, (("stability", "Stability"), ("synchrony", "Synchrony")), strict=True
    ):
        values = getattr(found, key)
        frame = pd.DataFrame(
            {
                "α": [a for a in found.follows for _ in found.caps],
                "cap": list(found.caps) * len(found.follows),
                key: values.ravel(),
                "n": found.n,
            }
        )
        with side:
            st.markdown(f"**{title}**")
            chart(
                heat_figure(
                    values, found.follows, found.caps, title=title, here=here, theme=theme()
                ),
                frame,
                key=f"heat-{key}",
                alt=f"{title} of Hybrid from {values.min():.2f} to {values.max():.2f} over α and "
                "cap.",
                page="synchrony",
            )


@st.cache_resource(
    max_entries=8,
    show_spinner="Playing every pair of settings …",
    hash_funcs={Speech: lambda speech: speech.fingerprint},
)
def _grid(speech: Speech) -> Grid:
    return grid(speech, FOLLOWS, CAPS)


def restless_view(shown: Shown) -> None:
    """How often the register changes, and how much of the instructions."""
    if not shown.frontier.speech.is_named:
        st.caption(NAMELESS)
        return
    st.caption(
        "A flip: informality crosses half a standard deviation from one turn to the next. Churn: "
        "what part of the instruction lines is new or gone; a line is written for each feature "
        "more than half a standard deviation off the bot’s own style, and goes only well inside "
        "that. Bars have 95 % intervals over conversations."
    )
    frontier = shown.frontier
    sides = st.columns(2, gap="medium")
    with sides[0]:
        if "register_flips" in frontier.estimates:
            _bars(frontier, "register_flips", "turns in which the register flips")
        else:
            st.caption("Informality is not among the features of this corpus.")
    with sides[1]:
        _bars(frontier, "legibility", "instruction churn (share of lines)", churn=True)


def _bars(frontier: Frontier, key: str, x_title: str, *, churn: bool = False) -> None:
    measure = SYNCHRONY_CATALOGUE[key]
    rows = []
    for policy, one in zip(frontier.policies, frontier.estimates[key], strict=True):
        ends = (one.value, one.low, one.high)
        value, low, high = (1 - ends[0], 1 - ends[2], 1 - ends[1]) if churn else ends
        rows.append(
            {"policy": policy.key, "name": policy.label, "value": value, "low": low, "high": high,
             "n": one.n}
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    told = ", ".join(
        f"{name} {measure.format(value)}"
        for name, value in zip(frame["name"], frame["value"], strict=True)
    )
    chart(
        bars_figure(frame, measure, x_title=x_title, theme=theme()),
        frame,
        key=f"bars-{key}",
        alt=f"{x_title}: {told}.",
        page="synchrony",
    )


def _number(key: str, default: float) -> float:
    value = widget_value(key)
    return float(value) if isinstance(value, int | float) else default
