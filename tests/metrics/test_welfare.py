import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.seats import seat_of_power
from metrics.welfare import (
    atkinson,
    best_of_n,
    gini,
    leximin_order,
    maximin,
    nash_product,
    outcome,
    utilitarian,
)

# Three items for two groups: best in sum, equal, and best for the worst-off.
TABLE = np.array([[9.0, 4, 5], [1.0, 4, 4.5]])


def test_each_rule_by_hand():
    assert utilitarian(TABLE).tolist() == [5, 4, 4.75]
    assert utilitarian(TABLE, [3, 1]).tolist() == [7, 4, 4.875]
    assert maximin(TABLE).tolist() == [1, 4, 4.5]
    assert leximin_order(TABLE).tolist() == [2, 1, 0]
    # means of logs: √9·1 = 3, 4, √22.5 = 4.743
    assert np.exp(nash_product(TABLE, floor=0)) == pytest.approx([3, 4, 22.5**0.5])
    assert nash_product(TABLE, floor=1)[0] == -np.inf
    assert nash_product(TABLE, floor=0, weights=[1, 0])[0] == pytest.approx(np.log(9))


def test_leximin_looks_further_on_a_tie():
    assert leximin_order([[1, 1, 1], [2, 5, 3], [9, 4, 9]]).tolist() == [1, 2, 0]


def test_atkinson_slides_from_the_sum_to_the_worst_off():
    assert atkinson(TABLE, aversion=0) == pytest.approx(utilitarian(TABLE))
    assert atkinson(TABLE, aversion=1) == pytest.approx([3, 4, 22.5**0.5])
    # ε = 2 is the harmonic mean: 2/(1/9 + 1) = 1.8
    assert atkinson(TABLE, aversion=2)[0] == pytest.approx(1.8)
    assert atkinson(TABLE, aversion=np.inf).tolist() == maximin(TABLE).tolist()
    assert atkinson(TABLE, aversion=500) == pytest.approx(maximin(TABLE), rel=0.01)
    assert atkinson(TABLE, aversion=0, weights=[1, 0])[0] == 9
    assert atkinson(TABLE, aversion=np.inf, weights=[1, 0])[0] == 9
    assert atkinson([[0.0], [4.0]], aversion=2)[0] == 0


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=6), st.floats(0, 30))
def test_atkinson_lies_between_the_worst_and_the_mean(values, aversion):
    equal = atkinson(np.array(values)[:, None], aversion=aversion)[0]
    assert min(values) - 1e-6 <= equal <= np.mean(values) + 1e-6


def test_gini_by_hand_and_at_its_extremes():
    # 1, 3: (−1·1 + 1·3)/(2·4) = ¼
    assert gini([3, 1]) == 0.25
    assert gini([2, 2, 2]) == 0
    assert gini([0, 0, 0, 8]) == 0.75
    assert np.isnan(gini([0, 0]))
    assert np.isnan(gini([]))
    assert gini([10, 30]) == gini([1, 3])


def people():
    """Twenty of group 0 get 5 from item 0 and 3 from item 1; twelve of group 1 get 1 and 4."""
    rows = [[5.0, 3.0]] * 20 + [[1.0, 4.0]] * 12
    return np.array(rows), np.repeat([0, 1], [20, 12])


def test_who_gains_and_who_loses():
    table, labels = people()
    found = outcome(table, labels, choice=0, default=1, rng=np.random.default_rng(0), resamples=50)
    assert found.total.value == 3  # (5 + 1)/2
    assert found.worst.value == 1
    assert found.low_percentile.value == 1
    assert found.gini.value == pytest.approx(gini(table[:, 0]))
    assert [one.value for one in found.gains] == [2, -3]
    assert [one.value for one in found.losing] == [0, 1]
    assert [one.n for one in found.gains] == [20, 12]
    weighted = outcome(
        table,
        labels,
        choice=0,
        default=1,
        weights=[20, 12],
        rng=np.random.default_rng(0),
        resamples=5,
    )
    assert weighted.total.value == pytest.approx(3.5)


