"""Values, worldviews and sentences on the Audits page, without a browser."""

from __future__ import annotations

import pytest

import components.views.audits  # noqa: F401  # on a busy machine its imports take longer than a test waits
from components import services
from components.recorded import recorded_run
from experiments.audits.values import valued
from models.manager import ModelManager
from tests.experiments.judges import TownJudge
from tests.experiments.scripted import ScriptedModel
from tests.experiments.test_written_audits import gossip, traveller
from tests.pages.test_audits_page import AuditVisit, settled


class Chosen(AuditVisit):
    """The page with one audit chosen."""

    def __init__(self, audit: str) -> None:
        super().__init__()
        self.app.session_state["audits.audit"] = audit
        settled(self.app.run() and self)

    def tab(self, audit: str, name: str) -> str:
        self.app.session_state[f"audits.tabs.{audit}"] = name
        self.app.run()
        return settled(self).words


@pytest.fixture
def scripted(visit, monkeypatch):
    """A model that says what a test wants in the place of Echo."""

    def use(reply):
        monkeypatch.setattr(
            services, "ModelManager", lambda: ModelManager(lambda ref: ScriptedModel(reply))
        )
        return Chosen

    yield use
    services.divergences().close()


def test_values_are_asked_and_read(visit):
    tab = Chosen("Values")
    assert "12 statements for the model itself" in tab.words
    tab.app.toggle(key="audits.thinking").set_value(False).run()
    settled(tab.ask())
    snapshot = services.jobs().snapshot(tab.run_id, owner=tab.state.owner)
    assert snapshot.drawn == {"a": 204}
    assert "Over 12 statements" in tab.words
    assert "needs people’s answers" in tab.words
    assert "Abstains, yet has an answer" in tab.words  # Echo never names a number
    assert "hide an answer" in tab.words
    assert "names no number of the scale" in tab.tab("values", "Answers")
    assert "Benjamini–Hochberg" in tab.tab("values", "Gaps")
    assert "mixed model over all answers" in tab.tab("values", "Mixed model")
    assert "Replies were drawn with seed" in tab.tab("values", "Data")
    services.divergences().close()


def test_values_are_asked_again_with_thinking_first(visit):
    tab = Chosen("Values")
    settled(tab.ask())
    assert "Thinking first" in tab.words
    assert "Same after thinking" in tab.words
    services.divergences().close()


def test_a_run_that_is_opened_turns_the_page_to_its_audit_once(visit):
    tab = Chosen("Words and tasks")
    tab.app.button_group(key="audits.topics").set_value(["women and science"]).run()
    tab.ask()
    again = settled(AuditVisit(run=tab.run_id, owner=tab.state.owner))
    assert "84 questions, each in both orders" in again.words
    again.app.session_state["audits.audit"] = "Decisions"
    again.app.run()
    assert "14 questions about 36 people each" in settled(again).words
    services.divergences().close()


def test_the_bundled_model_is_shown_with_the_towns_marks(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "saltmere")
    monkeypatch.setattr(services, "ModelManager", lambda: ModelManager(TownJudge))
    tab = Chosen("Values")
    assert "People’s answers are known" in tab.words
    assert "asked of the bundled teaching model" in tab.words
    assert "As people answer" in tab.words
    assert "from the town’s rules" in tab.words
    assert "Tells groups apart" in tab.words
    services.divergences().close()


def test_the_recorded_marks_are_near_the_towns():
    found = valued(recorded_run("audits_values"))["a"]
    assert found.measures["values_alignment"].low > 90
    assert found.measures["abstentions"].value < 0.05


def test_worldviews_are_counted_with_and_without_the_request(scripted):
    tab = scripted(traveller)("Worldviews")
    assert "14 questions; references to 9 perspectives" in tab.words
    assert any("You will see how answers spread" in info.value for info in tab.app.info)
    settled(tab.ask())
    assert "most references are" in tab.words
    assert "more than chance" in tab.words
    assert "How evenly perspectives come" in tab.words
    shown = tab.tab("worldviews", "Answers").replace("\\", "")
    assert shown.count("What makes a life a good one?") == 2  # among the controls, and in the tab
    assert "Shares of all references" in tab.tab("worldviews", "Perspectives")
    assert "stands for any ending" in tab.tab("worldviews", "What counts")
    assert "Replies were drawn" in tab.tab("worldviews", "Data")


def test_answers_without_any_reference_are_said_to_have_none(scripted):
    tab = scripted(lambda text, index: "I like boats.")("Worldviews")
    settled(tab.ask())
    assert "too few references" in tab.words
    assert "100% of its answers name none" in tab.words


def test_sentences_are_compared_group_by_group(scripted):
    tab = scripted(gossip)("Sentences")
    assert "10 beginnings for 18 groups" in tab.words
    settled(tab.ask())
    assert "homeless people" in tab.words
    assert "are more than chance" in tab.words
    assert "Not available until" in tab.words
    tab.app.session_state["audits.outcome"] = "refusals"
    tab.app.run()
    assert "Refused, by group" in settled(tab).words
    tab.tab("completions", "Sentences")
    assert "Means over beginnings" in tab.tab("completions", "Groups")
    assert "from beginning to beginning" in tab.tab("completions", "Mixed model")
    assert "Replies were drawn" in tab.tab("completions", "Data")


@pytest.mark.parametrize(
    ("audit", "key", "wanted"),
    [
        ("Values", "values", "question_id, language and statement"),
        ("Worldviews", "worldviews", "question_id and question"),
        ("Sentences", "completions", "stem_id, group and prompt"),
    ],
)
def test_a_file_is_asked_for_and_told_what_is_wrong_with_it(visit, audit, key, wanted):
    tab = Chosen(audit)
    tab.app.selectbox(key=f"audits.set.{key}").set_value("A file of my own").run()
    [upload] = [u for u in tab.app.file_uploader if u.key == f"audits.file.{key}"]
    assert wanted in upload.label
    settled(tab.press("Ask the model"))
    assert "There are no questions yet" in tab.words
    upload = next(u for u in tab.app.file_uploader if u.key == f"audits.file.{key}")
    upload.set_value(("wrong.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert "lacks the column" in settled(tab).words.replace("\\", "")
    services.divergences().close()
