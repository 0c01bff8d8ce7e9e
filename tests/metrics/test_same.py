import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score

from metrics.same import (
    both_ways,
    greedy_partition,
    judgements,
    pair_quality,
    partition_in_rounds,
    share_words,
    union_find_partition,
)

BOTH = pytest.mark.parametrize("rule", [greedy_partition, union_find_partition])


def chain(n):
    """Each answer says the same as its neighbours in a row, and as no others."""
    gap = np.abs(np.subtract.outer(range(n), range(n)))
    return (gap <= 1).astype(float)


def blocks(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (labels[:, None] == labels).astype(float), labels


def random_judgements(n, seed):
    asked = np.random.default_rng(seed).random((n, n))
    return np.triu(asked, 1) + np.triu(asked, 1).T + np.eye(n)


def test_a_chain_shows_the_rules_apart():
    # 0 takes 1; 2 opens a class and takes 3; … five classes. Union-find follows every link.
    assert greedy_partition(chain(10)).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert union_find_partition(chain(10)).tolist() == [0] * 10


def test_the_greedy_rule_depends_on_the_order():
    # 1, 4, 7 take both neighbours, 9 is left alone: four classes
    order = [1, 4, 7, 9, 0, 2, 3, 5, 6, 8]
    assert greedy_partition(chain(10), order=order).max() + 1 == 4
    assert greedy_partition(chain(10)).max() + 1 == 5


@BOTH
def test_classes_that_are_there_are_found(rule):
    same, truth = blocks([4, 2, 1])
    assert rule(same).tolist() == truth.tolist()
    assert rule(lambda i, j: same[i, j], n=7).tolist() == truth.tolist()
    assert rule(same.astype(bool)).tolist() == truth.tolist()


@BOTH
def test_extremes(rule):
    assert rule(np.ones((5, 5))).tolist() == [0] * 5
    assert rule(np.eye(5)).tolist() == [0, 1, 2, 3, 4]
    assert rule(np.empty((0, 0))).tolist() == []


@BOTH
def test_the_threshold_decides(rule):
    same = np.array([[1, 0.3], [0.3, 1]])
    assert rule(same).tolist() == [0, 1]
    assert rule(same, threshold=0.102).tolist() == [0, 0]
    assert rule(same, threshold=0.3).tolist() == [0, 1]  # at the threshold is not above it


@given(st.integers(1, 12), st.integers(0, 99), st.randoms())
def test_union_find_agrees_with_scipy_in_any_order(n, seed, random):
    same = random_judgements(n, seed)
    expected = connected_components(same > 0.7)[1]
    order = list(range(n))
    random.shuffle(order)
    moved = union_find_partition(same[np.ix_(order, order)], threshold=0.7)
    assert adjusted_rand_score(expected, union_find_partition(same, threshold=0.7)) == 1
    assert adjusted_rand_score(expected[order], moved) == 1


@given(st.integers(1, 12), st.integers(0, 99))
def test_greedy_classes_are_around_their_first_members(n, seed):
    same = random_judgements(n, seed)
    labels = greedy_partition(same, threshold=0.6)
    firsts = [int(np.flatnonzero(labels == label)[0]) for label in range(labels.max() + 1)]
    assert all(same[firsts[label], row] > 0.6 for row, label in enumerate(labels))
    assert (same[np.ix_(firsts, firsts)][~np.eye(len(firsts), dtype=bool)] <= 0.6).all()


def test_the_greedy_rule_asks_only_what_it_needs():
    asked = []

    def same(i, j):
        asked.append((i, j))
        return i % 2 == j % 2

    greedy_partition(same, n=10)
    # 1 is held against 0; then the even ones against 0 alone, the odd ones against 0 and 1
    assert len(asked) == 1 + 4 + 2 * 4
    asked.clear()
    union_find_partition(same, n=10)
    assert len(asked) == len(set(asked)) == 45


@given(st.integers(0, 14), st.integers(0, 99), st.floats(0.05, 0.95))
def test_rounds_give_the_same_classes_from_no_other_pairs(n, seed, threshold):
    same = random_judgements(n, seed)
    for chained, rule in ((False, greedy_partition), (True, union_find_partition)):
        one_by_one, in_rounds = [], []

        def single(i, j, asked=one_by_one):
            asked.append((min(i, j), max(i, j)))
            return same[i, j]

        def many(pairs, asked=in_rounds):
            asked += pairs
            return [same[pair] for pair in pairs]

        expected = rule(single, n=n, threshold=threshold).tolist()
        found = partition_in_rounds(many, n, threshold=threshold, chained=chained)
        assert found.tolist() == expected
        assert len(in_rounds) == len(set(in_rounds))
        assert set(in_rounds) <= set(one_by_one)
        assert chained or len(in_rounds) == len(one_by_one)


def test_rounds_are_as_many_as_classes_and_a_chain_asks_less():
    rounds = []

    def same(pairs):
        rounds.append(len(pairs))
        return [chain(6)[pair] for pair in pairs]

    # 0 takes 1 of five others, 2 takes 3 of the three left, 4 takes 5
    assert partition_in_rounds(same, 6).tolist() == [0, 0, 1, 1, 2, 2]
    assert rounds == [5, 3, 1]
    rounds.clear()
    # each takes the next one: 5 + 4 + 3 + 2 + 1 of 15 pairs
    assert partition_in_rounds(same, 6, chained=True).tolist() == [0] * 6
    assert rounds == [5, 4, 3, 2, 1]


def test_all_judgements_by_hand():
    assert judgements(lambda i, j: 0.5, n=2).tolist() == [[1, 0.5], [0.5, 1]]
    assert judgements([[0, 0.2], [0.9, 0]]).tolist() == [[1, 0.2], [0.2, 1]]


def test_entailment_both_ways_by_hand():
    entails = [[1, 0.9], [0.3, 1]]
    assert both_ways(entails)[0, 1] == both_ways(entails)[1, 0] == 0.3
    assert both_ways(entails, strict=False)[0, 1] == pytest.approx(0.6)


def test_very_short_answers_by_their_words():
    # two of three words, of the longer: 2 · 2 ≥ 3; one of three: 2 · 1 < 3; six words are not short
    assert share_words(["a", "b", "c"], ["b", "a"])
    assert share_words(["a", "b", "c"], ["a"]) is False
    assert share_words(list("abcdef"), ["a"]) is None
    assert share_words(list("abc"), ["a"], longest=2) is None


def test_quality_of_judgements_by_hand():
    # of three called the same two are, of four that are two are called: F1 2 · 2 / (3 + 4)
    found = pair_quality([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 1, 0])
    assert (found.precision, found.recall, found.pairs) == (2 / 3, 2 / 4, 6)
    assert found.f1 == pytest.approx(4 / 7)
    nothing = pair_quality([0, 0], [0, 0])
    assert all(map(math.isnan, (nothing.precision, nothing.recall, nothing.f1)))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="Expected n"):
        greedy_partition(lambda i, j: True)
    with pytest.raises(ValueError, match=r"shape \(n, n\)"):
        union_find_partition(np.ones((2, 3)))
    with pytest.raises(ValueError, match="probabilities"):
        greedy_partition([[1, 2], [2, 1]])
    with pytest.raises(ValueError, match="at least 0"):
        partition_in_rounds(lambda pairs: [], -1)
    with pytest.raises(ValueError, match="Expected 1 probabilities"):
        partition_in_rounds(lambda pairs: [2.0], 2)
    with pytest.raises(ValueError, match="order"):
        greedy_partition(np.eye(2), order=[0, 0])
    with pytest.raises(ValueError, match="Expected 2 judgements"):
        pair_quality([1], [1, 0])
