"""The Groups page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

SLOW_MS = 120_000
ROWS = "rater_id,statement_id,vote,age\n" + "\n".join(
    f"{age}{rater},s{item},{1 if (item + rater) % 4 != place else -1},{age}"
    for place, age in enumerate(("young", "old"))
    for rater in range(15)
    for item in range(8)
)


def test_groups_are_compared_decided_for_and_read(visit, app):
    visitor = visit(app, "/groups")
    main = visitor.main
    expect(main.get_by_role("heading", level=1)).to_have_text("Who prefers which answer?")
    favourites = main.get_by_text(re.compile("different favourites"))
    expect(favourites).to_be_visible(timeout=SLOW_MS)
    expect(main.get_by_text("No person gave these answers").first).to_be_visible()
    expect(main.locator(".st-key-tile-worst")).to_be_visible()
    heat = main.locator(".js-plotly-plot .heatmaplayer image")
    expect(heat.first).to_be_attached()
    visitor.tab("Deciding")
    expect(main.get_by_text("Who is asked decides who is served")).to_be_visible(timeout=SLOW_MS)
    visitor.tab("Answers")
    expect(main.get_by_text("1,920 answers.")).to_be_visible()
    main.get_by_text("Only the question shown", exact=True).click()
    expect(main.get_by_text("7,680 answers, the first 2,000 shown.")).to_be_visible()


def test_votes_of_a_file_are_put_on_a_map(visit, app, tmp_path):
    file = tmp_path / "votes.csv"
    file.write_text(ROWS)
    visitor = visit(app, "/groups")
    main = visitor.main
    main.get_by_role("radio", name="A file").or_(
        main.get_by_text("A file", exact=True)
    ).first.click()
    main.locator("input[type=file]").set_input_files(file)
    expect(main.get_by_text("30 raters, 240 answers")).to_be_visible(timeout=SLOW_MS)
    expect(main.get_by_text("No person gave these answers")).to_have_count(0)
    visitor.tab("Opinion map")
    expect(main.get_by_text("What all groups agree to")).to_be_visible(timeout=SLOW_MS)
