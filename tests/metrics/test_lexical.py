from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.lexical import distinct_n, ngram_table, words

TEXTS = ["the old quay", "the old lamp", "the old quay at night", "a b a b"]


def by_definition(texts, n):
    grams = [tuple(t.split()[i : i + n]) for t in texts for i in range(len(t.split()) - n + 1)]
    return len(set(grams)), len(grams)


def test_words_leave_punctuation_out_and_apostrophes_in():
    assert words("We can’t. Don't—ever!") == ["we", "can’t", "don't", "ever"]


def test_by_hand():
    # pairs: the-old, old-quay | the-old, old-lamp: three different ones of four
    assert distinct_n(["The old quay.", "the old lamp!"]) == pytest.approx(3 / 4)
    # one word at a time: the, old, quay, lamp of six
    assert distinct_n(["The old quay.", "the old lamp!"], n=1) == pytest.approx(4 / 6)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_agrees_with_the_definition(n):
    different, total = by_definition(TEXTS, n)
    assert distinct_n(TEXTS, n=n) == pytest.approx(different / total)


@pytest.mark.parametrize("answers", [1, 2, 3, 4])
def test_fewer_answers_agree_with_every_subset(answers):
    subsets = [by_definition(chosen, 2) for chosen in combinations(TEXTS, answers)]
    different, total = np.mean(subsets, axis=0)
    assert distinct_n(TEXTS, answers=answers) == pytest.approx(different / total)


def test_extremes():
    assert distinct_n(["one two", "three four"]) == 1
    assert distinct_n(["one two three"] * 10) == pytest.approx(1 / 10)
    assert distinct_n(["one two three"] * 10, answers=5) == pytest.approx(1 / 5)


def test_without_an_ngram_it_is_undefined():
    assert np.isnan(distinct_n(["one", "", "…"]))


@given(st.permutations(TEXTS))
def test_order_of_texts_does_not_matter(texts):
    assert distinct_n(texts) == pytest.approx(distinct_n(TEXTS))


@given(st.sampled_from([str.upper, lambda t: t + "!", lambda t: "  " + t.replace(" ", ", ")]))
def test_case_and_punctuation_do_not_matter(change):
    assert distinct_n([change(text) for text in TEXTS]) == pytest.approx(distinct_n(TEXTS))


def test_ngrams_stay_within_their_text():
    assert distinct_n(["one two", "two one"]) == distinct_n(["one two", "two one", ""]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [({"n": 0}, "n to be at least 1"), ({"answers": 5}, "between 1 and the 4")],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        distinct_n(TEXTS, **options)


def test_no_texts_are_refused():
    with pytest.raises(ValueError, match=r"Expected texts|Expected m"):
        distinct_n([])


@pytest.mark.parametrize("groups", [[0, 1, 2, 3], [0, 1, 0, 2], [1, 1, 0, 0]])
@pytest.mark.parametrize("m", [1, 2, 4])
def test_leaving_a_group_out_is_the_share_of_the_rest(groups, m):
    found = ngram_table(TEXTS).without_each(np.array(groups), m)
    for group, share in enumerate(found):
        rest = [text for text, own in zip(TEXTS, groups, strict=True) if own != group]
        assert share == pytest.approx(distinct_n(rest, answers=min(m, len(rest))))


def test_chance_of_missing_a_repeated_wording_by_hand():
    # "b c" came in 2 of 4 texts; fresh samples miss it with q = (1 − 2/4)⁴ = 1/16, and "a b", in
    # the other 2, likewise; error √(2 · q (1 − q)) different pairs of 4 pairs in all
    table = ngram_table(["a b", "a b", "b c", "b c"])
    q = 1 / 16
    assert table.chance_error(4) == pytest.approx(np.sqrt(2 * q * (1 - q)) / 4)


def test_wordings_that_came_once_have_no_such_chance():
    assert ngram_table(["a b", "c d", "e f"]).chance_error(3) == 0


def test_what_pairs_of_texts_bring_is_the_second_difference_by_definition():
    texts = ["a b c", "a b d", "c d e", "e f a", "b c d", "f a b"]
    table = ngram_table(texts, n=2)

    def different(*left_out):
        return by_definition([t for row, t in enumerate(texts) if row not in left_out], 2)[0]

    bent = [
        different() - different(i) - different(j) + different(i, j)
        for i, j in combinations(range(6), 2)
    ]
    # fa is in texts 3 and 5 alone, bc in 0 and 4, cd in 2 and 4
    assert sorted(bent)[:3] == [-1, -1, -1]
    assert sum(map(abs, bent)) == 3
    assert table.pair_variance(6) == pytest.approx(3 / table.totals.sum() ** 2)


def test_what_pairs_bring_to_fewer_texts_by_hand():
    # ab is in two of four texts, seen by two of them with chance 1 − 1/6; without one of its
    # holders 1 − 1/3, without both 0: 5/6 − 4/3 = −1/2, once, over (2 texts · 1 pair)²
    table = ngram_table(["a b", "a b", "c d", "e f"], n=2)
    assert table.pair_variance(2) == pytest.approx((1 / 2) ** 2 / 2**2)


def test_texts_that_share_nothing_bring_nothing_together():
    assert ngram_table(["a b", "c d", "e f"], n=2).pair_variance(3) == 0
    assert ngram_table(["a b", "a b"], n=2).pair_variance(2) == 0
