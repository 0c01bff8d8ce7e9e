"""The Audits page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_decisions_are_asked_compared_and_read(visit, app):
    visitor = visit(app, "/audits")
    main = visitor.main
    expect(main.get_by_role("heading", level=1)).to_have_text(
        "Does an answer change with whom it is about, or who asks?"
    )
    start = main.get_by_role("button", name=re.compile("Ask the model"))
    start.click()
    expect(start).to_have_text(re.compile("Ask the model again"), timeout=180_000)
    visitor.settled()
    expect(main.get_by_text("recorded run")).to_have_count(0)
    expect(main.get_by_text(re.compile("Over [0-9]+ questions")).first).to_be_visible()
    expect(visitor.page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
    expect(main.locator(".st-key-tile-option_mass")).to_be_visible()
    visitor.tab("Gaps")
    expect(main.get_by_text(re.compile("Benjamini"))).to_be_visible()
