import pytest

from metrics.gist import gists


def test_names_each_group_by_the_phrase_the_others_lack():
    texts = [
        "We should rebuild the old pier.",
        "I would rebuild the old pier first.",
        "We should plant trees by the shore.",
        "I would plant trees first.",
    ]
    # Of the phrases in both pier texts and no other, four words score 1.02, three 1.0, two 0.9;
    # "the old pier" starts with a stop word. Both tree texts share no longer phrase than two words.
    assert gists(texts, [0, 0, 1, 1]) == {0: "rebuild the old pier", 1: "plant trees"}


def test_texts_without_words_have_no_gist():
    assert gists(["!!!", "…"], [0, 1]) == {0: "", 1: ""}


def test_one_group_is_named_too():
    assert gists(["pier pier", "the pier"], [3, 3]) == {3: "pier"}


def test_refuses_labels_of_another_length():
    with pytest.raises(ValueError, match="Expected 2 labels"):
        gists(["a", "b"], [0])
