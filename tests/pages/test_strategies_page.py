"""Ways of asking on the Diversity page: choice, options, card, empty places, equal tokens."""

from __future__ import annotations

from data.schema import FinishReason, ModelRef, RunState
from experiments.strategies.registry import METHODS, strategy
from tests.pages.conftest import Visit


def settled(tab: Visit) -> Visit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


def choosing(visit, name: str, **options) -> Visit:
    """The page with two conditions, the first of which asks by this strategy."""
    tab = visit().press("Remove In character")
    tab.app.selectbox(key="diversity.a.way").set_value(name).run()
    for option, (kind, value) in options.items():
        widget = getattr(tab.app, kind)(key=f"diversity.a.way.{name}.{option}")
        widget.set_value(value).run()
    return settled(tab)


def test_every_strategy_can_be_chosen_and_shows_its_card(visit):
    tab = visit()
    for name, method in METHODS.items():
        tab.app.selectbox(key="diversity.a.way").set_value(name).run()
        assert method.summary in settled(tab).words
        assert method.references[0] in tab.words


def test_options_reach_the_run(visit):
    tab = choosing(visit, "verbalized", answers=("number_input", 3))
    settled(tab.sample())
    a, b = tab.snapshot.run.conditions
    assert a.strategy == strategy("verbalized", {"answers": 3})
    assert b.strategy == strategy("plain")


def test_texts_are_taken_line_by_line(visit):
    tab = choosing(visit, "roles", given=("text_area", "You are a fisher.\n\n You are a baker. "))
    settled(tab.sample())
    chosen = dict(tab.snapshot.run.conditions[0].strategy.options)
    assert chosen["given"] == ("You are a fisher.", "You are a baker.")
    assert {s.origin for s in tab.snapshot.data.samples} == {"", *chosen["given"]}


def test_the_towns_wordings_are_offered_for_its_questions(visit):
    tab = choosing(visit, "paraphrases")
    settled(tab.press("Take Saltmere’s"))
    given = tab.app.text_area(key="diversity.a.way.paraphrases.given").value.splitlines()
    assert len(given) >= 14
    assert "What should we do about the harbour?" in given
    tab.app.text_area(key="diversity.prompt").input("Why is the sky blue?").run()
    assert not tab.has_button("Take Saltmere’s")


def test_unreadable_lists_are_counted_and_shown(visit):
    tab = choosing(visit, "negative_list")
    settled(tab.sample())
    assert tab.snapshot.run.state is RunState.DONE
    assert len(tab.snapshot.data.voids) == 64
    assert {s.finish for _, s in tab.snapshot.data.voids} == {FinishReason.UNREAD}
    assert "13 calls gave nothing that could be read (64 places)" in tab.words
    tab.app.session_state["diversity.tabs"] = "Answers"
    tab.app.session_state["diversity.voids"] = True
    settled(tab).app.run()
    assert settled(tab).app.code[0].value in {s.steps[0].text for _, s in tab.snapshot.data.voids}


def test_a_run_of_nothing_but_unreadable_lists_says_so(visit):
    tab = choosing(visit, "negative_list")
    settled(tab.press("Remove Free").sample())
    assert "no answers yet" in tab.words
    assert "could be read" in tab.words


def test_lists_are_compared_at_equal_tokens(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "echo:list")
    tab = choosing(visit, "negative_list", answers=("number_input", 4))
    settled(tab.sample())
    assert "For the same" in tab.words
    assert "came from one call are not independent" in tab.words
    tab.app.session_state["diversity.tabs"] = "Compare"
    settled(tab).app.run()
    table = settled(tab).app.dataframe[0].value
    assert list(table["calls"]) == [16, 64]
    assert list(table["empty places"]) == [0, 0]
    assert list(table["tokens"]) == [
        sum(s.cost for k, s in zip(tab.snapshot.data.keys, tab.snapshot.data.samples, strict=True)
            if k == key)
        for key in "ab"
    ]  # fmt: skip


def test_short_lists_leave_counted_places(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "echo:list")
    tab = choosing(visit, "negative_list")
    settled(tab.sample())
    assert "12 places stayed empty, because replies were short" in tab.words


def test_what_roles_explain_and_models_add_is_said(visit):
    tab = visit()
    tab.state.models = (ModelRef("echo#two"),)
    tab.app.run()
    tab.app.multiselect(key="diversity.a.choir").set_value([ModelRef("echo#two")])
    tab.app.run()
    settled(tab.sample())
    assert tab.snapshot.run.conditions[0].choir == (ModelRef("echo#two"),)
    tab.app.session_state["diversity.tabs"] = "Compare"
    tab.app.run()
    assert "of how far answers lie apart" in settled(tab).words.replace("\n", " ")
    tables = [frame.value for frame in tab.app.dataframe]
    added = next(table for table in tables if "adds" in table)
    assert list(added["answers"]) == [32, 32]


def test_an_option_that_cannot_be_is_explained(visit):
    tab = choosing(visit, "roles", given=("text_area", "x\n" * 65))
    settled(tab.press("Sample"))
    assert "up to 64 texts" in tab.app.error[0].value


def test_what_the_bundled_model_was_not_taught_is_said(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "saltmere")
    tab = choosing(visit, "plans")
    assert "Saltmere was not taught this" in tab.words
    tab.app.selectbox(key="diversity.a.way").set_value("verbalized").run()
    assert "Saltmere was not taught this" not in settled(tab).words
