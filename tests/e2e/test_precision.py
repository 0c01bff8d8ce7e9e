"""The Precision page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.server import bundled_model, serving

pytestmark = pytest.mark.e2e

NAMES = ["Diversity", "Drift", "Synchrony", "Groups", "Audits", "Precision"]


def test_two_precisions_are_drawn_compared_and_shown(visit, app):
    if bundled_model() == "echo":
        pytest.skip("This copy has no bundled weights to quantize.")
    visitor = visit(app, "/quantization")
    expect(visitor.main.get_by_text("recorded run")).to_be_visible()
    for label, value in (("Answers of each", "8"), ("Longest answer", "16")):
        box = visitor.main.get_by_role("spinbutton", name=re.compile(label))
        box.fill(value)
        box.press("Enter")
        visitor.settled()
    visitor.sample()
    visitor.compared()
    expect(visitor.main.get_by_text("recorded run")).to_have_count(0)
    expect(visitor.main.get_by_text("Of 8 answers with the same random numbers")).to_be_visible()
    for key in ("identical", "common", "kl", "js"):
        expect(visitor.main.locator(f".st-key-tile-{key}")).to_be_visible()
    interval = re.compile(r"^[\d.e-]+–[\d.e-]+$")
    expect(visitor.main.locator(".st-key-tile-kl").get_by_text(interval)).to_have_count(2)
    chart = visitor.page.locator(".js-plotly-plot")
    expect(chart).to_be_visible()
    expect(chart.locator(".scatterlayer .trace")).not_to_have_count(0)
    visitor.tab("Answers")
    expect(visitor.listed()).to_have_attribute("aria-rowcount", "9")


def test_a_deep_link_on_a_fresh_server_has_the_pages_names(visit, tmp_path):
    with serving(tmp_path, model="echo") as server:
        visitor = visit(server, "/quantization")
        expect(visitor.main.get_by_role("heading", level=1)).to_have_text(
            "What did quantization change?"
        )
        links = visitor.page.get_by_test_id("stSidebarNavLink")
        expect(links).to_have_text(NAMES)
        visitor.page.goto("about:blank")  # before its server goes
