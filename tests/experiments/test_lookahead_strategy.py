"""Lookahead trees as a strategy: places, costs, resuming; and models that can't carry it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.errors import ModelError
from data.schema import FinishReason, ModelRef
from experiments.strategies.registry import most_tokens
from models.local import load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.experiments.scripted import ScriptedModel, asking, drawn

QUESTION = "What should we do about the harbour?"
OPTIONS = {"width": 4, "likely": 0.05, "close": 0.6, "look": 4}


@pytest.fixture(scope="module")
def saltmere():
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    return load_local(ModelRef(BUNDLED_ID), device="cpu")


def trees(n=12, **options):
    return replace(asking("lookahead", n=n, limit=40, **(OPTIONS | options)), prompt=QUESTION)


@pytest.fixture(scope="module")
def whole(saltmere):
    return drawn(trees(), saltmere)


def test_each_tree_fills_the_places_of_its_call(whole):
    assert set(whole) == set(range(12))
    for call in range(3):
        own = [whole[i] for i in range(4 * call, 4 * call + 4)]
        assert len({sample.call_id for sample in own}) == 1
        texts = [sample.text for sample in own if sample.answered]
        assert len(texts) == len({sample.token_ids for sample in own if sample.answered})
    assert sum(sample.answered for sample in whole.values()) >= 6


def test_what_trees_share_is_paid_once_and_places_left_empty_are_counted(saltmere, whole):
    own = sum(len(sample.token_ids) for sample in whole.values())
    assert 0 < sum(sample.cost for sample in whole.values()) < own
    assert sum(sample.cost for sample in whole.values()) <= most_tokens(trees().conditions[0])
    alone = drawn(trees(likely=0.5), saltmere)  # no second token is above one half
    reasons = [alone[i].finish for i in range(12)]
    assert reasons.count(FinishReason.MISSING) == 9
    assert len({sample.text for sample in alone.values() if sample.answered}) == 1


def test_a_resumed_run_grows_the_same_trees(saltmere, whole):
    there = frozenset({0, 1, 2, 3, 11})
    rest = drawn(trees(), saltmere, there=there)
    assert rest == {i: sample for i, sample in whole.items() if i not in there}


def test_a_stop_drops_unfinished_trees(saltmere, whole):
    asked = iter(range(10**6))
    assert drawn(trees(), saltmere, should_stop=lambda: next(asked) >= 5) == {}


def test_a_model_without_a_cache_at_hand_says_so():
    with pytest.raises(ModelError, match="several ways from the middle"):
        drawn(trees(), ScriptedModel(lambda *_: "a pier"))
