"""Word classes from tags, and the formality of a corpus."""

import numpy as np
import pytest

from metrics.accommodation import formality_score
from metrics.conversation_bootstrap import resampled_weights
from metrics.parts_of_speech import CLASSES, TAGS, class_counts, formality_estimate, unknown_tags


def weights(conversations):
    return resampled_weights(conversations, np.random.default_rng(0), draws=400)


def row(**classes):
    return [classes.get(name, 0) for name in CLASSES]


def test_by_hand_in_both_schemes():
    expected = row(article=1, noun=2, verb=1, preposition=1, pronoun=1)
    found = class_counts(
        ["DET NOUN AUX ADP PRON PROPN PUNCT", "DT NN VBZ IN PRP NNS .", " ".join(
            ["article", "noun", "verb", "preposition", "pronoun", "noun"])]
    )  # fmt: skip
    assert found.tolist() == [expected] * 3


def test_without_tags_or_with_unknown_ones_there_is_nothing():
    assert np.isnan(class_counts(["", "  ", "NOUN <HIT>"])).all()
    assert unknown_tags(["NOUN <HIT> .", "<HIT> odd"]) == ("<HIT>", "odd")


def test_every_tag_has_a_class_that_formality_knows():
    assert set(TAGS.values()) == set(CLASSES)
    assert formality_score(dict.fromkeys(CLASSES, 50)) == pytest.approx(50)


def test_the_score_of_a_corpus_is_that_of_all_words_together():
    rows = np.array([row(noun=6 + n % 2, verb=4 - n % 2) for n in range(10)]) * 4.0
    found = formality_estimate(rows, weights(10))
    # 65 nouns and 35 verbs of 100 in all: 50 + (65 − 35) / 2
    assert found.value == pytest.approx(65)
    assert 60 < found.low < 65 < found.high < 70
    assert found.n == 400
    gap = np.concatenate([rows, np.full((1, len(CLASSES)), np.nan)])
    assert formality_estimate(gap, weights(11)).value == pytest.approx(65)


@pytest.mark.parametrize(("conversations", "words"), [(7, 100), (10, 10)])
def test_too_few_words_or_conversations_have_no_score(conversations, words):
    rows = np.array([row(noun=words)] * conversations, dtype=float)
    found = formality_estimate(rows, weights(conversations))
    assert not found.is_defined
    assert f"{conversations * words} tagged words" in found.reason


def test_extremes():
    for name, value in (("noun", 100), ("interjection", 0), ("other", 50)):
        rows = np.array([row(**{name: 30})] * 10, dtype=float)
        assert formality_estimate(rows, weights(10)).value == value
