"""The Diversity page without a browser: echo models, a hash embedder, a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import services
from components.state import State
from experiments.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "diversity.py"
SECONDS = 60


class Visit:
    """One visitor's tab."""

    def __init__(self, *, owner: str = "", run: str = "", file: Path = PAGE) -> None:
        self.app = AppTest.from_file(str(file), default_timeout=SECONDS)
        if owner:
            self.app.session_state["chorale"] = State(token="known", owner=owner)
        if run:
            self.app.query_params["run"] = run
        self.app.run()

    @property
    def state(self) -> State:
        state: State = self.app.session_state["chorale"]
        return state

    @property
    def run_id(self) -> str:
        return self.state.diversity.run_id

    @property
    def snapshot(self) -> Snapshot:
        return services.jobs().snapshot(self.run_id, owner=self.state.owner)

    @property
    def words(self) -> str:
        """Everything the page says."""
        parts = (self.app.title, self.app.markdown, self.app.caption, self.app.error)
        return "\n".join(str(element.value) for group in parts for element in group)

    def button(self, label: str):
        return next(b for b in self.app.button if b.label.replace("\u2068", "").startswith(label))

    def has_button(self, label: str) -> bool:
        return any(b.label.startswith(label) for b in self.app.button)

    def press(self, label: str) -> Visit:
        self.button(label).click().run()
        return self

    def open_picker(self) -> Visit:
        """Open the list of models in the sidebar."""
        return self.press("Choose another model")

    def sample(self) -> Visit:
        """Press Sample and wait for the end."""
        self.press("Sample")
        services.jobs().wait(self.run_id, SECONDS)
        self.app.run()
        return self


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Visit]]:
    """Opens the page as a visitor."""
    monkeypatch.setenv("CHORALE_DATABASE", str(tmp_path / "chorale.db"))
    monkeypatch.setenv("CHORALE_MODEL", "echo")
    monkeypatch.setenv("CHORALE_EMBEDDER", "hash")
    st.cache_resource.clear()
    yield Visit
    services.jobs().shutdown()
    services.models().close()
    services.store().close()
    st.cache_resource.clear()
