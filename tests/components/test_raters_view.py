"""Played raters on a page: asked for, followed and handed on."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import components.views.raters  # noqa: F401  # its imports take longer than a test waits
from components import services
from data.examples.raters import town_answers
from data.town import load_town
from data.town.raters import town_raters
from data.town.reading import read_back
from models.manager import ModelManager
from tests.experiments.judges import TownJudge

SECONDS = 60


def page() -> None:
    import streamlit as st

    from components.layout import start_page
    from components.views.raters import simulated_raters

    state = start_page("Raters", page="audits")
    state.audits.kind = "raters"
    found = simulated_raters(state)
    if found is not None:
        st.caption(f"handed on: {len(found.table)} {found.kind} by {found.simulated}")


@pytest.fixture
def open_page(tmp_path, monkeypatch):
    """The page, with the town's judge in the place of the bundled model."""
    monkeypatch.setenv("CHORALE_DATABASE", str(tmp_path / "chorale.db"))
    monkeypatch.setenv("CHORALE_MODEL", "saltmere")
    monkeypatch.setenv("CHORALE_EMBEDDER", "hash")
    monkeypatch.setattr(services, "ModelManager", lambda: ModelManager(TownJudge))
    st.cache_resource.clear()
    load_town()  # so that the first page doesn't wait for it
    yield lambda: AppTest.from_function(page, default_timeout=SECONDS).run()
    services.jobs().shutdown()
    services.store().close()
    services.divergences().close()
    st.cache_resource.clear()


def words(tab: AppTest) -> str:
    assert not tab.exception, tab.exception[0].message
    return "\n".join(
        str(e.value) for group in (tab.markdown, tab.caption, tab.error) for e in group
    )


def asked(tab: AppTest) -> AppTest:
    next(b for b in tab.button if b.label == "Ask the model").click().run()
    state = tab.session_state["chorale"]
    services.jobs().wait(state.audits.run_id, SECONDS)
    return tab.run()


def small(tab: AppTest) -> AppTest:
    tab.button_group(key="raters.groups").set_value(["fishers", "artists"])
    tab.slider(key="raters.ideas").set_value(4)
    return tab.run()


def test_pairs_are_played_and_handed_on_as_simulated(open_page):
    tab = small(open_page())
    assert "144 judgements" in words(tab)  # 2 groups, 12 raters, all of 6 pairs
    told = words(asked(tab))
    assert "handed on: 144 pairs by Saltmere" in told
    assert "Not people" in told
    assert "Against the town’s own rules" in told
    assert "Beside those who compared the same answers" in told
    assert "No person gave these answers" in told
    assert "evenly split" in told


def test_scores_are_played_too(open_page):
    tab = small(open_page())
    tab.radio(key="raters.mode").set_value("scores").run()
    assert "handed on: 96 ratings by Saltmere" in words(asked(tab))


def test_what_cannot_be_is_said(open_page):
    tab = open_page()
    tab.button_group(key="raters.groups").set_value([]).run()
    next(b for b in tab.button if b.label == "Ask the model").click().run()
    assert "1 to 8 groups can be played" in words(tab)


def test_own_answers_and_an_absent_run_of_the_diversity_page(open_page):
    tab = open_page()
    tab.selectbox(key="raters.source").set_value("A run of the Diversity page").run()
    assert "There is no run yet" in words(tab)
    tab.selectbox(key="raters.source").set_value("Answers of my own").run()
    tab.text_area(key="raters.items").set_value("One.\nTwo.\nThree.").run()
    assert "Of 3 that there are" in words(tab).replace("\\", "")


def test_a_play_is_held_to_people_of_a_file_and_says_where_it_can_not_be(open_page):
    said = {f"quota/{read_back(text).idea}": text for text in town_answers("quota", 8)}
    people = town_raters("pairs", per_group=24, seed=1, topics=("quota",))
    rows = people.table.join(people.raters, on="rater_id")
    rows["winner"] = rows["outcome"].map({1.0: "a", 0.0: "b"})
    for side in ("response_a", "response_b"):
        rows[side] = rows[side].map(said)
    rows = rows[["rater_id", "item_id", "response_a", "response_b", "winner", "group"]]
    tab = small(open_page())
    state = tab.session_state["chorale"]
    state.group_files = (("people.csv", rows.to_csv(index=False).encode()),)
    tab.selectbox(key="raters.source").set_value("Answers that people compared").run()
    assert "8 answers that people compared" in words(tab)
    told = words(asked(tab))
    assert "Beside those who compared the same answers" in told
    assert "compared by" in told
    assert "No person gave these answers" not in told
    others = rows.assign(group=rows["group"] + "s")
    state.group_files = (("other.csv", others.to_csv(index=False).encode()),)
    assert "Nothing to hold it to" in words(tab.run())
