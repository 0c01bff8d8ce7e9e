"""Meanings: groups of answers that say the same, found in the embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from metrics.arrays import unit_rows

# The threshold was chosen on half of the town's topics, its adjusted Rand index is that on the
# others, its F1 that on pairs judged by people; python -m tests.benchmarks.meaning recomputes all.
MEANING_THRESHOLD = 0.44
TOWN_RAND_INDEX = 0.92
JUDGED_F1 = 0.52
# The same for TF-IDF + SVD, whose cosines are much lower: two answers share few of their words.
TFIDF_THRESHOLD = 0.12
TFIDF_RAND_INDEX = 0.81

_SAME = 1e-6  # cosine distance below which two float16 or float32 vectors are the same


@dataclass(frozen=True)
class MeaningTree:
    """Which answers join at which similarity: made once, cut at any threshold.

    Attributes:
        merges: (n − 1, 4) average-linkage merges by cosine distance, in SciPy's form.
        n: number of answers.
    """

    merges: NDArray[np.float64]
    n: int


def meaning_tree(embeddings: ArrayLike) -> MeaningTree:
    """Join answers step by step, the two groups of highest mean cosine similarity first.

    Args:
        embeddings: (n, d) vectors, n ≥ 0, of any precision and length.

    Raises:
        ValueError: embeddings are not (n, d), not finite, or hold a row of zeros.

    References:
        Sokal and Michener 1958 (average linkage).
    """
    rows = np.asarray(embeddings, dtype=np.float32)
    if len(rows) < 2:
        return MeaningTree(np.empty((0, 4)), len(rows))
    rows = unit_rows(rows).astype(np.float32)
    distances = 1 - rows @ rows.T
    distances[distances < _SAME] = 0
    np.fill_diagonal(distances, 0)
    return MeaningTree(linkage(squareform(distances, checks=False), "average"), len(rows))


def cut(tree: MeaningTree, *, threshold: float = MEANING_THRESHOLD) -> NDArray[np.int64]:
    """Groups whose mean cosine similarity to one another is at least the threshold.

    Args:
        tree: from `meaning_tree`.
        threshold: cosine in [−1, 1]; 1 joins only the same vectors, −1 everything.

    Returns:
        (n,) labels: 0 is the largest group; groups of one size in order of first appearance.

    Raises:
        ValueError: threshold is outside [−1, 1].
    """
    if not -1 <= threshold <= 1:
        raise ValueError(f"Expected threshold to be between -1 and 1 but it was {threshold}.")
    if tree.n < 2:
        return np.zeros(tree.n, dtype=np.int64)
    return by_size(fcluster(tree.merges, 1 - threshold + _SAME, criterion="distance"))


def partition_by_meaning(
    embeddings: ArrayLike, *, threshold: float = MEANING_THRESHOLD
) -> NDArray[np.int64]:
    """Labels of the meanings at one threshold: `cut` of the `meaning_tree`.

    Raises:
        ValueError: as `meaning_tree` and `cut`.
    """
    return cut(meaning_tree(embeddings), threshold=threshold)


def by_size(labels: ArrayLike) -> NDArray[np.int64]:
    """Labels renumbered: 0 the most frequent, ties in order of first appearance."""
    _, first, inverse, counts = np.unique(
        np.asarray(labels), return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    return rank[inverse]


def medoids(embeddings: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """The most central member of each meaning: the one of highest mean cosine to the others.

    Args:
        embeddings: (n, d) vectors.
        labels: (n,) from `cut`, numbered from 0 without gaps.

    Returns:
        (meanings,) row of each representative; the first row where several are equally central.

    Raises:
        ValueError: as `unit_rows`, or a different number of labels.
    """
    groups = np.asarray(labels)
    if not len(groups):
        return np.empty(0, dtype=np.int64)
    rows = unit_rows(embeddings)
    if len(rows) != len(groups):
        raise ValueError(f"Expected {len(rows)} labels but there were {len(groups)}.")
    sums = np.zeros((groups.max() + 1, rows.shape[1]))
    np.add.at(sums, groups, rows)
    centrality = np.round(np.einsum("ij,ij->i", rows, sums[groups]), 9)
    order = np.lexsort((-centrality, groups))
    return order[np.unique(groups[order], return_index=True)[1]]
