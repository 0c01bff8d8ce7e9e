"""Drift of replies: by hand, against scipy, and at its limits."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax
from scipy.stats import entropy

from metrics.drift import drift_curve, reply_divergence, token_js, token_kl


def logs(seed, *, tokens=6, vocabulary=9):
    return log_softmax(np.random.default_rng(seed).normal(size=(tokens, vocabulary)) * 2, axis=1)


def certain(*places, vocabulary=3):
    with np.errstate(divide="ignore"):
        return np.log(np.eye(vocabulary)[list(places)])


def test_kl_and_js_by_hand():
    # q = (1/2, 1/2), p = (1/4, 3/4): KL = ½ ln 2 + ½ ln ⅔ = ½ ln 4/3.
    # A certain token against a fair coin: the middle is (3/4, 1/4), so JS in bits is
    # ½ · log2 4/3 + ½ (½ log2 ⅔ + ½ log2 2) = 0.311278.
    q, p = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    assert token_kl(q, p) == pytest.approx([0.5 * np.log(4 / 3)])
    assert token_js(certain(0, vocabulary=2), q) == pytest.approx([0.311278], abs=1e-6)


def test_equal_contexts_give_0():
    for given in (logs(0), certain(0, 2), logs(0).astype(np.float32)):
        assert not token_kl(given, given).any()
        assert token_js(given, given) == pytest.approx(np.zeros(len(given)), abs=1e-12)


def test_nothing_shared_is_the_other_end():
    assert np.isposinf(token_kl(certain(0), certain(1))).all()
    assert token_js(certain(0), certain(1)) == pytest.approx([1])
    # What q rules out costs nothing, whatever p gives it.
    assert token_kl(certain(0), np.log([[0.5, 0.25, 0.25]])) == pytest.approx([np.log(2)])


def test_both_agree_with_scipy():
    q, p = logs(1), logs(2)
    assert token_kl(q, p) == pytest.approx(entropy(np.exp(q), np.exp(p), axis=1))
    other = jensenshannon(np.exp(q), np.exp(p), base=2, axis=1) ** 2
    assert token_js(q, p) == pytest.approx(other)


def test_symmetry_and_order_of_the_vocabulary():
    q, p = logs(1), logs(2)
    assert token_js(q, p) == pytest.approx(token_js(p, q))
    assert token_kl(q, p) != pytest.approx(token_kl(p, q))
    assert token_kl(q[:, ::-1], p[:, ::-1]) == pytest.approx(token_kl(q, p))


def test_a_reply_counts_per_token():
    assert reply_divergence([1.0, 3.0]) == 2
    assert reply_divergence([1.0, 3.0, 1.0, 3.0]) == 2
    assert np.isnan(reply_divergence([]))


def test_spread_between_replies_by_hand():
    # Four replies 0, 0, 2, 2: s² = 4/3 in every conversation, so the deviation is √(4/3).
    found = drift_curve(np.tile([0.0, 0.0, 2.0, 2.0], (10, 3, 1)), limits=(0, np.inf))
    assert found.between_replies == pytest.approx([np.sqrt(4 / 3)] * 3)
    assert (
        [turn.value for turn in found.by_turn] == [turn.value for turn in found.so_far] == [1] * 3
    )
    assert found.replies == 4


@pytest.mark.parametrize("shape", [(10, 3), (10, 3, 1)])
def test_one_value_per_turn_has_no_spread(shape):
    found = drift_curve(np.random.default_rng(0).random(shape), limits=(0, 1))
    assert np.isnan(found.between_replies).all()
    assert all(turn.is_defined for turn in found.by_turn)
    assert found.replies == 1


@pytest.mark.parametrize(("shape", "word"), [((10, 3, 3), "replies"), ((9, 3, 4), "conversations")])
def test_too_little_is_undefined_with_a_reason(shape, word):
    found = drift_curve(np.random.default_rng(0).random(shape))
    for turn in (*found.by_turn, *found.so_far):
        assert not turn.is_defined
        assert word in turn.reason


def test_limits_change_the_interval():
    values = np.zeros((10, 2))
    assert drift_curve(values, limits=(0, 1)).by_turn[0].high > 0
    assert drift_curve(values).by_turn[0].high == 0


def test_bad_input():
    with pytest.raises(ValueError, match="one shape"):
        token_kl(logs(0), logs(0, vocabulary=8))
    with pytest.raises(ValueError, match="one shape"):
        token_js(logs(0)[0], logs(0)[0])
    broken = logs(0)
    broken[3, 0] += 1
    with pytest.raises(ValueError, match="row 3"):
        token_kl(logs(0), broken)
    with pytest.raises(ValueError, match="row 0"):
        token_js(np.full((1, 2), np.nan), np.log([[0.5, 0.5]]))
    with pytest.raises(ValueError, match="shape"):
        reply_divergence(np.ones((2, 2)))
    with pytest.raises(ValueError, match="outside"):
        drift_curve(np.full((10, 3), -0.5), limits=(0, 1))
