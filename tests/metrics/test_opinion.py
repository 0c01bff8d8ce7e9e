import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from metrics.opinion import (
    enough_votes,
    group_aware_consensus,
    opinion_groups,
    opinion_space,
    representative_statements,
    statement_table,
)

_ = np.nan
# Nine people in three groups, and red-dwarf 0.4.0's statistics of their votes.
VOTES = np.array(
    [
        [1, -1, -1, -1],
        [_, 1, _, 1],
        [_, -1, -1, _],
        [-1, -1, 1, 1],
        [1, 1, 1, _],
        [1, 1, 0, _],
        [_, -1, 1, 0],
        [-1, 1, -1, 1],
        [-1, -1, -1, 0],
    ]
)
GROUPS = np.arange(9) % 3
P_AGREE = [[0.5, 0.2, 0.6, 0.4], [0.5, 0.8, 0.5, 0.75], [0.5, 0.4, 0.2, 0.33333]]
RATIO_DISAGREE = [
    [1.0, 2.13333, 0.7, 2.0],
    [1.0, 0.26667, 1.0, 0.75],
    [1.0, 1.2, 1.4, 1.16667],
]
Z_AGREE = [[0.57735, -1, 1, 0], [0.57735, 2, 0.57735, 1.73205], [0.57735, 0, -1, 0]]
Z_RATIO_AGREE = [
    [0.18856, -1.48765, 1.29099, -0.7303],
    [0.18856, 2.28869, 0.69007, 1.69706],
    [0.18856, -0.22887, -1.29099, -0.42164],
]
CONSENSUS = [0.125, 0.064, 0.06, 0.1]


def two_sides(people=30, statements=20, seed=0):
    rng = np.random.default_rng(seed)
    side = np.arange(people) % 2
    lean = np.where(np.arange(statements) % 2 == side[:, None], 0.9, 0.1)
    votes = np.where(rng.random((people, statements)) < lean, 1.0, -1.0)
    votes[rng.random(votes.shape) < 0.2] = np.nan
    return votes, side


def test_statistics_agree_with_red_dwarf():
    table = statement_table(VOTES, GROUPS)
    assert table.p_agree == pytest.approx(np.array(P_AGREE), abs=1e-5)
    assert table.ratio_disagree == pytest.approx(np.array(RATIO_DISAGREE), abs=1e-5)
    assert table.z_agree == pytest.approx(np.array(Z_AGREE), abs=1e-5)
    assert table.z_ratio_agree == pytest.approx(np.array(Z_RATIO_AGREE), abs=1e-5)
    assert group_aware_consensus(table, root=False) == pytest.approx(CONSENSUS)


def test_statistics_by_hand():
    # group 1 on statement 1: three of three agree: (3 + 1)/(3 + 2) = 0.8, z = 2·√4·(4/4 − ½) = 2
    table = statement_table(VOTES, GROUPS)
    assert (table.agree[1, 1], table.disagree[1, 1], table.seen[1, 1]) == (3, 0, 3)
    assert table.p_agree[1, 1] == 0.8
    assert table.z_agree[1, 1] == 2
    # consensus on statement 0: each group (1 + 1)/(2 + 2) = ½, so the cube root of ⅛ is ½
    assert group_aware_consensus(table)[0] == pytest.approx(0.5)


def test_everybody_agreeing_gives_no_difference():
    table = statement_table(np.ones((6, 2)), [0, 0, 0, 1, 1, 1])
    assert (table.z_ratio_agree == 0).all()
    assert (table.ratio_agree == 1).all()


def test_people_in_no_group_count_nowhere():
    with_them = statement_table(VOTES, np.where(GROUPS == 2, -1, GROUPS))
    without = statement_table(VOTES[GROUPS < 2], GROUPS[GROUPS < 2])
    assert (with_them.seen == without.seen).all()
    assert (with_them.z_ratio_agree == without.z_ratio_agree).all()


