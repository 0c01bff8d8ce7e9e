import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.instructions import (
    WORDING,
    adapted_prompt,
    buckets,
    churn_of_styles,
    instruction_churn,
    instruction_lines,
)
from metrics.style import FEATURES, style_features

NAN = float("nan")


def path(values, **options):
    """Buckets of one feature over time."""
    return buckets(np.array(values)[:, None], **options)[:, 0].tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 0.51, 0.45, 0.4, 0.39, 0.45], [0, 0, 1, 1, 1, 0, 0]),
        ([-0.51, -0.41, -0.39, -0.6], [-1, -1, 0, -1]),
        ([0.6, -0.6, 0.6], [1, -1, 1]),  # straight across
        ([0.6, -0.45], [1, 0]),
        ([NAN, 0.9, NAN, 0.0, NAN], [0, 1, 1, 0, 0]),
    ],
)
def test_buckets_by_hand(values, expected):
    assert path(values) == expected


def test_options_change_the_buckets():
    values = [0.6, 0.45, 0.2]
    assert path(values) == [1, 1, 0]
    assert path(values, hysteresis=0.0) == [1, 0, 0]
    assert path(values, hysteresis=0.4) == [1, 1, 1]
    assert path(values, edge=0.7) == [0, 0, 0]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=30))
def test_hysteresis_never_makes_more_changes(values):
    changes = [np.count_nonzero(np.diff(path(values, hysteresis=h))) for h in (0.0, 0.3)]
    assert changes[1] <= changes[0]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=30))
def test_signs_turn_together(values):
    assert path([-v for v in values]) == [-b for b in path(values)]


def test_many_conversations_at_once_are_each_one_alone():
    styles = np.random.default_rng(0).standard_normal((3, 4, 7, 2))
    together = buckets(styles)
    assert together.shape == styles.shape
    assert np.array_equal(together[2, 1], buckets(styles[2, 1]))


def test_lines_are_those_off_the_middle():
    names = ["informality", "sentiment", "affect_words"]
    assert instruction_lines([1, 0, -1], names) == (
        WORDING["informality"][1],
        WORDING["affect_words"][0],
    )
    assert instruction_lines([0, 0, 0], names) == ()
    own = {"sentiment": ("gloomy", "merry")}
    assert instruction_lines([1], ["sentiment"], wording=own) == ("merry",)


def test_every_feature_has_two_different_lines():
    assert set(WORDING) == set(FEATURES)
    lines = [line for pair in WORDING.values() for line in pair]
    assert len(set(lines)) == 16
    assert np.isfinite(style_features(lines)).all()


def test_prompt_is_the_base_with_lines_behind_it():
    assert adapted_prompt("You are Ada.", []) == "You are Ada."
    assert adapted_prompt("You are Ada.", ["Be brief.", "Smile."]) == (
        "You are Ada.\n- Be brief.\n- Smile."
    )


def test_churn_by_hand():
    levels = np.array([[1, 0, -1], [1, 1, -1], [-1, 1, 0], [0, 0, 0], [0, 0, 0]])
    # 2 of 3 lines stay; of {+a, +b, −c} and {−a, +b} 1 of 4 stays; all gone; none and none
    assert instruction_churn(levels) == pytest.approx(
        [NAN, 1 - 2 / 3, 1 - 1 / 4, 1, 0], nan_ok=True
    )


def test_churn_agrees_with_sets():
    levels = np.random.default_rng(1).integers(-1, 2, (20, 5))
    found = instruction_churn(levels)
    lines = [{(i, v) for i, v in enumerate(row) if v} for row in levels.tolist()]
    for turn in range(1, 20):
        now, before = lines[turn], lines[turn - 1]
        expected = 1 - len(now & before) / len(now | before) if now | before else 0.0
        assert found[turn] == pytest.approx(expected)


def test_churn_extremes_and_the_end_of_conversations():
    styles = np.array([[[[2.0, 0], [2, 0], [-2, 0]], [[2, 2], [NAN, NAN], [NAN, NAN]]]])
    present = np.array([[True, True, True], [True, False, False]])
    churn = churn_of_styles(styles, present)
    assert churn[0, 0] == pytest.approx([NAN, 0, 1], nan_ok=True)
    assert np.isnan(churn[0, 1]).all()
    wide = churn_of_styles(styles, present, edge=3.0, hysteresis=0.5)
    assert np.nanmax(wide) == 0


def test_mistakes_are_refused():
    with pytest.raises(ValueError, match=r"\(…, turns, d\)"):
        buckets([1.0, 2.0])
    for options in ({"edge": 0}, {"hysteresis": 0.5}, {"hysteresis": -0.1}):
        with pytest.raises(ValueError, match="hysteresis < edge"):
            buckets([[1.0]], **options)
    with pytest.raises(ValueError, match="2 levels"):
        instruction_lines([1], ["sentiment", "affect_words"])
    with pytest.raises(ValueError, match="a wording for courage"):
        instruction_lines([1], ["courage"])
