import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import paired_cosine_distances

from metrics.policies import Policy, simulate, standard_policies
from metrics.style_space import by_conversation
from metrics.synchrony import (
    coherence,
    cosines,
    distance_to_persona,
    distance_to_user,
    measure_policies,
    over_turns,
    register_flips,
    shuffled_synchrony,
    stability,
    step_size,
    synchrony,
)
from tests.metrics.playing import PERSONA, one, walk

NAN = float("nan")
UNCAPPED, STATIC = Policy(key="u", label=""), Policy(key="s", label="", follow=0.0)
HALF = Policy(key="h", label="", follow=0.5)


def played(policy, users, persona, unit=1.0):
    return simulate([policy], users, persona, unit=unit)


def test_by_hand():
    # half of the way from (4, 0) to (0, 4) is (2, 2), half of the rest to (4, 0) is (3, 1)
    found = played(HALF, one([0, 4], [4, 0]), [4, 0], unit=2.0)
    assert synchrony(found)[0, 0] == pytest.approx([1 / 2**0.5, 3 / 10**0.5])
    assert coherence(found)[0, 0] == pytest.approx([1 / 2**0.5, 3 / 10**0.5])
    assert stability(found)[0, 0] == pytest.approx([1 / 2**0.5, 8 / 80**0.5])
    assert step_size(found)[0, 0] == pytest.approx([8**0.5 / 2, 2**0.5 / 2])
    assert distance_to_user(found)[0, 0] == pytest.approx([8**0.5 / 2, 2**0.5 / 2])
    assert distance_to_persona(found)[0, 0] == pytest.approx([8**0.5 / 2, 2**0.5 / 2])


def test_extremes():
    users = walk(np.random.default_rng(0))
    mirror, fixed = (played(policy, users, PERSONA) for policy in (UNCAPPED, STATIC))
    there = users.present
    assert synchrony(mirror)[0, there] == pytest.approx(1)
    assert distance_to_user(mirror)[0, there] == pytest.approx(0)
    assert stability(fixed)[0, there] == pytest.approx(1)
    assert coherence(fixed)[0, there] == pytest.approx(1)
    assert (step_size(fixed)[0, there] == 0).all()
    against = played(STATIC, one([-1, -2]), [1, 2])
    assert synchrony(against)[0, 0, 0] == pytest.approx(-1)


def test_the_first_turn_is_compared_with_the_persona_or_left_out():
    found = played(UNCAPPED, one([0, 1], [0, 2]), [1, 0])
    assert stability(found)[0, 0] == pytest.approx([0, 1])
    assert stability(found, from_persona=False)[0, 0] == pytest.approx([NAN, 1], nan_ok=True)
    assert step_size(found, from_persona=False)[0, 0] == pytest.approx([NAN, 1], nan_ok=True)


def test_a_conversation_of_one_turn_has_values_too():
    found = played(UNCAPPED, one([0, 1]), [1, 0])
    assert stability(found).tolist() == [[[0.0]]]
    assert np.isnan(stability(found, from_persona=False)).all()
    assert np.isnan(register_flips(found, feature=0)).all()


def test_undefined_turns_have_no_synchrony_and_do_not_count():
    users = by_conversation([[0, 1], [NAN, 1], [1, 0]], ["x"] * 3)
    found = played(HALF, users, [0, 1])
    assert np.isnan(synchrony(found)[0, 0]).tolist() == [False, True, False]
    assert stability(found)[0, 0, 1] == pytest.approx(1)  # the bot kept its style
    means = measure_policies(found)
    assert means["synchrony"][0, 0] == pytest.approx((1 + 1 / 2**0.5) / 2)


def test_a_persona_at_the_origin_has_no_coherence():
    found = played(UNCAPPED, one([0, 1]), [0, 0])
    assert np.isnan(coherence(found)).all()
    assert distance_to_persona(found).tolist() == [[[1.0]]]


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 50))
def test_cosines_do_not_see_the_length_and_distances_count_units(seed, factor):
    users = walk(np.random.default_rng(seed), conversations=3, longest=4)
    larger = by_conversation(
        users.vectors[users.present] * factor,
        [i for i, there in zip(users.ids, users.present, strict=True) for _ in range(there.sum())],
    )
    plain = measure_policies(played(HALF, users, PERSONA), informality=0, flip_threshold=0.0)
    scaled = measure_policies(
        played(HALF, larger, PERSONA * factor, unit=factor), informality=0, flip_threshold=0.0
    )
    for name, values in plain.items():
        assert scaled[name] == pytest.approx(values, nan_ok=True, abs=1e-9), name


