from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from data.judgements import Verdict, pair_key
from data.schema import ModelRef
from experiments.analysis import analyse_groups
from experiments.budget import accounts
from experiments.grouping import (
    CLASSIFIER,
    EMBEDDING,
    MEANS,
    MODEL,
    NOVELTY_ID,
    Grouping,
    default_threshold,
    in_subset,
    labels_by_embedding,
    labels_by_verdicts,
    likeness_by_verdicts,
    most_pairs,
    pairs_within,
)
from experiments.measuring import draws_of
from experiments.quality import kept
from metrics.kernels import laplacian_classes
from metrics.measure_table import measure_table
from metrics.partition import MEANING_THRESHOLD, cut, meaning_tree
from tests.factories import make_data

JUDGE = ModelRef("echo")
GREEDY = Grouping(MODEL, "greedy", 0.5, JUDGE)
CHAINS = replace(GREEDY, rule="union-find")


@pytest.fixture
def data():
    return make_data({"a": ["one", "two", "one"], "b": ["three", "two", "four"]})


def verdicts(links, texts=("one", "two", "three", "four"), low=0.2, high=0.8):
    """Of every pair of texts, the earlier first; those in `links` are the same."""
    pairs = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
    return {pair_key(*pair): Verdict(high if pair in links else low) for pair in pairs}


def test_one_text_is_one_meaning_and_is_never_judged(data):
    assert most_pairs(data) == 6  # four different texts
    assert labels_by_verdicts(data, verdicts([]), GREEDY).tolist() == [0, 1, 0, 2, 1, 3]
    alone = make_data({"a": ["one"] * 3})
    assert labels_by_verdicts(alone, {}, GREEDY).tolist() == [0, 0, 0]


def test_rules_part_where_a_chain_does_not_close(data):
    chain = verdicts([("one", "two"), ("two", "three")])
    # one takes two; three opens a meaning of its own, though two says the same
    assert labels_by_verdicts(data, chain, GREEDY).tolist() == [0, 0, 0, 1, 0, 2]
    assert labels_by_verdicts(data, chain, CHAINS).tolist() == [0, 0, 0, 0, 0, 1]


def test_the_threshold_decides(data):
    said = verdicts([("one", "two")])
    assert labels_by_verdicts(data, said, replace(GREEDY, threshold=0.9)).max() == 3
    assert labels_by_verdicts(data, said, replace(GREEDY, threshold=0.1)).max() == 0


def test_nothing_is_said_while_a_needed_verdict_is_missing(data):
    said = verdicts([])
    del said[pair_key("three", "four")]
    assert labels_by_verdicts(data, said, GREEDY) is None
    joined = verdicts([("one", "three")])
    del joined[pair_key("three", "four")]
    # three is in one's meaning, so no greedy rule asks about it; a chain would
    assert labels_by_verdicts(data, joined, GREEDY) is not None
    assert labels_by_verdicts(data, joined, CHAINS) is None


def test_embeddings_are_grouped_by_each_rule(data):
    tree = meaning_tree(data.vectors)
    found = {
        rule: labels_by_embedding(data, tree, rule=rule, threshold=0.9)
        for rule in MEANS[EMBEDDING].rules
    }
    assert found["average"].tolist() == cut(tree, threshold=0.9).tolist()
    for labels in found.values():
        assert labels.tolist() == [0, 1, 0, 2, 1, 3]
    nothing = kept(data, np.empty(0, dtype=np.intp))
    assert (
        len(
            labels_by_embedding(nothing, meaning_tree(np.empty((0, 2))), rule="greedy", threshold=1)
        )
        == 0
    )


def test_graded_likeness_is_there_when_each_condition_is_judged(data):
    # of four texts, one–two in a; three–two, three–four, two–four in b
    wanted = [("one", "two"), ("two", "three"), ("two", "four"), ("three", "four")]
    assert pairs_within(data) == wanted
    said = {pair_key(*pair): Verdict(0.1 * (i + 1)) for i, pair in enumerate(wanted)}
    same = likeness_by_verdicts(data, said)
    assert same[0, 1] == same[1, 0] == same[2, 1] == pytest.approx(0.1)
    assert same[0, 2] == same[1, 4] == 1  # the same words, also in two conditions
    assert same[3, 5] == pytest.approx(0.4)
    assert np.isnan(same[0, 3])
    del said[pair_key("two", "four")]
    assert likeness_by_verdicts(data, said) is None


def test_graded_likeness_reaches_the_measures():
    data = make_data({"a": [f"text {i}" for i in range(9)]})
    texts = [sample.text for sample in data.samples]
    same = likeness_by_verdicts(data, verdicts(list(combinations(texts[:5], 2)), texts))
    found = {}
    for name, judged in {"known": same, "unknown": None}.items():
        draws = draws_of(data, np.zeros(9, int), accounts(data), same=judged)
        table = measure_table(draws, keys=["laplacian"], resamples=20)
        found[name] = table.rows[0].estimate
    assert found["known"].value == pytest.approx(laplacian_classes(same))
    assert 1 < found["known"].value < 9
    assert found["unknown"].reason == "No pair of answers was judged."


def test_a_part_of_the_answers_keeps_its_meanings_with_sizes_of_its_own(data):
    labels = labels_by_verdicts(data, verdicts([]), GREEDY)
    part = kept(data, np.array([5, 1, 4]))
    assert in_subset(labels, data, part).tolist() == [1, 0, 0]
    assert len(in_subset(labels, data, kept(data, np.empty(0, dtype=np.intp)))) == 0


def test_every_measure_of_meanings_follows_the_grouping():
    data = make_data({"a": [f"text {i}" for i in range(8)], "b": ["same"] * 8})
    one = analyse_groups(data, np.zeros(16, dtype=np.intp), GREEDY, resamples=20)
    many = analyse_groups(data, np.arange(16), CHAINS, resamples=20)
    assert one.panels["a"].estimates["distinct"].value == 1
    assert many.panels["a"].estimates["distinct"].value == 8
    assert (len(one.meanings), len(many.meanings)) == (1, 16)
    assert one.grouping == GREEDY
    assert one.threshold == MEANING_THRESHOLD  # where embeddings are looked at beside it
    assert replace(one, grouping=Grouping(threshold=0.7)).threshold == 0.7


def test_the_words_name_rule_judge_and_threshold():
    assert (
        Grouping().words
        == f"average linkage over embeddings, from a cosine of {MEANING_THRESHOLD:.2f} on"
    )
    asked = replace(CHAINS, threshold=0.25).words
    assert all(word in asked for word in ("chains", "echo", "asked yes or no", "0.25"))
    named = Grouping(CLASSIFIER, "greedy", 0.102, ModelRef(NOVELTY_ID)).words
    assert all(word in named for word in ("greedy", "generation-similarity", "0.102"))


def test_each_judge_is_kept_apart_and_rules_share_its_verdicts():
    others = [
        replace(GREEDY, means=CLASSIFIER),
        replace(GREEDY, judge=ModelRef("echo", "v2")),
        replace(GREEDY, judge=ModelRef("echo", quantization="nf4")),
    ]
    assert len({GREEDY.judge_id, *(other.judge_id for other in others)}) == 4
    assert replace(CHAINS, threshold=0.9).judge_id == GREEDY.judge_id


def test_the_usual_threshold_is_the_judges_own():
    assert default_threshold(CLASSIFIER, NOVELTY_ID) == 0.102
    assert default_threshold(CLASSIFIER, "another/one") == default_threshold(MODEL) == 0.5
    assert default_threshold(EMBEDDING) == MEANING_THRESHOLD
