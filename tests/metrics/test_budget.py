import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.budget import next_group, optimum_allocation, replay, steadied


def test_optimum_by_hand():
    # n ∝ s√(w/c): 2·√(1/1) = 2 and 1·√(4/4) = 1; 2t + 4t = 60, so 20 and 10
    assert optimum_allocation([1, 4], [2, 1], [1, 4], budget=60) == pytest.approx([20, 10])
    assert optimum_allocation([1, 1], [0, 0], [1, 1], budget=10).tolist() == [5, 5]


@given(st.lists(st.tuples(*[st.floats(0.1, 5)] * 3), min_size=2, max_size=5))
def test_no_other_plan_is_better(groups):
    w, s, c = np.array(groups).T
    best = optimum_allocation(w, s, c, budget=100)
    assert c @ best == pytest.approx(100)
    other = np.full(len(w), 100 / c.sum())
    assert np.sum(w * s**2 / best) <= np.sum(w * s**2 / other) * (1 + 1e-9)


def test_spreads_are_steadied():
    # pooled (9·4 + 9·9)/18 = 6.5; (65 + 36)/19 = 5.316 and (65 + 81)/19 = 7.684
    assert steadied([2, 3], [10, 10]) ** 2 == pytest.approx([5.316, 7.684], abs=1e-3)
    assert steadied([np.nan, 3], [1, 10]).tolist() == [3, 3]
    assert steadied([0, np.nan], [5, 0]).tolist() == [1, 1]
    assert steadied([2, 3], [1e6, 1e6]) == pytest.approx([2, 3], rel=1e-4)


def test_next_by_hand():
    # w s²/(c n(n+1)) with the spreads above: 5.316 against 7.684/c
    assert next_group([10, 10], [1, 1], [2, 3], [1, 1.4]) == 1
    assert next_group([10, 10], [1, 1], [2, 3], [1, 1.5]) == 0
    assert next_group([10, 10], [2, 1], [2, 3], [1, 1.4]) == 0
    assert next_group([4, 10], [1, 100], [1, 9], [9, 1]) == 0  # five of each come first
    assert next_group([10, 20], [1, 9], [3, 3], [9, 1], worst=True) == 0
    assert next_group([10, 10], [1, 1], [np.nan, 3], [2, 1]) == 1


def test_the_steps_lead_to_the_optimum():
    n = np.array([1500, 500, 2000])
    w, s, c = [1, 2, 4], [3, 1, 2], [1, 2, 1]
    while n @ np.array(c) < 6000:
        n[next_group(n, w, s, c)] += 1
    assert n == pytest.approx(optimum_allocation(w, s, c, budget=6000), rel=0.05)


def test_spread_out_groups_are_worth_more_asking():
    rng = np.random.default_rng(1)
    values = [rng.normal(0, 4, 400), rng.normal(3, 0.5, 400), rng.normal(1, 0.5, 400)]
    done = {
        plan: replay(values, [1, 1, 1], [1, 1, 1], budget=90, plan=plan, rng=rng, replays=300)
        for plan in ("sequential", "equal")
    }
    # 30 of 400 without replacement: s²/30 · (1 − 30/400) each
    expected = np.sqrt(np.mean([np.var(group, ddof=1) / 30 * 0.925 for group in values]))
    assert done["equal"].error == pytest.approx(expected, rel=0.12)
    assert done["equal"].asked.tolist() == [30, 30, 30]
    assert done["equal"].spent == 90
    assert done["sequential"].error < 0.85 * expected
    # equal would be 30 and the optimum 72; spreads of few answers are drawn towards each other
    assert 40 < done["sequential"].asked[0] < 72
    assert done["sequential"].worst_error < done["equal"].worst_error


def test_plans_keep_to_weights_and_costs():
    values = [np.arange(100.0)] * 3
    rng = np.random.default_rng(0)
    plan = {"plan": "proportional", "rng": rng, "replays": 1}
    assert replay(values, [4, 1, 1], [1, 1, 1], budget=90, **plan).asked.tolist() == [60, 15, 15]
    dear = replay(values, [1, 1, 1], [1, 1, 40], budget=90, plan="equal", rng=rng, replays=1)
    assert dear.asked[2] == 2


def test_asking_everybody_leaves_no_error():
    values = [np.arange(6.0), np.arange(4.0)]
    done = replay(
        values,
        [1, 1],
        [1, 1],
        budget=99,
        plan="sequential",
        rng=np.random.default_rng(0),
        replays=3,
    )
    assert done.error == pytest.approx(0)
    assert done.worst_error == pytest.approx(0)
    assert done.asked.tolist() == [6, 4]
    assert done.spent == 10


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="budget > 0"):
        optimum_allocation([1], [1], [1], budget=0)
    with pytest.raises(ValueError, match="as many weights"):
        optimum_allocation([1], [1, 2], [1], budget=1)
    with pytest.raises(ValueError, match="costs > 0"):
        next_group([9], [1], [1], [0])
    with pytest.raises(ValueError, match="in every group"):
        replay([[], [1.0]], [1, 1], [1, 1], budget=5, plan="equal", rng=np.random.default_rng(0))
