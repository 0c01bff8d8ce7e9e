"""The recorded runs that fill the pages on first sight."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from components.text import as_markdown
from data.divergences import Place, TokenDivergence
from data.exports import from_parquet
from data.recorded_divergences import read_divergences
from data.schema import RunData

_FOLDER = Path(__file__).parents[1] / "data" / "examples"


@st.cache_resource(show_spinner=False)
def recorded_run(page: str = "diversity") -> RunData | None:
    """A page's bundled recording; None in a copy of the app without it."""
    file = _FOLDER / f"{page}.parquet"
    return from_parquet(file) if file.exists() else None


@st.cache_resource(show_spinner=False)
def recorded_divergences(page: str) -> Mapping[Place, TokenDivergence]:
    """Those of a page's recording; empty without one."""
    data = recorded_run(page)
    return read_divergences(_FOLDER / f"{page}.parquet", data) if data is not None else {}


def recorded_badge(data: RunData, *, how: str = "asked of", label: str = "Sample") -> None:
    """Say that what stands below was not drawn just now, but played or asked of the model."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.badge("recorded run", icon=":material/history:", color="gray")
        st.caption(
            f"“{as_markdown(data.run.prompt)}”, {how} the bundled teaching model on "
            f"{data.run.created:%-d %B %Y}. Press {label} to make your own.",
            width="content",
        )
