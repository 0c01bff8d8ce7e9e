"""The recorded run that fills the page on first sight."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import streamlit as st

from data.divergences import Place
from data.exports import from_parquet
from data.schema import RunData
from experiments.drift import Divided

_EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
_FILE, _CONVERSATIONS = _EXAMPLES / "diversity.parquet", _EXAMPLES / "drift.parquet"


@st.cache_resource(show_spinner=False)
def recorded_run() -> RunData | None:
    """The bundled recording; None in a copy of the app without it."""
    return from_parquet(_FILE) if _FILE.exists() else None


@st.cache_resource(show_spinner=False)
def recorded_conversations() -> tuple[RunData, dict[Place, Divided]] | None:
    """The bundled conversations with their divergences; None in a copy without them."""
    if not _CONVERSATIONS.exists():
        return None
    data = from_parquet(_CONVERSATIONS)
    columns = pq.read_table(_CONVERSATIONS, columns=["kl", "js"]).to_pydict()
    places = zip(data.keys, (sample.index for sample in data.samples), strict=True)
    values = zip(columns["kl"], columns["js"], strict=True)
    return data, {place: Divided(*one) for place, one in zip(places, values, strict=True)}