def test_intervals_of_people_who_differ():
    rng = np.random.default_rng(0)
    table = rng.uniform(1, 9, size=(60, 2))
    found = outcome(table, np.arange(60) % 2, choice=1, default=0, rng=rng, resamples=200)
    assert found.total.low < found.total.value < found.total.high
    error = table[:, 1].std() / 60**0.5
    assert (found.total.high - found.total.low) / 3.92 == pytest.approx(error, rel=0.15)


def test_small_groups_are_not_shown_and_gaps_are_left_out():
    table, labels = people()
    table[:3, 0] = np.nan
    few = np.r_[True, np.ones(19, bool), np.ones(9, bool), np.zeros(3, bool)]
    rng = np.random.default_rng(0)
    found = outcome(table[few], labels[few], choice=0, default=1, rng=rng, resamples=20)
    assert found.gains[0].n == 17
    assert np.isnan(found.gains[1].value)
    assert "Fewer than 10" in found.gains[1].reason
    assert np.isnan(found.worst.value)


def test_the_seat_of_power():
    table, labels = people()
    rng = np.random.default_rng(0)
    first = seat_of_power(table, seats=labels == 0, size=5, rng=rng, resamples=50)
    assert (first == 0).all()
    assert (seat_of_power(table, seats=labels == 1, size=5, rng=rng, resamples=50) == 1).all()
    mixed = seat_of_power(table, seats=labels >= 0, size=3, rng=rng, resamples=200)
    assert set(mixed) == {0, 1}
    larger = seat_of_power(table, seats=labels >= 0, size=300, rng=rng, resamples=100)
    # 20·(5 − 3) + 12·(1 − 4) = 4 > 0: the first, more often with larger panels
    assert np.mean(larger == 0) > np.mean(mixed == 0)


def test_what_nobody_rated_never_wins():
    table = np.array([[1.0, np.nan, np.nan]] * 4)
    chosen = seat_of_power(table, seats=[True] * 4, size=2, rng=np.random.default_rng(0))
    assert (chosen == 0).all()
    nothing = np.full((3, 2), np.nan)
    assert (
        seat_of_power(nothing, seats=[True] * 3, size=2, rng=np.random.default_rng(0)) < 0
    ).all()


def test_ties_are_broken_at_random():
    chosen = seat_of_power(np.ones((4, 2)), seats=[True] * 4, size=2, rng=np.random.default_rng(0))
    assert 0.4 < chosen.mean() < 0.6


def test_best_of_n():
    # z of (0, 1, 2): ∓1.22, 0; of (5, 4, 0): 0.93, 0.46, −1.39
    rewards = [[0.0, 1, 2], [5.0, 4, 0]]
    assert best_of_n(rewards) == 1  # sums −0.29, 0.46, −0.16
    assert best_of_n(rewards, weights=[1, 0]) == 2
    assert best_of_n(rewards, worst=True) == 1
    assert best_of_n([[0.0, 1, 2], [500.0, 400, 0]]) == 1  # scales of groups don't count
    assert best_of_n([[3.0, 3, 3], [0.0, 1, 2]], worst=True) == 2  # no say without a preference
    # sums of z: the second is best for the sum, the third for the worst-off
    rows = [[0.0, 3, 2, 0], [0.0, 3, 2, 0], [2.0, 0.4, 1.4, 0]]
    assert best_of_n(rows) == 1
    assert best_of_n(rows, worst=True) == 2


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="finite utilities"):
        utilitarian([[np.nan]])
    with pytest.raises(ValueError, match="2 weights"):
        utilitarian(TABLE, [1, -1])
    with pytest.raises(ValueError, match="aversion ≥ 0"):
        atkinson(-TABLE, aversion=1)
    with pytest.raises(ValueError, match="Gini"):
        gini([-1, 2])
    with pytest.raises(ValueError, match="somebody in every group"):
        outcome(TABLE, [0, 2], choice=0, default=1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="draw panels"):
        seat_of_power(TABLE, seats=[False, False], size=1, rng=np.random.default_rng(0))
