"""Closed loops of different models on one scale."""

import numpy as np
import pytest

from data.errors import ChoraleError
from experiments.closed_loop import ClosedLoopExperiment
from experiments.loop_models import compared_loops, costs
from experiments.loop_results import loop_frontier
from tests.experiments.scripted import ScriptedModel
from tests.experiments.test_closed_loop import (
    HYBRID,
    LOUD,
    QUIET,
    STATIC,
    UNCAPPED,
    condition,
    data_of,
    held,
    obedient,
)

STUBBORN = (QUIET, LOUD, "It may be so, or it may not.", "I wonder what the others think.")


def stubborn():
    """Speaks as it likes, whatever it is told."""
    return ScriptedModel(lambda asked, index: STUBBORN[index % len(STUBBORN)])


def run_of(model, conditions, *, turns=None):
    experiment = ClosedLoopExperiment("town", conditions, seed=1)
    draws = held(experiment, model)
    kept = {
        key: {i: sample for i, sample in mine.items() if turns is None or i % 4 < turns}
        for key, mine in draws.items()
    }
    return data_of(experiment, kept)


@pytest.fixture(scope="module")
def conditions():
    asked = (STATIC, UNCAPPED, HYBRID)
    return tuple(condition(key, policy) for key, policy in zip("abc", asked, strict=True))


@pytest.fixture(scope="module")
def runs(conditions):
    return run_of(obedient(), conditions), run_of(stubborn(), conditions)


def test_all_runs_stand_on_one_scale_and_count_the_same_turns(runs):
    found = compared_loops(runs)
    one, other = found.frontiers
    assert one.speech.space is other.speech.space
    assert "all runs shown" in one.speech.space.reference
    assert found.turns == 4
    assert found.same_users
    assert one.simulation.states.shape == other.simulation.states.shape
    assert not np.allclose(one.speech.persona, other.speech.persona)


def test_a_model_that_obeys_gets_nearer_to_its_users(runs):
    obeys, strays = compared_loops(runs).frontiers
    uncapped = [f.estimates["synchrony"][1].value for f in (obeys, strays)]
    assert uncapped[0] > uncapped[1] + 0.3


def test_a_run_that_stopped_early_shortens_all(runs, conditions):
    short = run_of(stubborn(), conditions, turns=3)
    found = compared_loops((runs[0], short))
    assert found.turns == 3
    assert all(f.simulation.states.shape[2] == 2 for f in found.frontiers)
    with pytest.raises(ChoraleError, match="second turn"):
        compared_loops((runs[0], run_of(stubborn(), conditions, turns=1)))


def test_other_users_are_said(runs, conditions):
    lines = tuple(f"{line} Please." for line in conditions[0].plan.lines)
    changed = tuple(
        condition(key, policy, lines=lines)
        for key, policy in zip("abc", (STATIC, UNCAPPED, HYBRID), strict=True)
    )
    assert not compared_loops((runs[0], run_of(stubborn(), changed))).same_users


def test_one_run_alone_is_nearly_its_own_picture(runs):
    [alone] = compared_loops(runs[:1]).frontiers
    own = loop_frontier(runs[0])
    for axis in ("synchrony", "stability"):
        gaps = [a.value - b.value for a, b in zip(
            alone.estimates[axis], own.estimates[axis], strict=True)]  # fmt: skip
        assert np.abs(gaps).max() < 0.15


def test_what_less_following_costs_is_told_by_model(runs):
    loops = compared_loops(runs)
    found = {(c.place, c.measure): c.difference for c in costs(loops, "hybrid", "uncapped")}
    assert len(found) == 2 * 3
    values = loops.frontiers[0].values["synchrony"]
    assert found[0, "synchrony"].value == pytest.approx((values[2] - values[1]).mean())
    assert costs(loops, "hybrid", "ema") == ()
