"""The Synchrony page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.screens import SYNCHRONY_TABS

pytestmark = pytest.mark.e2e


def test_policies_are_played_moved_and_read(visit, app):
    visitor = visit(app, "/synchrony")
    main = visitor.main
    expect(main.get_by_role("heading", level=1)).to_have_text("How far may it mirror its user?")
    expect(main.get_by_text(re.compile("hold the best balance"))).to_be_visible()
    chart = visitor.page.locator(".js-plotly-plot")
    expect(chart.first.locator(".scatterlayer .trace").first).to_be_visible()
    for key in ("synchrony", "stability", "coherence", "hypervolume"):
        expect(main.locator(f".st-key-tile-{key}")).to_be_visible()
    before = main.locator(".st-key-tile-hypervolume").inner_text()
    slider = main.get_by_role("slider", name="Cap (steps)")
    slider.focus()
    for _ in range(6):
        slider.press("ArrowRight")
    expect(main.locator(".st-key-tile-hypervolume")).not_to_have_text(before)
    visitor.settled()
    for name in SYNCHRONY_TABS:
        visitor.tab(name)
        visitor.settled()


def test_a_model_follows_while_one_watches(visit, app):
    visitor = visit(app, "/synchrony")
    main = visitor.main
    main.get_by_role("button", name=re.compile("Closed loop")).click()
    for name, value in (("Conversations", "8"), ("Turns", "3")):
        box = visitor.page.get_by_role("spinbutton", name=name, exact=True)
        box.fill(value)
        box.press("Enter")
        visitor.settled()
    visitor.page.keyboard.press("Escape")
    visitor.sample()
    visitor.finished()
    expect(main.get_by_text("recorded run")).to_have_count(0)
    expect(main.get_by_text(re.compile("2 turns after the first"))).to_be_visible()
    visitor.tab("Instructions")
    expect(main.get_by_text(re.compile("What stands behind the fixed prompt"))).to_be_visible()
