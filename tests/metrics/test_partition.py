import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from metrics.partition import by_size, cut, meaning_tree, medoids, partition_by_meaning


def at_angles(*degrees):
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def blobs(n=60, groups=5, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(groups, size=n)
    centres = np.eye(16)[:groups]
    return centres[truth] + 0.08 * rng.standard_normal((n, 16)), truth


def test_groups_join_by_mean_similarity():
    # cosines: 0°–20° 0.94, 0°–50° 0.64, 20°–50° 0.87; the third joins at (0.64 + 0.87) / 2 = 0.755
    vectors = at_angles(0, 20, 50)
    assert partition_by_meaning(vectors, threshold=0.76).tolist() == [0, 0, 1]
    assert partition_by_meaning(vectors, threshold=0.75).tolist() == [0, 0, 0]
    assert partition_by_meaning(vectors, threshold=0.95).tolist() == [0, 1, 2]


def test_agrees_with_another_implementation():
    vectors, _ = blobs()
    other = AgglomerativeClustering(
        n_clusters=None, distance_threshold=0.4, metric="cosine", linkage="average"
    ).fit_predict(vectors)
    assert adjusted_rand_score(other, partition_by_meaning(vectors, threshold=0.6)) == 1


def test_finds_groups_that_are_there():
    vectors, truth = blobs()
    assert adjusted_rand_score(truth, partition_by_meaning(vectors, threshold=0.6)) == 1


def test_extremes():
    vectors = at_angles(0, 0, 90, 180)
    assert partition_by_meaning(vectors, threshold=-1).tolist() == [0, 0, 0, 0]
    assert partition_by_meaning(vectors, threshold=1).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_identical_vectors_are_one_meaning_in_any_precision(dtype):
    same = np.random.default_rng(0).standard_normal((1, 384)).astype(dtype)
    assert not partition_by_meaning(np.repeat(same, 40, axis=0), threshold=1).any()


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one(n):
    vectors = np.ones((n, 3))
    tree = meaning_tree(vectors)
    assert cut(tree, threshold=0.5).tolist() == [0] * n
    assert medoids(vectors, cut(tree)).tolist() == [0] * n


def test_one_tree_serves_every_threshold():
    vectors, _ = blobs()
    tree = meaning_tree(vectors)
    found = [cut(tree, threshold=t).max() for t in np.linspace(-1, 1, 41)]
    assert found == sorted(found)
    assert (
        cut(tree, threshold=0.5).tolist() == partition_by_meaning(vectors, threshold=0.5).tolist()
    )


@given(st.floats(0.1, 10), st.permutations(range(12)))
def test_scale_and_order_do_not_matter(scale, order):
    vectors, _ = blobs(n=12, seed=3)
    labels = partition_by_meaning(vectors, threshold=0.6)
    moved = partition_by_meaning(scale * vectors[list(order)], threshold=0.6)
    assert adjusted_rand_score(labels[list(order)], moved) == 1


def test_labels_count_down_from_the_largest_group():
    assert by_size([7, 3, 3, 9, 7, 5]).tolist() == [0, 1, 1, 2, 0, 3]
    assert by_size([]).tolist() == []


@given(st.lists(st.integers(0, 5), max_size=30))
def test_labels_are_ranks(labels):
    ranked = by_size(labels)
    sizes = np.bincount(ranked) if labels else np.array([])
    assert (np.diff(sizes) <= 0).all()
    firsts = [list(ranked).index(rank) for rank in range(len(sizes))]
    ties = np.flatnonzero(np.diff(sizes) == 0)
    assert all(firsts[tie] < firsts[tie + 1] for tie in ties)


def test_the_medoid_is_the_most_central_member():
    # group 0 lies at 0°, 10°, 40°: 10° is closest to both others; group 1 is alone
    vectors = at_angles(0, 120, 10, 40)
    assert medoids(vectors, [0, 1, 0, 0]).tolist() == [2, 1]


def test_among_equals_the_first_stands_for_all():
    assert medoids(at_angles(30, 30, 30), [0, 0, 0]).tolist() == [0]


@given(st.integers(0, 50))
def test_medoids_belong_to_their_meaning(seed):
    vectors, _ = blobs(n=20, seed=seed)
    labels = partition_by_meaning(vectors, threshold=0.6)
    assert labels[medoids(vectors, labels)].tolist() == list(range(labels.max() + 1))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"shape \(n, d\)"):
        meaning_tree(np.ones(4))
    with pytest.raises(ValueError, match="all zeros"):
        meaning_tree(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="threshold"):
        cut(meaning_tree(np.eye(3)), threshold=1.2)
    with pytest.raises(ValueError, match="Expected 2 labels"):
        medoids(np.eye(2), [0, 0, 0])
