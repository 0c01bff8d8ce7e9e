import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.policies import (
    Policy,
    next_styles,
    simulate,
    standard_policies,
    with_cache,
    with_radius,
)
from metrics.style_space import by_conversation, median_step
from tests.metrics.playing import PERSONA, one, turns_of, walk

NAN = float("nan")


def played(policy, users, persona=PERSONA, *, unit=1.0):
    return simulate([policy], users, persona, unit=unit).states[0]


def cosine(a, b):
    sizes = np.linalg.norm(a) * np.linalg.norm(b)
    return (a @ b) / sizes if sizes else NAN


def plain_next(policy, state, user, persona, unit):
    """One turn by the formulas of the papers, one vector at a time."""
    way = user - state
    length = np.linalg.norm(way)
    moved = state + policy.follow * way
    if policy.follow * length > policy.cap * unit:
        moved = state + way / length * policy.cap * unit
    if policy.dead_band is not None and 1 - cosine(user, state) <= policy.dead_band:
        moved = state
    away = np.linalg.norm(moved - persona)
    if away > policy.radius * unit:
        moved = persona + (moved - persona) / away * policy.radius * unit
    if policy.cache is not None and 1 - cosine(user, state) <= policy.cache:
        return state
    return moved


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        # from (0, 0) toward (3, 4), 5 away, then toward (3, 4) again
        (Policy(key="p", label="", follow=0.0), [[0, 0], [0, 0]]),
        (Policy(key="p", label=""), [[3, 4], [3, 4]]),
        (Policy(key="p", label="", cap=2.5), [[1.5, 2], [3, 4]]),
        (Policy(key="p", label="", follow=0.5), [[1.5, 2], [2.25, 3]]),
        # half of 5 is more than the cap of 1; half of 4 again
        (Policy(key="p", label="", follow=0.5, cap=1.0), [[0.6, 0.8], [1.2, 1.6]]),
        (Policy(key="p", label="", radius=2.5), [[1.5, 2], [1.5, 2]]),
        # at the origin there is no direction, so it moves; then it is there already
        (Policy(key="p", label="", follow=0.5, dead_band=0.1), [[1.5, 2], [1.5, 2]]),
        (Policy(key="p", label="", follow=0.5, cache=0.01), [[1.5, 2], [1.5, 2]]),
    ],
)
def test_by_hand(policy, states):
    found = played(policy, one([3, 4], [3, 4]), np.zeros(2))
    assert found[0] == pytest.approx(np.array(states))


@pytest.mark.parametrize("unit", [1.0, 2.6])
def test_all_policies_at_once_are_each_turn_by_turn(unit):
    policies = standard_policies(cap=0.3, radius=0.7, cache=0.2, dead_band=0.3)
    users = walk(np.random.default_rng(0))
    found = simulate(policies, users, PERSONA, unit=unit)
    for place, policy in enumerate(policies):
        for conversation in range(len(users.ids)):
            state = PERSONA
            for turn, user in enumerate(turns_of(users, conversation)):
                state = plain_next(policy, state, user, PERSONA, unit)
                assert found.states[place, conversation, turn] == pytest.approx(state), policy.key


def test_the_standard_policies_are_eight_with_their_settings():
    policies = {policy.key: policy for policy in standard_policies()}
    assert list(policies) == [
        "static", "uncapped", "cap", "ema", "dead_band",
        "hybrid", "hybrid_radius", "hybrid_cache",
    ]  # fmt: skip
    other = standard_policies(follow=0.3, cap=0.7, dead_band=0.2, radius=2.0, cache=0.05)
    changed = {p.key for p in other if p != policies[p.key]}
    assert changed == set(policies) - {"static", "uncapped"}


@pytest.mark.parametrize(
    ("option", "value"),
    [("follow", 0.3), ("cap", 0.2), ("dead_band", 0.9), ("radius", 0.4), ("cache", 0.9)],
)
def test_every_setting_changes_the_answer(option, value):
    users = walk(np.random.default_rng(1))
    plain, other = Policy(key="p", label=""), Policy(key="p", label="", **{option: value})
    assert not np.allclose(played(plain, users), played(other, users), equal_nan=True)


def test_a_cap_counts_in_units():
    users = walk(np.random.default_rng(2))
    unit = median_step(users)
    relative = played(Policy(key="p", label="", cap=0.5, radius=1.5), users, unit=unit)
    absolute = played(Policy(key="p", label="", cap=0.5 * unit, radius=1.5 * unit), users)
    assert relative == pytest.approx(absolute, nan_ok=True)


def test_hybrid_is_cap_wherever_the_cap_binds_and_ema_wherever_it_does_not():
    users = walk(np.random.default_rng(3))
    hybrid = Policy(key="p", label="", follow=0.5, cap=0.01)
    assert played(hybrid, users) == pytest.approx(
        played(Policy(key="p", label="", cap=0.01), users), nan_ok=True
    )
    loose = Policy(key="p", label="", follow=0.5, cap=100.0)
    assert played(loose, users) == pytest.approx(
        played(Policy(key="p", label="", follow=0.5), users), nan_ok=True
    )


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 3), st.floats(0.05, 3))
def test_no_step_is_longer_than_the_cap_and_no_style_outside_the_radius(seed, cap, radius):
    users = walk(np.random.default_rng(seed), conversations=4, longest=5)
    capped = played(Policy(key="p", label="", cap=cap), users)
    steps = np.linalg.norm(np.diff(capped, axis=1), axis=-1)
    assert np.nanmax(steps, initial=0) <= cap + 1e-9
    held = played(with_radius(Policy(key="p", label=""), radius), users)
    assert np.nanmax(np.linalg.norm(held - PERSONA, axis=-1)) <= radius + 1e-9


