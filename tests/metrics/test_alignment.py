"""Answers on a scale against people's and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.alignment import (
    chosen_point,
    differentiation,
    divergence_from_people,
    leakage,
    mean_similarity,
    ratio_of_sums,
    scale_means,
    scale_similarity,
)


def test_means_by_hand_and_whatever_the_mass():
    # (1 · 0.2 + 3 · 0.2) / 0.4 = 2
    assert scale_means([[0.2, 0.0, 0.2], [0.0, 0.0, 0.5]]) == pytest.approx([2, 3])
    assert np.isnan(scale_means([[0.0, 0.0]])[0])


def test_similarity_by_hand_and_at_its_ends():
    # |2 − 3| / 4 = 0.25
    assert scale_similarity([2.0, 1.0, 4.0], [3.0, 5.0, 4.0], points=5) == pytest.approx(
        [75, 0, 100]
    )
    assert scale_similarity([2.0], [3.0], points=9) == pytest.approx([87.5])


def test_similarity_does_not_hang_on_which_is_first():
    a, b = np.array([1.5, 2.0]), np.array([4.0, 2.5])
    assert scale_similarity(a, b, points=5) == pytest.approx(scale_similarity(b, a, points=5))


def test_divergence_by_hand():
    # ½ ln(0.5/0.25) + ½ ln(0.5/0.75) = 0.14384
    assert divergence_from_people([[0.5, 0.5]], [[0.25, 0.75]]) == pytest.approx(
        [0.14384], abs=1e-5
    )
    assert divergence_from_people([[0.3, 0.7]], [[0.3, 0.7]]) == pytest.approx([0])
    # An option that the model rules out costs a lot, not infinitely much: ln(1 / 1e-9).
    assert divergence_from_people([[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx([20.72], abs=0.01)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("4", 4),
        ("I would say 2.", 2),
        ("**3** – neither, so 3", 3),
        ("I can't choose a number from 1 to 5.", None),
        ("Das möchte ich nicht beantworten.", None),
        ("7", None),
        ("2.5", None),
        ("0", None),
        ("", None),
    ],
)
def test_a_reply_names_one_point_or_abstains(text, point):
    assert chosen_point(text, points=5) == point


def test_a_longer_scale_has_more_points():
    assert chosen_point("7", points=7) == 7


def test_leakage_counts_abstentions_that_hide_an_answer():
    # Abstentions per question: 2, 1, 1, 1, 1; leaked 1, 1, 0, 0, 1: 3 of 6. Who answers is out.
    peaks = [0.9, 0.5, 0.8, 0.4, 0.75, 0.99, 0.99]
    silent = [1, 1, 1, 1, 1, 1, 0]
    found = leakage(peaks, silent, list("aabcdee"))
    assert found.value == pytest.approx(3 / 6)
    assert found.n == 5
    assert found.low < 0.5 < found.high <= 1
    assert leakage(peaks, silent, list("aabcdee"), sure=0.7).value == pytest.approx(4 / 6)


def test_leakage_at_its_ends_keeps_an_open_interval():
    all_leak = leakage([0.9] * 6, [1] * 6, list("abcdef"))
    assert (all_leak.value, all_leak.high) == (1, 1)
    # 1 − 0.05^(1/6) = 0.393: so large a share could have stayed unseen.
    assert all_leak.low == pytest.approx(0.607, abs=1e-3)
    none = leakage([0.3] * 6, [1] * 6, list("abcdef"))
    assert (none.low, none.value) == (0, 0)
    assert none.high == pytest.approx(0.393, abs=1e-3)
    assert not leakage([0.9] * 4, [1] * 4, list("abcd")).is_defined
    assert not leakage([0.9] * 6, [0] * 6, list("abcdef")).is_defined


def test_differentiation_by_hand():
    # Spreads over countries: half as wide as people's in each question.
    people = np.array([[1, 3, 5]] * 6, dtype=float)
    model = 3 + (people - 3) / 2
    assert differentiation(model, people).value == pytest.approx(0.5)
    assert differentiation(np.full((6, 3), 3.0), people).value == 0
    assert differentiation(people, people).value == pytest.approx(1)
    assert "don't differ" in differentiation(people, np.full((6, 3), 2.0)).reason
    assert not differentiation(model[:4], people[:4]).is_defined
    alone = people.copy()
    alone[:, 1:] = np.nan
    assert not differentiation(model, alone).is_defined


def test_a_ratio_has_a_jackknife_over_units():
    # Leaving out one at a time: 8/4, 7/4, 6/4, 5/4, 4/4 → 2, 1.75, 1.5, 1.25, 1; error
    # √(4/5 · (0.25 + 0.0625 + 0 + 0.0625 + 0.25)) = √0.5; t(0.975; 4) = 2.7764.
    found = ratio_of_sums([0, 1, 2, 3, 4], [1] * 5, what="x")
    assert found.value == pytest.approx(2)
    assert found.high == pytest.approx(2 + 2.7764 * np.sqrt(0.5), abs=1e-3)


def test_mean_similarity_leaves_out_what_is_not_there():
    found = mean_similarity([80, 90, np.nan, 100, 70, 85])
    assert (found.value, found.n) == (pytest.approx(85), 5)
    assert not mean_similarity([80] * 4).is_defined


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: scale_means([0.2, 0.3]),
        lambda: scale_means([[-0.1, 1.1]]),
        lambda: scale_similarity([1.0], [1.0, 2.0], points=5),
        lambda: scale_similarity([6.0], [1.0], points=5),
        lambda: divergence_from_people([[0.5, 0.5]], [[0.2, 0.3, 0.5]]),
        lambda: leakage([0.5], [1, 0], ["a"]),
        lambda: differentiation([[1.0, 2.0]], [[1.0]]),
        lambda: ratio_of_sums([-1.0], [1.0], what="x"),
    ],
)
def test_what_does_not_fit_is_refused(wrong):
    with pytest.raises(ValueError, match="Expected"):
        wrong()
