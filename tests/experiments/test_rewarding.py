"""Best of n by what groups like."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import ChoraleError
from data.town import compose, load_town
from data.town.judgements import yes_probability
from experiments.groups.grouping import grouping_of
from experiments.groups.options import utilities_of
from experiments.groups.rewarding import LEAST, RULES, WEIGHTED, best_of, rule_scores, values_of
from experiments.groups.sources import town_source

TOPIC = "school"


@pytest.fixture(scope="module")
def values():
    source = town_source("ratings", per_group=30)
    return values_of(source, grouping_of(source.responses, ["group"]))


@pytest.fixture(scope="module")
def answers():
    """Every rated idea, said in each of its ways."""
    rng = np.random.default_rng(0)
    ideas = load_town().topics[TOPIC].ideas[:8]
    return [compose(idea, rng) for idea in ideas for _ in range(4)]


def test_every_part_of_the_data_is_there_once():
    source = town_source("ratings", per_group=10)
    names, parts, table = utilities_of(source, most=600)
    assert table.shape == (60, 32)
    assert len(set(parts)) == 4
    assert len({name.split("/")[0] for name, p in zip(names, parts, strict=True) if p == 0}) == 1
    assert np.nanmin(table) == 0
    assert np.nanmax(table) == 1
    assert len(utilities_of(source, most=20)[0]) == 20


def test_the_choice_is_near_what_the_town_says(values, answers):
    found = best_of(values, answers, np.ones(6))
    assert found.truth is not None
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(found.rewards, found.truth, strict=True)]
    assert np.mean(alike) > 0.5
    total, least = (found.chosen[rule] for rule in RULES)
    assert found.truth.mean(axis=0)[total] > 0
    assert found.truth.min(axis=0)[least] > np.median(found.truth.min(axis=0))
    for rule in RULES:
        for gain in found.gains[rule]:
            assert gain.low < gain.value < gain.high
            assert gain.n == 30


def test_more_answers_bring_more_and_one_brings_nothing(values, answers):
    found = best_of(values, answers, np.ones(6))
    assert found.sizes == (1, 2, 4, 8, 16, 32)
    for rule, objective in ((WEIGHTED, np.mean), (LEAST, np.min)):
        curve = found.curves[rule]
        assert curve[0] == pytest.approx(np.zeros(6), abs=1e-9)
        assert curve[-1] == pytest.approx(found.rewards[:, found.chosen[rule]])
        assert objective(curve[-1]) > objective(curve[1]) > 0 or rule == LEAST
    scores = rule_scores(found.rewards, np.ones(6))
    assert found.true_curve(WEIGHTED, scores[WEIGHTED])[0] == pytest.approx(np.zeros(6), abs=1e-9)


def test_weights_move_the_choice_to_the_group_that_has_them(values, answers):
    alone = best_of(values, answers, np.eye(6)[0])
    assert alone.chosen[WEIGHTED] == int(np.argmax(alone.rewards[0]))
    assert alone.chosen[WEIGHTED] != best_of(values, answers, np.eye(6)[3]).chosen[WEIGHTED]


def test_what_no_truth_is_known_of_has_none(values):
    assert best_of(values, ["Teach cooking.", "Something else."], np.ones(6)).truth is None
    truth = best_of(
        values, [compose(load_town().topics[TOPIC].ideas[0], np.random.default_rng(0)), "Other."],
        np.ones(6),
    ).truth  # fmt: skip
    assert np.isnan(truth[:, 1]).all()
    known = yes_probability(TOPIC, load_town().topics[TOPIC].ideas[0].id, values.names[0])
    assert 0 < known < 1
    assert truth[0, 0] == pytest.approx(0)  # the only one that is known


def test_too_little_to_learn_from_or_choose_among_is_refused(values):
    with pytest.raises(ChoraleError, match="nothing to choose"):
        best_of(values, ["One."], np.ones(6))
    with pytest.raises(ChoraleError, match="nothing to choose"):
        best_of(values, ["One.", "Two."], np.zeros(6))
    small = town_source("ratings", per_group=10, topics=(TOPIC,))
    with pytest.raises(ChoraleError, match="values need 10"):
        values_of(small, grouping_of(small.responses, ["group"]))
