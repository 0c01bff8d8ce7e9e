from dataclasses import replace

import numpy as np
import pytest

from experiments.budget import accounts
from experiments.measuring import draws_of
from experiments.sensitivity import THRESHOLDS, hangings, in_space, verdict
from metrics.distances import mean_cosine_distance
from metrics.vendi import rarefied_vendi
from tests.factories import make_data

WORDS = ["pier", "trees", "market", "school"]


@pytest.fixture
def data():
    return make_data({"a": [WORDS[i % 4] for i in range(12)], "b": ["pier"] * 10})


def looked(data, **options):
    settings = {"n": 10, "threshold": 0.5, "rule": "average", "vectors": data.vectors}
    return hangings(data, **(settings | options))


def test_conditions_are_looked_at_with_as_many_answers_each(data):
    found = looked(data)
    assert {key: one.n for key, one in found.items()} == {"a": 10, "b": 10}
    assert found["b"].sweep.values.tolist() == [1] * len(THRESHOLDS)
    assert found["a"].sweep.values[-1] == 4
    assert found["a"].shuffles.as_given == 4


def test_who_shows_the_most_is_told_at_each_threshold(data):
    told = verdict(looked(data))
    assert [threshold for threshold, _ in told] == list(THRESHOLDS)
    assert told[-1][1] == "a"
    assert {
        key for _, key in verdict(looked(make_data({"a": ["x"] * 9, "b": ["x"] * 9}), n=9))
    } == {""}


def test_the_rule_and_the_vectors_matter(data):
    chain = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 1.5, 22)], dtype=np.float32)
    sweeps = [
        looked(data, rule=rule, vectors=chain)["a"].sweep.values.tolist()
        for rule in ("average", "union-find")
    ]
    assert sweeps[0] != sweeps[1]


def test_dependent_answers_have_no_sweep(data):
    samples = tuple(replace(s, call_id="one") for s in data.samples)
    assert looked(replace(data, samples=samples))["a"].sweep is None


def test_too_few_answers_are_not_looked_at(data):
    assert looked(data, n=7) == {}
    assert list(looked(data, n=12)) == ["a"]


def test_draws_carry_all_that_is_known(data):
    labels = np.zeros(22, dtype=int)
    found = draws_of(data, labels, accounts(data), quality=np.arange(22.0))
    assert list(found) == ["a", "b"]
    b = found["b"]
    assert len(b) == 10
    assert b.calls_made == 10
    assert b.quality.tolist() == list(range(12, 22))
    assert b.logprobs.tolist() == [-1.0] * 10
    assert b.sequence_logprobs.tolist() == [-1.0] * 10
    assert b.token_entropies.tolist() == [0.5] * 10
    unknown = tuple(replace(s, logprobs=(), entropies=()) for s in data.samples)
    blank = draws_of(replace(data, samples=unknown), labels, accounts(data))["a"]
    assert np.isnan(blank.sequence_logprobs).all()
    assert blank.quality is None


def test_measures_without_groups_are_the_panels_own(data):
    found = in_space(data, n=10, vectors=data.vectors)
    a, b = found["a"], found["b"]
    assert a[0].value == pytest.approx(rarefied_vendi(data.vectors[:12], m=10))
    assert a[1].value == pytest.approx(mean_cosine_distance(data.vectors[:12]), abs=1e-6)
    assert b[0].value == pytest.approx(1)
    assert list(in_space(data, n=11, vectors=data.vectors)) == ["a"]


def test_another_space_gives_other_numbers(data):
    flat = np.tile([1.0, 0.0], (22, 1))
    assert in_space(data, n=10, vectors=flat)["a"][0].value == pytest.approx(1)
