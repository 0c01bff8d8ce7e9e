import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import style
from metrics.style import FEATURES, lists, style_features
from metrics.tokens import tokens

TEXT = "I think we love it! Do you know the people?"

WORD_LISTS = ("social_words", "cognitive_words", "affect_words", "function_words")
SAMPLE = ["the", "harbour", "friend", "think", "love", "quay", "you", "happy", "walk"]
turns = st.lists(st.sampled_from(SAMPLE), min_size=1, max_size=12).map(" ".join)


def feature(name, text):
    return getattr(style, name)(tokens(text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # two marks in two sentences; "i" and "you" among ten words
        ("informality", 2 / 2 + 2 / 10),
        ("sentence_length", 10 / 2),
        # every word has one syllable but "people" with two
        ("readability", 206.835 - 1.015 * 5 - 84.6 * 11 / 10),
        ("social_words", 2 / 10),  # we, people
        ("cognitive_words", 2 / 10),  # think, know
        ("affect_words", 1 / 10),  # love
        ("function_words", 6 / 10),  # i, we, it, do, you, the
    ],
)
def test_by_hand(name, value):
    assert feature(name, TEXT) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "valence"),
    [
        ("I love it.", 3.2),  # "love" in VADER's lexicon
        ("I don't love it.", 3.2 * -0.74),  # negated
        ("I don’t love it.", 3.2 * -0.74),  # whatever the apostrophe
        ("I love it!", 3.2 + 0.292),  # stressed
        ("The quay is wet.", 0),
    ],
)
def test_sentiment_by_hand(text, valence):
    expected = valence / math.sqrt(valence**2 + 15)
    assert feature("sentiment", text) == pytest.approx(expected, abs=5e-5)  # VADER rounds


def test_sentiment_has_a_direction():
    good, bad = style_features(["What a wonderful day", "What a terrible day"])[:, 1]
    assert good > 0.4
    assert bad < -0.4


def test_feelings_and_evaluations_differ():
    assert feature("affect_words", "A great and wonderful idea") == 0
    assert feature("affect_words", "I fear and dread it") == pytest.approx(2 / 5)


def test_rows_are_the_features_in_order():
    features = style_features([TEXT, "Hello."])
    assert features.shape == (2, 8)
    assert features.dtype == np.float64
    for row, text in zip(features, [TEXT, "Hello."], strict=True):
        assert row.tolist() == [feature(name, text) for name in FEATURES]


def test_no_texts_have_no_rows():
    assert style_features([]).shape == (0, 8)


@pytest.mark.parametrize("text", ["", "  \n", "🙂😮!", "?!...", "—", "我们今天去公园。", "สวัสดี"])
def test_nothing_is_defined_without_words(text):
    assert np.isnan(style_features([text])).all()


@pytest.mark.parametrize("text", ["Привет, как дела!", "كيف حالك؟", "Καλημέρα σε όλους", "42!"])
def test_only_sentence_length_is_defined_without_latin_letters(text):
    defined = ~np.isnan(style_features([text])[0])
    assert [name for name, there in zip(FEATURES, defined, strict=True) if there] == [
        "sentence_length"
    ]


def test_a_foreign_name_does_not_undefine_a_text():
    assert np.isfinite(style_features(["My friend 李 lives here, says Мира."])).all()


def test_one_word_is_enough():
    assert np.isfinite(style_features(["Hmm", "ok", "no"])).all()


def test_numerals_are_words_without_syllables():
    assert feature("sentence_length", "Take 12 boats.") == 3
    assert feature("readability", "Take 12 boats.") == feature("readability", "Take boats.")
    assert math.isnan(feature("readability", "7pm 1st"))


def test_readability_falls_with_sentences_and_words():
    short = feature("readability", "The sea is here. The boat is there.")
    assert feature("readability", "The sea is here and the boat is there.") < short
    assert feature("readability", "The university is here. The boat is there.") < short


@given(turns)
def test_a_mark_raises_informality_and_leaves_the_shares(text):
    plain, marked = style_features([text, text + "!"])
    assert marked[0] == pytest.approx(plain[0] + 1)
    assert marked[2:].tolist() == plain[2:].tolist()


@pytest.mark.parametrize("name", WORD_LISTS)
@given(text=turns)
def test_a_listed_word_raises_its_share_and_an_unlisted_one_lowers_it(name, text):
    share = feature(name, text)
    listed = min(lists()[name])
    assert feature(name, f"{text} {listed}") > share or share == 1
    assert feature(name, f"{text} lamp") < share or share == 0


@given(turns)
def test_saying_it_twice_changes_no_share(text):
    once, twice = style_features([f"{text}.", f"{text}. {text}."])
    assert np.delete(twice, 1) == pytest.approx(np.delete(once, 1))


@given(turns)
def test_case_matters_to_sentiment_alone(text):
    lower, title = style_features([text, text.title()])
    assert np.delete(title, 1).tolist() == np.delete(lower, 1).tolist()


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_has_a_row_that_does_not_depend_on_the_others(texts):
    features = style_features(texts)
    assert features.shape == (len(texts), 8)
    assert not np.isinf(features).any()
    assert np.array_equal(features[::-1], style_features(texts[::-1]), equal_nan=True)


def test_one_string_is_refused():
    with pytest.raises(ValueError, match="sequence of strings"):
        style_features("Hello")


def test_what_is_no_string_is_refused_with_its_row():
    with pytest.raises(ValueError, match="row 1 was of type float"):
        style_features(["Hello", float("nan")])