@given(st.integers(0, 2**32 - 1), st.floats(0, 2 * math.pi))
def test_turning_the_axes_turns_every_path(seed, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    users = walk(np.random.default_rng(seed), conversations=3, longest=4, size=2)
    turned = by_conversation(
        users.vectors[users.present] @ turn.T,
        [i for i, there in zip(users.ids, users.present, strict=True) for _ in range(there.sum())],
    )
    persona = np.array([0.3, 0.5])
    policies = [p for p in standard_policies() if p.cache is None and p.dead_band is None]
    straight = simulate(policies, users, persona).states @ turn.T
    found = simulate(policies, turned, turn @ persona).states
    assert found == pytest.approx(straight, nan_ok=True, abs=1e-9)


def test_undefined_turns_are_waited_out_and_the_end_is_nan():
    users = by_conversation([[1, 0], [NAN, 0], [0, 2], [5, 5]], ["x", "x", "x", "y"])
    found = played(Policy(key="p", label=""), users, np.zeros(2))
    assert found[0].tolist() == [[1, 0], [1, 0], [0, 2]]
    assert np.isnan(found[1, 1:]).all()


def test_a_turn_that_repeats_moves_nothing():
    for policy in standard_policies():
        found = played(policy, one([1, 1, 1], [1, 1, 1]), np.array([1.0, 1.0, 1.0]))
        assert found[0] == pytest.approx(np.ones((2, 3))), policy.key


def test_hit_rate_counts_the_turns_that_were_there():
    # the second turn points where the state does, the third is undefined, the fourth away
    users = one([1, 0], [2, 0], [NAN, 0], [0, 1])
    plain = Policy(key="p", label="")
    found = simulate([plain, with_cache(plain, 0.01)], users, np.zeros(2))
    assert np.isnan(found.hit_rates[0])
    assert found.hit_rates[1] == pytest.approx(1 / 3)
    assert found.states[1, 0].tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]


def test_a_rule_of_ones_own_takes_radius_and_cache():
    mirror = Policy(key="mine", label="Mine", rule=lambda state, user, persona, unit: -user)
    users = walk(np.random.default_rng(4))
    assert played(mirror, users) == pytest.approx(-users.vectors, nan_ok=True)
    held = played(with_radius(mirror, 0.5), users)
    assert np.nanmax(np.linalg.norm(held - PERSONA, axis=-1)) <= 0.5 + 1e-9
    kept = simulate([with_cache(mirror, 0.01)], one([1, 0], [-1, 0]), np.zeros(2))
    assert kept.states[0, 0].tolist() == [[-1, 0], [-1, 0]]


@pytest.mark.parametrize(
    "setting",
    [{"follow": 1.5}, {"follow": -0.1}, {"cap": -1}, {"radius": -1}, {"cache": 3},
     {"dead_band": -0.5}, {"follow": NAN}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ValueError, match=f"{next(iter(setting))} of p to be between"):
        Policy(key="p", label="", **setting)


def test_what_cannot_be_played_is_refused():
    users, policy = one([1, 0]), Policy(key="p", label="")
    with pytest.raises(ValueError, match="different keys"):
        simulate([policy, policy], users, [0, 0])
    with pytest.raises(ValueError, match="different keys"):
        simulate([], users, [0, 0])
    for persona in ([0, 0, 0], [NAN, 0]):
        with pytest.raises(ValueError, match="finite persona"):
            simulate([policy], users, persona)
    for unit in (0, -1, NAN, math.inf):
        with pytest.raises(ValueError, match="positive length"):
            simulate([policy], users, [0, 0], unit=unit)
    broken = Policy(key="p", label="", rule=lambda state, user, persona, unit: persona)
    with pytest.raises(ValueError, match="return styles with shape"):
        simulate([broken], users, [0, 0])


def test_a_single_turn_from_any_state_is_the_simulation_s():
    users = walk(np.random.default_rng(2))
    for policy in standard_policies():
        states = played(policy, users)
        for turn in (1, 3):
            found = next_styles(policy, states[:, turn - 1], users.vectors[:, turn], PERSONA)
            there = users.present[:, turn]
            assert np.allclose(found[there], states[there, turn])


def test_a_single_turn_stays_where_the_user_is_not_defined():
    state = np.array([[1.0, 2.0, 0.0]])
    user = np.array([[NAN, 3.0, 0.0]])
    uncapped = Policy(key="u", label="u")
    assert np.array_equal(next_styles(uncapped, state, user, PERSONA), state)
    # Half the way from (1, 2, 0) to (3, 3, 0) is (2, 2.5, 0).
    half = next_styles(Policy(key="e", label="e", follow=0.5), state, np.array([[3.0, 3.0, 0.0]]),
                       PERSONA)  # fmt: skip
    assert np.allclose(half, [[2.0, 2.5, 0.0]])
