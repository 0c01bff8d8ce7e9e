import numpy as np
import pytest

from experiments.analysis import analyse
from experiments.similarity import pair_similarities, similarity_matrix
from metrics.distances import inter_similarity, mean_cosine_distance
from metrics.partition import meaning_tree
from tests.factories import make_data

TEXTS = {"a": ["build a pier", "plant trees"] * 6, "b": ["plant trees", "open a market"] * 6}


@pytest.fixture
def data():
    return make_data(TEXTS)


@pytest.fixture
def analysis(data):
    return analyse(data, meaning_tree(data.vectors), threshold=0.9, resamples=20)


def test_answers_stand_by_condition_and_then_by_meaning(data, analysis):
    found = similarity_matrix(data, analysis)
    keys = [data.keys[row] for row in found.rows]
    assert keys == ["a"] * 12 + ["b"] * 12
    texts = [data.samples[row].text for row in found.rows]
    assert (
        texts
        == ["plant trees"] * 6 + ["build a pier"] * 6 + ["plant trees"] * 6 + ["open a market"] * 6
    )
    np.testing.assert_allclose(np.diag(found.cosines), 1, atol=1e-5)
    np.testing.assert_allclose(found.cosines[0, 12], 1, atol=1e-5)


def test_many_answers_are_drawn_evenly_and_repeatably(data, analysis):
    found = similarity_matrix(data, analysis, most=10)
    assert [data.keys[row] for row in found.rows] == ["a"] * 5 + ["b"] * 5
    assert found.of == 24
    again = similarity_matrix(data, analysis, most=10)
    np.testing.assert_array_equal(found.rows, again.rows)


def test_means_agree_with_the_measures(data):
    found = pair_similarities(data)
    a, b = data.vectors[:12], data.vectors[12:]
    assert found["a", "a"].value == pytest.approx(1 - mean_cosine_distance(a), abs=1e-6)
    assert found["a", "b"].value == pytest.approx(inter_similarity(a, b))
    assert all(one.low <= one.value <= one.high for one in found.values())


def test_the_interval_between_conditions_holds_the_truth_nine_times_in_ten():
    # Each side says "x" or "y" with equal chance; their cosine is 0, so the truth is ½.
    rng, inside = np.random.default_rng(1), 0
    made = make_data({"a": ["x"] * 20, "b": ["y"] * 20})
    axes = np.eye(2, dtype=np.float32)
    for _ in range(100):
        vectors = axes[rng.integers(0, 2, 40)]
        one = pair_similarities(
            type(made)(made.run, made.keys, made.samples, vectors, made.coordinates)
        )["a", "b"]
        inside += one.low - 1e-9 <= 0.5 <= one.high + 1e-9
    assert inside >= 90


def test_too_few_answers_have_no_mean():
    data = make_data({"a": ["x"] * 3, "b": ["y"] * 12})
    found = pair_similarities(data)
    assert not found["a", "a"].is_defined
    assert not found["a", "b"].is_defined
    assert found["b", "b"].is_defined
