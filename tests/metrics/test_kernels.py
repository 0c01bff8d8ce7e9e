import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.kernels import eigen_score, kernel_language_entropy, laplacian_classes
from metrics.volume import dpp_log_likelihood, log_volume


def blocks(*sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (labels[:, None] == labels).astype(float)


def likeness(n, seed=0):
    given = np.random.default_rng(seed).random((n, n))
    return (given + given.T) / 2


def test_entropy_of_two_answers_by_hand():
    # with e = exp(−2tw) the heat kernel has (1 + e)/2 on its diagonal and (1 − e)/2 off it;
    # normalised and halved, eigenvalues 1/(1 + e) and e/(1 + e)
    e = np.exp(-2 * 0.3 * 0.5)
    p = 1 / (1 + e)
    expected = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert kernel_language_entropy([[1, 0.5], [0.5, 1]], scaled=False) == pytest.approx(expected)
    assert kernel_language_entropy([[0, 0.5], [0.5, 0]]) == pytest.approx(expected / np.log(2))


def test_entropy_extremes():
    assert kernel_language_entropy(np.zeros((5, 5))) == pytest.approx(1)
    assert kernel_language_entropy(np.ones((5, 5)), time=50) == pytest.approx(0, abs=1e-6)
    assert kernel_language_entropy(blocks(3, 3), time=50, scaled=False) == pytest.approx(np.log(2))


def test_longer_times_see_more_likeness():
    found = [kernel_language_entropy(likeness(6), time=t) for t in (0.1, 0.3, 1.0)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


@pytest.mark.parametrize("sizes", [(5,), (3, 2), (1, 1, 1), (4, 1, 1)])
def test_separate_classes_are_counted(sizes):
    assert laplacian_classes(blocks(*sizes)) == pytest.approx(len(sizes))


def test_classes_of_two_answers_by_hand():
    # rows of [[1, .5], [.5, 1]] sum to 1.5: eigenvalues 1.5/1.5 and .5/1.5
    assert laplacian_classes([[1, 0.5], [0.5, 1]]) == pytest.approx(4 / 3)
    assert laplacian_classes([[0, 0.5], [0.5, 0]]) == pytest.approx(4 / 3)


def test_eigen_score_by_hand():
    # centred over features: (1, −1) and (2, −2); Gram [[2, 4], [4, 8]] has eigenvalues 10 and 0
    found = eigen_score([[2, 0], [5, 1]], ridge=0.5)
    assert found == pytest.approx((np.log(10.5) + np.log(0.5)) / 2)
    assert eigen_score([[2, 0], [5, 1]]) != found


def test_eigen_score_extremes():
    assert eigen_score(np.ones((4, 6))) == pytest.approx(np.log(1e-3))
    assert eigen_score(np.eye(4)) > eigen_score(np.eye(4)[[0, 0, 0, 1]])


def test_volume_by_hand():
    # Gram [[1, .6], [.6, 1]], eigenvalues 1.6 and .4
    rows = [[1, 0], [0.6, 0.8]]
    assert log_volume(rows) == pytest.approx((np.log(1.7) + np.log(0.5)) / 2)
    assert log_volume(rows, ridge=1) == pytest.approx((np.log(2.6) + np.log(1.4)) / 2)
    assert log_volume(rows, dimensions=1) == pytest.approx((np.log(1.7) + np.log(0.1)) / 2)


@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
def test_volume_agrees_with_the_determinant(shape):
    rows = np.random.default_rng(0).standard_normal(shape)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    determinant = np.linalg.slogdet(unit @ unit.T + 0.1 * np.eye(len(rows)))[1]
    assert log_volume(rows) == pytest.approx(determinant / len(rows))


def test_volume_extremes():
    assert log_volume(np.eye(6)) == pytest.approx(np.log(1.1))
    same = (np.log(6.1) + 5 * np.log(0.1)) / 6
    assert log_volume(np.ones((6, 2))) == pytest.approx(same)


def test_determinantal_process_by_hand():
    # orthogonal answers: L = I (1 + jitter), each ln L − ln (L + 1)
    each = np.log(1.0001) - np.log(2.0001)
    assert dpp_log_likelihood(np.eye(3)) == pytest.approx(3 * each)
    # quality 2 and weight 1 on the first: its entry is 1 · (1 + 4)
    better = np.log(5.0001) - np.log(6.0001) + each
    assert dpp_log_likelihood(np.eye(2), quality=[2, 0]) == pytest.approx(better)
    assert dpp_log_likelihood(np.eye(2), quality=[2, 0], weight=0) == pytest.approx(2 * each)
    assert dpp_log_likelihood(np.ones((2, 2))) < dpp_log_likelihood(np.eye(2))


@given(st.permutations(range(6)))
def test_order_of_answers_does_not_matter(order):
    rows = np.random.default_rng(1).standard_normal((6, 4))
    moved = rows[list(order)]
    for measure in (eigen_score, log_volume, dpp_log_likelihood):
        assert measure(moved) == pytest.approx(measure(rows))
    graph = likeness(6)
    for measure in (kernel_language_entropy, laplacian_classes):
        assert measure(graph[np.ix_(order, order)]) == pytest.approx(measure(graph))


@given(st.integers(2, 9), st.integers(0, 99))
def test_values_stay_in_range(n, seed):
    graph = likeness(n, seed)
    assert 0 <= kernel_language_entropy(graph) <= 1 + 1e-9
    assert 1 - 1e-9 <= laplacian_classes(graph) <= n + 1e-9


@pytest.mark.parametrize("measure", [kernel_language_entropy, laplacian_classes])
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1.0]], "shape"),
        (np.ones((2, 3)), "shape"),
        ([[1, -1], [-1, 1]], "at least 0"),
        ([[1, np.nan], [np.nan, 1]], "finite"),
        ([[1, 0.2], [0.9, 1]], "symmetric"),
    ],
)
def test_graphs_that_are_none_are_refused(measure, weights, message):
    with pytest.raises(ValueError, match=message):
        measure(weights)


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match="time"):
        kernel_language_entropy(np.eye(2), time=0)
    with pytest.raises(ValueError, match="n ≥ 2"):
        eigen_score([[1.0, 2.0]])
    for measure in (eigen_score, log_volume):
        with pytest.raises(ValueError, match="ridge"):
            measure(np.eye(2), ridge=0)
    with pytest.raises(ValueError, match="dimensions"):
        log_volume(np.eye(2), dimensions=0)
    with pytest.raises(ValueError, match="2 qualities"):
        dpp_log_likelihood(np.eye(2), quality=[1])
