"""The tabs below the map: what each shows, and what it says where there is nothing to show."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.sweep import TEMPERATURES
from tests.pages.conftest import Visit


def settled(tab: Visit) -> Visit:
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


def opened(tab: Visit, name: str, **widgets: object) -> Visit:
    tab.app.session_state["diversity.tabs"] = name
    for widget, value in widgets.items():
        tab.app.session_state[f"diversity.{widget}"] = value
    tab.app.run()
    return settled(tab)


def words_of(tab: Visit) -> str:
    return tab.words.replace("\n", " ")


@pytest.fixture
def sampled(visit):
    tab = visit().press("Remove In character")
    for key in "ab":
        tab.app.number_input(key=f"diversity.{key}.n").set_value(16)
    tab.app.run()
    return settled(tab.sample())


def test_each_part_is_drawn_when_it_is_chosen_and_no_other(sampled):
    parts = {
        ("Curves", "curves", "Number of answers"): "Where a curve flattens",
        ("Curves", "curves", "Temperature"): "Curves over temperature need a run",
        ("Trade-offs", "tradeoffs", "Quality"): "Up and to the right is better",
        ("Trade-offs", "tradeoffs", "Tokens"): "Up and to the left is better",
        ("Trade-offs", "tradeoffs", "Length"): "shorter half (open)",
        ("Compare", "compare", "Main measures"): "adjusted for the number of pairs",
        ("Compare", "compare", "All measures"): "Benjamini–Hochberg",
        ("Compare", "compare", "Similarity"): "Mean cosine of two answers",
        ("Tokens", "tokens", "Where answers part"): "A dot is where they part",
        ("Tokens", "tokens", "One answer"): "the more torn the model was",
    }
    for (name, control, part), says in parts.items():
        tab = opened(sampled, name, **{control: part})
        assert [known for known in parts.values() if known in words_of(tab)] == [says]


def test_the_curves_end_at_what_was_seen(sampled):
    table = opened(sampled, "Curves").app.dataframe[0].value
    assert list(table["condition"]) == ["● Calm", "◆ Free"]
    assert list(table["n"]) == [16, 16]


def test_the_model_s_states_are_read_for_the_least_explained(sampled):
    from components import services
    from experiments.answer_states import KIND

    tab = opened(sampled, "Selection")
    assert "goes by sentence embeddings until states are read" in words_of(tab)
    tab.press("Read the model’s states")
    services.followups().wait(tab.run_id, KIND, 60)
    assert services.followups().shown(tab.run_id, KIND).error is None
    assert "goes by the model’s own states" in words_of(opened(tab, "Selection"))
    tab = opened(tab, "Compare", compare="All measures")
    assert not tab.has_button("Read the model’s states")
    spread = tab.app.dataframe[0].value.set_index("measure").loc["Spread of the model's states"]
    assert np.isfinite(spread[["● Calm", "◆ Free"]].astype(float)).all()


def test_every_measure_is_listed_and_its_card_opens(sampled):
    tab = opened(sampled, "Compare", compare="All measures")
    table = tab.app.dataframe[0].value
    assert len(table) > 25
    assert table["◆ Free p"].between(0, 1).any()


def test_a_picked_branch_shows_its_answers(sampled):
    tab = opened(sampled, "Tokens")
    picker = tab.app.selectbox(key="diversity.branch")
    tab.app.selectbox(key="diversity.branch").set_value(picker.options[-1]).run()
    chosen = settled(tab).app.selectbox(key="diversity.branch").value
    assert len(tab.app.dataframe[0].value) >= 1
    assert chosen


def test_the_answer_picked_on_the_map_is_the_one_read(sampled):
    sampled.state.diversity.selection = frozenset({("b", 5)})
    tab = opened(sampled, "Tokens", tokens="One answer")
    assert len(tab.app.selectbox(key="diversity.token_answer").options) == 1


def test_a_choice_shows_as_many_answers_as_were_asked_for(sampled):
    tab = opened(sampled, "Selection")
    tab.app.slider(key="diversity.selection.k").set_value(3).run()
    assert len(settled(tab).app.dataframe[0].value) == 3
    assert "choices by chance" in words_of(tab)


@pytest.mark.parametrize("rule", ["average", "greedy", "union-find"])
def test_what_meanings_hang_on_is_shown_by_each_rule(sampled, rule):
    tab = opened(sampled, "Sensitivity")
    tab.app.selectbox(key="diversity.sensitivity.rule").set_value(rule).run()
    assert "Meanings in 16 answers of each condition" in words_of(settled(tab))


def test_a_second_embedder_is_heard(sampled):
    tab = opened(sampled, "Sensitivity")
    before = tab.app.dataframe[-1].value
    tab.app.selectbox(key="diversity.sensitivity.space").set_value("tfidf").run()
    table = settled(tab).app.dataframe[-1].value
    assert list(table["condition"]) == ["● Calm", "◆ Free"]
    assert any("TF-IDF" in name for name in table)
    assert list(table) == list(before)


def test_a_closed_gate_leaves_answers_out_and_says_so(sampled):
    tab = sampled
    tab.app.selectbox(key="diversity.gate").set_value("logprob").run()
    tab.app.slider(key="diversity.gate.logprob").set_value(-0.2).run()
    assert "The quality gate leaves out" in words_of(settled(tab))
    assert "Of the answers that pass the quality gate" in words_of(tab)
    left = 32 - len(opened(tab, "Answers").app.dataframe[0].value)
    assert 0 < left < 32
    assert f"leaves out {left} of 32 answers" in words_of(tab)


def test_a_gate_that_lets_nothing_pass_breaks_no_tab(sampled):
    tab = sampled
    tab.app.selectbox(key="diversity.gate").set_value("logprob").run()
    tab.app.slider(key="diversity.gate.logprob").set_value(0.0).run()
    for name in ("Meanings", "Answers", "Compare", "Curves", "Trade-offs", "Tokens", "Sensitivity"):
        opened(tab, name)
    opened(tab, "Selection")
    assert "leaves out 32 of 32 answers" in words_of(opened(tab, "Data"))


def test_lists_are_refused_a_curve_in_words(visit, monkeypatch):
    monkeypatch.setenv("CHORALE_MODEL", "echo:list")
    tab = visit().press("Remove In character")
    tab.app.selectbox(key="diversity.a.way").set_value("negative_list").run()
    tab = opened(settled(tab.sample()), "Curves")
    assert "several answers come from one call" in words_of(tab)
    assert list(tab.app.dataframe[0].value["condition"]) == ["◆ Free"]
    assert "several answers come from one call" in words_of(opened(tab, "Sensitivity"))


def test_one_press_sweeps_the_temperature_and_opens_its_curves(visit):
    from components import services

    tab = visit().press("Sweep the temperature")
    services.jobs().wait(tab.run_id, 60)
    settled(tab).app.run()
    run = tab.snapshot.run
    assert [c.decoding.temperature for c in run.conditions] == list(TEMPERATURES)
    assert {c.n for c in run.conditions} == {64}
    assert "Everything that depends on the number of answers is for 64" in words_of(settled(tab))


def test_a_sweep_that_cannot_be_is_explained(visit):
    tab = visit()
    tab.app.text_area(key="diversity.prompt").input(" ").run()
    settled(tab.press("Sweep the temperature"))
    assert "The prompt is empty" in tab.app.error[0].value
    assert tab.run_id == ""
