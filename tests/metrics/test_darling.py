from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.darling import darling_reward, gini_simpson, sibling_diversity

LABELS = [0, 0, 0, 1]


def test_diversity_by_hand():
    # of three siblings one differs from each of the three, all differ from the fourth
    assert sibling_diversity(LABELS).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    assert sibling_diversity(LABELS, floor=0.5).tolist() == [0.5, 0.5, 0.5, 1]


def test_extremes():
    assert sibling_diversity([3] * 5).tolist() == [0.1] * 5
    assert sibling_diversity(range(5)).tolist() == [1] * 5
    assert gini_simpson([3] * 5) == 0
    assert gini_simpson(range(5)) == 1


def test_reward_by_hand():
    assert darling_reward(LABELS, [3, 6, 0, 2]).tolist() == pytest.approx([1, 2, 0, 2])
    # shifted by the least, −1: 1, 0, 3, 2 times the diversities
    shifted = darling_reward(LABELS, [0, -1, 2, 1], shift=True)
    assert shifted.tolist() == pytest.approx([1 / 3, 0, 1, 2])
    floored = darling_reward(LABELS, [3, 6, 0, 2], floor=1)
    assert floored.tolist() == [3, 6, 0, 2]


@given(st.lists(st.integers(0, 4), min_size=2, max_size=9))
def test_the_mean_is_the_chance_that_two_differ(labels):
    differ = np.mean([a != b for a, b in permutations(labels, 2)])
    assert gini_simpson(labels) == pytest.approx(differ)
    assert gini_simpson(labels[::-1]) == pytest.approx(differ)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        sibling_diversity([0])
    with pytest.raises(ValueError, match="floor"):
        sibling_diversity([0, 1], floor=2)
    with pytest.raises(ValueError, match="Expected 2 scores"):
        darling_reward([0, 1], [1])
    with pytest.raises(ValueError, match="negative"):
        darling_reward([0, 1], [1, -1])
    with pytest.raises(ValueError, match="finite"):
        darling_reward([0, 1], [1, np.nan])
