from dataclasses import replace

import numpy as np
import pytest

from experiments.quality import kept, mean_over_calls, mean_quality, passed, quality_scores
from metrics.uncertainty import half_width
from tests.factories import make_data


@pytest.fixture
def data():
    made = make_data({"a": ["one two"] * 9, "b": ["three"] * 8})
    samples = [
        replace(s, logprobs=(-0.1 * i,) * len(s.logprobs)) for i, s in enumerate(made.samples)
    ]
    samples[3] = replace(samples[3], logprobs=())
    return replace(made, samples=tuple(samples))


def test_quality_is_the_mean_log_probability(data):
    scores = quality_scores(data, "logprob")
    assert scores[2] == pytest.approx(-0.2)
    assert np.isnan(scores[3])


def test_an_unknown_source_is_refused(data):
    with pytest.raises(ValueError, match="'beauty'"):
        quality_scores(data, "beauty")


def test_only_what_passes_is_left_and_the_rest_is_counted(data):
    found = passed(data, quality_scores(data, "logprob"), threshold=-0.55)
    assert found.data.keys == ("a",) * 5
    assert [s.index for s in found.data.samples] == [0, 1, 2, 4, 5]
    assert found.left_out == 12
    assert found.unscored == 1
    assert found.shares["a"].value == pytest.approx(5 / 8)
    assert found.shares["b"].value == 0


def test_a_gate_wide_open_lets_all_scored_answers_pass(data):
    assert passed(data, quality_scores(data, "logprob"), threshold=-99).left_out == 1


def test_rows_stay_together(data):
    some = kept(data, np.array([10, 2]))
    assert some.keys == ("b", "a")
    np.testing.assert_array_equal(some.vectors[0], data.vectors[10])
    np.testing.assert_array_equal(some.coordinates[1], data.coordinates[2])


def test_the_mean_of_each_condition_leaves_unscored_answers_out(data):
    found = mean_quality(data, quality_scores(data, "logprob"))
    assert found["a"].n == 8
    # (0 + .1 + .2 + .4 + .5 + .6 + .7 + .8) / 8
    assert found["a"].value == pytest.approx(-3.3 / 8)


def test_the_interval_of_independent_answers_is_students():
    values = np.arange(10.0)
    found = mean_over_calls(values, [str(i) for i in range(10)], of="scores")
    half = half_width(values.std(ddof=1) / np.sqrt(10), units=10)
    assert (found.low, found.high) == pytest.approx((4.5 - half, 4.5 + half))


def test_calls_are_the_units():
    values = np.repeat(np.arange(10.0), 3)
    calls = [str(i) for i in range(10) for _ in range(3)]
    alone = mean_over_calls(np.arange(10.0), calls[::3], of="scores")
    assert mean_over_calls(values, calls, of="scores").high == pytest.approx(alone.high)


def test_too_few_calls_have_no_mean():
    found = mean_over_calls([1.0] * 20, ["one"] * 20, of="scores")
    assert found.reason == "Too few scores: 1 of at least 8."
