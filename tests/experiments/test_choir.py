"""Several models that answer in turn."""

from __future__ import annotations

import pytest

from data.errors import ChoraleError
from data.schema import Condition, ModelRef
from experiments.sampling import SamplingExperiment, condition_seed
from experiments.strategies.registry import strategy, voice_of
from tests.experiments.scripted import ScriptedModel

SEED = condition_seed(3, "a")


def choir(name="plain", **options):
    models = (ModelRef("echo#two"), ModelRef("echo#three"))
    condition = Condition(
        "a", "A", ModelRef("echo#one"), n=12, strategy=strategy(name, options), choir=models
    )
    return SamplingExperiment("Why?", (condition,), seed=3)


def test_the_models_of_a_choir_take_turns_and_sign():
    turns = list(choir().turns({}, lambda: 16))
    assert [turn.model.id for turn in turns] == ["echo#one", "echo#two", "echo#three"]
    found = {}
    for turn in turns:
        model = ScriptedModel(lambda _, i: f"answer {i}", turn.model)
        for event in turn.work(model, lambda: False):
            found[event.sample.index] = event.sample
            assert voice_of(choir().conditions[0], event.sample.index) == turn.model
    assert set(found) == set(range(12))
    assert len({found[i].origin for i in (0, 1, 2)}) == 3
    assert found[0].origin == found[3].origin


def test_in_a_choir_every_model_meets_every_role():
    given = ("Be a fisher.", "Be a baker.", "Be a priest.")
    met = set()
    for turn in choir("roles", given=given).turns({}, lambda: 16):
        events = turn.work(ScriptedModel(lambda _, i: f"answer {i}", turn.model), lambda: False)
        met |= {(turn.model.id, event.sample.origin.split(" · ")[1]) for event in events}
    assert len(met) == 9


def test_a_list_of_a_choir_belongs_to_one_model():
    condition = choir("verbalized", answers=2).conditions[0]
    assert [voice_of(condition, i).id[-3:] for i in range(8)] == [
        "one", "one", "two", "two", "ree", "ree", "one", "one"
    ]  # fmt: skip


def test_a_choir_names_each_model_once_and_not_too_many():
    one = ModelRef("echo")
    for models in ((one,), tuple(ModelRef(f"echo#{i}") for i in range(4))):
        with pytest.raises(ChoraleError, match="different models take turns"):
            SamplingExperiment("Why?", (Condition("a", "A", one, choir=models),))
