"""Values of words, and best of n."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from metrics.group_rewards import (
    best_of_divergence,
    best_of_shares,
    centred_counts,
    fit_values,
    standardised,
)
from metrics.welfare import best_of_n

TEXTS = [f"{a} {b}" for a in ("tea", "milk", "beer", "wine", "water") for b in ("hot", "cold")]
# The first group likes tea, the second what is cold.
UTILITIES = np.array([[float("tea" in t) for t in TEXTS], [float("cold" in t) for t in TEXTS]])


def test_a_value_by_hand():
    # Two words in two halves of ten texts, centred counts ±½; with ridge λ the weight of "good" is
    # Σxy / (Σx² + Σx'² + λ) since the column of "bad" is its mirror image: xy = ½ · ½ ten times,
    # 2.5 / (2.5 + 2.5 + 5) = 0.25.
    found = fit_values(
        ["good"] * 5 + ["bad"] * 5, np.zeros(10), [[1.0] * 5 + [0.0] * 5], ridges=[5]
    )
    assert found.words == ("bad", "good")
    assert found.weights == pytest.approx(np.array([[-0.25, 0.25]]))
    assert found.rewards(["good", "bad", "other"]) == pytest.approx(np.array([[0.25, -0.25, 0.0]]))


def test_groups_get_values_of_their_own_that_hold_for_new_texts():
    found = fit_values(TEXTS, np.zeros(10), UTILITIES)
    assert found.ridge < 10
    tea, cold = found.rewards(["hot tea please", "cold beer please", "something"])
    assert tea.argmax() == 0
    assert cold.argmax() == 1
    assert found.skill[1] > 0.9


def test_only_what_is_better_within_a_part_counts():
    parts = np.repeat([0, 1], 5)
    shifted = UTILITIES + np.repeat([0.0, 5.0], 5)
    one, other = fit_values(TEXTS, parts, UTILITIES), fit_values(TEXTS, parts, shifted)
    assert one.weights == pytest.approx(other.weights)
    assert not np.allclose(one.weights, fit_values(TEXTS, np.zeros(10), UTILITIES).weights)


def test_texts_without_anything_to_learn_have_no_skill():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 4)) for _ in range(60)]
    noise = fit_values(texts, np.zeros(60), rng.random((1, 60)))
    assert abs(noise.skill[0]) < 0.4
    same = fit_values(texts, np.zeros(60), np.full((1, 60), 0.5))
    assert np.isnan(same.skill[0])
    assert same.weights == pytest.approx(0)


def test_counts_are_of_words_whatever_their_case():
    found = centred_counts(["Tea, tea!", "the town’s tea"], ("tea", "town’s"))
    assert found == pytest.approx(np.array([[0.5, -0.5], [-0.5, 0.5]]))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_best_of_n_is_as_when_all_draws_are_listed(size):
    scores = np.array([0.3, 0.9, 0.1, 0.9, 0.5])
    wins = np.zeros(5)
    drawn = list(combinations(range(5), size))
    for chosen in drawn:
        top = [i for i in chosen if scores[i] == max(scores[list(chosen)])]
        wins[top] += 1 / len(top) / len(drawn)
    assert best_of_shares(scores, size) == pytest.approx(wins)
    with pytest.raises(ValueError, match="Expected 1 to 5"):
        best_of_shares(scores, size + 5)


def test_standardised_rewards_choose_as_the_rule_of_welfare_does():
    rewards = np.random.default_rng(1).random((3, 20)) * [[1], [10], [100]]
    z = standardised(rewards)
    assert z.mean(axis=1) == pytest.approx(0)
    assert z.std(axis=1) == pytest.approx(1)
    assert int(z.mean(axis=0).argmax()) == best_of_n(rewards)
    assert int(z.min(axis=0).argmax()) == best_of_n(rewards, worst=True)
    assert standardised([[2.0, 2.0]]) == pytest.approx(0)


def test_the_bound_of_divergence():
    assert best_of_divergence(1) == 0
    assert best_of_divergence(4) == pytest.approx(np.log(4) - 0.75)
    # A best of n has the density n F^(n−1): its KL from the original is the bound, integrated.
    u = (np.arange(200_000) + 0.5) / 200_000
    density = 4 * u**3
    assert best_of_divergence(4) == pytest.approx(
        float(np.mean(density * np.log(density))), abs=1e-4
    )


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="Expected"):
        fit_values(TEXTS, np.zeros(10), UTILITIES[:, :5])
    with pytest.raises(ValueError, match="10 texts"):
        fit_values(TEXTS[:4], np.zeros(4), UTILITIES[:, :4])
    with pytest.raises(ValueError, match="finite"):
        fit_values(TEXTS, np.zeros(10), np.full((1, 10), np.nan))
