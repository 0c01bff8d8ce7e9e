"""The whole job in a real browser."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from data.store import Store
from tests.e2e.visitor import TABS
from tests.factories import make_data

pytestmark = pytest.mark.e2e

NASTY = (
    "<img src=x onerror=alert(1)> **not bold** [link](javascript:alert(1)) $x^2$ :red[plain]",
    "# not a title \u202ereversed\u202c and \x00\x07 controls \\(y\\) `code` &lt;",
    "مرحبا بكم في الميناء",
    "long " * 2000,
)


def test_answers_arrive_on_the_map_until_the_run_is_finished(visit, app):
    visitor = visit(app)
    visitor.sample()
    first = visitor.at_least_points(1)
    assert first >= 1
    visitor.finished()
    visitor.exactly_points(192)
    expect(visitor.main.get_by_text("n = 64").first).to_be_visible()
    assert visitor.run_id


def test_points_grow_while_the_model_writes(visit, slow_app):
    visitor = visit(slow_app)
    visitor.sample()
    first = visitor.at_least_points(1)
    expect(visitor.stop).to_be_enabled()
    more = visitor.at_least_points(first + 8)
    assert more < 192
    expect(visitor.progress).to_contain_text(re.compile(r"\d+ of 192 answers"))
    visitor.stop.click()
    visitor.finished()


def test_stop_keeps_what_came(visit, slow_app):
    visitor = visit(slow_app)
    visitor.sample()
    before = visitor.at_least_points(8)
    visitor.stop.click()
    visitor.finished()
    missing = visitor.main.get_by_text(re.compile(r"\d+ answers missing"))
    kept = 192 - int(re.search(r"(\d+) answers missing", missing.inner_text())[1])
    assert before <= kept < 192
    visitor.exactly_points(kept)
    visitor.page.reload()
    visitor.exactly_points(kept)


def test_a_selection_survives_growth(visit, slow_app):
    visitor = visit(slow_app)
    visitor.sample()
    visitor.at_least_points(8)
    visitor.tab("Answers")
    visitor.lasso_a_point_while_it_grows()
    words = visitor.picked.inner_text()
    rows = str(int(words.split()[0]) + 1)
    expect(visitor.listed()).to_have_attribute("aria-rowcount", rows)
    visitor.at_least_points(visitor.at_least_points(1) + 12)
    expect(visitor.picked).to_have_text(words)
    expect(visitor.listed()).to_have_attribute("aria-rowcount", rows)
    visitor.stop.click()
    visitor.finished()
    expect(visitor.picked).to_have_text(words)
    expect(visitor.listed()).to_have_attribute("aria-rowcount", rows)


def test_a_lasso_filters_the_list_until_it_is_let_go(visit, app):
    visitor = visit(app)
    visitor.sample()
    visitor.finished()
    visitor.tab("Answers")
    expect(visitor.listed()).to_have_attribute("aria-rowcount", "193")
    visitor.lasso(0.5)
    expect(visitor.picked).to_be_visible()
    count = int(visitor.picked.inner_text().split()[0])
    assert 0 < count < 192
    expect(visitor.listed()).to_have_attribute("aria-rowcount", str(count + 1))
    visitor.main.get_by_role("button", name=re.compile("Show all$")).click()
    expect(visitor.picked).to_have_count(0)
    expect(visitor.listed()).to_have_attribute("aria-rowcount", "193")


def test_a_reload_finds_the_run_again(visit, slow_app):
    visitor = visit(slow_app)
    visitor.sample()
    before = visitor.at_least_points(8)
    run = visitor.run_id
    visitor.page.reload()
    expect(visitor.stop).to_be_visible()
    visitor.at_least_points(before + 8)
    assert visitor.run_id == run
    visitor.stop.click()
    visitor.finished()


def test_a_running_run_is_found_without_its_address(visit, slow_app):
    visitor = visit(slow_app)
    visitor.sample()
    before = visitor.at_least_points(8)
    visitor.page.goto(slow_app.url)
    expect(visitor.stop).to_be_visible()
    visitor.at_least_points(before)
    visitor.stop.click()
    visitor.finished()


# What is on the screen when a part is drawn: a chart of its own, or a table.
_CHARTED = {
    "Similarity",
    "Number of answers",
    "Quality",
    "Tokens",
    "Length",
    "Where answers part",
    "One answer",
}


def test_every_tab_is_drawn_when_it_is_opened(visit, app):
    visitor = visit(app)
    visitor.sample()
    visitor.finished()
    for name, parts in TABS.items():
        visitor.tab(name)
        panel = visitor.main.get_by_role("tabpanel", name=name, exact=True)
        for part in parts:
            if part:
                visitor.part(part)
            if part in _CHARTED or name in ("Sensitivity", "Selection"):
                expect(panel.locator(".js-plotly-plot .main-svg").first).to_be_visible()
            elif name != "Data" and part != "Temperature":
                expect(panel.get_by_test_id("stDataFrame").first).to_be_visible()


def test_a_click_on_a_branch_shows_its_answers(visit, app):
    visitor = visit(app)
    visitor.sample()
    visitor.finished()
    visitor.tab("Tokens")
    panel = visitor.main.get_by_role("tabpanel", name="Tokens", exact=True)
    before = panel.get_by_role("combobox", name=re.compile("Branch")).input_value()
    bars = panel.locator(".js-plotly-plot .barlayer .trace.bars").last.locator(".point path")
    bars.nth(3).click(force=True)
    visitor.settled()
    expect(panel.get_by_role("combobox", name=re.compile("Branch"))).not_to_have_value(before)


def test_visitors_do_not_see_each_other(visit, app):
    secret = "What should Ada tell nobody about the harbour?"
    ada, ben = visit(app), visit(app)
    ada.ask(secret)
    ada.sample()
    ada.finished()
    expect(ada.earlier_runs()).to_contain_text(secret)
    expect(ben.earlier_runs()).to_contain_text("None yet")
    ben.open(f"/?run={ada.run_id}")
    expect(ben.main.get_by_text("There is no such run among yours")).to_be_visible()
    expect(ben.page.get_by_text(secret)).to_have_count(0)
    assert ben.run_id == ""


def test_what_a_visitor_writes_is_shown_as_text(visit, app):
    prompt = " ".join(NASTY[:2])
    visitor = visit(app)
    visitor.ask(prompt)
    visitor.sample()
    visitor.finished()
    runs = visitor.earlier_runs()
    expect(runs).to_contain_text("<img src=x onerror=alert(1)> **not bold**")
    expect(visitor.page.locator("img[src='x']")).to_have_count(0)


@pytest.fixture
def hostile_run(app) -> tuple[str, dict]:
    """A finished run whose answers are up to no good, and the cookie of the one who may see it."""
    token = "b" * 32
    owner = hashlib.sha256(token.encode()).hexdigest()[:32]
    data = make_data({"a": NASTY * 4, "b": NASTY * 4}, id="e" * 32, owner=owner)
    names = tuple(replace(c, name=f"{c.key} <b>**x**") for c in data.run.conditions)
    store = Store(app.database)
    store.create(replace(data.run, conditions=names))
    for key, sample, vector, place in zip(
        data.keys, data.samples, data.vectors, data.coordinates, strict=True
    ):
        store.add_samples(data.run.id, key, [sample])
        store.add_places(data.run.id, [(key, sample.index)], vector[None], place[None])
    store.close()
    cookie = {"name": "chorale_visitor", "value": token, "url": app.url}
    return data.run.id, {"storage_state": {"cookies": [cookie]}}


def test_what_a_model_writes_is_shown_as_text(visit, app, hostile_run):
    run, context = hostile_run
    visitor = visit(app, f"/?run={run}", **context)
    visitor.exactly_points(2 * 4 * len(NASTY))
    meanings = visitor.page.get_by_test_id("stExpander")
    expect(meanings.filter(has_text="<img src=x onerror=alert(1)> **not bold**")).to_have_count(1)
    expect(meanings.filter(has_text="# not a title")).to_have_count(1)
    expect(visitor.main.get_by_text("a <b>**x**").first).to_be_visible()
    visitor.points.first.hover(force=True)
    expect(visitor.page.locator(".hoverlayer")).to_contain_text("<img src=x")
    for name, parts in TABS.items():
        visitor.tab(name)
        for part in filter(None, parts):
            visitor.part(part)
        visitor.settled()
    expect(visitor.page.locator("img[src='x']")).to_have_count(0)
    expect(visitor.main.get_by_role("link", name="link")).to_have_count(0)
