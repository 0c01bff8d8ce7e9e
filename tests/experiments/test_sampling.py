"""What a sampling experiment accepts, and in which turns it asks for its draws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from data.errors import ChoraleError, PromptError
from data.schema import Condition, Decoding, ModelRef
from experiments.sampling import SamplingExperiment, condition_seed
from models.echo import EchoModel

ONE, TWO = ModelRef("echo#one"), ModelRef("echo#two")


def conditions(*models, n=20):
    return tuple(
        Condition(key, key.upper(), model, n=n) for key, model in zip("abcd", models, strict=False)
    )


def go_through(experiment, drawn=None, size=8):
    """The turns as (model, condition, indices), run on an echo model."""
    turns = []
    for turn in experiment.turns(drawn or {}, lambda: size):
        events = list(turn.work(EchoModel(turn.model), lambda: False))
        (key,) = {event.condition for event in events}
        turns.append((turn.model, key, sorted(event.sample.index for event in events)))
    return turns


def test_conditions_of_one_model_grow_together():
    turns = go_through(SamplingExperiment("Why?", conditions(ONE, ONE)))
    assert [(key, len(indices)) for _, key, indices in turns] == [
        ("a", 8), ("b", 8), ("a", 8), ("b", 8), ("a", 4), ("b", 4)
    ]  # fmt: skip


def test_the_condition_furthest_behind_comes_first():
    turns = go_through(
        SamplingExperiment("Why?", conditions(ONE, ONE)), {"a": frozenset(range(16))}
    )
    assert [key for _, key, _ in turns] == ["b", "b", "a", "b"]


def test_no_model_is_needed_twice():
    turns = go_through(SamplingExperiment("Why?", conditions(ONE, TWO, ONE)))
    models = [model for model, _, _ in turns]
    assert models == [ONE] * 6 + [TWO] * 3
    assert {key for model, key, _ in turns if model == ONE} == {"a", "c"}


def test_every_draw_is_asked_for_once_and_what_is_drawn_is_left_out():
    drawn = {"a": frozenset({0, 7, 19}), "b": frozenset(range(20))}
    asked = [
        i
        for _, key, indices in go_through(SamplingExperiment("Why?", conditions(ONE, ONE)), drawn)
        for i in indices
    ]
    assert sorted(asked) == sorted(set(range(20)) - {0, 7, 19})


def test_the_pace_is_asked_before_each_turn():
    sizes = iter([1, 2, 3, 4, 5, 6])
    turns = SamplingExperiment("Why?", conditions(ONE)).turns({}, lambda: next(sizes))
    counts = [len(list(turn.work(EchoModel(), lambda: False))) for turn in turns]
    assert counts == [1, 2, 3, 4, 5, 5]


def test_a_persona_is_sent_as_a_system_prompt_and_blanks_are_not():
    def texts(system):
        condition = replace(conditions(ONE)[0], system=system)
        (turn,) = SamplingExperiment("Why?", (condition,)).turns({}, lambda: 20)
        return [e.sample.text for e in turn.work(EchoModel(), lambda: False)]

    assert texts("You are a fisher.") != texts("")
    assert texts(" \n") == texts("")


def test_conditions_draw_from_separate_streams():
    seeds = {condition_seed(seed, key) for seed in range(50) for key in "abcd"}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**63 for seed in seeds)
    # sha256("chorale condition 1 a") begins d99500ad499f7433; halved. It must never change:
    # stored runs are resumed with it.
    assert condition_seed(1, "a") == 0xD99500AD499F7433 // 2


def test_equal_conditions_are_replicates_not_copies():
    turns = SamplingExperiment("Why?", conditions(ONE, ONE)).turns({}, lambda: 20)
    first, second = ([e.sample.text for e in t.work(EchoModel(), lambda: False)] for t in turns)
    assert first != second


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_a_blank_prompt_is_refused(prompt):
    with pytest.raises(PromptError, match="empty"):
        SamplingExperiment(prompt, conditions(ONE))


def test_the_number_of_conditions_is_limited():
    with pytest.raises(ChoraleError, match="1 to 8 conditions"):
        SamplingExperiment("Why?", ())
    nine = tuple(Condition(key, key, ONE) for key in "abcdefghi")
    with pytest.raises(ChoraleError, match="9 were given"):
        SamplingExperiment("Why?", nine)
    with pytest.raises(ChoraleError, match="same key"):
        SamplingExperiment("Why?", conditions(ONE) * 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 7}, "n must be 8 to 512, but it was 7"),
        ({"n": 513}, "n must be"),
        ({"key": ""}, "key"),
        ({"model": ModelRef(" ")}, "names no model"),
        ({"decoding": Decoding(temperature=-0.1)}, "temperature must be 0 to 5"),
        ({"decoding": Decoding(temperature=math.nan)}, "temperature .* not a number"),
        ({"decoding": Decoding(top_p=0)}, "top-p"),
        ({"decoding": Decoding(top_p=1.01)}, "top-p"),
        ({"decoding": Decoding(top_k=-1)}, "top-k"),
        ({"decoding": Decoding(min_p=1)}, "min-p"),
        ({"decoding": Decoding(max_new_tokens=0)}, "longest answer"),
        ({"decoding": Decoding(stop=("x", ""))}, "stop text must be at least one character"),
    ],
)
def test_a_condition_out_of_range_is_refused_in_words(change, words):
    condition = replace(conditions(ONE)[0], **change)
    with pytest.raises(ChoraleError, match=words) as raised:
        SamplingExperiment("Why?", (condition,))
    assert raised.value.what_to_do
