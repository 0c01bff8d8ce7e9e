"""The Precision page without a browser."""

from __future__ import annotations

import pytest

import models.scoring  # noqa: F401  # on a busy machine its import takes longer than a test waits
from components import services
from data.schema import RunState
from tests.pages.conftest import ROOT, SECONDS, Visit

PAGE = ROOT / "pages" / "quantization.py"


class PrecisionVisit(Visit):
    def __init__(self, **options) -> None:
        super().__init__(file=options.pop("file", PAGE), **options)

    @property
    def run_id(self) -> str:
        return self.state.quantization.run_id

    def sample(self) -> PrecisionVisit:
        """Press Sample; wait for the draws and then for the comparison."""
        super().sample()
        services.comparisons().start(self.run_id, owner=self.state.owner)
        services.comparisons().wait(self.run_id, SECONDS)
        self.app.run()
        return self


def settled(tab: Visit) -> Visit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


@pytest.fixture
def open_page(visit):
    yield PrecisionVisit
    services.comparisons().shutdown()
    services.divergences().close()


def test_the_first_sight_is_a_recorded_run(open_page):
    tab = settled(open_page())
    assert "What did quantization change?" in tab.words
    assert "asked of the bundled teaching model" in tab.words
    assert "answers with the same random numbers" in tab.words
    assert "nats" in tab.words
    assert tab.has_button("Sample")
    assert not tab.has_button("Compare them")


def test_an_empty_launch_asks_and_explains(open_page, monkeypatch):
    monkeypatch.setattr("components.views.quantization.recorded_run", lambda page: None)
    tab = settled(open_page())
    assert "Choose two precisions and press **Sample**" in tab.words
    assert tab.has_button("Sample")


def test_a_run_ends_with_a_finding_and_its_numbers(open_page):
    tab = settled(open_page().sample())
    assert tab.snapshot.run.kind == "quantization"
    assert [c.model.quantization for c in tab.snapshot.run.conditions] == ["bf16", "nf4"]
    assert len(services.divergences().load(tab.run_id)) == 64
    # An echo is the same in every precision.
    assert "Of 32 answers with the same random numbers, **all** stayed the same" in tab.words
    assert "None of 7 measures of diversity differs by more than chance" in tab.words
    assert "n = 32" in tab.words
    assert not tab.has_button("Compare them")


def test_answers_that_are_not_compared_are_offered_to_be(open_page):
    tab = open_page()
    Visit.sample(tab)
    other = settled(open_page(owner=tab.state.owner, run=tab.run_id))
    assert "64 answers not compared word by word yet" in other.words
    other.press("Compare them")
    services.comparisons().wait(tab.run_id, SECONDS)
    settled(other).app.run()
    assert len(services.divergences().load(tab.run_id)) == 64
    assert not settled(other).has_button("Compare them")


SETTINGS = {
    "n": ("number_input", 16, lambda c: c.n == 16),
    "max_new_tokens": ("number_input", 5, lambda c: c.decoding.max_new_tokens == 5),
    "temperature": ("slider", 0.3, lambda c: c.decoding.temperature == 0.3),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_reaches_both_conditions(open_page, name):
    kind, value, holds = SETTINGS[name]
    tab = open_page()
    getattr(tab.app, kind)(key=f"quantization.{name}").set_value(value).run()
    settled(tab.sample())
    assert all(holds(condition) for condition in tab.snapshot.run.conditions)


def test_a_precision_reaches_its_condition(open_page):
    tab = open_page()
    tab.app.selectbox(key="quantization.b.precision").set_value("int8").run()
    settled(tab.sample())
    assert [c.name for c in tab.snapshot.run.conditions] == ["bf16", "int8"]


def test_one_precision_twice_is_refused(open_page):
    tab = open_page()
    tab.app.selectbox(key="quantization.b.precision").set_value("bf16").run()
    settled(tab.press("Sample"))
    assert "Both precisions are bf16" in tab.app.error[0].value


def test_a_failing_model_is_explained(open_page, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "echo:fail")
    tab = settled(open_page().sample())
    assert tab.snapshot.run.state is RunState.INCOMPLETE
    assert tab.app.error


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Answers", "drawn with the same random numbers"),
        ("Diversity", "The first precision minus the second"),
        ("Data", "for both precisions"),
    ],
)
def test_an_open_tab_shows_its_part(open_page, name, words):
    tab = open_page().sample()
    tab.app.session_state["quantization.tabs"] = name
    settled(tab).app.run()
    assert words in settled(tab).words


def test_earlier_runs_are_those_of_the_page(open_page, visit):
    tab = open_page().sample()
    other = visit(owner=tab.state.owner)
    for page, count in ((other, 0), (tab, 1)):
        page.app.session_state["runs"] = True
        page.app.run()
        opened = [b for b in page.app.button if (b.key or "").startswith("run.open.")]
        assert len(opened) == count
    assert "None yet" in other.words


def test_a_run_of_another_page_stays_there(open_page, visit):
    other = visit()
    other.sample()
    tab = settled(open_page(owner=other.state.owner, run=other.run_id))
    assert "belongs to another page" in tab.app.warning[0].value
    assert tab.run_id == ""