def test_sides_are_found_and_said():
    votes, side = two_sides()
    space = opinion_space(votes)
    found = opinion_groups(space.people, rng=np.random.default_rng(0))
    assert adjusted_rand_score(side, found.labels) == 1
    assert max(found.silhouettes, key=found.silhouettes.get) == 2
    assert sorted(found.silhouettes) == [2, 3, 4]  # min(5, 2 + 30 // 12)
    table = statement_table(votes, found.labels)
    said = representative_statements(table, found.labels[0])
    assert len(said) == 5
    assert {one.statement % 2 == side[0] for one in said if one.agrees} <= {True}
    assert [one.rank for one in said] == sorted((one.rank for one in said), reverse=True)
    assert len(representative_statements(table, 0, most=2)) == 2
    assert len(representative_statements(table, 0, most=99)) > len(
        representative_statements(table, 0, most=99, confidence=0.99999)
    )


def test_few_votes_are_stretched_outwards():
    # one who cast a quarter of the votes of another, and the same: √4 times as far per vote
    votes, _ = two_sides(people=40, statements=16)
    votes[0] = votes[2] = np.where(np.arange(16) % 2 == 0, 1, -1)
    votes[2, 4:] = np.nan
    space = opinion_space(votes)
    cast = np.nan_to_num(votes[2] - np.nanmean(votes, axis=0)) @ space.directions.T
    assert space.people[2] == pytest.approx(2 * cast)


def test_statements_left_out_have_no_say():
    votes, _ = two_sides()
    odd = votes.copy()
    odd[:, 0] = np.random.default_rng(1).choice([-1, 1], size=len(votes))
    left_out = opinion_space(odd, left_out=[0])
    assert np.abs(left_out.people) == pytest.approx(
        np.abs(opinion_space(votes, left_out=[0]).people)
    )
    assert np.abs(opinion_space(odd).people) != pytest.approx(np.abs(left_out.people))
    assert left_out.directions[:, 0] == pytest.approx(0)


def test_a_statement_nobody_saw_changes_only_the_scale():
    votes, _ = two_sides()
    wider = np.column_stack([votes, np.full(len(votes), np.nan)])
    assert np.isfinite(opinion_space(wider).people).all()


def test_who_voted_enough():
    votes = np.full((20, 10), np.nan)
    votes[:, :7] = 1
    votes[3, 6] = np.nan
    assert enough_votes(votes).tolist() == [i != 3 for i in range(20)]
    assert enough_votes(votes[:, :5]).all()  # all five there are
    few = np.full((20, 10), np.nan)
    few[np.arange(20), np.arange(20) % 10] = 1
    few[5, :9] = 1
    assert enough_votes(few).sum() == 15  # the fullest are taken in
    assert enough_votes(few)[5]


def test_order_of_people_matters_for_the_first_points_only():
    votes, side = two_sides(people=60, seed=3)
    people = opinion_space(votes).people
    order = np.random.default_rng(0).permutation(60)
    for start in ("restarts", "first"):
        one = opinion_groups(people, rng=np.random.default_rng(0), groups=2, start=start)
        assert adjusted_rand_score(side, one.labels) == 1
        two = opinion_groups(people[order], rng=np.random.default_rng(0), groups=2, start=start)
        assert adjusted_rand_score(one.labels[order], two.labels) == 1
    corners = np.array([[0, 0], [0, 1], [9, 0], [9, 1], [0, 9.0], [0, 8]])
    first = opinion_groups(corners, rng=np.random.default_rng(0), groups=3, start="first").labels
    best = opinion_groups(corners, rng=np.random.default_rng(0), groups=3).labels
    assert adjusted_rand_score([0, 0, 1, 1, 2, 2], best) == 1
    assert first.tolist() != best.tolist() or adjusted_rand_score(first, best) == 1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="people ≥ 2"):
        opinion_space([1, 0])
    with pytest.raises(ValueError, match="−1, 0, 1 or NaN"):
        opinion_space([[1, 2], [0, 1]])
    with pytest.raises(ValueError, match="Expected 9 labels"):
        statement_table(VOTES, [0])
    with pytest.raises(ValueError, match="finite points"):
        opinion_groups([1.0, 2], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="more different points than 1"):
        opinion_groups(np.zeros((5, 2)), rng=np.random.default_rng(0))
