"""Judges of meaning and of quality on the page: asked for, waited for, used, taken back."""

from __future__ import annotations

import numpy as np
import pytest

from components import services
from models.echo import EchoModel
from tests.pages.conftest import Visit
from tests.pages.test_diversity_views import opened, settled, words_of


@pytest.fixture
def sampled(visit):
    tab = visit().press("Remove In character")
    for key in "ab":
        tab.app.number_input(key=f"diversity.{key}.n").set_value(12)
    tab.app.run()
    return settled(tab.sample())


def judged(tab: Visit, button: str) -> Visit:
    """Press a button that starts a judgement, and wait for its end."""
    settled(tab.press(button))
    for task in list(services.assessments()._threads):
        services.assessments().wait(task, 60)
    tab.app.run()
    return settled(tab)


def test_embeddings_are_grouped_by_the_rule_that_is_chosen(sampled):
    tab = sampled
    assert "Meanings by" not in words_of(tab)
    tab.app.selectbox(key="diversity.rule.embedding").set_value("greedy").run()
    assert "Meanings by \u2068the greedy rule over embeddings" in words_of(settled(tab))


def test_the_model_is_asked_and_its_verdicts_group_the_answers(sampled):
    tab = sampled
    tab.app.selectbox(key="diversity.means").set_value("model").run()
    words = words_of(settled(tab))
    assert "has not judged these answers yet: at most" in words
    assert "Until then meanings are grouped by embeddings" in words
    tab = judged(tab, "Judge the answers")
    words = words_of(tab)
    assert "the greedy rule over verdicts of echo, asked yes or no" in words
    assert "so these verdicts say little" in words  # an echo says neither yes nor no
    # it never says yes, so every different text is a meaning of its own
    texts = {sample.text for sample in tab.snapshot.data.samples}
    assert f"{len(texts)} meanings, largest first" in words_of(opened(tab, "Meanings"))
    for name in ("Compare", "Curves", "Trade-offs", "Sensitivity", "Selection"):
        opened(tab, name)


def test_a_classifier_that_is_not_there_is_explained(sampled, monkeypatch):
    monkeypatch.setattr("components.controls.grouping._CLASSIFIERS", ("no such folder",))
    tab = sampled
    tab.app.selectbox(key="diversity.means").set_value("classifier").run()
    tab = judged(settled(tab), "Judge the answers")
    assert any("no model or folder called" in error.value for error in tab.app.error)
    assert tab.has_button("Judge the answers")


def test_p_true_is_asked_for_and_gates(sampled):
    tab = sampled
    tab.app.selectbox(key="diversity.gate").set_value("p_true").run()
    assert "has not rated 24 answers yet" in words_of(settled(tab))
    assert "the gate stays open" in words_of(tab)
    tab = judged(tab, "Rate the answers")
    assert "has not rated" not in words_of(tab)
    assert len(services.judgements().scores(tab.run_id, "p_true")) == 24
    opened(tab, "Compare", compare="All measures")


def test_a_model_that_rates_nothing_is_said_to(sampled, monkeypatch):
    def none(self: EchoModel, chats: list, choices: list) -> np.ndarray:
        return np.zeros((len(chats), len(choices)))  # as of one that was never taught to judge

    monkeypatch.setattr(EchoModel, "choice_probabilities", none)
    tab = sampled
    tab.app.selectbox(key="diversity.gate").set_value("p_true").run()
    tab = judged(settled(tab), "Rate the answers")
    assert "the model gave none a score" in words_of(tab)
    assert "has a score yet" not in words_of(tab)


def test_stars_are_given_taken_back_and_used(sampled):
    tab = opened(sampled, "Answers")
    assert "0 of 24 answers have your stars" in words_of(tab)
    data, owner = tab.snapshot.data, tab.state.owner
    for row, stars in enumerate([5, 1] * 12):
        place = (data.keys[row], data.samples[row].index)
        services.judgements().add_scores(data.run.id, "stars", {place: stars}, owner=owner)
    tab = opened(tab, "Answers")
    assert "24 of 24 answers have your stars" in words_of(tab)
    assert set(tab.app.dataframe[0].value["stars"]) == {1.0, 5.0}
    tab.app.selectbox(key="diversity.gate").set_value("stars").run()
    tab.app.slider(key="diversity.gate.stars").set_value(4.0).run()
    assert "The quality gate leaves out 12 of 24 answers" in words_of(settled(tab))
    opened(tab, "Trade-offs", **{"tradeoffs.quality": "stars"})
    assert "meanings by \u2068average linkage over embeddings" in words_of(opened(tab, "Data"))


def test_one_by_one_hides_the_condition_and_can_be_undone(sampled):
    tab = opened(sampled, "Answers", rate=True)
    run, owner = tab.run_id, tab.state.owner
    assert len(tab.app.feedback) == 1
    settled(tab.press("Pass over"))
    assert len(tab.state.diversity.skipped) == 1
    place = ("a", 0)
    services.judgements().add_scores(run, "stars", {place: 4}, owner=owner)
    tab.state.diversity.starred = ((run, place, 2.0), (run, place, None))
    tab = opened(tab, "Answers")
    settled(tab.press("Undo"))
    assert services.judgements().scores(run, "stars", owner=owner) == {}
    settled(tab.press("Undo"))
    assert services.judgements().scores(run, "stars", owner=owner) == {place: 2.0}
    assert not tab.has_button("Undo")


def test_a_gate_by_stars_leaves_the_others_to_be_rated(sampled):
    tab = opened(sampled, "Answers", rate=True)
    services.judgements().add_scores(tab.run_id, "stars", {("a", 0): 5}, owner=tab.state.owner)
    tab.app.selectbox(key="diversity.gate").set_value("stars").run()
    tab = opened(settled(tab), "Answers", rate=True)
    assert len(tab.app.dataframe[0].value) == 1
    assert "1 of 24 answers have your stars" in words_of(tab)
    assert len(tab.app.feedback) == 1
    assert "gave none that passes" in words_of(tab)
