"""The Drift page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_conversations_are_held_measured_and_read(visit, app):
    visitor = visit(app, "/drift")
    main = visitor.main
    expect(main.get_by_role("heading", level=1)).to_have_text("Does the persona hold?")
    lines = main.get_by_role("textbox", name="What the user says")
    lines.fill("\n".join(f"What should we do about the harbour, part {n}?" for n in range(1, 7)))
    lines.press("Control+Enter")
    visitor.settled()
    box = main.get_by_role("spinbutton", name="Conversations")
    box.fill("10")
    box.press("Enter")
    visitor.settled()
    visitor.sample()
    visitor.finished()
    expect(main.get_by_text("recorded run")).to_have_count(0)
    expect(main.get_by_text(re.compile("n = 10 conversations"))).to_be_visible()
    chart = visitor.page.locator(".js-plotly-plot")
    expect(chart.locator(".scatterlayer .trace").first).to_be_visible()
    for key in ("held", "effect", "persistence", "equilibrium", "half_life"):
        expect(main.locator(f".st-key-tile-{key}")).to_be_visible()
    expect(main.get_by_text(re.compile("^turn 6"))).to_be_visible()
    main.get_by_role("radio", name="Style").or_(main.get_by_text("Style", exact=True)).first.click()
    expect(main.locator(".st-key-tile-style")).to_be_visible()
    visitor.tab("Does it settle?")
    expect(main.get_by_text("Each point is a turn of a conversation")).to_be_visible()
