"""Choosing, loading and letting go of models in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.server import BUNDLED_WEIGHTS, Server, bundled_model, serving
from tests.e2e.visitor import Visitor
from tests.models.fake_hub import FakeHub

pytestmark = pytest.mark.e2e

LOAD_MS = 120_000  # of a small model on a busy machine, imports included


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    """A hub that stalls half way through the weights until a test tells it otherwise."""
    if bundled_model() == "echo":
        pytest.skip("This copy has no bundled weights that a hub could serve.")
    made = FakeHub(BUNDLED_WEIGHTS)
    made.manners.stalls = frozenset({"model.safetensors"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def hub_app(browser, hub, tmp_path_factory) -> Iterator[Server]:
    """The app beside that hub."""
    room = tmp_path_factory.mktemp("hub-app")
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(room / "hub")}
    with serving(room, model="saltmere", **environment) as server:
        yield server


class Sidebar:
    """What a visitor does about models."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.place = visitor.page.get_by_test_id("stSidebar")
        self.picker = visitor.page.get_by_role("dialog")

    def button(self, name: str) -> Locator:
        return self.place.get_by_role("button", name=re.compile(name))

    def choose(self, name: str) -> None:
        """Take any model of the Hub by its id."""
        self.button("Choose another model").click()
        self.picker.get_by_role("combobox").first.fill("Another model")
        self.visitor.page.keyboard.press("Enter")
        box = self.picker.get_by_role("textbox", name="Hugging Face id")
        box.fill(name)
        box.press("Enter")
        self.visitor.settled()
        self.picker.get_by_role("button", name="Use this model").click()
        expect(self.picker).to_have_count(0)
        self.visitor.settled()


def test_a_model_is_downloaded_cancelled_loaded_and_let_go(visit, hub_app, hub):
    visitor = visit(hub_app)
    sidebar = Sidebar(visitor)
    expect(sidebar.place.get_by_text("In memory:")).to_be_visible(timeout=LOAD_MS)
    sidebar.choose(hub.model_id)
    load, cancel = sidebar.button("Load now"), sidebar.button("Cancel")

    load.click()
    expect(cancel).to_be_visible()
    expect(load).to_have_count(0)
    expect(sidebar.place.get_by_text("Downloading, ")).to_be_visible()
    cancel.click()
    expect(load).to_be_visible()
    expect(cancel).to_have_count(0)

    hub.manners.stalls = frozenset()
    load.click()
    expect(sidebar.place.get_by_text("In memory:")).to_be_visible(timeout=LOAD_MS)
    expect(load).to_have_count(0)
    expect(cancel).to_have_count(0)

    sidebar.button("Unload").first.click()
    expect(sidebar.place.get_by_text("Not in memory yet")).to_be_visible()
    expect(load).to_be_visible()

    sidebar.place.get_by_role("link", name="Precision").click()
    expect(
        visitor.main.get_by_role("heading", name="What did quantization change?")
    ).to_be_visible()
    expect(sidebar.place.get_by_text(re.compile("^.?tiny.?$"))).to_be_visible()
