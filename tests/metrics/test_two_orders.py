"""Preferences in two orders, taken apart from the pull of the place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from metrics.two_orders import two_orders


def masses(taste: float, place: float, options: float = 1.0) -> np.ndarray:
    """What somebody with this preference and pull would say in both orders."""
    first = expit(np.array([place + taste, place - taste]))
    return options * np.stack([first, 1 - first], axis=1)[None]


def test_a_value_by_hand():
    # Log-odds of the first place: ln(0.6/0.2) = ln 3 and ln(0.3/0.5) = ln 0.6. Half their
    # difference is ln √5, so √5/(1 + √5) = 0.6910; half their sum is ln √1.8: 0.5730. Mass on no
    # option: 0.2 in both orders. The first answer leads in both.
    found = two_orders([[[0.6, 0.2], [0.3, 0.5]]])
    assert found.preferred == pytest.approx([0.69098], abs=1e-5)
    assert found.shown_first == pytest.approx([0.57295], abs=1e-5)
    assert found.abstained == pytest.approx([0.2])
    assert found.consistent == [1.0]


@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(0.01, 1))
def test_both_parts_come_back(taste, place, options):
    found = two_orders(masses(taste, place, options))
    assert found.preferred == pytest.approx([expit(taste)], abs=1e-6)
    assert found.shown_first == pytest.approx([expit(place)], abs=1e-6)
    assert found.abstained == pytest.approx([1 - options], abs=1e-9)


def test_extremes():
    never = two_orders(masses(40, 0))
    assert never.preferred == pytest.approx([1])
    only_place = two_orders(masses(0, 3))
    assert only_place.preferred == pytest.approx([0.5])
    assert only_place.consistent == [0.0]


def test_naming_the_other_answer_first_turns_the_preference_only():
    given = masses(1.2, -0.7)
    one, other = two_orders(given), two_orders(given[:, ::-1])
    assert one.preferred == pytest.approx(1 - other.preferred)
    assert one.shown_first == pytest.approx(other.shown_first)


def test_the_mean_of_both_probabilities_would_be_drawn_to_a_half():
    given = masses(2.0, 3.0)
    mean = (given[0, 0, 0] + given[0, 1, 1]) / 2
    assert mean < expit(2.0) - 0.2
    assert logit(two_orders(given).preferred[0]) == pytest.approx(2.0)


def test_no_mass_on_the_options_is_no_preference():
    found = two_orders([[[0.0, 0.0], [0.5, 0.5]]])
    assert np.isnan(found.preferred[0])
    assert np.isnan(found.consistent[0])
    assert found.abstained == pytest.approx([0.5])


@pytest.mark.parametrize(
    "bad", [[[0.5, 0.5]], [[[0.9, 0.9], [0.5, 0.5]]], [[[-0.1, 0.5], [0.5, 0.5]]],
            [[[np.nan, 0.5], [0.5, 0.5]]]]
)  # fmt: skip
def test_what_are_no_probabilities_is_refused(bad):
    with pytest.raises(ValueError, match="Expected"):
        two_orders(bad)
