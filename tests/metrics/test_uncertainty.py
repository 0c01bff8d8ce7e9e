import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm, sem, ttest_1samp

from metrics.uncertainty import (
    Difference,
    Estimate,
    benjamini_hochberg,
    difference,
    half_width,
    holm,
    jackknife_error,
    possible_unseen_share,
)

finite = st.floats(-100, 100)
widths = st.floats(0.01, 10)


def estimate(value, below, above, n=50):
    return Estimate(value, value - below, value + above, n)


def test_undefined_is_nan_with_a_reason():
    nothing = Estimate.undefined(5, "Too few answers.")
    assert math.isnan(nothing.value)
    assert not nothing.is_defined
    assert Estimate(1.0, 0.0, 2.0, 9).is_defined


def test_difference_by_hand():
    # below: √(3² + 4²) = 5 from a's lower and b's upper arm; above: √(5² + 12²) = 13
    found = difference(estimate(10, 3, 5, n=40), estimate(2, 12, 4, n=60))
    assert (found.value, found.low, found.high, found.n) == (8, 3, 21, 40)
    assert found.is_clear
    # zero lies 8 below, the arm is 5: z = 1.96 · 8/5
    assert found.p_value == pytest.approx(2 * norm.sf(norm.ppf(0.975) * 8 / 5))


def test_even_intervals_give_the_usual_difference_of_means():
    # arms of 1.96 standard errors add in squares
    found = difference(estimate(5, 1.96, 1.96), estimate(4, 1.96, 1.96))
    assert found.high - found.value == pytest.approx(1.96 * math.sqrt(2))
    assert not found.is_clear


@given(finite, widths, widths, finite, widths, widths)
def test_it_is_clear_exactly_when_zero_is_left_out(a, a_below, a_above, b, b_below, b_above):
    found = difference(estimate(a, a_below, a_above), estimate(b, b_below, b_above))
    nearest = min(abs(found.low), abs(found.high))
    if nearest > 1e-9:
        assert found.is_clear == (found.low > 0 or found.high < 0)


@given(finite, widths, widths, finite, widths, widths)
def test_swapping_the_conditions_turns_the_sign(a, a_below, a_above, b, b_below, b_above):
    one, two = estimate(a, a_below, a_above), estimate(b, b_below, b_above)
    forth, back = difference(one, two), difference(two, one)
    assert (back.value, back.low, back.high) == (-forth.value, -forth.high, -forth.low)
    assert back.p_value == forth.p_value


def test_without_width_only_equality_is_unclear():
    assert difference(estimate(1, 0, 0), estimate(1, 0, 0)).p_value == 1
    assert difference(estimate(2, 0, 0), estimate(1, 0, 0)).p_value == 0


def test_what_is_undefined_stays_undefined():
    found = difference(estimate(1, 1, 1), Estimate.undefined(3, "Too few answers."))
    assert math.isnan(found.value)
    assert found.reason == "Too few answers."
    assert not found.is_clear


def with_p(*p_values):
    return {i: Difference(1.0, 0.0, 2.0, 9, p) for i, p in enumerate(p_values)}


def test_holm_by_hand():
    # ranked 0.01, 0.02, 0.04: ×3, ×2, ×1 = 0.03, 0.04, 0.04
    found = holm(with_p(0.04, 0.01, 0.02))
    assert [found[i].p_value for i in range(3)] == pytest.approx([0.04, 0.03, 0.04])


def test_holm_leaves_one_alone_and_skips_the_undefined():
    assert holm(with_p(0.04))[0].p_value == 0.04
    found = holm(with_p(0.04, math.nan))
    assert found[0].p_value == 0.04
    assert math.isnan(found[1].p_value)
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_raw_and_bonferroni(p_values):
    found = holm(with_p(*p_values))
    adjusted = np.array([found[i].p_value for i in range(len(p_values))])
    raw = np.array(p_values)
    assert (adjusted >= raw - 1e-12).all()
    assert (adjusted <= np.minimum(1, len(raw) * raw) + 1e-12).all()
    assert (adjusted >= false_discovery_control(raw) - 1e-12).all()


def test_false_discoveries_by_hand():
    # ranked .01 .02 .04: .01 · 3/1, .02 · 3/2, .04 · 3/3, none above the next: .03 .03 .04
    found = benjamini_hochberg(with_p(0.04, math.nan, 0.01, 0.02))
    assert [found[i].p_value for i in (2, 3, 0)] == pytest.approx([0.03, 0.03, 0.04])
    assert math.isnan(found[1].p_value)
    assert benjamini_hochberg({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_false_discoveries_ask_no_more_than_holm(p_values):
    given = with_p(*p_values)
    found, holms = benjamini_hochberg(given), holm(given)
    for key, raw in given.items():
        assert raw.p_value - 1e-12 <= found[key].p_value <= holms[key].p_value + 1e-12


def test_the_jackknife_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).standard_normal(30)
    left_out = (x.sum() - x) / 29
    assert jackknife_error(left_out) == pytest.approx(sem(x))


def test_weights_stand_for_repeated_values():
    values, weights = np.array([1.0, 2.0, 5.0]), np.array([3, 1, 2])
    expected = jackknife_error(np.repeat(values, weights))
    assert jackknife_error(values, weights=weights) == pytest.approx(expected)


def test_one_unit_has_no_error():
    assert math.isnan(jackknife_error(np.array([1.0])))


def test_half_widths_are_those_of_students_t():
    x = np.random.default_rng(1).standard_normal(12)
    interval = ttest_1samp(x, 0).confidence_interval(0.95)
    assert half_width(sem(x), units=12) == pytest.approx((interval.high - interval.low) / 2)


def test_rule_of_three():
    # a share of 3/n stays away from n draws about one time in twenty
    assert possible_unseen_share(100) == pytest.approx(3 / 100, rel=0.03)
    assert (1 - possible_unseen_share(20)) ** 20 == pytest.approx(0.05)
