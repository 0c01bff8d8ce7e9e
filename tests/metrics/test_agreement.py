import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.agreement import (
    cohesion,
    cross_agreement,
    krippendorff_alpha,
    normalised_cross_agreement,
)

_ = np.nan
# krippendorff 0.9.0 gives 0.06184210526315792 (nominal) and 0.28440766550522645 (interval).
ANSWERS = np.array(
    [
        [_, 0, 0, 0, 0, 3, 3, 2],
        [_, 0, 1, _, 2, 1, _, 0],
        [2, 2, 0, _, 1, 1, 3, 2],
        [1, 1, 2, _, 0, 2, 3, _],
        [3, 1, 1, 2, 2, 2, 3, _],
    ]
)


def plain_cross(x, y, distance):
    """xRR by its definition, with loops."""
    items = [
        i for i in range(x.shape[1]) if (~np.isnan(x[:, i])).any() and (~np.isnan(y[:, i])).any()
    ]
    xs = [x[~np.isnan(x[:, i]), i] for i in items]
    ys = [y[~np.isnan(y[:, i]), i] for i in items]
    r, s = sum(map(len, xs)), sum(map(len, ys))
    observed = sum(
        (len(a) + len(b)) / (len(a) * len(b)) * sum(distance(p, q) for p in a for q in b)
        for a, b in zip(xs, ys, strict=True)
    ) / (r + s)
    expected = sum(distance(p, q) for a in xs for p in a for b in ys for q in b) / (r * s)
    return 1 - observed / expected


def test_agrees_with_krippendorff():
    assert krippendorff_alpha(ANSWERS) == pytest.approx(0.06184210526315792)
    assert krippendorff_alpha(ANSWERS, level="interval") == pytest.approx(0.28440766550522645)


def test_alpha_by_hand():
    # two raters, items (0,0), (1,1), (0,1): observed 2·1/(2·3)… D_o = 2/6; counts 3 and 3:
    # D_e = 2·3·3/(6·5) = 18/30; α = 1 − (1/3)/(3/5) = 4/9
    assert krippendorff_alpha([[0, 1, 0], [0, 1, 1]]) == pytest.approx(4 / 9)


def test_alpha_at_its_extremes():
    assert krippendorff_alpha([[0, 1, 2], [0, 1, 2]]) == 1
    assert krippendorff_alpha([[0, 1], [1, 0]]) < 0
    assert np.isnan(krippendorff_alpha([[1, 1], [1, 1]]))
    assert np.isnan(krippendorff_alpha([[1, _], [_, 1]]))


def test_cross_agreement_is_its_definition():
    x, y = ANSWERS[:2], ANSWERS[2:]
    assert cross_agreement(x, y) == pytest.approx(plain_cross(x, y, lambda p, q: p != q))
    assert cross_agreement(x, y, level="interval") == pytest.approx(
        plain_cross(x, y, lambda p, q: (p - q) ** 2)
    )


def test_cross_agreement_at_its_extremes():
    assert cross_agreement([[0, 1]], [[0, 1], [0, 1]]) == 1
    assert cross_agreement([[0, 1]], [[1, 0]]) == -1  # d_o = 1, d_e = ½
    assert np.isnan(cross_agreement([[0, _]], [[_, 1]]))
    same = [[0, 1, 2, 0], [0, 1, 2, 0], [0, 1, 2, 1]]
    assert normalised_cross_agreement(same[:2], same[:2]) == 1
    assert np.isnan(normalised_cross_agreement([[0, 1], [1, 0]], [[0, 1], [0, 1]]))


@settings(max_examples=20)
@given(st.permutations(range(5)), st.integers(-5, 5), st.floats(0.5, 3))
def test_order_names_and_scale_do_not_matter(order, shift, scale):
    moved = ANSWERS[list(order)] * scale + shift
    for level in ("nominal", "interval"):
        assert krippendorff_alpha(moved, level=level) == pytest.approx(
            krippendorff_alpha(ANSWERS, level=level), abs=1e-9
        )


def two_tastes(raters=40, items=30, agree=0.9, seed=0):
    rng = np.random.default_rng(seed)
    group = np.arange(raters) % 2
    taste = rng.integers(3, size=(2, items))
    answers = np.where(
        rng.random((raters, items)) < agree, taste[group], rng.integers(3, size=(raters, items))
    )
    return answers.astype(float), group


def test_groups_with_tastes_of_their_own_cohere():
    answers, group = two_tastes()
    found = cohesion(answers, group, rng=np.random.default_rng(0), resamples=199)
    assert (found.difference > 0.3).all()
    assert (found.p_value == 2 / 200).all()
    assert found.sizes.tolist() == [20, 20]
    assert found.within[0] == pytest.approx(krippendorff_alpha(answers[group == 0]))
    assert found.across[0] == pytest.approx(
        cross_agreement(answers[group == 0], answers[group == 1])
    )


def test_random_groups_do_not():
    answers, group = two_tastes(seed=1)
    shuffled = np.random.default_rng(5).permutation(group)
    found = cohesion(answers, shuffled, rng=np.random.default_rng(0), resamples=199)
    assert (found.q_value > 0.05).all()
    assert found.index == pytest.approx(1, abs=0.2)


def test_the_ratio_is_left_out_where_it_means_nothing():
    answers = np.array([[0, 1, 0, 1]] * 10 + [[1, 0, 1, 0]] * 10, dtype=float)
    found = cohesion(answers, [0] * 10 + [1] * 10, rng=np.random.default_rng(0), resamples=19)
    assert np.isnan(found.index).all()
    assert found.difference == pytest.approx(2)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="raters, items"):
        krippendorff_alpha([1, 2])
    with pytest.raises(ValueError, match="same items"):
        cross_agreement(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="two groups"):
        cohesion(ANSWERS, [0] * 5, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="Expected 5 labels"):
        cohesion(ANSWERS, [0, 1], rng=np.random.default_rng(0))
