import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.verdicts import mutual_entailment, winning_share, yes_share

SURE, UNSURE, AGAINST = [0.8, 0.15, 0.05], [0.3, 0.6, 0.1], [0.1, 0.2, 0.7]


def test_a_share_against_the_strongest_rival_by_hand():
    # 0.6 / (0.6 + 0.3); 0.2 / (0.2 + 0.5)
    found = winning_share([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]], 0)
    assert found == pytest.approx([2 / 3, 2 / 7])


def test_a_share_at_its_extremes():
    assert winning_share([[1, 0], [0, 1], [0, 0]], 0).tolist() == [1, 0, 0]
    assert len(winning_share(np.empty((0, 3)), 1)) == 0


@given(st.integers(2, 5), st.integers(0, 999))
def test_half_is_where_a_label_is_the_likeliest(labels, seed):
    chances = np.random.default_rng(seed).dirichlet(np.ones(labels), size=20)
    column = seed % labels
    found = winning_share(chances, column) > 0.5
    assert found.tolist() == (chances.argmax(axis=1) == column).tolist()
    shuffled = np.roll(chances, 1, axis=1)
    same = winning_share(shuffled, (column + 1) % labels)
    np.testing.assert_allclose(same, winning_share(chances, column))


def test_entailment_must_win_both_ways():
    found = mutual_entailment([SURE, SURE], [SURE, UNSURE], entailment=0)
    # the smaller of 0.8 / 0.95 and itself; of that and 0.3 / 0.9
    assert found == pytest.approx([0.8 / 0.95, 1 / 3])


def test_directions_may_be_exchanged():
    forth, back = [SURE, UNSURE, AGAINST], [UNSURE, AGAINST, SURE]
    for options in ({}, {"strict": False, "contradiction": 2}):
        one = mutual_entailment(forth, back, entailment=0, **options)
        other = mutual_entailment(back, forth, entailment=0, **options)
        assert one.tolist() == other.tolist()


def test_the_loose_rule_takes_one_entailment_and_no_contradiction():
    loose = {"entailment": 0, "contradiction": 2, "strict": False}
    found = mutual_entailment([SURE, UNSURE, SURE], [UNSURE, UNSURE, AGAINST], **loose)
    assert found.tolist() == [1, 0, 0]
    assert mutual_entailment([SURE], [UNSURE], entailment=0)[0] < 0.5


def test_yes_among_yes_and_no_by_hand():
    assert yes_share([0.3, 0.0, 0.2], [0.1, 0.5, 0.0]).tolist() == pytest.approx([0.75, 0, 1])
    assert np.isnan(yes_share([0.0], [0.0])).all()
    # how much else a reply might begin with does not matter
    assert yes_share(0.03, 0.01) == pytest.approx(0.75)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="labels ≥ 2"):
        winning_share([[1.0]], 0)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        winning_share([[1.5, 0]], 0)
    with pytest.raises(ValueError, match="column below 2"):
        winning_share([[0.5, 0.5]], 2)
    with pytest.raises(ValueError, match="one shape"):
        mutual_entailment([SURE], [SURE, SURE], entailment=0)
    with pytest.raises(ValueError, match="contradiction"):
        mutual_entailment([SURE], [SURE], entailment=0, strict=False)
    with pytest.raises(ValueError, match="one shape"):
        yes_share([0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="at least 0"):
        yes_share([-0.1], [0.1])
