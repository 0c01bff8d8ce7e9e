"""The recorded run that fills the page on first sight."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from data.exports import from_parquet
from data.schema import RunData

_FILE = Path(__file__).parents[1] / "data" / "examples" / "diversity.parquet"


@st.cache_resource(show_spinner=False)
def recorded_run() -> RunData | None:
    """The bundled recording; None in a copy of the app without it."""
    return from_parquet(_FILE) if _FILE.exists() else None
