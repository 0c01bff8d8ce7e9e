"""Turning what went wrong into words a visitor can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.text import as_markdown
from data.errors import ChoraleError


def show_problem(error: ChoraleError) -> None:
    """Say what happened, and on the next line what to do."""
    words = as_markdown(error.what_happened)
    advice = as_markdown(error.what_to_do) if error.what_to_do else ""
    st.error(f"**{words}**\n\n{advice}", icon=":material/error:")


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show our own errors in place; anything else surfaces and is logged."""
    try:
        yield
    except ChoraleError as error:
        show_problem(error)
