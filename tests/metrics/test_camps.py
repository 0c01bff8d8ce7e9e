import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from metrics.camps import camps_refusal, choose_camps, fit_camps, labels_explain
from metrics.choices import pair_choices, ranking_choices
from metrics.preference import luce_strengths


def two_camps(raters=80, pairs=12, seed=0):
    """Half of the raters love what the other half hates."""
    rng = np.random.default_rng(seed)
    camp = np.arange(raters) % 2
    theta = np.array([[2.0, 1, 0, -1, -2], [-2.0, -1, 0, 1, 2]])
    who = np.repeat(np.arange(raters), pairs)
    first = rng.integers(5, size=len(who))
    second = (first + rng.integers(1, 5, size=len(who))) % 5
    gap = theta[camp[who], first] - theta[camp[who], second]
    won = (rng.random(len(who)) < 1 / (1 + np.exp(-gap))).astype(float)
    return pair_choices(first, second, won, who, items=5), camp


def test_one_camp_is_the_plain_model():
    choices, _ = two_camps()
    one = fit_camps(choices, 1, rng=np.random.default_rng(0))
    plain = luce_strengths(choices, ridge=0.1)
    assert one.strengths[0] == pytest.approx(plain.values, abs=1e-4)
    assert one.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    # K(n − 1) + K − 1 = 4 parameters, 80 raters
    assert one.bic == pytest.approx(-2 * one.log_likelihood + 4 * np.log(80))
    assert one.aic3 == pytest.approx(-2 * one.log_likelihood + 4 * 3)


def test_two_camps_are_found_with_their_tastes():
    choices, camp = two_camps()
    search = choose_camps(choices, rng=np.random.default_rng(0), most=3, folds=3, restarts=4)
    assert len(search.by_bic.shares) == len(search.by_held_out.shares) == 2
    assert search.by_aic3 is search.fits[1]
    assert adjusted_rand_score(camp, search.by_bic.members) > 0.9
    assert (np.sort(np.argmax(search.by_bic.strengths, axis=1)) == [0, 4]).all()
    assert search.by_bic.shares == pytest.approx([0.5, 0.5], abs=0.05)
    assert search.by_bic.belongs.sum(axis=1) == pytest.approx(1)
    assert search.fits[2].log_likelihood > search.fits[1].log_likelihood - 0.5


def test_without_folds_nothing_is_held_out():
    choices, _ = two_camps(raters=20)
    search = choose_camps(choices, rng=np.random.default_rng(0), most=1, folds=0)
    assert np.isnan(search.held_out).all()


def test_rankings_have_camps_too():
    rankings = [((0,), (1,), (2,)), ((2,), (1,), (0,))] * 20
    choices = ranking_choices(rankings, np.arange(40), items=3)
    found = fit_camps(choices, 2, rng=np.random.default_rng(1))
    assert adjusted_rand_score(np.arange(40) % 2, found.members) == 1


def test_options_matter():
    choices, _ = two_camps(raters=30)
    rng = np.random.default_rng
    loose = fit_camps(choices, 2, rng=rng(0), ridge=0.1)
    tight = fit_camps(choices, 2, rng=rng(0), ridge=10)
    assert np.abs(tight.strengths).max() < np.abs(loose.strengths).max()
    more = fit_camps(choices, 4, rng=rng(0), restarts=12)
    assert more.log_likelihood >= fit_camps(choices, 4, rng=rng(0), restarts=1).log_likelihood - 1


def test_too_few_choices_are_refused_in_words():
    choices, _ = two_camps(pairs=9)
    assert "10 or more" in camps_refusal(choices)
    assert camps_refusal(two_camps(pairs=10)[0]) == ""
    with pytest.raises(ValueError, match="made 9 or fewer"):
        choose_camps(choices, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="1 to 80 camps"):
        fit_camps(choices, 81, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="there were none"):
        fit_camps(choices.of(np.zeros(80, bool)), 1, rng=np.random.default_rng(0))


def test_labels_explain_camps_entirely_or_not_at_all():
    rng = np.random.default_rng(0)
    camp = np.arange(60) % 2
    whole = labels_explain(camp, np.where(camp, "north", "south"), rng=rng, resamples=99)
    assert whole.value == pytest.approx(1)
    assert whole.p_value == pytest.approx(1 / 100)
    nothing = labels_explain(camp, rng.permutation(camp), rng=rng, resamples=99)
    assert nothing.value < 0.2
    assert nothing.value == pytest.approx(
        adjusted_mutual_info_score(np.random.default_rng(0).permutation(camp), camp), abs=0.2
    )
    assert nothing.p_value > 0.02


def test_one_label_or_one_camp_explains_nothing():
    rng = np.random.default_rng(0)
    assert np.isnan(labels_explain([0, 1], ["a", "a"], rng=rng).value)
    assert np.isnan(labels_explain([0, 0], ["a", "b"], rng=rng).value)
    with pytest.raises(ValueError, match="Expected 2 labels"):
        labels_explain([0, 1], ["a"], rng=rng)
