"""What probes tell: by hand, at its limits, and what is refused."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from metrics.probes import (
    asker_effect,
    choice_probabilities,
    probe_stability,
    refusal_rate,
    stances,
)


def test_stability_by_hand():
    # Half of the conversations pass both probes, half one of two: 3/4. The interval is over ten
    # conversations: error √(0.0625 · 10/9 / 10) = 1/12, times 2.262157.
    judged = np.array([[[1, 1]], [[1, 0]]] * 5)
    [found] = probe_stability(judged)
    assert (found.value, found.n) == (0.75, 10)
    assert found.low == pytest.approx(0.75 - 2.262157 / 12, abs=1e-6)


def test_stability_at_its_ends():
    for value in (0.0, 1.0):
        for turn in probe_stability(np.full((10, 3, 4), value)):
            assert turn.value == value
            assert turn.low < turn.high
    assert not probe_stability(np.ones((9, 1)))[0].is_defined


def test_choices_by_hand():
    # 0.3 and 0.1 of all texts: 3/4 and 1/4 of the two.
    assert choice_probabilities(np.log([0.3, 0.1])) == pytest.approx([0.75, 0.25])
    assert choice_probabilities([0.0, -np.inf]) == pytest.approx([1, 0])
    shifted = np.log([[0.3, 0.1]]) - 800
    assert choice_probabilities(shifted) == pytest.approx(np.array([[0.75, 0.25]]))


def test_stances_by_hand():
    # ¾ − ¼ = ½ for; the other way where agreeing is a vote against.
    logprobs = np.log([[[0.75, 0.25]], [[0.75, 0.25]]])
    assert stances(logprobs, [1, -1]) == pytest.approx([0.5, 0.5])
    assert stances(logprobs, [1, -1], reverse=[False, True]) == pytest.approx([0.5, -0.5])
    assert stances(logprobs, [1, 0]) == pytest.approx([0.75, 0.75])


def test_a_habit_of_choosing_the_first_cancels_out():
    # Shown first it gets 3/4, shown last 1/4: no stance.
    both_orders = np.log([[[0.75, 0.25], [0.25, 0.75]]])
    assert stances(both_orders, [1, -1]) == pytest.approx([0], abs=1e-12)
    certain = np.array([[[0.0, -np.inf]]])
    assert stances(certain, [1, -1]) == pytest.approx([1])
    assert stances(certain, [-1, 1]) == pytest.approx([-1])


def test_refusals():
    # Per question 1, ½, 0, 0 …: 1.5 of ten.
    refused = np.zeros((10, 2), bool)
    refused[0], refused[1, 0] = True, True
    found = refusal_rate(refused)
    assert (found.value, found.n) == (pytest.approx(0.15), 10)
    assert refusal_rate(refused[::-1, ::-1]).high == pytest.approx(found.high)
    assert refusal_rate(np.zeros(10, bool)).high == pytest.approx(1 - 0.05**0.1)
    assert "9 questions" in refusal_rate(np.zeros(9, bool)).reason


def test_asker_effect_is_the_paired_test():
    rng = np.random.default_rng(0)
    plain = rng.normal(size=8)
    other = plain + rng.normal(1, 0.1, size=8)
    found, paired = asker_effect(plain, other), ttest_rel(other, plain).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((paired.low, paired.high))
    # Pairs take out what questions differ by.
    assert found.high - found.low < asker_effect(plain, other[::-1]).high - found.low
    back = asker_effect(other, plain)
    assert (back.value, back.low) == pytest.approx((-found.value, -found.high))


def test_asker_effect_at_its_ends():
    same = np.tile([[0.0, 1.0]], (6, 1))
    assert asker_effect(same, same).value == 0
    bounded = asker_effect(same, same, limits=(-1, 1))
    assert bounded.low < 0 < bounded.high
    assert asker_effect(np.zeros(6), np.ones(6), limits=(-1, 1)).value == 1
    assert "4 questions" in asker_effect(np.zeros(4), np.ones(4)).reason


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: probe_stability(np.full((10, 2), 1.5)), "outside"),
        (lambda: probe_stability(np.ones(10)), "shape"),
        (lambda: choice_probabilities([0.0]), "two or more"),
        (lambda: choice_probabilities([np.nan, 0.0]), "possible option"),
        (lambda: choice_probabilities([-np.inf, -np.inf]), "possible option"),
        (lambda: stances(np.zeros((2, 2)), [1, -1]), "items, orders, options"),
        (lambda: stances(np.zeros((1, 1, 2)), [2, -1]), "place from -1 to 1"),
        (lambda: stances(np.zeros((1, 1, 2)), [1, -1], reverse=[True, False]), "reverse"),
        (lambda: refusal_rate(np.ones(10)), "truth values"),
        (lambda: asker_effect(np.ones(6), np.ones(7)), "pairs"),
        (lambda: asker_effect(np.full(6, np.inf), np.ones(6)), "finite"),
        (lambda: asker_effect(np.zeros(6), np.full(6, 2.0), limits=(-1, 1)), "outside"),
    ],
)
def test_bad_input(call, word):
    with pytest.raises(ValueError, match=word):
        call()
