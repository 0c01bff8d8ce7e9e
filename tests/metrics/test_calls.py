"""Classes counted by calls: against hand, brute force, and independent draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from metrics.calls import FLOOR, calls_per_class, distinct_in_calls, distinct_in_calls_estimate
from metrics.unseen import rarefied_distinct

LISTS = [[0, 1, 1], [0, 2], [], [3], [0, 3]]  # classes of each call's answers
LABELS = [kind for kinds in LISTS for kind in kinds]
CALLS = [number for number, kinds in enumerate(LISTS) for _ in kinds]


def test_a_class_counts_once_per_call():
    assert calls_per_class(LABELS, CALLS).tolist() == [3, 1, 1, 2]
    assert calls_per_class(["b", "a", "b"], ["x", "x", "y"]).tolist() == [1, 2]
    assert calls_per_class([], []).tolist() == []


def test_the_expectation_by_hand():
    # Five calls, two taken: class 0 is in 3 of 5, missed by 1 of the 10 pairs; classes 1 and 2 by
    # C(4,2) = 6; class 3 by C(3,2) = 3. 0.9 + 0.4 + 0.4 + 0.7 = 2.4.
    counts = calls_per_class(LABELS, CALLS)
    assert distinct_in_calls(counts, total=5, t=2) == pytest.approx(2.4)


@pytest.mark.parametrize("t", range(6))
def test_it_is_the_mean_over_all_sets_of_calls(t):
    sets = [{k for call in chosen for k in LISTS[call]} for chosen in combinations(range(5), t)]
    expected = np.mean([len(found) for found in sets])
    counts = calls_per_class(LABELS, CALLS)
    assert distinct_in_calls(counts, total=5, t=t) == pytest.approx(expected)


def test_between_whole_numbers_it_is_interpolated():
    counts = calls_per_class(LABELS, CALLS)
    two, three = (distinct_in_calls(counts, total=5, t=t) for t in (2, 3))
    assert distinct_in_calls(counts, total=5, t=2.25) == pytest.approx(0.75 * two + 0.25 * three)


def test_calls_of_one_answer_are_independent_draws():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 9, 40)
    counts = np.bincount(labels, minlength=9)
    found = distinct_in_calls(calls_per_class(labels, range(40)), total=40, t=12)
    assert found == pytest.approx(rarefied_distinct(counts[counts > 0], m=12))


def test_extremes():
    assert distinct_in_calls([], total=9, t=9) == 0
    assert distinct_in_calls([9], total=9, t=1) == 1
    assert distinct_in_calls([1] * 9, total=9, t=4) == pytest.approx(4)


def test_calls_without_an_answer_count():
    assert distinct_in_calls([4], total=8, t=1) == 0.5


def _town(rng, calls, *, size):
    """Calls of lists without repetition out of 30 unequal classes, as one label each."""
    weights = 1 / np.arange(1, 31)
    lists = [rng.choice(30, size, replace=False, p=weights / weights.sum()) for _ in range(calls)]
    return np.concatenate(lists), np.repeat(np.arange(calls), size)


@pytest.mark.parametrize("size", [1, 4])
def test_the_interval_holds_the_truth(size):
    rng = np.random.default_rng(5)
    truth = np.mean([len(set(_town(rng, 10, size=size)[0])) for _ in range(500)])
    held = []
    for _ in range(100):
        counts = calls_per_class(*_town(rng, 20, size=size))
        found = distinct_in_calls_estimate(counts, total=20, t=10, rng=rng, resamples=150)
        assert found.low <= found.value <= found.high
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.9  # a share of 0.95 falls below it 3 times in 100


def test_the_interval_is_open_upwards_where_all_calls_agree():
    found = distinct_in_calls_estimate([20], total=20, t=20, rng=np.random.default_rng(0))
    # A class can be in 1 − 0.05^(1/20) of calls and stay away from 20 with chance 0.05.
    assert (found.value, found.low, found.n) == (1, 1, 20)
    assert found.high == pytest.approx(1.95)


def test_too_few_calls_are_refused():
    found = distinct_in_calls_estimate([2], total=FLOOR - 1, t=2, rng=np.random.default_rng(0))
    assert not found.is_defined
    assert "Too few calls: 7 of at least 8" in found.reason


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="call per label"):
        calls_per_class([1, 2], [1])
    for counts in ([0], [6], [1.5]):
        with pytest.raises(ValueError, match="whole counts in 1"):
            distinct_in_calls(counts, total=5, t=2)
    for t in (-1, 5.5):
        with pytest.raises(ValueError, match="t to be in"):
            distinct_in_calls([1], total=5, t=t)
