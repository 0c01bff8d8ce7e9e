"""The frontier of a corpus in one call, and what is compared within it."""

import numpy as np
import pytest

from data.examples.dialogues import town_dialogues
from experiments.speech import speech_of
from experiments.synchrony import MEASURES, contrasts, grid, judged, play
from metrics.conversation_bootstrap import mean_estimate, paired_equivalence, resampled_weights
from metrics.policies import Policy, simulate, standard_policies
from metrics.policy_frontier import non_dominated
from metrics.synchrony import over_turns, stability, synchrony


@pytest.fixture(scope="module")
def speech():
    return speech_of(town_dialogues(conversations=12, turns=5), "town")


@pytest.fixture(scope="module")
def frontier(speech):
    return play(speech, standard_policies())


def test_it_is_the_simulation_measured(speech, frontier):
    alone = simulate(standard_policies(), speech.users, speech.persona, unit=speech.unit)
    assert np.allclose(frontier.values["synchrony"], over_turns(synchrony(alone)))
    assert np.allclose(frontier.values["stability"], over_turns(stability(alone)))
    assert tuple(frontier.values) == MEASURES
    weights = resampled_weights(12, np.random.default_rng(0))
    for place in range(len(frontier.policies)):
        expected = mean_estimate(frontier.values["synchrony"][place], weights)
        found = frontier.estimates["synchrony"][place]
        ends = [(e.value, e.low, e.high, e.n) for e in (found, expected)]
        assert ends[0] == pytest.approx(ends[1])


def test_the_two_ends_are_where_they_must_be(frontier):
    keys = [policy.key for policy in frontier.policies]
    value = {key: {m: frontier.estimates[m][place].value for m in MEASURES}
             for place, key in enumerate(keys)}  # fmt: skip
    assert value["uncapped"]["synchrony"] == pytest.approx(1)
    assert value["uncapped"]["distance_to_user"] == pytest.approx(0)
    assert value["static"]["stability"] == value["static"]["coherence"] == pytest.approx(1)
    assert value["static"]["legibility"] == 1
    assert value["static"]["step_size"] == 0
    assert value["uncapped"]["legibility"] < 1


def test_those_that_stand_are_not_dominated(frontier):
    axes = np.array([[e.value for e in frontier.estimates[m]] for m in ("stability", "synchrony")])
    assert np.array_equal(frontier.stands, non_dominated(axes.T))
    assert 0 < frontier.hypervolume.low <= frontier.hypervolume.value <= 4


def test_instructions_tell_how_a_target_differs_from_the_persona(frontier):
    keys = [policy.key for policy in frontier.policies]
    assert not frontier.levels[keys.index("static")].any()
    assert frontier.levels[keys.index("uncapped")].any()


def test_contrasts_are_paired(frontier):
    found = {(c.policy, c.measure): c for c in contrasts(frontier, 1)}
    assert len(found) == 7 * len(MEASURES)
    one = found[3, "stability"]
    gap = frontier.values["stability"][3] - frontier.values["stability"][1]
    assert one.difference.value == pytest.approx(gap.mean())
    assert one.difference.low < one.difference.value < one.difference.high
    rows = frontier.values["stability"]
    assert one.equivalence == paired_equivalence(rows[3], rows[1], margin=0.1)
    wide = {(c.policy, c.measure): c for c in contrasts(frontier, 1, margin=2.0)}
    assert wide[3, "stability"].equivalence.is_equivalent


def test_the_grid_agrees_with_playing_its_corners(speech):
    found = grid(speech, (0.3, 1.0), (0.2, 50.0))
    ema, uncapped = (Policy(key=str(f), label="", follow=f) for f in (0.3, 1.0))
    played = play(speech, (ema, uncapped))
    assert found.synchrony[0, 1] == pytest.approx(played.estimates["synchrony"][0].value)
    assert found.stability[1, 1] == pytest.approx(played.estimates["stability"][1].value)
    assert found.synchrony[1, 0] < found.synchrony[1, 1]
    assert found.n == 12


def test_replicates_of_a_script_count_once(speech):
    simulation = simulate(standard_policies(), speech.users, speech.persona, unit=speech.unit)
    found = judged(speech, simulation, simulation.states, replicates=2)
    single = judged(speech, simulation, simulation.states)
    assert found.values["synchrony"].shape == (8, 6)
    pairs = single.values["synchrony"].reshape(8, 6, 2).mean(axis=-1)
    assert np.allclose(found.values["synchrony"], pairs)
    assert not found.estimates["synchrony"][0].is_defined  # 6 of at least 8


def test_few_conversations_have_no_numbers_but_a_reason():
    few = play(speech_of(town_dialogues(conversations=3, turns=3), "few"), standard_policies())
    assert not few.stands.any()
    assert "3 of at least 8" in few.estimates["synchrony"][0].reason
    assert not few.hypervolume.is_defined
