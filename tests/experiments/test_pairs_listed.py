from itertools import combinations

import numpy as np
import pytest

from experiments import pairs
from experiments.analysis import analyse
from experiments.pairs import listed_pairs
from metrics.partition import meaning_tree
from tests.factories import make_data

TEXTS = {
    "a": ["mend the pier", "mend the old pier", "mend the pier", "fish"],
    "b": ["fish", "let boats come", "mend the new pier", "fish", "let boats go"],
}


@pytest.fixture
def data():
    return make_data(TEXTS)


def analysed(data, threshold=0.6):
    return analyse(data, meaning_tree(data.vectors), threshold=threshold, resamples=20)


def by_hand(data, rows):
    """Cosines of all pairs of these rows whose texts differ, each two texts once."""
    found = {}
    for a, b in combinations(rows, 2):
        said = frozenset((data.samples[a].text, data.samples[b].text))
        if len(said) == 2:
            found.setdefault(said, float(data.vectors[a] @ data.vectors[b]))
    return sorted(found.values())


def test_every_two_texts_once_from_the_most_alike_on(data):
    found = listed_pairs(data, analysed(data))
    # six different texts: 15 pairs
    assert [pair.cosine for pair in found] == pytest.approx(by_hand(data, range(9))[::-1])
    assert len(found) == 15
    texts = {data.samples[found[0].first].text, data.samples[found[0].second].text}
    assert texts in ({"mend the pier", "mend the old pier"}, {"mend the pier", "mend the new pier"})


def test_from_the_least_alike_on(data):
    found = listed_pairs(data, analysed(data), order="unlike", count=4)
    assert [pair.cosine for pair in found] == pytest.approx(by_hand(data, range(9))[:4])


def test_those_at_the_threshold_first(data):
    found = listed_pairs(data, analysed(data, threshold=0.5), order="border")
    far = [abs(pair.cosine - 0.5) for pair in found]
    assert far == sorted(far)


def test_one_answer_of_each_of_two_conditions(data):
    found = listed_pairs(data, analysed(data), conditions=("a", "b"))
    assert {data.keys[pair.first] for pair in found} == {"a"}
    assert {data.keys[pair.second] for pair in found} == {"b"}
    # three texts times four, without fish and fish
    assert len(found) == 3 * 4 - 1
    within = listed_pairs(data, analysed(data), conditions=("b", "b"))
    assert [pair.cosine for pair in within] == pytest.approx(by_hand(data, range(4, 9))[::-1])
    assert listed_pairs(data, analysed(data), conditions=("a", "c")) == []


def test_it_says_whether_both_have_one_meaning(data):
    labels = analysed(data).labels
    for pair in listed_pairs(data, analysed(data)):
        assert pair.together == (labels[pair.first] == labels[pair.second])


def test_blocks_change_nothing(data, monkeypatch):
    whole = {order: listed_pairs(data, analysed(data), order=order) for order in pairs.ORDERS}
    monkeypatch.setattr(pairs, "BLOCK", 2)
    for order, expected in whole.items():
        cut = listed_pairs(data, analysed(data), order=order)
        assert np.allclose([p.cosine for p in cut], [p.cosine for p in expected])


def test_one_text_makes_no_pair():
    data = make_data({"a": ["fish"] * 3})
    assert listed_pairs(data, analysed(data)) == []


def test_an_unknown_order_is_refused(data):
    with pytest.raises(ValueError, match="'beauty'"):
        listed_pairs(data, analysed(data), order="beauty")
