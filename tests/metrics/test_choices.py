import numpy as np
import pytest

from metrics.choices import (
    NOBODY,
    pair_choices,
    ranking_choices,
    score_pairs,
    top_choices,
    win_matrix,
)


def test_a_tie_is_half_a_win_each_way():
    # 0 beats 1; 2 beats 0; 1 and 2 tie
    choices = pair_choices([0, 0, 1], [1, 2, 2], [1, 0, 0.5], [0, 0, 1], items=3)
    assert win_matrix(choices).tolist() == [[0, 1, 0], [0, 0, 0.5], [1, 0.5, 0]]
    assert choices.weights.sum() == 3


def test_pooling_and_picking_raters_lose_nothing():
    choices = pair_choices([0, 0, 1], [1, 1, 2], [1, 1, 0.5], [0, 1, 1], items=3)
    assert (win_matrix(choices.pooled()) == win_matrix(choices)).all()
    assert len(choices.pooled().sets) == 3
    parts = [win_matrix(choices.of([keep, not keep])) for keep in (True, False)]
    assert (sum(parts) == win_matrix(choices)).all()


def test_pooling_large_sets_takes_the_other_way():
    sets = np.array([range(12), range(12)])
    pooled = top_choices(sets, [0, 1], items=1000).pooled()
    assert pooled.sets.tolist() == [list(range(12))]
    assert pooled.weights.tolist() == [2]


def test_a_ranking_is_the_best_of_the_rest_again_and_again():
    # 2 > 0 > 1: 2 from all three, then 0 from the other two
    choices = ranking_choices([((2,), (0,), (1,))], [4], items=3)
    assert choices.sets.tolist() == [[2, 0, 1], [0, 1, NOBODY]]
    assert choices.raters.tolist() == [4, 4]


def test_items_that_share_a_place_come_first_equally_often():
    # 0 = 1 > 2: half of (0, then 1 from 1 and 2), half of (1, then 0 from 0 and 2)
    tied = ranking_choices([((0, 1), (2,))], [0], items=3).pooled()
    rows = {
        tuple(row): weight for row, weight in zip(tied.sets.tolist(), tied.weights, strict=True)
    }
    assert rows == {(0, 1, 2): 0.5, (1, 0, 2): 0.5, (0, 2, NOBODY): 0.5, (1, 2, NOBODY): 0.5}
    four = ranking_choices([((0, 1, 2, 3),)], [0], items=4)
    first = four.sets[(four.sets != NOBODY).all(axis=1), 0]
    assert np.bincount(first).tolist() == [2, 2, 2, 2]
    assert four.weights.sum() == pytest.approx(3)


def test_a_tie_of_two_in_a_ranking_is_that_of_a_pair():
    ranking = ranking_choices([((0, 1),)], [0], items=2)
    pair = pair_choices([0], [1], [0.5], [0], items=2)
    assert (win_matrix(ranking) == win_matrix(pair)).all()


def test_scores_become_pairs_within_a_context_only():
    # context a: 0 scored 80, 1 scored 77, 2 scored 10; context b has one score
    first, second, outcome, where = score_pairs(
        ["a", "b", "a", "a"], [0, 5, 1, 2], [80, 1, 77, 10], tie_within=5
    )
    pairs = {(f, s): o for f, s, o in zip(first.tolist(), second.tolist(), outcome, strict=True)}
    assert pairs == {(0, 1): 0.5, (0, 2): 1, (1, 2): 1}
    assert where.tolist() == [0, 0, 0]
    assert score_pairs(["a", "a"], [0, 1], [80, 77])[2].tolist() == [1]


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="one length"):
        pair_choices([0], [1, 2], [1], [0], items=3)
    with pytest.raises(ValueError, match="row 1 compared an item with itself"):
        pair_choices([0, 2], [1, 2], [1, 1], [0, 0], items=3)
    with pytest.raises(ValueError, match="outcome of 0"):
        pair_choices([0], [1], [2], [0], items=3)
    with pytest.raises(ValueError, match="items from 0 to 2"):
        pair_choices([0], [3], [1], [0], items=3)
    with pytest.raises(ValueError, match="ranking 0 held one twice"):
        ranking_choices([((0,), (0,))], [0], items=2)
    with pytest.raises(ValueError, match="Expected 1 raters"):
        ranking_choices([((0,), (1,))], [0, 1], items=2)
    with pytest.raises(ValueError, match="held one twice"):
        top_choices([[0, 0]], [0], items=2)
    with pytest.raises(ValueError, match="had fewer"):
        top_choices([[0, NOBODY]], [0], items=2)
    with pytest.raises(ValueError, match="shape"):
        top_choices([0, 1], [0, 0], items=2)
    with pytest.raises(ValueError, match="between two"):
        win_matrix(top_choices([[0, 1, 2]], [0], items=3))
