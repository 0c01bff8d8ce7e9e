"""Groups' rewards mixed while decoding, on the Groups page without a browser."""

from __future__ import annotations

import pytest

from components import services
from data.schema import ModelRef
from models.registry import BUNDLED_FOLDER
from tests.pages.conftest import SECONDS
from tests.pages.test_groups_page import GroupsVisit


def mixing(visit, monkeypatch, model: str) -> GroupsVisit:
    monkeypatch.setenv("CHORALE_MODEL", model)
    tab = GroupsVisit().small(per_group=15).tab("Best of n")
    tab.app.button_group(key="groups.rewarding").set_value("Mix while decoding").run()
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


def test_rewards_are_mixed_while_the_model_writes(visit, monkeypatch):
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    tab = mixing(visit, monkeypatch, "saltmere")
    assert "The same question is asked without that too" in tab.words
    tab.app.number_input(key="groups.mix.n").set_value(12).run()
    tab.app.slider(key="groups.mix.strength").set_value(5.0).run()
    tab.press("Mix")
    services.jobs().wait(tab.state.groups.runs["mixed"], SECONDS)
    tab.app.run()
    assert not tab.app.exception, tab.app.exception[0].message
    assert "12 usual answers, 12 mixed at" in tab.words
    assert "over answers (n = 12 each)" in tab.words
    sides = next(f.value for f in tab.app.dataframe if "surprise" in f.value)
    assert list(sides["answers"]) == ["as usual, β = 0", "mixed, β = 5"]
    among = next(s for s in tab.app.selectbox if s.label == "Mixed answers")
    among.set_value("Ask the model now").run()
    assert "12 usual answers" not in tab.words
    assert not tab.app.exception


def test_a_group_must_have_a_say_in_the_mix(visit, monkeypatch):
    tab = mixing(visit, monkeypatch, "echo")
    for slider in tab.app.slider:
        if str(slider.key).startswith("groups.weight."):
            slider.set_value(0.0)
    tab.press("Mix")
    assert "No group has any weight" in tab.app.error[0].value
    assert not tab.state.groups.runs


def test_models_that_can_not_mix_say_so(visit, monkeypatch):
    tab = mixing(visit, monkeypatch, "echo")
    tab.press("Mix")
    services.jobs().wait(tab.state.groups.runs["mixed"], SECONDS)
    tab.app.run()
    assert "can’t be changed from here" in tab.app.error[0].value
    tab.state.model = ModelRef("server:some@http://localhost:9/v1")
    tab.app.run()
    next(s for s in tab.app.selectbox if s.label == "Mixed answers").set_value("Ask the model now")
    tab.app.run()
    assert "choose a local model" in tab.said
    assert not tab.has_button("Mix")
