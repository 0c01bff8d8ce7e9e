"""Meanings from judgements of pairs: by a classifier, or by the model itself asked yes or no.

A judgement is the probability that two answers say the same. It comes as an (n, n) array, or as a
function of two rows that is asked only for the pairs a rule needs: each may cost a forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrics.partition import by_size

Same = Callable[[int, int], float]  # P(the answers of two rows say the same), or a bool
SameOfMany = Callable[[Sequence[tuple[int, int]]], ArrayLike]  # the same of several pairs at once


def greedy_partition(
    same: ArrayLike | Same,
    *,
    n: int | None = None,
    threshold: float = 0.5,
    order: Sequence[int] | None = None,
) -> NDArray[np.int64]:
    """Each answer joins the first class whose first member says the same, or opens a new one.

    At most n · classes pairs are asked. The outcome depends on the order of the answers.

    Args:
        same: (n, n) probabilities or booleans, or a function of two rows.
        n: number of answers, for a function.
        threshold: a pair is the same above it; NoveltyBench takes 0.102 for its own classifier.
        order: in which the rows are taken; as they stand if not given.

    Returns:
        (n,) labels: 0 is the largest class; classes of one size in order of first appearance.

    Raises:
        ValueError: same is no (n, n) array of probabilities, a function without n, or order is no
            permutation of the rows.

    References:
        Zhang et al. 2025, NoveltyBench: a class is represented by its first member.
    """
    ask, n = _asked(same, n)
    rows = list(range(n)) if order is None else list(order)
    if sorted(rows) != list(range(n)):
        raise ValueError(f"Expected order to hold each of the {n} rows once but it did not.")
    labels = np.empty(n, dtype=np.int64)
    firsts: list[int] = []
    for row in rows:
        found = (label for label, first in enumerate(firsts) if ask(first, row) > threshold)
        labels[row] = next(found, len(firsts))
        if labels[row] == len(firsts):
            firsts.append(row)
    return by_size(labels)


def union_find_partition(
    same: ArrayLike | Same, *, n: int | None = None, threshold: float = 0.5
) -> NDArray[np.int64]:
    """Answers that are linked by a chain of pairs that say the same are one class.

    All n (n − 1)/2 pairs are asked, each once, the earlier row first. The order of the answers
    does not matter for judgements that are symmetric, but one wrong link merges two classes.

    Args:
        same: (n, n) probabilities or booleans, or a function of two rows.
        n: number of answers, for a function.
        threshold: a pair is the same above it.

    Returns:
        (n,) labels, as `greedy_partition`.

    Raises:
        ValueError: same is no (n, n) array of probabilities, or a function without n.

    References:
        Li et al. 2025, DARLING.
    """
    links = np.triu(judgements(same, n=n), k=1) > threshold
    return by_size(connected_components(coo_array(links), directed=False)[1])


def partition_in_rounds(
    same: SameOfMany, n: int, *, threshold: float = 0.5, chained: bool = False
) -> NDArray[np.int64]:
    """The greedy or the union-find partition, asking for many pairs at a time.

    A class is filled before the next one is opened. That gives the very classes of
    `greedy_partition` from the very same pairs, or those of `union_find_partition` without the
    pairs of answers that a chain has joined already; but each round is one batch for a classifier.

    Args:
        same: asked for pairs of rows, the earlier row first, no pair twice; their probabilities.
        n: number of answers.
        threshold: a pair is the same above it.
        chained: as `union_find_partition` instead of `greedy_partition`.

    Returns:
        (n,) labels, as `greedy_partition`.

    Raises:
        ValueError: n < 0, or same gives no probability for each pair.

    References:
        Zhang et al. 2025, NoveltyBench (greedy); Li et al. 2025, DARLING (chained).
    """
    if n < 0:
        raise ValueError(f"Expected n to be at least 0 but it was {n}.")
    labels, left, classes = np.empty(n, dtype=np.int64), list(range(n)), 0
    while left:
        opener, *left = left
        labels[opener] = classes
        members = [opener]
        while members and left:
            joined = _joining(same, members.pop(0), left, threshold)
            labels[joined] = classes
            left = [row for row in left if row not in joined]
            members += joined if chained else []
        classes += 1
    return by_size(labels)


def _joining(same: SameOfMany, member: int, others: Sequence[int], threshold: float) -> list[int]:
    """Those of the others that say the same as a member, in their order."""
    pairs = [(min(member, other), max(member, other)) for other in others]
    found = np.asarray(same(pairs), dtype=np.float64)
    if found.shape != (len(pairs),) or not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"Expected {len(pairs)} probabilities but there were {found.shape}.")
    return [other for other, chance in zip(others, found, strict=True) if chance > threshold]


def judgements(same: ArrayLike | Same, *, n: int | None = None) -> NDArray[np.float64]:
    """All pairs asked once, as a symmetric (n, n) array with a diagonal of ones.

    An array keeps what stands above its diagonal.

    Raises:
        ValueError: same is no (n, n) array of probabilities, or a function without n.
    """
    if not callable(same):
        upper = np.triu(_checked(same), k=1)
        return upper + upper.T + np.eye(len(upper))
    ask, n = _asked(same, n)
    asked = np.eye(n)
    for i in range(n):
        for j in range(i + 1, n):
            asked[i, j] = asked[j, i] = ask(i, j)
    return asked


def both_ways(entails: ArrayLike, *, strict: bool = True) -> NDArray[np.float64]:
    """Sameness from entailment: the smaller of both directions, or their mean.

    Args:
        entails: (n, n) P(row i entails row j).
        strict: each direction must hold; otherwise one may make up for the other.

    Returns:
        (n, n) symmetric probabilities.

    Raises:
        ValueError: entails is no (n, n) array of probabilities.

    References:
        Farquhar et al. 2024 (bidirectional entailment).
    """
    forth = _checked(entails)
    return np.minimum(forth, forth.T) if strict else (forth + forth.T) / 2


def share_words(a: Sequence[str], b: Sequence[str], *, longest: int = 5) -> bool | None:
    """NoveltyBench's rule for very short answers: half of the longer one's words are shared.

    Args:
        a: words of one answer.
        b: words of the other.
        longest: words up to which an answer is very short.

    Returns:
        2 · |shared words| ≥ words of the longer; None where either is longer, to ask a classifier.

    References:
        Zhang et al. 2025, NoveltyBench.
    """
    words = max(len(a), len(b))
    return None if words > longest else 2 * len(set(a) & set(b)) >= words


@dataclass(frozen=True, slots=True)
class PairQuality:
    """How judgements of pairs agree with those of people.

    Attributes:
        precision: of the pairs called the same, how many are; NaN if none is called so.
        recall: of the pairs that are the same, how many are called so; NaN if none is.
        f1: their harmonic mean; NaN if both counts are zero.
        pairs: how many there were.
    """

    precision: float
    recall: float
    f1: float
    pairs: int


def pair_quality(called: ArrayLike, same: ArrayLike) -> PairQuality:
    """Precision, recall and F1 of pairs called the same.

    Args:
        called: (pairs,) booleans.
        same: (pairs,) what people say.

    Raises:
        ValueError: they differ in length.
    """
    said, true = np.asarray(called, dtype=bool), np.asarray(same, dtype=bool)
    if said.shape != true.shape:
        raise ValueError(f"Expected {len(true)} judgements but there were {len(said)}.")
    hits = float(np.sum(said & true))
    totals = np.sum(said), np.sum(true), (np.sum(said) + np.sum(true)) / 2
    precision, recall, f1 = (hits / total if total else float("nan") for total in totals)
    return PairQuality(precision, recall, f1, len(true))


def _asked(same: ArrayLike | Same, n: int | None) -> tuple[Same, int]:
    if callable(same):
        if n is None:
            raise ValueError("Expected n, the number of answers, beside a function.")
        return same, n
    given = _checked(same)
    return lambda i, j: given[min(i, j), max(i, j)], len(given)


def _checked(same: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(same, dtype=np.float64)
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(
            f"Expected judgements to be an array with shape (n, n) but it had shape {given.shape}."
        )
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("Expected judgements to be probabilities but some were not.")
    return given
