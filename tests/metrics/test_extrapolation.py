import numpy as np
import pytest
from scipy.stats import binom

from metrics.extrapolation import (
    chao1_estimate,
    good_toulmin,
    good_toulmin_estimate,
    rarefaction_curve,
)
from metrics.unseen import estimated_assemblage, rarefied_distinct

COUNTS = [5, 2, 1, 1, 1]


def fresh(counts, seed=0):
    rng = np.random.default_rng(seed)
    return estimated_assemblage(counts).draw(int(np.sum(counts)), resamples=200, rng=rng)


def test_curve_holds_the_rarefied_numbers():
    found = rarefaction_curve(COUNTS, fresh(COUNTS), sizes=[1, 5, 10])
    assert found.values.tolist() == [rarefied_distinct(COUNTS, m=m) for m in (1, 5, 10)]
    assert (found.low <= found.values).all()
    assert (found.values <= found.high).all()
    assert (found.low[0], found.high[0], found.n) == pytest.approx((1, 1, 10))
    with pytest.raises(ValueError, match="between 1 and the 10"):
        rarefaction_curve(COUNTS, fresh(COUNTS), sizes=[11])


def test_good_toulmin_by_hand():
    # f1 3, f2 1, f5 1: t = 1: 3 − 1 + 1; t = ½: 3/2 − 1/4 + 1/32
    assert good_toulmin(COUNTS, t=1) == pytest.approx(3)
    assert good_toulmin(COUNTS, t=0.5) == pytest.approx(1.5 - 0.25 + 1 / 32)
    assert good_toulmin(COUNTS, t=0) == 0
    assert good_toulmin([9], t=0.5) == pytest.approx(0.5**9)


def test_smoothing_by_hand():
    # n 10, t 2: ½ log₂(40) = 2.66, 3 trials of chance ½: P(L ≥ 1, 2, 3) = 7/8, 1/2, 1/8
    assert good_toulmin(COUNTS, t=2) == pytest.approx(2 * 3 * 7 / 8 - 4 / 2)
    assert good_toulmin(COUNTS, t=2, smoothed=False) == pytest.approx(6 - 4 + 32)


def test_smoothed_series_finds_new_classes_on_average():
    shares, rng = np.full(60, 1 / 60), np.random.default_rng(0)
    rows = rng.multinomial(80, shares, size=300)
    found = np.mean([good_toulmin(row, t=2) for row in rows])
    truth = np.sum((1 - shares) ** 80 - (1 - shares) ** 240)
    assert found == pytest.approx(truth, rel=0.25)


def test_estimates_have_intervals_around_them():
    found = good_toulmin_estimate(COUNTS, fresh(COUNTS), t=1, floor=8)
    assert found.low <= found.value == good_toulmin(COUNTS, t=1) < found.high
    assert good_toulmin_estimate([20], fresh([20]), t=1).high > 0.9
    assert not good_toulmin_estimate(COUNTS, fresh(COUNTS), t=3, floor=8).is_defined


def test_chao1_interval_by_hand():
    # scikit-bio 0.7.4 with z = 1.959964 gives these ends
    found = chao1_estimate(COUNTS, floor=8)
    variance = 3 * 2 / 4 + 3 * 25 / 16 + 9 * 4 / 64
    factor = np.exp(1.959964 * np.sqrt(np.log(1 + variance / 1.5**2)))
    assert found.value == 6.5
    assert (found.low, found.high) == pytest.approx((5 + 1.5 / factor, 5 + 1.5 * factor))


@pytest.mark.parametrize("counts", [[4, 2], [9], [1] * 6, [3, 1], [5, 5, 2, 2, 1, 1]])
def test_chao1_lies_in_its_interval_whatever_the_order(counts):
    found = chao1_estimate(counts, floor=1)
    assert len(counts) <= found.low <= found.value <= found.high
    assert chao1_estimate([*counts[::-1], 0], floor=1) == found


def test_below_its_floor_an_estimate_is_refused():
    few = [5, 4, 3, 2, 1]  # 15 draws of at least 16
    for found in (chao1_estimate(few), good_toulmin_estimate(few, fresh(few), t=1)):
        assert not found.is_defined
        assert found.reason == "Too few answers: 15 of at least 16."
    enough = [5, 4, 3, 2, 2]
    assert chao1_estimate(enough).is_defined
    assert good_toulmin_estimate(enough, fresh(enough), t=1).is_defined


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="Expected counts"):
        chao1_estimate([])
    for t in (-1, np.inf):
        with pytest.raises(ValueError, match="Expected t"):
            good_toulmin(COUNTS, t=t)
    assert binom.sf(0, 3, 0.5) == pytest.approx(7 / 8)
