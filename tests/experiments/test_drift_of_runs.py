"""From held conversations to curves: every reply in its place, the rest to `metrics`."""

from dataclasses import replace

import numpy as np
import pytest

from data.divergences import TokenDivergence
from data.schema import Plan, RunData
from experiments.conversation import ConversationExperiment
from experiments.drift import (
    Divided,
    anchor_rows,
    courses,
    held,
    measures_of,
    per_reply,
    values_of,
)
from metrics.autoregression import Verdict
from tests.experiments.test_conversation import condition
from tests.factories import make_run, make_sample

PLAN = Plan(("One.", "Two.", "Three."), replicates=4, replies=4, marks=("by my nets",))


def run_of(*conditions, texts=lambda key, index: "By my nets, yes.", upto=None):
    """A run whose draws below `upto` are there, in a shuffled order."""
    places = [(c.key, i) for c in conditions for i in range(c.plan.draws if upto is None else upto)]
    order = np.random.default_rng(0).permutation(len(places))
    places = [places[i] for i in order]
    samples = tuple(make_sample(i, texts(key, i)) for key, i in places)
    run = replace(make_run(), kind="conversation", conditions=conditions)
    vectors = np.eye(8, dtype=np.float32)[[i % 8 for _, i in places]]
    zeros = np.zeros((len(places), 2), dtype=np.float32)
    return RunData(run, tuple(key for key, _ in places), samples, vectors, zeros)


def test_each_value_stands_at_its_conversation_turn_and_reply():
    asked = condition(plan=PLAN)
    values = values_of(asked, {("a", i): float(i) for i in range(PLAN.draws)})
    assert values.shape == (4, 3, 4)
    assert values[2, 1, 3] == PLAN.index(2, 1, 3) == 2 * 12 + 4 + 3


def test_only_turns_that_all_have_finished_count():
    asked = condition(plan=PLAN)
    scores = {("a", i): 1.0 for i in range(PLAN.draws) if i != PLAN.index(3, 1, 0)}
    assert values_of(asked, scores).shape == (4, 1, 4)
    assert values_of(asked, {}).shape == (4, 0, 4)
    assert courses(run_of(asked, upto=3), {}, "held") == {}


def test_marks_are_found_whatever_their_case():
    data = run_of(condition(plan=PLAN), texts=lambda _, i: ["BY MY NETS!", "By the sea."][i % 2])
    assert set(zip(held(data), (s.index % 2 for s in data.samples), strict=True)) == {
        (1.0, 0), (0.0, 1)
    }  # fmt: skip


def test_divergences_are_means_per_token_and_js_in_bits():
    kl, js = np.array([1.0, 3.0], np.float32), np.full(2, np.log(2), np.float32)
    empty = np.zeros(0, np.float32)
    found = per_reply({("a", 0): TokenDivergence(kl, js), ("a", 1): TokenDivergence(empty, empty)})
    assert found.keys() == {("a", 0)}
    assert found["a", 0].kl == 2
    assert found["a", 0].js == pytest.approx(1)


def test_measures_are_offered_where_they_are_defined():
    marked, bare = condition(plan=PLAN), condition("b", replace(PLAN, marks=()))
    told = {("a", 0): Divided(0.1, 0.1)}
    assert measures_of(run_of(marked), told) == ("held", "kl", "js", "style", "meaning")
    assert measures_of(run_of(marked, bare), {}) == ("style", "meaning")


def test_anchors_are_first_replies_of_the_first_condition():
    data = run_of(condition("a", PLAN), condition("b", PLAN))
    rows = anchor_rows(data)
    assert len(rows) == 4 * 4
    assert {data.keys[row] for row in rows} == {"a"}
    assert {data.samples[row].index % 12 // 4 for row in rows} == {0}


def test_few_conversations_give_no_interval_and_no_fit():
    asked = condition(plan=PLAN)
    found = courses(run_of(asked), {}, "held")["a"]
    assert not found.curve.by_turn[0].is_defined
    assert "4 conversations are too few" in found.curve.by_turn[0].reason
    assert found.dynamics.verdict is Verdict.REFUSED
    assert found.walk is None
    assert found.effect is None


def test_a_known_course_is_found_again():
    """24 conversations that revert to 1 with φ = 0.5; the second condition lies 0.4 below."""
    plan = Plan(("x",) * 12, replicates=24, replies=4)
    first, second = condition("a", plan), condition("b", replace(plan, reminders=(4, 8)))
    rng = np.random.default_rng(5)
    divided = {}
    for key, down in (("a", 0.0), ("b", 0.4)):
        level = np.full(24, 3.0)
        for turn in range(12):
            level = 1 + 0.5 * (level - 1) + rng.normal(0, 0.2, 24)
            for replicate, reply in np.ndindex(24, 4):
                value = level[replicate] - down + rng.normal(0, 0.05)
                divided[key, plan.index(replicate, turn, reply)] = Divided(max(value, 0), 0.1)
    found = courses(run_of(first, second), divided, "kl")
    assert found["a"].dynamics.verdict is Verdict.REVERTING
    assert found["a"].dynamics.persistence.low < 0.5 < found["a"].dynamics.persistence.high
    assert found["a"].dynamics.equilibrium.low < 1 < found["a"].dynamics.equilibrium.high
    assert found["a"].dynamics.reminder is None
    assert found["b"].dynamics.reminder is not None
    effect = found["b"].effect.effect
    assert effect.low < -0.4 < effect.high < 0
    assert found["a"].effect is None
    # a walk may end where it likes, noise stays at its level
    walk, noise = (np.ptp(band, axis=0)[-1] for band in (found["a"].walk, found["a"].noise))
    assert walk > 1.5 * noise


def test_the_run_can_be_asked_for_again():
    data = run_of(condition(plan=PLAN))
    assert ConversationExperiment.of(data.run).conditions == data.run.conditions
