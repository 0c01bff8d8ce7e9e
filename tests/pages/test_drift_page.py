"""The Drift page without a browser."""

from __future__ import annotations

import pytest

import models.scoring  # noqa: F401  # on a busy machine its import takes longer than a test waits
from components import services
from tests.pages.conftest import ROOT, SECONDS, Visit

PAGE = ROOT / "pages" / "drift.py"


class DriftVisit(Visit):
    def __init__(self, **options) -> None:
        super().__init__(file=options.pop("file", PAGE), **options)

    @property
    def run_id(self) -> str:
        return self.state.drift.run_id

    def small(self) -> DriftVisit:
        """Six short turns, so that an echo's context holds them."""
        self.app.text_area(key="drift.lines").set_value("One?\nTwo?\nThree?\nFour?\nFive?\nSix?")
        self.app.number_input(key="drift.replicates").set_value(12)
        self.app.run()
        return self


def settled(tab: Visit) -> Visit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


@pytest.fixture
def open_page(visit):
    yield DriftVisit
    services.followups().shutdown()
    services.readings().close()
    services.divergences().close()


def test_the_page_asks_its_question_and_offers_a_plan(open_page):
    tab = settled(open_page())
    assert "Does the persona hold?" in tab.words
    lines = tab.app.text_area(key="drift.lines").value.splitlines()
    assert len(lines) == 6
    assert "Plain" in tab.words
    assert "Reminded" in tab.words
    assert tab.has_button("Sample")


def test_a_run_ends_with_a_finding_numbers_and_conversations(open_page):
    tab = settled(open_page().small().sample())
    assert tab.snapshot.run.kind == "conversation"
    assert tab.snapshot.drawn == {"a": 12 * 6 * 4, "b": 12 * 6 * 4}
    assert "At turn 6, the share of replies in character in" in tab.words
    assert "n = 12 conversations" in tab.words
    assert "turn 6" in tab.words  # the reader shows the last turn
    assert "full shade at" in tab.words
    assert "To the persona and this line alone" in tab.words


@pytest.mark.parametrize("measure", ["kl", "js", "style", "meaning"])
def test_other_measures_can_be_followed(open_page, measure):
    tab = open_page().small().sample()
    tab.app.button_group(key="drift.measure").set_value(measure).run()
    settled(tab)
    assert "At turn 6" in tab.words


@pytest.mark.parametrize("tab_name", ["Does it settle?", "Mean so far", "Data"])
def test_every_tab_opens(open_page, tab_name):
    tab = open_page().small().sample()
    tab.app.session_state["drift.tabs"] = tab_name
    settled(tab.app.run() and tab)
    told = {
        "Does it settle?": "Each point is a turn of a conversation",
        "Mean so far": "It hides late turns",
        "Data": "the same in every condition",
    }
    assert told[tab_name] in tab.words


def test_another_model_may_play_the_user(open_page):
    tab = open_page()
    tab.app.selectbox(key="drift.plan").set_value("Another model speaks …").run()
    assert "Another model speaks …" == tab.app.selectbox(key="drift.plan").value
    tab.app.number_input(key="drift.turns").set_value(2)
    tab.app.number_input(key="drift.replicates").set_value(4).run()
    tab.app.text_input(key="drift.reminders").set_value("2").run()
    settled(tab.sample())
    plan = tab.snapshot.run.conditions[0].plan
    assert plan.user.system.startswith("You are ")
    assert plan.lines[1] == ""
    said = {s.index: s.steps for s in tab.snapshot.data.samples}[plan.index(0, 1, 0)][0].text
    assert said in tab.words.replace("\\", "")


def test_a_visitor_talks_and_sees_the_drift_of_each_turn(open_page):
    tab = open_page()
    tab.app.selectbox(key="drift.plan").set_value("I talk to it myself").run()
    assert "Say something to it in the box below" in settled(tab).words
    assert not tab.has_button("Sample")
    for turn, text in enumerate(("Who are you?", "Are you sure?"), 1):
        tab.app.chat_input(key="drift.say").set_value(text).run()
        services.jobs().wait(tab.run_id, SECONDS)
        settled(tab.app.run() and tab)
        assert f"Your turn {turn}: " in tab.words
        assert "n = 4 replies" in tab.words
    assert "at your first" in tab.words
    assert tab.snapshot.run.conditions[0].plan.lines == ("Who are you?", "Are you sure?")
    again = settled(DriftVisit(owner=tab.state.owner, run=tab.run_id))
    assert "Your turn 2: " in again.words  # after a reload the talk goes on
    again.press("New conversation")
    assert "Say something to it in the box below" in settled(again).words


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("stability", "Probes answered in character"),
        ("stance", "Questions it declines"),
        ("asker", "What another asker changes"),
    ],
)
def test_probes_are_asked_of_a_run(open_page, name, told):
    tab = open_page().small().sample()
    tab.app.session_state["drift.tabs"] = "Probes"
    tab.app.session_state["drift.probes"] = name
    settled(tab.app.run() and tab)
    tab.app.multiselect(key="drift.probes.turns").set_value([0, 6]).run()
    tab.press("Ask")
    services.followups().wait(tab.run_id, f"probes {name}", SECONDS)
    settled(tab.app.run() and tab)
    assert services.followups().shown(tab.run_id, f"probes {name}").error is None
    assert told in tab.words
    if name != "asker":
        assert "n = 12 conversations" in tab.words


def test_the_model_is_looked_into_after_a_run(open_page):
    tab = open_page().small().sample()
    tab.app.session_state["drift.tabs"] = "Inside the model"
    settled(tab.app.run() and tab).press("Look inside")
    services.followups().wait(tab.run_id, "states", SECONDS)
    settled(tab.app.run() and tab)
    assert services.followups().shown(tab.run_id, "states").error is None
    assert "Along the persona's direction" in tab.words
    assert "Means over n = 12 conversations" in tab.words
    assert "attention is of a kind that can’t be watched" in tab.words  # an echo has none


def test_of_the_recorded_run_nothing_more_is_asked(open_page):
    tab = open_page()
    for name in ("Probes", "Inside the model"):
        tab.app.session_state["drift.tabs"] = name
        assert "press Sample first" in settled(tab.app.run() and tab).words


def test_few_conversations_have_no_interval_and_say_so(open_page):
    tab = open_page().small()
    tab.app.number_input(key="drift.replicates").set_value(4).run()
    settled(tab.sample())
    assert "4 conversations are too few for an interval: 10 or more are needed" in tab.words
    assert "too few" in tab.words


def test_a_persona_of_ones_own_without_marks_goes_by_distances(open_page):
    tab = open_page().small()
    tab.app.selectbox(key="drift.persona").set_value("My own persona …").run()
    assert len(tab.app.text_area(key="drift.lines").value.splitlines()) == 6
    tab.app.text_area(key="drift.system").set_value("You are a lighthouse keeper.")
    settled(tab.small().sample())
    assert tab.snapshot.run.prompt == "You are a lighthouse keeper."
    assert "Next words (KL)" in str(tab.app.button_group(key="drift.measure").options)


def test_what_cannot_be_is_said(open_page):
    tab = open_page()
    tab.app.text_area(key="drift.lines").set_value("").run()
    settled(tab.press("Sample"))
    assert "the user says nothing" in tab.words
    tab.app.text_input(key="drift.reminders").set_value("3, soon").run()
    assert "“soon” is no turn" in settled(tab).words


def test_each_page_lists_its_own_runs(open_page):
    tab = settled(open_page().small().sample())
    other = Visit(owner=tab.state.owner, run=tab.run_id)
    assert other.run_id in ("", tab.run_id)
