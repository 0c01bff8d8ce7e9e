import numpy as np
import pytest

from metrics.ahead import extrapolated_distinct, extrapolation_curve
from metrics.extrapolation import rarefaction_curve
from metrics.unseen import estimated_assemblage

COUNTS = [5, 2, 1, 1, 1]


def fresh_of(counts, seed=0):
    rng = np.random.default_rng(seed)
    return estimated_assemblage(counts).draw(int(np.sum(counts)), resamples=300, rng=rng)


def test_a_value_by_hand():
    # n = 10, f1 = 3, f2 = 1: f0 = 9/10 · 3 · 2 / (2 · 2) = 1.35; a draw finds one of them with
    # chance 3 / (10 · 1.35 + 3) = 3/16.5 of f0's share, so one draw adds 1.35 · 3/16.5 = 0.24545.
    assert extrapolated_distinct(COUNTS, further=1) == pytest.approx(5 + 1.35 * 3 / 16.5)
    assert extrapolated_distinct(COUNTS, further=10) == pytest.approx(
        5 + 1.35 * (1 - (1 - 3 / 16.5) ** 10)
    )


@pytest.mark.parametrize("counts", [[7], [4, 4], [1], [3, 2]])
def test_nothing_comes_where_nothing_seems_missing(counts):
    assert extrapolated_distinct(counts, further=100) == len(counts)


def test_all_different_goes_on_growing():
    assert extrapolated_distinct([1] * 10, further=10) > 15


def test_it_never_falls_and_ends_at_chao():
    values = [extrapolated_distinct(COUNTS, further=k) for k in (0, 1, 5, 50, 10_000)]
    assert values == sorted(values)
    assert values[0] == 5
    assert values[-1] == pytest.approx(6.35)


def test_the_order_of_meanings_does_not_matter():
    assert extrapolated_distinct(COUNTS[::-1], further=7) == extrapolated_distinct(
        COUNTS, further=7
    )


def test_the_curve_goes_on_where_rarefaction_ends():
    counts = [20, 10, 5, 3, 2, 2, 1, 1, 1, 1]
    n, fresh = sum(counts), fresh_of(counts)
    before = rarefaction_curve(counts, fresh, sizes=[n])
    after = extrapolation_curve(counts, fresh, sizes=[n, 2 * n])
    for name in ("values", "low", "high"):
        assert getattr(after, name)[0] == pytest.approx(getattr(before, name)[0])
    assert after.high[1] - after.low[1] > after.high[0] - after.low[0]
    assert (after.low <= after.values).all()
    assert (after.values <= after.high).all()


def test_the_interval_holds_what_fresh_answers_show():
    # 40 draws from 30 even meanings, then 40 more: the truth of S(80) is 30 · (1 − (29/30)^80).
    rng, inside = np.random.default_rng(5), 0
    truth = 30 * (1 - (29 / 30) ** 80)
    for trial in range(60):
        counts = np.bincount(rng.integers(0, 30, 40))
        counts = counts[counts > 0]
        curve = extrapolation_curve(counts, fresh_of(counts, trial), sizes=[80])
        inside += curve.low[0] <= truth <= curve.high[0]
    assert inside >= 52


@pytest.mark.parametrize(("counts", "further"), [([], 1), ([1.5], 1), ([2, -1], 1), ([2], -1)])
def test_refuses_what_makes_no_sense(counts, further):
    with pytest.raises(ValueError, match="Expected"):
        extrapolated_distinct(counts, further=further)
