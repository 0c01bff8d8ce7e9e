"""The run as files."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from components.state import State
from components.text import as_markdown
from components.views.gate import Shown
from components.views.judging import scores_of
from data.exports import to_csv, to_parquet
from experiments.quality import P_TRUE, STARS, Quality


def download_view(state: State, shown: Shown) -> None:
    """Every answer, those that a quality gate leaves out too, with settings and numbers."""
    data = shown.whole
    extra: dict[str, list[Any]] = {"meaning": _meanings(shown)} | _scores(state, shown)
    st.caption(
        f"Every answer with its settings, tokens and probabilities. Seed {data.run.seed}; "
        f"embedder {data.run.embedder}; meanings by {as_markdown(shown.analysis.grouping.words)}."
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = f"chorale-{data.run.id[:8]}"
        st.download_button(
            "Answers as CSV",
            lambda: to_csv(data, extra),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Everything as parquet",
            lambda: to_parquet(data, extra),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            icon=":material/download:",
            on_click="ignore",
        )
        st.segmented_control(
            "The map’s camera saves",
            ["SVG", "PNG"],
            default="SVG",
            required=True,
            key="diversity.picture",
            persist_state="session",
        )


def _scores(state: State, shown: Shown) -> dict[str, list[float | None]]:
    """What is known of the quality of each answer, beside its log-probabilities."""
    found = {}
    for source in (STARS, P_TRUE):
        scores = scores_of(state, shown.whole, Quality(source))
        if not np.isnan(scores).all():
            found[source] = [None if np.isnan(score) else float(score) for score in scores]
    return found


def _meanings(shown: Shown) -> list[int | None]:
    """The meaning of each answer of the run; nothing where a gate left it out."""
    places = ((key, s.index) for key, s in zip(shown.data.keys, shown.data.samples, strict=True))
    known = {
        place: int(label) + 1 for place, label in zip(places, shown.analysis.labels, strict=True)
    }
    whole = zip(shown.whole.keys, shown.whole.samples, strict=True)
    return [known.get((key, sample.index)) for key, sample in whole]
