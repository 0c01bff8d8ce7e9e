from dataclasses import replace

import pytest

from data.schema import FinishReason
from experiments.analysis import analyse
from experiments.budget import accounts
from experiments.quality import passed, quality_scores
from experiments.tradeoffs import diversity_of, length_halves, quality_places, token_places
from metrics.partition import meaning_tree
from tests.factories import make_data, make_sample

SAME = ["the pier needs paint"] * 16
MIXED = [f"{word} is all that matters here" for word in "abcdefgh"] * 2


def analysed(data):
    return analyse(data, meaning_tree(data.vectors), threshold=0.9, resamples=20)


@pytest.fixture
def data():
    return make_data({"a": SAME, "b": MIXED})


def test_independent_answers_are_counted_as_the_panel_counts_them(data):
    analysis = analysed(data)
    found = diversity_of(data, analysis, accounts(data))
    for key, panel in analysis.panels.items():
        assert found[key].value == pytest.approx(panel.estimates["distinct"].value)


def test_lists_are_counted_by_calls_where_the_panel_refuses(data):
    samples = tuple(replace(s, call_id=f"call {s.index // 2}") for s in data.samples)
    lists = replace(data, samples=samples)
    analysis = analysed(lists)
    assert not analysis.panels["b"].estimates["distinct"].is_defined
    assert diversity_of(lists, analysis, accounts(lists))["b"].value == pytest.approx(8)


@pytest.mark.parametrize("measure", ["vendi", "spread"])
def test_other_measures_are_the_panels(data, measure):
    analysis = analysed(data)
    found = diversity_of(data, analysis, accounts(data), measure=measure)
    assert found["b"] == analysis.panels["b"].estimates[measure]


def test_a_condition_better_in_both_beats_the_other(data):
    analysis = analysed(data)
    diversity = diversity_of(data, analysis, accounts(data))
    scores = [-1.0] * 16 + [-0.5] * 16
    places = quality_places(data, diversity, scores)
    assert places["a"].beaten
    assert not places["b"].beaten
    assert not quality_places(data, diversity, scores[::-1])["a"].beaten


def test_fewer_tokens_are_better(data):
    analysis = analysed(data)
    places = token_places(data, analysis, data, diversity_of(data, analysis, accounts(data)))
    # 16 answers of 4 words, and 16 of 6
    assert places["a"].across.value == 64
    assert places["b"].across.value == 96
    assert not places["a"].beaten
    assert not places["b"].beaten


def test_what_a_gate_leaves_out_is_paid_for(data):
    samples = [replace(s, logprobs=(-1.0 - s.index % 2,) * 4) for s in data.samples]
    whole = replace(data, samples=tuple(samples))
    some = passed(whole, quality_scores(whole, "logprob"), threshold=-1.5).data
    analysis = analysed(some)
    places = token_places(some, analysis, whole, diversity_of(some, analysis, accounts(whole)))
    assert analysis.common_n == 8
    assert places["a"].across.value == 64  # all 16, for the 8 that pass


def test_empty_places_are_paid_for(data):
    void = replace(make_sample(99, ""), finish=FinishReason.UNREAD, token_ids=(1,) * 17)
    whole = replace(data, voids=(("a", void),))
    analysis = analysed(whole)
    places = token_places(whole, analysis, whole, diversity_of(whole, analysis, accounts(whole)))
    assert places["a"].across.value == pytest.approx(64 + 17)


def test_halves_are_compared_at_one_number_of_answers():
    texts = [f"{'very ' * (i // 8)}{'abcd'[i % 4]}" for i in range(20)]
    data = make_data({"a": texts, "b": SAME})
    labels = [ord(t[-1]) for t in texts] + [0] * 16
    found = length_halves(data, labels)
    assert {one.m for one in found.values()} == {8}
    a, b = found["a"], found["b"]
    assert a.short_words.value < a.long_words.value
    assert b.short.value == b.long.value == 1
    assert a.short.value > 1


def test_too_few_or_dependent_answers_have_no_halves():
    data = make_data({"a": SAME[:15], "b": SAME})
    samples = tuple(replace(s, call_id="one") for s in data.samples)
    assert list(length_halves(data, [0] * 31)) == ["b"]
    assert length_halves(replace(data, samples=samples), [0] * 31) == {}
