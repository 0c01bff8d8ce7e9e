from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist, squareform

from metrics.distances import (
    inter_similarity,
    mean_cosine_distance,
    nearest_by_text,
    nearest_neighbour_distance,
)
from metrics.pairs import cosine_sums
from metrics.uncertainty import jackknife_error


def vectors(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def nearest_of(rows):
    distances = squareform(pdist(rows, "cosine"))
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=1).mean()


def test_mean_cosine_distance_by_hand():
    # cosines 0, 0.6, 0.8 between three rows: 1 − 1.4 / 3
    assert mean_cosine_distance([[1, 0], [0, 1], [0.6, 0.8]]) == pytest.approx(1 - 1.4 / 3)


def test_mean_cosine_distance_agrees_with_scipy():
    embeddings = vectors(11, 6)
    assert mean_cosine_distance(embeddings) == pytest.approx(pdist(embeddings, "cosine").mean())


def test_extremes():
    for distance in (mean_cosine_distance, nearest_neighbour_distance):
        assert distance(np.ones((4, 3))) == pytest.approx(0)
        assert distance(np.eye(4)) == pytest.approx(1)
        assert distance([[1.0], [-1.0]]) == pytest.approx(2)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("shape", [(6, 9), (9, 6)])
def test_sums_over_pairs_are_those_of_the_matrix(power, shape):
    rows = vectors(*shape)
    cosines = (1 - squareform(pdist(rows, "cosine"))) ** power
    np.fill_diagonal(cosines, 0)
    calls = np.arange(len(rows)) // 2
    sums = cosine_sums(rows, power=power, calls=calls)
    np.testing.assert_allclose(sums.touching, cosines.sum(axis=1))
    same = calls[:, None] == calls
    np.testing.assert_allclose(sums.within, np.bincount(calls, (cosines * same).sum(axis=1)))
    left_out = [cosine_sums(rows[calls != call], power=power).mean for call in np.unique(calls)]
    assert sums.error == pytest.approx(jackknife_error(np.array(left_out)))


def test_nearest_neighbour_by_hand():
    # nearest at cosines 0.8, 0.8 and 0.6: distances .2, .2, .4
    embeddings = [[0, 1], [0.6, 0.8], [1, 0]]
    assert nearest_neighbour_distance(embeddings) == pytest.approx(0.8 / 3)
    assert nearest_by_text(embeddings).round(9).tolist() == [0.2, 0.2, 0.4]


@pytest.mark.parametrize("m", [2, 3, 5, 8])
def test_nearest_among_fewer_is_the_mean_over_every_subset(m):
    rows = vectors(8, 4)
    subsets = [nearest_of(rows[list(chosen)]) for chosen in combinations(range(8), m)]
    assert nearest_neighbour_distance(rows, m=m) == pytest.approx(np.mean(subsets))


def test_many_texts_are_taken_in_blocks():
    rows = vectors(1500, 5)
    assert nearest_neighbour_distance(rows) == pytest.approx(nearest_of(rows))


def test_between_two_sets_by_hand():
    # cosines of (1, 0) and (0, 1) with (0.6, 0.8): 0.6 and 0.8
    assert inter_similarity([[2, 0], [0, 3]], [[0.6, 0.8]]) == pytest.approx(0.7)


def test_between_two_sets_agrees_with_scipy():
    a, b = vectors(7, 4), vectors(5, 4, seed=1)
    assert inter_similarity(a, b) == pytest.approx(1 - cdist(a, b, "cosine").mean())
    assert inter_similarity(a, b) == pytest.approx(inter_similarity(b, a))
    assert inter_similarity(np.ones((3, 2)), np.ones((2, 2))) == pytest.approx(1)
    assert inter_similarity(np.eye(2), -np.eye(2)) == pytest.approx(-0.5)


@given(st.permutations(range(6)), st.floats(0.1, 10))
def test_order_and_scale_do_not_matter(order, scale):
    rows = vectors(6, 4)
    moved = scale * rows[list(order)]
    for distance in (mean_cosine_distance, nearest_neighbour_distance):
        assert distance(moved) == pytest.approx(distance(rows))
    assert inter_similarity(moved, rows[:2]) == pytest.approx(inter_similarity(rows, rows[:2]))


@given(st.integers(2, 30), st.integers(1, 12), st.integers(0, 99))
def test_distances_stay_in_range(n, d, seed):
    rows = vectors(n, d, seed)
    assert -1e-9 <= mean_cosine_distance(rows) <= n / (n - 1) + 1e-9
    assert -1e-9 <= nearest_neighbour_distance(rows) <= 2 + 1e-9


def test_what_has_no_distance_is_refused():
    for distance in (mean_cosine_distance, nearest_neighbour_distance):
        with pytest.raises(ValueError, match="at least two"):
            distance([[1.0, 0.0]])
    with pytest.raises(ValueError, match="at least 2"):
        nearest_neighbour_distance(np.eye(3), m=1)
    with pytest.raises(ValueError, match="Expected m"):
        nearest_neighbour_distance(np.eye(3), m=4)
    with pytest.raises(ValueError, match="one size"):
        inter_similarity(np.eye(3), np.eye(2))
