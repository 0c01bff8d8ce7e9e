import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendi_score import vendi

from metrics.vendi import (
    rarefied_vendi,
    truncated_vendi,
    vendi_from_embeddings,
    vendi_score,
)

KERNEL = [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]]
ORDERS = [0.5, 1, 2, 3, np.inf]


def vectors(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def kernel_of(embeddings):
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return rows @ rows.T


def test_order_two_by_hand():
    # mean of squares: (3 · 1 + 2 · 0.81) / 9 = 4.62 / 9; 9 / 4.62 = 1.94805
    assert vendi_score(KERNEL) == pytest.approx(9 / 4.62)


@pytest.mark.parametrize(
    ("order", "value"), [(0.5, 2.4203), (1, 2.1573), (2, 1.9481), (np.inf, 1.5789)]
)
def test_published_values(order, value):
    # q = 1 stands in the README of the reference implementation
    assert vendi_score(KERNEL, order=order) == pytest.approx(value, abs=5e-5)


# The package reads scipy.sparse.csr, a namespace SciPy is about to drop.
@pytest.mark.filterwarnings("ignore:Please import `csr_matrix`:DeprecationWarning")
@pytest.mark.parametrize("order", ORDERS)
def test_agrees_with_the_reference_implementation(order):
    kernel = kernel_of(vectors(12, 5))
    theirs = vendi.score_K(kernel, q="inf" if np.isinf(order) else order)
    assert vendi_score(kernel, order=order) == pytest.approx(theirs)


@pytest.mark.parametrize("order", ORDERS)
def test_extremes(order):
    assert vendi_score(np.ones((7, 7)), order=order) == pytest.approx(1)
    assert vendi_score(np.eye(7), order=order) == pytest.approx(7)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
def test_embeddings_give_the_kernels_score_by_either_route(order, shape):
    embeddings = 3 * vectors(*shape)
    expected = vendi_score(kernel_of(embeddings), order=order)
    assert vendi_from_embeddings(embeddings, order=order) == pytest.approx(expected)


def test_higher_orders_count_less():
    scores = [vendi_score(KERNEL, order=order) for order in ORDERS]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(ORDERS)


@given(st.permutations(range(6)))
def test_order_of_texts_does_not_matter(order):
    embeddings = vectors(6, 4)
    shuffled = embeddings[list(order)]
    assert vendi_from_embeddings(shuffled) == pytest.approx(vendi_from_embeddings(embeddings))
    assert truncated_vendi(shuffled, terms=3) == pytest.approx(truncated_vendi(embeddings, terms=3))
    assert rarefied_vendi(shuffled, m=3) == pytest.approx(rarefied_vendi(embeddings, m=3))


@given(st.integers(2, 30), st.integers(1, 12), st.integers(0, 99))
def test_scores_stay_in_range(n, d, seed):
    embeddings = vectors(n, d, seed)
    assert 1 - 1e-9 <= vendi_from_embeddings(embeddings, order=1) <= min(n, d) + 1e-9
    assert 1 - 1e-9 <= truncated_vendi(embeddings, terms=3) <= min(n, d, 3) + 1e-9


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.zeros((0, 0)), "shape"),
        (np.ones((2, 3)), "shape"),
        ([[1, np.nan], [np.nan, 1]], "finite"),
        ([[1, 0.5], [0.2, 1]], "symmetric"),
        ([[2, 0], [0, 2]], "diagonal"),
    ],
)
def test_kernels_that_are_none_are_refused(kernel, message):
    with pytest.raises(ValueError, match=message):
        vendi_score(kernel)


@pytest.mark.parametrize("order", [0, -1, np.nan])
def test_orders_that_are_not_positive_are_refused(order):
    with pytest.raises(ValueError, match="order"):
        vendi_score(KERNEL, order=order)
    with pytest.raises(ValueError, match="order"):
        vendi_from_embeddings([[1, 0]], order=order)


def test_rarefied_score_by_hand():
    # cosines between rows: 0, 0.6, 0.8; mean square (0 + 0.36 + 0.64) / 3 = 1/3
    # at m = 2: 1 / (1/2 + 1/2 · 1/3) = 1.5
    embeddings = [[1, 0], [0, 1], [0.6, 0.8]]
    assert rarefied_vendi(embeddings, m=2) == pytest.approx(1.5)


def test_rarefied_to_all_is_the_score_itself():
    embeddings = vectors(9, 4)
    assert rarefied_vendi(embeddings, m=9) == pytest.approx(vendi_from_embeddings(embeddings))
    assert rarefied_vendi(embeddings, m=1) == pytest.approx(1)


def test_rarefied_score_does_not_drift_with_the_number_of_draws():
    embeddings = vectors(4000, 6)
    raw = [vendi_from_embeddings(embeddings[:n]) for n in (20, 4000)]
    parts = [np.split(embeddings, 4000 // n) for n in (20, 400)]
    even = [np.mean([rarefied_vendi(part, m=20) for part in split]) for split in parts]
    assert raw[1] - raw[0] > 1
    assert even[1] == pytest.approx(even[0], rel=0.02)


def test_one_text_is_no_pair():
    with pytest.raises(ValueError, match="at least two"):
        rarefied_vendi([[1.0, 0.0]], m=1)
    with pytest.raises(ValueError, match="Expected m"):
        rarefied_vendi(np.eye(3), m=4)


def in_shares(*shares):
    """Orthogonal answers, so many of each that the kernel's eigenvalues are these shares."""
    return np.repeat(np.eye(len(shares)), shares, axis=0)


def test_truncated_score_by_hand():
    # eigenvalues .5 .2 .1 .1 .1; of the two largest .3 is missing, .15 goes to each: .65 .35
    embeddings = in_shares(5, 2, 1, 1, 1)
    expected = np.exp(-0.65 * np.log(0.65) - 0.35 * np.log(0.35))
    assert truncated_vendi(embeddings, terms=2) == pytest.approx(expected)
    assert truncated_vendi(embeddings, terms=2, order=2) == pytest.approx(1 / (0.65**2 + 0.35**2))


def test_truncated_score_extremes():
    embeddings = vectors(12, 5)
    assert truncated_vendi(embeddings, terms=5) == pytest.approx(
        vendi_from_embeddings(embeddings, order=1)
    )
    assert truncated_vendi(embeddings, terms=1) == pytest.approx(1)
    assert truncated_vendi(np.eye(6), terms=3) == pytest.approx(3)
    assert truncated_vendi(np.ones((6, 2)), terms=3, order=np.inf) == pytest.approx(1)


def test_a_truncated_score_settles_with_fewer_texts():
    embeddings = vectors(2000, 200) + 12
    whole = [vendi_from_embeddings(embeddings[:n], order=1) for n in (100, 2000)]
    short = [truncated_vendi(embeddings[:n], terms=10) for n in (100, 2000)]
    assert abs(short[1] / short[0] - 1) < abs(whole[1] / whole[0] - 1)


def test_no_terms_are_refused():
    with pytest.raises(ValueError, match="terms"):
        truncated_vendi(np.eye(3), terms=0)
