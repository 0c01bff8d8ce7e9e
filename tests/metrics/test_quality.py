import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from metrics.quality import on_frontier, quality_gate


def test_gate_by_hand():
    found = quality_gate([0.2, 0.5, math.nan, 0.9], threshold=0.5)
    assert found.passed.tolist() == [False, True, False, True]
    assert (found.share.value, found.share.n, found.unscored) == (2 / 3, 3, 1)
    assert quality_gate([0.2, 0.5], threshold=0.6).passed.tolist() == [False, False]


@pytest.mark.parametrize("passed", [0, 3, 10])
def test_the_share_has_the_exact_interval(passed):
    found = quality_gate([1] * passed + [0] * (10 - passed), threshold=1).share
    expected = binomtest(passed, 10).proportion_ci(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_nothing_scored_is_undefined():
    assert not quality_gate([math.nan], threshold=0).share.is_defined


def test_frontier_by_hand():
    # (1, 1) is beaten by (2, 1); (3, 0) and (2, 1) beat none the other; the unknown is out
    found = on_frontier([1, 2, 3, math.nan], [1, 1, 0, 9])
    assert found.tolist() == [False, True, True, False]
    assert on_frontier([1, 1], [2, 2]).tolist() == [True, True]
    assert on_frontier([], []).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=9))
def test_every_point_is_on_it_or_beaten_by_one_that_is(points):
    array = np.array(points, dtype=float)
    kept = on_frontier(*array.T)
    assert kept.any()
    for point in array[~kept]:
        assert ((array[kept] >= point).all(axis=1) & (array[kept] > point).any(axis=1)).any()
    assert on_frontier(*array[::-1].T)[::-1].tolist() == kept.tolist()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="one-dimensional"):
        quality_gate([[1]], threshold=0)
    with pytest.raises(ValueError, match="NaN"):
        quality_gate([1], threshold=math.nan)
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own words
        on_frontier([1], [1, 2])
