from itertools import combinations

import pytest

from metrics.words import FOLDER, LISTS, lists_with

SOCIAL = "we us our ours they them neighbour neighbor neighbours friend friends family families "
SOCIAL += "together everyone people company share talk"
COGNITIVE = "think thought know known believe consider considered understand understood reason "
COGNITIVE += "reasons because cause suppose guess maybe perhaps idea decide wonder mean sure seem "
COGNITIVE += "seems realise realize remember"
AFFECT = "love hope fear afraid joy happy glad gladly proud pride enjoy worry sad angry grief "
AFFECT += "delight pleased feel feeling feelings heart"
FUNCTION = "the a of to and but or if i you it we not no can't is was have do will would with from"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("social_words", SOCIAL),
        ("cognitive_words", COGNITIVE),
        ("affect_words", AFFECT),
        ("function_words", FUNCTION),
    ],
)
def test_listed(name, text):
    assert set(text.split()) - LISTS[name] == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("social_words", "council town i you house sea"),
        ("affect_words", "good great wonderful lovely bad awful terrible nice like better best"),
        ("function_words", "harbour think people happy good walk"),
    ],
)
def test_not_listed(name, text):
    assert LISTS[name].intersection(text.split()) == set()


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_in_lower_case_explained_and_hold_a_word_once(name):
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    assert lines[0].startswith("# ")
    assert sorted(words) == sorted(LISTS[name])
    assert [word for word in words if word != word.lower() or "’" in word] == []


def test_a_word_of_meaning_is_in_one_list():
    meaning = ("social_words", "cognitive_words", "affect_words")
    for one, other in combinations(meaning, 2):
        assert LISTS[one] & LISTS[other] == set()


def test_both_spellings_are_there():
    for listed in LISTS.values():
        british = {word for word in listed if "neighbour" in word or "alis" in word}
        american = {word.replace("our", "or").replace("alis", "aliz") for word in british}
        assert american <= listed


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("we're", {"social_words", "function_words"}),
        ("friend's", {"social_words"}),
        ("didn't", {"function_words"}),
        ("won't", {"function_words"}),
        ("because", {"cognitive_words", "function_words"}),
        ("harbour's", set()),
    ],
)
def test_contractions_and_possessives_count_as_what_they_start_with(word, names):
    assert lists_with(word) == names
