"""Differences between policies, and frontiers of several corpora or models."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.controls.style_space import heard_speech
from components.figures.frontier import frontier_frame, several_figure
from components.figures.synchrony import differences_figure
from components.layout import theme
from components.text import one_line
from components.views.charts import chart
from components.views.synchrony_shown import Shown
from data.examples.dialogues import town_corpora
from experiments.speech import Speech, speech_of
from experiments.synchrony import MARGIN, Frontier, contrasts, play
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE

_KEPT = 6  # corpora in one picture


def differences_view(shown: Shown) -> None:
    """Every policy minus one, with intervals and a test of equivalence."""
    frontier = shown.frontier
    names = {policy.key: policy.label for policy in frontier.policies}
    if len(names) < 2:
        st.caption("Choose two policies or more.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        default = list(names).index("uncapped") if "uncapped" in names else 0
        base = st.selectbox(
            "Minus", list(names), index=default, format_func=lambda key: names.get(key, key),
            key=f"synchrony.base.{'-'.join(names)}", width=220,
        )  # fmt: skip
        measure = st.selectbox(
            "Measure", list(frontier.values), key="synchrony.contrast", width=320,
            format_func=lambda key: SYNCHRONY_CATALOGUE[key].label, persist_state="session",
        )  # fmt: skip
        margin = st.number_input(
            "Doesn’t matter below", 0.01, 1.0, MARGIN, 0.01, key="synchrony.margin", width=180,
            help="For the test of equivalence; fix it before you look.", persist_state="session",
        )  # fmt: skip
    frame = differences_frame(frontier, list(names).index(base), margin)
    part = frame[frame["measure"] == measure]
    chart(
        differences_figure(
            part, x_title=f"{SYNCHRONY_CATALOGUE[measure].label}: minus {names[base]}",
            margin=margin, theme=theme(),
        ),
        frame.drop(columns="policy").round(4),
        key="differences",
        alt="; ".join(f"{r['name']} {r['difference']:+.2f}" for r in part.to_dict("records")),
        page="synchrony",
    )  # fmt: skip
    st.caption(
        "Paired by conversation: mean difference with 95 % interval (the same resamples for all). "
        "The shaded band is what doesn’t matter. Equivalent: two one-sided t-tests (TOST) put the "
        "mean within it at the 5 % level; not equivalent isn’t proof of a difference."
    )


def differences_frame(frontier: Frontier, base: int, margin: float) -> pd.DataFrame:
    """One row per measure and policy."""
    return pd.DataFrame(
        [
            {
                "measure": found.measure,
                "policy": frontier.policies[found.policy].key,
                "name": frontier.policies[found.policy].label,
                "difference": found.difference.value,
                "low": found.difference.low,
                "high": found.difference.high,
                "n": found.difference.n,
                "p (TOST)": found.equivalence.p_value,
                "equivalent": found.equivalence.is_equivalent,
            }
            for found in contrasts(frontier, base, margin=margin)
        ]
    )


def corpora_view(shown: Shown) -> None:
    """The same policies on the bundled corpora and on the one that is chosen."""
    if shown.is_loop:
        st.caption(
            "What the policies ask for on the bundled corpora, beside what the model said: "
            "each on its own scale."
        )
    else:
        st.caption(
            "The same policies on other conversations, each on the scale of its own speakers: "
            "compare the shapes, not the places."
        )
    frontiers = {"On show": shown.frontier} if shown.is_loop else {}
    for name in town_corpora():
        frontiers[name] = play(_bundled(name, shown.frontier.speech), shown.frontier.policies)
    if not shown.is_loop:
        frontiers.setdefault(one_line(shown.frontier.speech.name, limit=40), shown.frontier)
    frames = {
        name: frontier_frame(f.policies, f.estimates, f.stands)
        for name, f in list(frontiers.items())[:_KEPT]
    }
    whole = pd.concat([frame.assign(corpus=name) for name, frame in frames.items()])
    chart(
        several_figure(frames, theme=theme()),
        whole,
        key="corpora",
        alt=f"Frontiers of {', '.join(frames)}.",
        page="synchrony",
    )


def _bundled(name: str, like: Speech) -> Speech:
    """A bundled corpus, its style heard in the same way as that of another speech."""
    if like.embedder:
        return heard_speech(like.embedder, name, name, "", "", town_corpora()[name])
    return _measured(name)


@st.cache_resource(max_entries=4, show_spinner="Measuring the style of every turn …")
def _measured(name: str) -> Speech:
    return speech_of(town_corpora()[name], name)
