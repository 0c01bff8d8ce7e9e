"""The frame that every page stands in."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from components.figures.palette import Theme
from components.model_picker import model_sidebar
from components.state import State, session
from components.visitor import recognise_visitor

_HERE = Path(__file__).parent


def start_page(title: str, *, page: str = "diversity") -> State:
    """Draw the frame and the sidebar, and return this visitor's session.

    Every page calls it first: a deep link on a fresh server runs the page alone.

    Args:
        title: name of the page in the browser's tab.
        page: its field of the session.
    """
    _leave_to_the_router()
    st.set_page_config(
        page_title=f"{title} · Chorale",
        page_icon=_HERE / "assets" / "favicon.png",
        layout="wide",
        menu_items={"About": "Chorale asks a language model the same thing many times."},
    )
    st.html(_HERE / "style.css")
    logo = "chorale-dark.svg" if theme() == "dark" else "chorale.svg"
    st.logo(_HERE / "assets" / logo, size="large")
    recognise_visitor()
    session().page = page
    with st.sidebar:
        model_sidebar()
    return session()


def _leave_to_the_router() -> None:
    """Run `app.py` instead where Streamlit has made a navigation of its own from file names.

    It does so on a fresh server until `st.navigation` is called, which switches that off like this.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def theme() -> Theme:
    """The paper the visitor reads on."""
    return "dark" if st.context.theme.type == "dark" else "light"
