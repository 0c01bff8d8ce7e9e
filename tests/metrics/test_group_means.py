import numpy as np
import pytest
from scipy.stats import t as student

from metrics.group_means import group_means


def test_a_mean_and_its_interval_by_hand():
    # Ten raters, 1 2 1 2 …: mean 1.5, s² = 10 · 0.25 / 9, error² = s²/10 = 1/36. On the span from
    # 1 to 5 the share is p = 1/8 and error² = 1/576, as of n = p(1 − p) · 576 = 63 yes-or-no
    # answers. Wilson: (p + t²/2n ± t √(p(1 − p)/n + t²/4n²)) / (1 + t²/n).
    scores = np.tile([1.0, 2.0], 5)[:, None]
    found = group_means(scores, np.zeros(10, dtype=int), groups=1, span=(1, 5)).estimate(0, 0)
    t, p, n = student.ppf(0.975, 9), 1 / 8, 63
    half = t * np.sqrt(p * (1 - p) / n + t**2 / (4 * n**2))
    ends = [(p + t**2 / (2 * n) + side * half) / (1 + t**2 / n) for side in (-1, 1)]
    assert (found.value, found.n) == (1.5, 10)
    assert (found.low, found.high) == pytest.approx(tuple(1 + 4 * end for end in ends))


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
    narrow = group_means(scores[:10] * 0, labels[:10], groups=1, span=(0, 0.1))
    assert wide.high.max() > narrow.high.max()


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