def test_cosines_agree_with_another_implementation():
    a, b = np.random.default_rng(1).standard_normal((2, 40, 5))
    assert cosines(a, b) == pytest.approx(1 - paired_cosine_distances(a, b))
    assert cosines(a, a).max() <= 1
    assert np.isnan(cosines([[0, 0], [NAN, 1]], [1, 1])).all()


def test_moving_the_origin_moves_cosines_and_no_distance():
    # why every cosine has a companion
    users = walk(np.random.default_rng(2), size=2)
    ids = [i for i, there in zip(users.ids, users.present, strict=True) for _ in range(there.sum())]
    moved = by_conversation(users.vectors[users.present] + 5.0, ids)
    here = measure_policies(played(HALF, users, [1.0, 0]))
    there = measure_policies(played(HALF, moved, [6.0, 5]))
    assert there["step_size"] == pytest.approx(here["step_size"])
    assert np.nanmean(there["stability"]) > np.nanmean(here["stability"]) + 0.2


def test_flips_by_hand():
    # 0.2 → 0.8 → 0.9 → 0.1 crosses 0.5 twice in three
    users = by_conversation([[0.2], [0.8], [0.9], [0.1], [9]], ["x"] * 4 + ["y"])
    flips = register_flips(played(UNCAPPED, users, [0.0]), feature=0)
    assert flips[0, 0] == pytest.approx([NAN, 1, 0, 1], nan_ok=True)
    assert np.isnan(flips[0, 1]).all()
    assert np.nansum(register_flips(played(UNCAPPED, users, [0.0]), feature=0, threshold=0.15)) == 1
    with pytest.raises(ValueError, match="between 0 and 0"):
        register_flips(played(UNCAPPED, users, [0.0]), feature=1)


def test_shuffled_synchrony_is_what_anisotropy_alone_gives():
    rng = np.random.default_rng(3)
    ids = [f"c{i // 6}" for i in range(240)]
    # embeddings share a direction, so that any two are alike; nobody follows anybody
    users = by_conversation(rng.standard_normal((240, 8)) + 3.0, ids)
    found = played(HALF, users, np.full(8, 3.0))
    baseline = np.nanmean(shuffled_synchrony(found, np.random.default_rng(0)))
    assert baseline > 0.8
    assert np.nanmean(measure_policies(found)["synchrony"]) > baseline + 0.03
    static = played(STATIC, users, np.full(8, 3.0))
    own = np.nanmean(measure_policies(static)["synchrony"])
    assert np.nanmean(shuffled_synchrony(static, rng)) == pytest.approx(own, abs=0.01)


def test_shuffled_synchrony_needs_two_conversations_and_a_shuffle():
    rng = np.random.default_rng(0)
    assert np.isnan(shuffled_synchrony(played(HALF, one([1, 0]), [0, 1]), rng)).all()
    # two conversations can only be exchanged
    users = by_conversation([[1, 0], [0, 1]], ["x", "y"])
    found = shuffled_synchrony(played(UNCAPPED, users, [1, 1]), rng, shuffles=1)
    assert found.tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="at least 1"):
        shuffled_synchrony(played(HALF, users, [0, 1]), rng, shuffles=0)


def test_replicates_of_one_user_are_never_paired():
    # Two users, each in two conversations: paired, every cosine is with the other user's.
    users = by_conversation([[1, 0], [1, 0], [0, 1], [0, 1]], ["x1", "x2", "y1", "y2"])
    found = played(UNCAPPED, users, [1, 1])
    apart = shuffled_synchrony(found, np.random.default_rng(0), replicates=2)
    assert apart.tolist() == [[0, 0, 0, 0]]
    assert shuffled_synchrony(found, np.random.default_rng(0)).max() > 0
    alone = played(UNCAPPED, by_conversation([[1, 0], [1, 0]], ["x1", "x2"]), [1, 1])
    assert np.isnan(shuffled_synchrony(alone, np.random.default_rng(0), replicates=2)).all()


def test_conversations_count_alike_whatever_their_length():
    assert over_turns([[1, NAN, 3], [NAN, NAN, NAN]]) == pytest.approx([2, NAN], nan_ok=True)


def test_all_measures_of_all_policies_at_once():
    users = walk(np.random.default_rng(4))
    found = measure_policies(simulate(standard_policies(), users, PERSONA), informality=1)
    assert len(found) == 7
    assert {values.shape for values in found.values()} == {(8, len(users.ids))}
    assert "register_flips" not in measure_policies(simulate([HALF], users, PERSONA))
