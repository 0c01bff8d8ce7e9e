"""The Drift page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import RUN_S

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
    visitor.tab("Conversations")
    expect(main.get_by_text(re.compile("full shade at"))).to_be_visible()
    expect(main.get_by_text("To the persona and this line alone").first).to_be_visible()
    visitor.tab("Probes")
    main.get_by_role("button", name=re.compile("Ask$")).click()
    asked = main.get_by_text("Probes answered in character", exact=True)
    expect(asked).to_be_visible(timeout=RUN_S * 1000)
    visitor.tab("Inside the model")
    main.get_by_role("button", name=re.compile("Look inside$")).click()
    for told in ("Along the persona's direction", "Attention to the system prompt"):
        expect(main.get_by_text(told, exact=True)).to_be_visible(timeout=RUN_S * 1000)


def test_a_visitor_talks_and_finds_the_talk_again(visit, app):
    visitor = visit(app, "/drift")
    main = visitor.main
    main.get_by_role("combobox", name="What does the user do?").click()
    visitor.page.get_by_role("option", name="I talk to it myself").click()
    visitor.settled()
    main = visitor.page  # the chat's input gives the page another frame
    box = visitor.page.get_by_test_id("stChatInput").get_by_role("textbox")
    for turn, text in enumerate(("What about the old lighthouse?", "You are not Marta."), 1):
        expect(box).to_be_enabled(timeout=RUN_S * 1000)
        box.fill(text)
        box.press("Enter")
        expect(main.get_by_text(re.compile(f"Your turn {turn}:"))).to_be_visible(
            timeout=RUN_S * 1000
        )
    expect(main.locator(".st-key-tile-kl")).to_contain_text("n = 4 replies")
    expect(visitor.page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(2)
    visitor.page.reload()
    expect(main.get_by_text(re.compile("Your turn 2:"))).to_be_visible(timeout=RUN_S * 1000)
    expect(main.get_by_text("What about the old lighthouse?")).to_be_visible()
