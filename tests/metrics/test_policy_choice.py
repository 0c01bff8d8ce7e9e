"""Policies by name: every setting reaches the ones it should."""

import numpy as np
import pytest

from metrics.policies import simulate, standard_policies
from metrics.policy_choice import (
    STANDARD,
    Tuning,
    base_of,
    choices,
    named_policies,
    variant_of,
)
from metrics.policy_language import read_rule
from tests.metrics.playing import PERSONA, walk


def played(keys, tuning):
    users = walk(np.random.default_rng(2))
    return simulate(named_policies(keys, tuning), users, PERSONA).states


def test_the_standard_ones_are_those_of_the_literature():
    found = named_policies(STANDARD, Tuning())
    assert found == standard_policies()


def test_every_choice_has_a_name_and_can_be_played():
    rule = read_rule("user")
    names = choices()
    assert len(names) == 7 * 3
    found = named_policies(list(names), Tuning(rule=rule))
    assert [policy.key for policy in found] == list(names)
    assert names["own_cache"] == "My own + Cache"
    assert [(base_of(key), variant_of(key)) for key in ("dead_band_radius", "dead_band")] == [
        ("dead_band", "radius"),
        ("dead_band", ""),
    ]


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("ema", {"follow": 0.2}),
        ("hybrid", {"follow": 0.1}),
        ("cap", {"cap": 0.1}),
        ("hybrid", {"cap": 0.1}),
        ("dead_band", {"dead_band": 0.9}),
        ("uncapped_radius", {"radius": 0.1}),
        ("uncapped_cache", {"cache": 1.5}),
    ],
)
def test_every_setting_changes_what_is_played(key, changed):
    before, after = played([key], Tuning()), played([key], Tuning(**changed))
    assert not np.allclose(before, after, equal_nan=True)


def test_ones_own_policy_waits_for_its_rule():
    assert named_policies(["own", "static"], Tuning())[0].key == "static"
    ours = played(["own"], Tuning(rule=read_rule("state + 0.5 * (user - state)")))
    assert np.allclose(ours, played(["ema"], Tuning()), equal_nan=True)


def test_an_unknown_one_is_refused():
    with pytest.raises(ValueError, match="Expected one of static"):
        named_policies(["magic"], Tuning())
    with pytest.raises(ValueError, match="follow"):
        named_policies(["ema"], Tuning(follow=2))
