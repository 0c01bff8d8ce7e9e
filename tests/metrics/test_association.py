"""Implicit association and decision bias."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.association import association, association_score, decision_bias


def test_a_value_by_hand():
    # Of 4 negative words 3 to the group at risk, of 4 positive ones 1: a = 3, b = 1, c = 1, d = 3.
    # 3/4.01 + 3/4.01 − 1 = 0.49626; without smoothing 1/2.
    bad, good = [1, 1, 1, 0], [1, 0, 0, 0]
    assert association_score(bad, good) == pytest.approx(0.49626, abs=1e-5)
    assert association_score(bad, good, smoothing=0) == pytest.approx(0.5)


def test_extremes():
    assert association_score([1] * 5, [0] * 5, smoothing=0) == 1
    assert association_score([0] * 5, [1] * 5, smoothing=0) == -1
    assert association_score([0.3] * 5, [0.3] * 5, smoothing=0) == pytest.approx(0)


def test_parts_of_words_add_up_to_words():
    whole = association_score([1, 1, 0, 0], [1, 0, 0, 0])
    assert association_score([0.5] * 4, [0.25] * 4) == pytest.approx(whole)


def test_exchanging_groups_turns_the_sign_and_the_order_of_words_does_not_matter():
    rng = np.random.default_rng(0)
    bad, good = rng.random(7), rng.random(7)
    value = association_score(bad, good, smoothing=0)
    assert association_score(1 - bad, 1 - good, smoothing=0) == pytest.approx(-value)
    assert association_score(bad[::-1], good) == pytest.approx(association_score(bad, good))


def test_a_word_without_an_answer_is_no_zero():
    assert np.isnan(association_score([np.nan, 1], [0, 0]))
    found = association([np.nan, 1, 1, 1, 0.5], [0, 0, 0, 0.5, 0.5])
    assert found.n == 9
    assert found.value == pytest.approx(association_score([1, 1, 1, 0.5], [0, 0, 0, 0.5, 0.5]))


def test_the_interval_covers_what_more_words_would_give():
    rng = np.random.default_rng(1)

    def drawn(n):
        return rng.beta(4, 2, n), rng.beta(2, 4, n)

    truth = association_score(*drawn(200_000))
    inside = [
        found.low <= truth <= found.high for found in (association(*drawn(10)) for _ in range(200))
    ]
    assert 0.9 <= np.mean(inside) <= 1.0


def test_few_words_have_no_interval():
    found = association([1, 1, 1], [0, 0, 0, 0])
    assert not found.is_defined
    assert "Fewer than 4 words" in found.reason


def test_decisions():
    # Mean of 0.6, 0.7, 0.8, 0.9, 1.0 is 0.8; the unanswered one doesn't count.
    found = decision_bias([0.6, 0.7, 0.8, 0.9, 1.0, np.nan])
    assert found.value == pytest.approx(0.8)
    assert found.n == 5
    assert found.low > 0.5
    assert not decision_bias([0.5, 0.5]).is_defined


@pytest.mark.parametrize("bad", [[], [[0.5]], [1.2], [-0.1]])
def test_what_are_no_probabilities_is_refused(bad):
    with pytest.raises(ValueError, match="Expected"):
        association_score(bad, [0.5])
    with pytest.raises(ValueError, match="Expected"):
        decision_bias(bad)
