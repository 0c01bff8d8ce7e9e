"""The router: `streamlit run app.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from components.services import warm_up

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One entry of the navigation."""

    file: str
    title: str


PAGES = (
    PageRecord("pages/diversity.py", "Diversity"),
    PageRecord("pages/drift.py", "Drift"),
    PageRecord("pages/synchrony.py", "Synchrony"),
    PageRecord("pages/groups.py", "Groups"),
    PageRecord("pages/audits.py", "Audits"),
    PageRecord("pages/quantization.py", "Precision"),
)


def main() -> None:
    """Show the page that the address names, then load in the background what it will need."""
    entries = [st.Page(HERE / page.file, title=page.title) for page in PAGES]
    st.navigation(entries).run()
    warm_up()


main()
