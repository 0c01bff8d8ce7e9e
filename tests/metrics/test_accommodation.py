import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.accommodation import (
    formality_score,
    language_style_matching,
    marker_shares,
    reciprocal_matching,
    reply_pairs,
    style_matching,
)

NAN = float("nan")
shares = st.lists(st.floats(0, 100), min_size=9, max_size=9)


def test_matching_by_hand():
    # 10 % against 5 %: 1 − 5 / 15.0001; 4 against 4: 1; 3 against none: 1 − 3 / 3.0001
    expected = ((1 - 5 / 15.0001) + 1 + (1 - 3 / 3.0001)) / 3
    assert style_matching([10, 4, 3], [5, 4, 0]) == pytest.approx(expected)


@given(shares, shares)
def test_matching_is_between_0_and_1_and_goes_both_ways(one, two):
    found = float(style_matching(one, two))
    assert 0 <= found <= 1
    assert found == float(style_matching(two, one))
    assert float(style_matching(one, one)) == 1


def test_matching_extremes():
    assert style_matching([100.0] * 9, [0.0] * 9) == pytest.approx(0, abs=1e-5)
    assert style_matching([0.0] * 9, [0.0] * 9) == 1  # as in the original
    assert np.isnan(style_matching([NAN] * 9, [1.0] * 9))


def test_shares_are_percent_of_words():
    found = marker_shares(["The quay and the boats are here."])[0]
    assert found[0] == pytest.approx(100 * 2 / 7)  # articles
    assert found[5] == pytest.approx(100 * 1 / 7)  # conjunctions
    assert np.isnan(marker_shares(["The quay"])).all()
    assert marker_shares(["The quay"], min_words=2)[0, 0] == 50


def test_pooled_matching_takes_all_turns_together():
    first, second = ["The boat is on the sea."] * 5, ["A boat was in a sea."] * 5
    assert np.isnan(language_style_matching(first, second))  # 30 words of at least 50
    assert language_style_matching(first, second, min_words=30) == pytest.approx(1)
    # 2 articles in 6 words against 1 in 6; the other eight classes match: 1 − (1/3) / 9
    third = ["Boats sail on the sea is."] * 5
    assert language_style_matching(first, third, min_words=5) == pytest.approx(
        1 - (1 / 3) / 9, abs=1e-4
    )
    assert np.isnan(language_style_matching(first, ["Привет"] * 99, min_words=5))


def test_replies_are_neighbours_of_different_speakers():
    conversations = ["x", "y", "x", "x", "x", "y"]
    speakers = ["A", "A", "B", "B", "A", "A"]
    # in x: A B B A; in y: A A
    assert reply_pairs(conversations, speakers).tolist() == [[0, 2], [3, 4]]
    assert reply_pairs(["x"], ["A"]).shape == (0, 2)
    with pytest.raises(ValueError, match="one speaker per turn"):
        reply_pairs(["x"], [])


def test_reciprocal_matching_sees_who_follows():
    a, b = "The boat is on the sea.", "Nobody wanted anything from everybody else."
    # B repeats A's classes, A answers with others
    texts, speakers = [a, a, b, b], ["A", "B", "A", "B"]
    found = reciprocal_matching(texts, speakers)
    assert found.replies["B"] == pytest.approx(1)
    assert found.replies["A"] < 0.7
    assert found.mean == pytest.approx((found.replies["A"] + found.replies["B"]) / 2)
    assert found.n == 3
    pooled = language_style_matching([a, b], [a, b], min_words=5)
    assert pooled == pytest.approx(1)  # which sees nothing of it


def test_short_turns_have_no_reciprocal_matching():
    found = reciprocal_matching(["Hello there my friend, yes.", "ok", "🙂"], ["A", "B", "A"])
    assert np.isnan(found.mean)
    assert found.n == 0
    defined = reciprocal_matching(["The end.", "The end."], ["A", "B"], min_words=2)
    assert defined.mean == 1
    assert np.isnan(defined.replies["A"])  # A never replies
    assert reciprocal_matching([], []).n == 0


def test_formality_by_hand():
    # 60 formal less 20 informal in 100 words: (40 + 100) / 2
    tagged = {"noun": 40, "article": 20, "verb": 15, "pronoun": 5, "other": 20}
    assert formality_score(tagged, min_words=100) == 70
    assert np.isnan(formality_score(tagged))
    assert np.isnan(formality_score({}, min_words=0))
    assert formality_score({"noun": 300}) == 100
    assert formality_score({"verb": 300}) == 0
    balanced = {"adjective": 100, "preposition": 100, "adverb": 150, "interjection": 50}
    assert formality_score(balanced) == 50


@pytest.mark.parametrize("tagged", [{"number": 300}, {"noun": -1}])
def test_unknown_classes_are_refused(tagged):
    with pytest.raises(ValueError, match="Expected counts ≥ 0"):
        formality_score(tagged)
