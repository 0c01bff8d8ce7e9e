import itertools

import numpy as np
import pytest

from metrics.pitman_yor import _log_likelihood, forecast_distinct

COUNTS = [10, 6, 3, 1]


def forecast(counts=COUNTS, further=20, seed=0, **changes):
    return forecast_distinct(counts, further=further, rng=np.random.default_rng(seed), **changes)


def sequence_chance(labels, discount, strength):
    """By the rule for the next answer, one answer after the other."""
    chance, counts = 1.0, {}
    for n, label in enumerate(labels):
        if label in counts:
            chance *= (counts[label] - discount) / (strength + n)
        else:
            chance *= (strength + discount * len(counts)) / (strength + n) if n else 1
        counts[label] = counts.get(label, 0) + 1
    return chance


def test_likelihood_is_that_of_the_sequence_in_any_order():
    # 2, 1: a a b: 1 · (1 − σ)/(θ + 1) · (θ + σ)/(θ + 2), θ 1, σ ½: ½/2 · 1.5/3 = 1/8
    one = np.exp(_log_likelihood(np.array([2, 1]), np.array([0.5]), np.array([1.0])))
    assert one == pytest.approx(1 / 8)
    for labels in set(itertools.permutations("aabbc")):
        counts = np.array([2, 2, 1])
        found = np.exp(_log_likelihood(counts, np.array([0.3]), np.array([0.7])))
        assert found == pytest.approx(sequence_chance(labels, 0.3, 0.7))


def test_extremes():
    assert forecast([20], further=5).value == 1  # no sign of more
    alone = forecast([1] * 20, further=20)
    assert alone.value > 35  # nearly every answer new
    assert alone.high <= 40
    nothing = forecast(further=0)
    assert (nothing.low, nothing.value, nothing.high) == (4, 4, 4)


def test_order_of_counts_does_not_matter_and_more_answers_show_more():
    assert forecast(COUNTS) == forecast(COUNTS[::-1])
    assert forecast(further=20).value <= forecast(further=200).value
    assert forecast(further=200).n == 20


def test_options_change_the_answer():
    assert forecast([5, 5, 1, 1, 1, 1, 1, 1, 1], further=200, slope=8).value < (
        forecast([5, 5, 1, 1, 1, 1, 1, 1, 1], further=200, slope=0).value
    )
    assert forecast(paths=50, further=100) != forecast(paths=2000, further=100)
    assert forecast(seed=1, further=300, paths=99) != forecast(seed=2, further=300, paths=99)


def test_holds_what_a_zipf_source_goes_on_to_show():
    shares = 1 / np.arange(1, 31)
    rng, held = np.random.default_rng(4), []
    for trial in range(40):
        drawn = rng.choice(30, size=100, p=shares / shares.sum())
        found = forecast(np.bincount(drawn[:30]), further=70, seed=trial, paths=500)
        held.append(found.low <= len(set(drawn)) <= found.high)
    assert np.mean(held) >= 0.85  # 0.95, and three standard deviations


def test_refusals():
    assert "of at least 16" in forecast([15]).reason
    with pytest.raises(ValueError, match="further"):
        forecast(further=-1)
    with pytest.raises(ValueError, match="slope"):
        forecast(slope=-1)
    with pytest.raises(ValueError, match="counts"):
        forecast([])
