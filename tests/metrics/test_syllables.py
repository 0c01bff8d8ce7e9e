import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.syllables import syllables

GOLDEN = {
    1: "the be eye eyes tree friend guess quay played walked through though strength shoe view "
    "whole makes year sea fire lived blue need called don't we're cats world thought field length",
    2: "harbour people table lovely something someone safely quiet poet going trying mayor player "
    "table settled houses places wanted needed social nation region special friendly onion doesn't "
    "couldn't isn't it'll create science cruel careful statement centre hundred market music value "
    "neighbour council lighthouse fishing beyond carried happy prism rhythm fashion carriage "
    "gorgeous actor walking answer language question therefore household movie patient ancient "
    "ocean equal million senior usage people's",
    3: "idea area together family radio video curious serious various previous happier audience "
    "medium genius museum opinion champion period usual actual expensive important beautiful "
    "remember decision document created committee behaviour theatre neighbourhood realise "
    "influence possibly tomorrow holiday condition agreement",
    4: "community experience society variety material historian reality understanding "
    "traditional advisable curiously appreciate temporary convenient continuous environment "
    "information superior",
    6: "responsibility",
    5: "university opportunity organization communication curiosity imagination",
}


@pytest.mark.parametrize(
    ("number", "word"), [(number, word) for number, row in GOLDEN.items() for word in row.split()]
)
def test_as_spoken(number, word):
    assert syllables(word) == number


@given(st.from_regex(r"[a-zé]{1,12}('(s|ll|ve))?", fullmatch=True))
def test_every_word_has_one_and_fewer_than_letters(word):
    assert 1 <= syllables(word) <= len(word)


@pytest.mark.parametrize("word", ["hmm", "tv", "ok", "n't", "'s", "ème", "x"])
def test_what_is_hardly_a_word_counts_at_least_one(word):
    assert syllables(word) >= 1
