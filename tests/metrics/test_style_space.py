import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from metrics.style import FEATURES, style_features
from metrics.style_space import (
    by_conversation,
    fit_style_space,
    median_step,
    style_centroid,
)

AB = ("a", "b")
NAN = float("nan")


def test_scale_by_hand():
    # a: mean 2, deviation 1; b: mean 20, deviation 10
    space = fit_style_space([[1, 10], [3, 30]], reference="two texts", names=AB)
    assert space.scale([[2, 40], [1, 20]]).tolist() == [[0, 2], [-1, 0]]
    assert (space.reference, space.n, dict(space.dropped)) == ("two texts", 2, {})


def test_it_is_the_standard_scaler():
    features = np.random.default_rng(0).gamma(2.0, size=(50, 4))
    space = fit_style_space(features, reference="", names="wxyz")
    assert space.scale(features) == pytest.approx(StandardScaler().fit_transform(features))


def test_what_does_not_vary_is_dropped_and_said():
    rows = [[1, 0.3, 5, NAN], [2, 0.3, NAN, NAN], [4, 0.1 * 3, NAN, NAN]]
    space = fit_style_space(rows, reference="", names="wxyz")
    assert space.names == ("w",)
    assert space.dropped["x"] == "it does not vary"
    assert space.dropped["y"] == space.dropped["z"] == "it is defined in fewer than two texts"
    assert space.scale(rows).shape == (3, 1)


def test_undefined_stays_undefined_and_moves_no_other():
    rows = np.array([[1.0, 5], [3, 9], [5, 1]])
    whole = fit_style_space(rows, reference="", names=AB)
    holed = fit_style_space([*rows, [NAN, 5]], reference="", names=AB)
    assert holed.mean[0] == whole.mean[0]
    assert np.isnan(holed.scale([NAN, 5])).tolist() == [True, False]


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_units_of_a_feature_do_not_matter(factor, shift):
    rows = np.random.default_rng(1).standard_normal((9, 2))
    other = rows * [factor, 1] + [shift, 0]
    first, second = (fit_style_space(r, reference="", names=AB).scale(r) for r in (rows, other))
    assert second == pytest.approx(first, abs=1e-6)


def test_a_reference_that_never_varies_lets_one_feature_decide():
    # scaled on itself both count alike; on texts in which a hardly moves, a is everything
    texts = np.array([[-1.0, 1], [1, 1], [-1, -1], [1, -1]])
    own = fit_style_space(texts, reference="", names=AB)
    assert own.share_of_distance(texts) == pytest.approx([0.5, 0.5])
    narrow = fit_style_space(texts * [0.1, 1], reference="", names=AB)
    assert narrow.share_of_distance(texts) == pytest.approx([100 / 101, 1 / 101])
    assert np.isnan(own.share_of_distance([[NAN, 1]])).all()


def test_the_centroid_of_the_reference_itself_is_the_origin():
    rows = np.random.default_rng(2).standard_normal((30, 2))
    space = fit_style_space(rows, reference="", names=AB)
    assert style_centroid(rows, space) == pytest.approx([0, 0], abs=1e-12)
    # of other texts it is not: mean of (2, NaN) and of (4, 6)
    space = fit_style_space([[0, 0], [2, 2]], reference="", names=AB)
    assert style_centroid([[3, 5], [5, NAN]], space).tolist() == [3, 4]


def test_real_texts_go_all_the_way():
    persona = ["I am a calm clerk. I file the letters.", "Good day. The office is open now."]
    texts = [*persona, "hey!! you won't believe it, I love this so much", "We think it rained."]
    space = fit_style_space(style_features(texts), reference="four lines")
    assert set(space.names) | set(space.dropped) == set(FEATURES)
    assert np.isfinite(style_centroid(style_features(persona), space)).all()


def test_turns_are_laid_out_by_conversation_in_order():
    laid = by_conversation([[1], [10], [2], [3], [20]], ["x", "y", "x", "x", "y"])
    assert laid.ids == ("x", "y")
    assert laid.vectors[0, :, 0].tolist() == [1, 2, 3]
    assert laid.vectors[1, :2, 0].tolist() == [10, 20]
    assert np.isnan(laid.vectors[1, 2, 0])
    assert laid.present.tolist() == [[True] * 3, [True, True, False]]


def test_undefined_turns_are_counted_and_the_end_is_not():
    laid = by_conversation([[1, 1], [NAN, 1], [2, 2]], ["x", "x", "y"])
    assert laid.observed.tolist() == [[True, False], [True, False]]
    assert laid.unobserved == 1


def test_median_step_by_hand():
    # steps 5 (3, 4), 1 and 13; across conversations there is none
    laid = by_conversation([[0, 0], [3, 4], [3, 5], [90, 90], [95, 102]], ["x", "x", "x", "y", "y"])
    assert median_step(laid) == 5
    assert np.isnan(median_step(by_conversation([[1, 1], [2, 2]], ["x", "y"])))
    assert median_step(by_conversation([[0], [4], [NAN], [9]], ["x"] * 4)) == 4
    # turns that repeat don't count
    assert median_step(by_conversation([[0], [4], [4], [4], [4]], ["x"] * 5)) == 4
    assert np.isnan(median_step(by_conversation([[4], [4]], ["x"] * 2)))


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([[1, 2]], "n ≥ 2"),
        ([[1], [2]], r"\(n ≥ 2, 2\)"),
        ([[1, 2], [np.inf, 3]], "infinite"),
        ([[1, 2], [1, 2]], "none did"),
    ],
)
def test_no_scale_without_variation(features, said):
    with pytest.raises(ValueError, match=said):
        fit_style_space(features, reference="", names=AB)


def test_mismatches_are_refused():
    space = fit_style_space([[1, 10], [3, 30]], reference="", names=AB)
    with pytest.raises(ValueError, match="2 columns"):
        space.scale([[1, 2, 3]])
    with pytest.raises(ValueError, match="b to be defined"):
        style_centroid([[1, NAN]], space)
    for vectors, ids in (([[1], [2]], ["x"]), ([1, 2], ["x", "y"]), (np.empty((0, 2)), [])):
        with pytest.raises(ValueError, match="one row per id"):
            by_conversation(vectors, ids)
