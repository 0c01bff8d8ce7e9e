"""The run as files."""

from __future__ import annotations

import streamlit as st

from components.views.gate import Shown
from data.exports import to_csv, to_parquet


def download_view(shown: Shown) -> None:
    """Every answer, those that a quality gate leaves out too, with settings and numbers."""
    data = shown.whole
    extra = {"meaning": _meanings(shown)}
    st.caption(
        f"Every answer with its settings, tokens and probabilities. Seed {data.run.seed}; "
        f"embedder {data.run.embedder}."
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


def _meanings(shown: Shown) -> list[int | None]:
    """The meaning of each answer of the run; nothing where a gate left it out."""
    places = ((key, s.index) for key, s in zip(shown.data.keys, shown.data.samples, strict=True))
    known = {
        place: int(label) + 1 for place, label in zip(places, shown.analysis.labels, strict=True)
    }
    whole = zip(shown.whole.keys, shown.whole.samples, strict=True)
    return [known.get((key, sample.index)) for key, sample in whole]
