import numpy as np
import pytest

from metrics.markers import MARKERS, marker_counts
from metrics.words import FOLDER


def counted(text):
    counts = marker_counts([text])[0][0]
    return {name: int(n) for name, n in zip(MARKERS, counts, strict=True) if n}


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("The boat and a net.", {"articles": 2, "conjunctions": 1}),
        ("I don't know.", {"personal_pronouns": 1, "auxiliary_verbs": 1, "negations": 1}),
        ("We won't go!", {"personal_pronouns": 1, "auxiliary_verbs": 1, "negations": 1}),
        ("That’s it", {"impersonal_pronouns": 2, "auxiliary_verbs": 1}),
        ("the town's quay", {"articles": 1}),  # a possessive is no verb
        ("They've", {"personal_pronouns": 1, "auxiliary_verbs": 1}),
        ("very many boats with nobody", {
            "adverbs": 1, "quantifiers": 1, "prepositions": 1,
            "impersonal_pronouns": 1, "negations": 1,
        }),
        ("boats sail", {}),
    ],
)  # fmt: skip
def test_by_hand(text, counts):
    assert counted(text) == counts


def test_a_contraction_counts_once_in_a_class():
    # "can't" is in no class as such: can and not
    assert counted("can't") == {"auxiliary_verbs": 1, "negations": 1}
    assert counted("dont") == {"auxiliary_verbs": 1, "negations": 1}


def test_undefined_without_words_or_latin_letters():
    counts, words = marker_counts(["", "🙂!", "Привет вам", "boats"])
    assert np.isnan(counts).all(axis=1).tolist() == [True, True, True, False]
    assert words.tolist() == [0, 0, 2, 1]
    assert marker_counts([])[0].shape == (0, 9)


def test_there_are_nine_classes_in_lower_case_without_repeats():
    assert list(MARKERS) == [
        "articles", "personal_pronouns", "impersonal_pronouns", "auxiliary_verbs", "adverbs",
        "conjunctions", "prepositions", "negations", "quantifiers",
    ]  # fmt: skip
    lines = (FOLDER / "markers.txt").read_text("utf-8").splitlines()
    for line in [line for line in lines if not line.startswith("#")]:
        name, words = line.split(":")
        assert sorted(words.split()) == sorted(MARKERS[name])
        assert words == words.lower()
