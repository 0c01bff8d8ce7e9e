import numpy as np
import pytest

from metrics.arrays import positive_counts, subsample_size, unit_rows


def test_rows_get_length_one_and_keep_their_direction():
    # (3, 4) has length 5, so it becomes (0.6, 0.8)
    rows = unit_rows(np.array([[3, 4], [0, 2]], dtype=np.float16))
    assert rows == pytest.approx(np.array([[0.6, 0.8], [0, 1]]))
    assert rows.dtype == np.float64


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (np.zeros(4), r"shape \(n, d\)"),
        (np.zeros((0, 4)), r"shape \(n, d\)"),
        ([[1.0, np.nan]], "finite"),
        ([[1.0, 0.0], [0.0, 0.0]], "row 1"),
    ],
)
def test_embeddings_that_are_none_are_refused(embeddings, message):
    with pytest.raises(ValueError, match=message):
        unit_rows(embeddings)


def test_counts_of_zero_are_left_out():
    assert positive_counts([2, 0, 1]).tolist() == [2, 1]


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1], [0.5, 1], [np.nan], [[1, 2]], [np.inf, 1]])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(ValueError, match="Expected counts"):
        positive_counts(counts)


def test_a_subsample_holds_at_least_one_draw_and_at_most_all():
    assert subsample_size(None, 5) == 5
    assert subsample_size(3, 5) == 3
    for m in (0, 6):
        with pytest.raises(ValueError, match="between 1 and the 5 draws"):
            subsample_size(m, 5)
