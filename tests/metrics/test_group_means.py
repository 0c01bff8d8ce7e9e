import numpy as np
import pytest
from scipy.stats import t as student

from metrics.group_means import group_means


def test_a_mean_and_its_interval_by_hand():
    # Ten raters, 1 2 1 2 …: mean 1.5, s² = 10 · 0.25 / 9, error = √(0.2777…/10) = 1/6, so the
    # interval is 1.5 ± t(0.975, 9)/6.
    scores = np.tile([1.0, 2.0], 5)[:, None]
    found = group_means(scores, np.zeros(10, dtype=int), groups=1, span=(1, 5)).estimate(0, 0)
    half = student.ppf(0.975, 9) / 6
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (1.5, 1.5 - half, 1.5 + half, 10)
    )


def test_raters_who_all_agree_leave_room_for_those_unseen():
    # 1 − 0.05^(1/10) = 0.2589: one in four might yet say 1 where ten said 5.
    scores = np.full((10, 1), 5.0)
    found = group_means(scores, np.zeros(10, dtype=int), groups=1, span=(1, 5)).estimate(0, 0)
    assert found.low == pytest.approx(5 - 4 * (1 - 0.05**0.1))
    assert found.high == 5


def test_fewer_than_ten_are_hidden_and_others_not_changed():
    scores = np.arange(19.0)[:, None]
    labels = np.repeat([0, 1], [10, 9])
    found = group_means(scores, labels, groups=2, span=(0, 18))
    assert np.isnan(found.values[1, 0])
    assert found.raters.tolist() == [[10], [9]]
    assert "Fewer than 10" in found.estimate(1, 0).reason
    alone = group_means(scores[:10], labels[:10], groups=1, span=(0, 18))
    assert found.values[0, 0] == alone.values[0, 0] == 4.5


def test_unknown_scores_and_raters_in_no_group_do_not_count():
    scores = np.concatenate([np.arange(10.0), [np.nan, 100.0]])[:, None]
    labels = np.array([0] * 11 + [-1])
    found = group_means(scores, labels, groups=1, span=(0, 100)).estimate(0, 0)
    assert (found.value, found.n) == (4.5, 10)


def test_the_order_of_raters_does_not_matter_and_the_span_bounds():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 2, (40, 3)).astype(float), np.repeat([0, 1], 20)
    order = rng.permutation(40)
    one = group_means(scores, labels, groups=2, span=(0, 1))
    two = group_means(scores[order], labels[order], groups=2, span=(0, 1))
    np.testing.assert_allclose(one.low, two.low)
    assert one.low.min() >= 0
    assert one.high.max() <= 1
    wide = group_means(scores[:10] * 0, labels[:10], groups=1, span=(-1, 1))
    assert wide.high.max() > group_means(scores[:10] * 0, labels[:10], groups=1, span=(0, 0.1)).high.max()  # fmt: skip


def test_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(400):
        scores = rng.random((12, 1)) < 0.7
        found = group_means(scores, np.zeros(12, dtype=int), groups=1, span=(0, 1)).estimate(0, 0)
        held.append(found.low <= 0.7 <= found.high)
    assert 0.91 <= np.mean(held) <= 0.99


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="scores of 3 raters"):
        group_means(np.ones((2, 1)), [0, 0, 0], groups=1, span=(0, 1))
