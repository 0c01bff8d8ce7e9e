from dataclasses import replace

import numpy as np
import pytest

from experiments.growth import DEPENDENT, curve_sizes, growths
from metrics.extrapolation import chao1_estimate
from metrics.unseen import rarefied_distinct
from tests.factories import make_data

TEXTS = [f"idea {i % 5}" for i in range(12)] + ["rare one", "rare two"]


def labels_of(data):
    return np.unique([s.text for s in data.samples], return_inverse=True)[1]


@pytest.fixture
def data():
    return make_data({"a": TEXTS, "b": TEXTS[:4]})


def test_each_condition_has_its_curve_or_the_reason_why_not(data):
    found = growths(data, labels_of(data))
    assert list(found) == ["a", "b"]
    assert found["a"].reason == ""
    assert found["b"].seen is None
    assert found["b"].reason == "Too few answers: 4 of at least 8."


def test_the_curve_is_rarefied_to_every_number_of_answers(data):
    one = growths(data, labels_of(data))["a"]
    counts = np.bincount(labels_of(data)[:14])
    for m, value in zip(one.seen.sizes, one.seen.values, strict=True):
        assert value == pytest.approx(rarefied_distinct(counts, m=int(m)))
    assert one.seen.values[-1] == 7
    assert (
        one.exist.reason == chao1_estimate(counts).reason == "Too few answers: 14 of at least 16."
    )


def test_more_answers_are_forecast_and_bounded():
    data = make_data({"a": [*TEXTS, *TEXTS[:6]]})
    labels = labels_of(data)
    one = growths(data, labels)["a"]
    counts = np.bincount(labels)
    assert one.exist == chao1_estimate(counts)
    assert len(counts) <= one.forecast.low <= one.forecast.value <= one.forecast.high <= 40
    assert growths(data, labels)["a"].forecast == one.forecast


def test_it_goes_on_to_twice_the_answers_without_a_break(data):
    one = growths(data, labels_of(data))["a"]
    assert one.ahead.sizes[0] == one.seen.sizes[-1] == 14
    assert one.ahead.sizes[-1] == 28
    assert one.ahead.values[0] == one.seen.values[-1]
    assert one.ahead.high[0] == pytest.approx(one.seen.high[-1])
    assert (np.diff(one.ahead.values) >= 0).all()


def test_draws_that_share_calls_are_refused(data):
    samples = tuple(replace(s, call_id=f"call {s.index // 2}") for s in data.samples)
    one = growths(replace(data, samples=samples), labels_of(data))["a"]
    assert one.seen is None
    assert one.reason == DEPENDENT


def test_the_same_run_gives_the_same_band(data):
    first, second = (growths(data, labels_of(data))["a"].seen for _ in range(2))
    np.testing.assert_array_equal(first.high, second.high)


@pytest.mark.parametrize("n", [1, 8, 97, 512])
def test_sizes_run_from_one_to_all(n):
    sizes = curve_sizes(n)
    assert sizes[0] == 1
    assert sizes[-1] == n
    assert sizes == sorted(set(sizes))
    assert len(sizes) <= 41
