import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from metrics.crossed_effects import MOST_LEVELS, crossed_fit


def simulated(raters=16, items=8, *, rater=0.6, item=0.9, seed=1):
    rng = np.random.default_rng(seed)
    who, what = np.nonzero(rng.random((raters, items)) < 0.85)
    first = (who < raters / 2).astype(float)
    scores = 0.5 * first + rater * rng.standard_normal(raters)[who]
    scores = scores + item * rng.standard_normal(items)[what] + 0.7 * rng.standard_normal(len(who))
    return scores, np.stack([np.ones(len(who)), first], axis=1), who, what


def test_it_agrees_with_statsmodels():
    scores, columns, who, what = simulated()
    found = crossed_fit(scores, columns, who, what)
    frame = pd.DataFrame({"y": scores, "f": columns[:, 1], "r": who, "i": what, "all": 1})
    parts = {"r": "0 + C(r)", "i": "0 + C(i)"}
    theirs = MixedLM.from_formula("y ~ f", groups="all", vc_formula=parts, data=frame).fit()
    np.testing.assert_allclose(found.effects, theirs.params[:2], atol=1e-3)
    np.testing.assert_allclose(found.errors, theirs.bse[:2], atol=1e-3)
    deviations = [found.between_second, found.between_first]
    np.testing.assert_allclose(deviations, np.sqrt(theirs.vcomp), atol=1e-3)
    assert found.residual == pytest.approx(np.sqrt(theirs.scale), abs=1e-3)


def test_without_random_effects_it_is_least_squares():
    # Balanced, and each rater's and item's residuals sum to 0: nothing varies between levels.
    who, what = np.indices((6, 4)).reshape(2, -1)
    first = (who < 3).astype(float)
    noise = np.where((who + what) % 2 == 0, 1.0, -1.0)
    found = crossed_fit(2 + first + noise, np.stack([np.ones(24), first], 1), who, what)
    np.testing.assert_allclose(found.effects, [2, 1], atol=1e-6)
    assert found.between_first < 0.02
    assert found.between_second < 0.02


def test_the_order_of_factors_and_rows_does_not_matter():
    scores, columns, who, what = simulated()
    one, two = crossed_fit(scores, columns, who, what), crossed_fit(scores, columns, what, who)
    np.testing.assert_allclose(one.effects, two.effects, atol=1e-6)
    assert one.between_first == pytest.approx(two.between_second)
    order = np.random.default_rng(0).permutation(len(scores))
    moved = crossed_fit(scores[order], columns[order], who[order], what[order])
    np.testing.assert_allclose(one.errors, moved.errors, atol=1e-5)


def test_a_shift_of_scores_moves_the_first_effect_alone():
    scores, columns, who, what = simulated()
    one, two = (crossed_fit(scores + shift, columns, who, what) for shift in (0, 3))
    np.testing.assert_allclose(two.effects - one.effects, [3, 0], atol=1e-4)


def test_what_cannot_be_fitted_is_refused():
    scores, columns, who, what = simulated()
    with pytest.raises(ValueError, match="one row of columns"):
        crossed_fit(scores[:-1], columns, who, what)
    many = np.arange(MOST_LEVELS + 2)
    with pytest.raises(ValueError, match=f"at most {MOST_LEVELS}"):
        crossed_fit(many * 1.0, np.ones((len(many), 1)), many, many)
