import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.partition import partition_by_meaning
from metrics.sensitivity import (
    RULES,
    anchors,
    cosine_likeness,
    light_rewrite,
    order_shuffles,
    threshold_sweep,
)


def chain(n=10):
    """Each answer is like its neighbours and no other."""
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return np.where(apart == 0, 1.0, np.where(apart == 1, 0.9, 0.0))


def embeddings(n=20, seed=0):
    rng = np.random.default_rng(seed)
    return np.eye(8)[rng.integers(4, size=n)] + 0.3 * rng.standard_normal((n, 8))


def sweep(likeness, thresholds, rule, seed=0, **changes):
    rng = np.random.default_rng(seed)
    return threshold_sweep(likeness, thresholds=thresholds, rule=rule, rng=rng, **changes)


def test_a_chain_by_hand():
    # greedy in order: 0 and 1, 2 and 3, … five; every link counts for union-find: one
    assert sweep(chain(), [0.5], "greedy").values.tolist() == [5]
    assert sweep(chain(), [0.5], "union-find").values.tolist() == [1]
    # pairs join at 0.9; two neighbouring pairs have a mean likeness of 0.9 / 4
    assert sweep(chain(), [0.5, 0.2], "average").values.tolist() == [5, 3]
    assert sweep(chain(), [0.95], "greedy").values.tolist() == [10]


@pytest.mark.parametrize("rule", RULES)
def test_extremes(rule):
    found = sweep(cosine_likeness(embeddings()), [0.0, 1.0], rule)
    assert found.values.tolist() == [1, 20]
    assert found.n == 20
    assert (found.low <= found.values).all()
    assert (found.values <= found.high).all()
    assert found.high[0] > 1  # an unseen meaning is always possible


@settings(max_examples=20)
@given(st.integers(0, 50))
def test_higher_thresholds_never_join_more(seed):
    likeness = cosine_likeness(embeddings(12, seed))
    for rule in ("average", "union-find"):
        assert (np.diff(sweep(likeness, np.linspace(0, 1, 6), rule, resamples=2).values) >= 0).all()


def test_a_threshold_joins_what_lies_on_it():
    # a pair at exactly the threshold is the same under every rule
    assert {rule: sweep(chain(8), [0.9], rule).values[0] for rule in ("greedy", "average")} == {
        "greedy": 4,
        "average": 4,
    }


def test_average_is_the_partition_of_the_map():
    rows = embeddings(30, 3)
    for threshold in (0.3, 0.5, 0.7):
        labels = partition_by_meaning(rows, threshold=threshold)
        found = sweep(np.maximum(cosine_likeness(rows), 0), [threshold], "average").values
        assert found == pytest.approx(labels.max() + 1, abs=1)  # cosines below 0 count as 0 here


def test_fewer_answers_than_the_floor_have_no_curve():
    assert np.isnan(sweep(chain(7), [0.5, 0.6], "greedy").values).all()


def test_resamples_change_the_interval_alone():
    likeness = cosine_likeness(embeddings())
    few, many = (sweep(likeness, [0.6], "greedy", resamples=r) for r in (5, 400))
    assert few.values == many.values
    assert few.low != many.low


def test_orders_of_a_chain():
    found = order_shuffles(chain(), threshold=0.5, rng=np.random.default_rng(0), shuffles=60)
    # ten in a chain: four classes at best (each holds its first and both neighbours), five as given
    assert found.as_given == 5
    assert found.range == (4, 5)
    assert found.agreement < 1
    assert found.n == 10
    assert len(found.meanings) == 60


def test_clear_groups_know_no_order():
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    found = order_shuffles(blocks, threshold=0.5, rng=np.random.default_rng(0), shuffles=20)
    assert (found.range, found.agreement) == ((3, 3), 1)
    apart = order_shuffles(
        blocks * 0.4 + 0.6 * np.eye(12), threshold=0.5, rng=np.random.default_rng(0)
    )
    assert apart.range == (12, 12)


def test_anchors_by_hand():
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    close = np.array([0.8, 0.6])  # cosine 0.8 to east
    same = np.tile(east, (10, 1)), np.vstack([np.tile(east, (9, 1)), [close]])
    different = np.tile(east, (10, 1)), np.vstack([np.tile(north, (18, 1)), [close, close]])
    found = anchors(same, different, threshold=0.9)
    assert found.missed.value == pytest.approx(0.1)  # one of ten
    assert found.merged.value == 0
    # above every different pair: 9 of 10 wholly; the tenth above 9/10 of them, level with the rest
    assert found.separation == pytest.approx((9 + 0.9 + 0.1 / 2) / 10)
    assert found.distance == pytest.approx(1 - 0.1 * 0.8)
    assert found.missed.low <= 0.1 <= found.missed.high
    assert found.merged.high > 0.2  # none of ten answers: the rule of three
    lower = anchors(same, different, threshold=0.8)
    assert (lower.missed.value, lower.merged.value) == pytest.approx((0, 0.1))


def test_anchors_of_few_answers_have_no_shares():
    few = embeddings(7)
    found = anchors((few, few), (few, few), threshold=0.5)
    assert not found.missed.is_defined
    assert not found.merged.is_defined


def test_units_are_answers_not_pairs():
    rows, same = embeddings(20), (embeddings(20), embeddings(20))
    once = anchors(same, (rows, embeddings(20, 1)), threshold=0.3).merged
    assert once.n == 20
    assert once.high - once.low > 0.1  # 400 pairs as units would make it 0.09 at most


def test_light_rewrites_keep_the_words():
    assert light_rewrite("The  Pier.\nNow!") == "the pier. now"
    assert light_rewrite("as it is") == "as it is"


def test_refusals():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one of"):
        sweep(chain(), [0.5], "voronoi")
    with pytest.raises(ValueError, match=r"shape \(n, n\)"):
        sweep(np.ones((2, 3)), [0.5], "greedy")
    with pytest.raises(ValueError, match="symmetric"):
        order_shuffles(np.triu(np.ones((9, 9))), threshold=0.5, rng=rng)
    with pytest.raises(ValueError, match="at least one shuffle"):
        order_shuffles(chain(), threshold=0.5, rng=rng, shuffles=0)
    with pytest.raises(ValueError, match="row by row"):
        anchors((embeddings(4), embeddings(5)), (embeddings(4), embeddings(4)), threshold=0.5)
