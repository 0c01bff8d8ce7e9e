"""What holds for every strategy: resuming, stopping, portions, budgets, cards, options."""

from __future__ import annotations

import math

import pytest

from data.errors import ChoraleError
from data.schema import Condition, ModelRef, Strategy
from experiments.sampling import SamplingExperiment, condition_seed
from experiments.strategies.registry import METHODS, most_tokens, strategy, way_of
from tests.experiments.scripted import ScriptedModel, asking, drawn, lists

SEED = condition_seed(3, "a")


# Those that any model can carry; the others have tests of their own.
ALL = [name for name in METHODS if name not in ("lookahead", "valued")]


@pytest.mark.parametrize("name", ALL)
def test_every_answer_comes_once_and_the_same_in_any_portions(name):
    whole = drawn(asking(name, n=13), lists(), pace=128)
    assert set(whole) == set(range(13))
    assert drawn(asking(name, n=13), lists(), pace=1) == whole


@pytest.mark.parametrize("name", ALL)
def test_a_resumed_run_draws_what_is_missing_and_the_same(name):
    whole = drawn(asking(name, n=13), lists())
    there = frozenset({0, 1, 6, 12})
    assert drawn(asking(name, n=13), lists(), there=there) == {
        i: sample for i, sample in whole.items() if i not in there
    }


@pytest.mark.parametrize("name", ALL)
def test_a_stop_keeps_what_is_whole_and_the_rest_comes_later(name):
    whole, kept = drawn(asking(name, n=13), lists()), set()
    for steps in (1, 2, 3, 5, 8, 21):
        asked = iter(range(10**6))
        first = drawn(
            asking(name, n=13), lists(), should_stop=lambda asked=asked, n=steps: next(asked) >= n
        )
        kept.add(len(first))
        assert all(whole[i] == sample for i, sample in first.items())
        rest = drawn(asking(name, n=13), lists(), there=frozenset(first))
        assert first | rest == whole
    assert kept & set(range(1, 13))


@pytest.mark.parametrize("name", ALL)
def test_no_strategy_draws_more_tokens_than_it_says(name):
    experiment = asking(name, n=13, limit=3)
    model = ScriptedModel(lambda asked, _: "1. a\n2. b c d e f g\n" * 60)
    found = drawn(experiment, model)
    assert 0 < sum(s.cost for s in found.values()) <= most_tokens(experiment.conditions[0])


@pytest.mark.parametrize("name", METHODS)
def test_every_strategy_has_a_card_and_knows_its_options(name):
    method = METHODS[name]
    for words in (method.label, method.summary, method.rule, method.cost, method.cannot_tell):
        assert words.lstrip("$")[0].isupper() or words.startswith("$")
        assert words.rstrip("$")[-1] == "." or words == method.label
    assert method.references
    chosen = strategy(name)
    assert [option for option, _ in chosen.options] == [s.name for s in method.settings]
    assert way_of(chosen).size >= 1
    assert way_of(Strategy(name)).size == way_of(chosen).size


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("wishes", {}, "no strategy called “wishes”"),
        ("plain", {"answers": 2}, "Plain sampling” has no option “answers”"),
        ("verbalized", {"answers": 1}, "must be a whole number from 2 to 20, but it was 1"),
        ("verbalized", {"answers": 2.0}, "a whole number"),
        ("verbalized", {"answers": True}, "a whole number"),
        ("adaptive", {"strength": math.nan}, "not a number"),
        ("negative_list", {"differ": "a lot"}, "one of as answers, in values"),
        ("roles", {"given": "a fisher"}, "up to 64 texts"),
        ("roles", {"given": ["a", " "]}, "none empty"),
        ("roles", {"given": ["a"] * 65}, "up to 64 texts"),
    ],
)
def test_options_that_cannot_be_are_refused_in_words(name, options, words):
    with pytest.raises(ChoraleError, match=words):
        strategy(name, options)


def test_an_unknown_strategy_is_refused_before_the_run():
    with pytest.raises(ChoraleError, match="no strategy"):
        SamplingExperiment("Why?", (Condition("a", "A", ModelRef("echo"), strategy=Strategy("x")),))
