"""The Audits page without a browser."""

from __future__ import annotations

import pytest

import components.views.audits  # noqa: F401  # on a busy machine its imports take longer than a test waits
from components import services
from data.town import load_town
from models.manager import ModelManager
from tests.experiments.judges import TownJudge
from tests.pages.conftest import ROOT, Visit

PAGE = ROOT / "pages" / "audits.py"


class AuditVisit(Visit):
    def __init__(self, **options) -> None:
        super().__init__(file=options.pop("file", PAGE), **options)

    @property
    def run_id(self) -> str:
        return self.state.audits.run_id

    def ask(self) -> AuditVisit:
        self.press("Ask the model")
        services.jobs().wait(self.run_id, 60)
        self.app.run()
        return self


def settled(tab: AuditVisit) -> AuditVisit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


@pytest.fixture
def town(visit, monkeypatch):
    """The town's judge in the place of the bundled model."""
    monkeypatch.setenv("CHORALE_MODEL", "saltmere")
    monkeypatch.setattr(services, "ModelManager", lambda: ModelManager(TownJudge))
    load_town()  # so that the first page doesn't wait for it
    yield AuditVisit
    services.divergences().close()


def test_the_page_asks_its_question_and_offers_the_town(town):
    tab = settled(town())
    assert "Does an answer change with whom it is about" in tab.words
    assert tab.has_button("Ask the model")
    assert "40 questions about 7 people each" in tab.words


def test_an_audit_ends_with_a_finding_that_has_intervals(town):
    tab = town()
    tab.app.slider(key="audits.count").set_value(10).run()
    settled(tab.ask())
    snapshot = services.jobs().snapshot(tab.run_id, owner=tab.state.owner)
    assert snapshot.run.kind == "audit"
    assert snapshot.drawn == {"a": 70}
    assert "Over 10 questions" in tab.words
    assert "Only 90 % of its replies" in tab.words  # the judge says other things in one of ten
    assert "Distance from the town’s rules" not in tab.words  # the card says it in its own words
    assert "Distance from the town's rules" in tab.words


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Questions", "part most stands first"),
        ("Gaps", "Benjamini–Hochberg"),
        ("Mixed model", "score of discrim-eval"),
        ("Data", "Nothing is drawn"),
    ],
)
def test_every_tab_opens(town, name, told):
    tab = town()
    tab.app.slider(key="audits.count").set_value(10).run()
    tab.ask()
    tab.app.session_state["audits.tabs.decisions"] = name
    tab.app.run()
    assert told in settled(tab).words


def test_other_models_are_asked_about_people_with_and_without_a_mitigation(visit):
    tab = settled(AuditVisit())
    assert "14 questions about 36 people each" in tab.words
    assert len(tab.app.button_group(key="audits.mitigations.decisions").value) == 1
    tab.app.button_group(key="audits.mitigations.decisions").set_value([]).run()
    assert "504 questions" in settled(tab).words
    services.divergences().close()


def test_a_file_that_is_not_there_yet_is_asked_for(visit):
    tab = AuditVisit()
    tab.app.selectbox(key="audits.set").set_value("A file of my own").run()
    settled(tab.press("Ask the model"))
    assert "There are no questions yet" in tab.words
    services.divergences().close()


def test_words_and_tasks_are_another_audit(visit):
    tab = AuditVisit()
    tab.app.session_state["audits.audit"] = "Words and tasks"
    settled(tab.app.run() and tab)
    assert "84 questions, each in both orders" in tab.words
    tab.app.button_group(key="audits.topics").set_value(["women and science"]).run()
    settled(tab.ask())
    snapshot = services.jobs().snapshot(tab.run_id, owner=tab.state.owner)
    assert snapshot.drawn == {"a": 21, "b": 21}
    assert "Every question" in tab.words
    assert "women and science" in tab.words or "none of 1 topics" in tab.words
    services.divergences().close()


def test_statements_are_asked_by_language_and_by_who_asks(visit):
    tab = AuditVisit()
    tab.app.session_state["audits.audit"] = "Statements"
    settled(tab.app.run() and tab)
    assert "10 statements in 3 languages from 5 askers" in tab.words
    settled(tab.ask())
    assert "Habit of agreeing" in tab.words
    assert "of the language or of who asks" in tab.words
    services.divergences().close()
