"""Groups' rewards mixed while a model writes."""

from __future__ import annotations

import numpy as np
import pytest

import metrics.lexical
import models.word_values
from data.errors import ChoraleError, ModelError
from data.schema import FinishReason, ModelRef, Sample, ValueDecoding
from data.town import compose, load_town
from data.town.judgements import yes_probability
from experiments.groups.grouping import grouping_of
from experiments.groups.mixing import MIXED, USUAL, mixes, mixing_experiment, mixing_of
from experiments.groups.rewarding import values_of
from experiments.groups.sources import town_source
from experiments.strategies.base import LONGEST_TEXT, MOST_TEXTS
from experiments.strategies.registry import strategy, way_of
from experiments.strategies.valued import read_words, written
from models.local import load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.experiments.scripted import asking, drawn, lists

TOPIC = "school"


@pytest.fixture(scope="module")
def values():
    source = town_source("ratings", per_group=30)
    return values_of(source, grouping_of(source.responses, ["group"]))


def said(texts, logprob=-1.0):
    return [
        Sample(i, str(i), text, (1, 2), (logprob, 3 * logprob), (0.0, 0.0), FinishReason.STOP)
        for i, text in enumerate(texts)
    ]


def idea(place, n=10):
    rng = np.random.default_rng(place)
    return [compose(load_town().topics[TOPIC].ideas[place], rng) for _ in range(n)]


def test_words_come_back_as_they_were_written():
    words = (("calm", 0.25), ("noise", -1.5), ("the", 0.0), ("don't", 1e-5))
    assert read_words(written(words)) == (("noise", -1.5), ("calm", 0.25), ("don't", 1e-5))
    assert read_words(["Calm 1, noise -2,", "calm 3"]) == (("calm", 3.0), ("noise", -2.0))
    assert read_words([]) == ()


def test_words_are_told_apart_as_the_values_tell_them():
    assert models.word_values.WORD == metrics.lexical.WORD


def test_the_smallest_values_go_where_there_is_no_room():
    many = tuple((f"word{i:06d}", float(i)) for i in range(20_000))
    lines = written(many)
    assert len(lines) == MOST_TEXTS
    assert max(map(len, lines)) <= LONGEST_TEXT
    kept = read_words(lines)
    assert kept[0] == ("word019999", 2e4)  # three digits
    assert len(kept) > 5_000


@pytest.mark.parametrize("entry", ["calm", "very calm 1", "calm nan", "calm inf", "calm1", "! 1"])
def test_what_is_no_word_and_number_is_refused(entry):
    with pytest.raises(ChoraleError, match="not a word and its value"):
        way_of(strategy("valued", {"words": (entry,)}))


def test_models_whose_logits_are_out_of_reach_are_refused():
    with pytest.raises(ModelError, match="local model"):
        drawn(asking("valued", words=("calm 1",)), lists())


class Reachable(type(lists())):
    """A scripted model that takes values."""

    def generate_valued(self, messages, **how):
        return self.generate(messages, **how)


def test_words_and_strength_reach_the_model():
    model = Reachable(lambda asked, index: f"answer {index}")
    found = drawn(asking("valued", n=13, words=("calm 1, noise -2",), strength=2.5), model)
    assert set(found) == set(range(13))
    asked = model.decodings[0]
    assert isinstance(asked, ValueDecoding)
    assert (dict(asked.words), asked.strength, asked.top) == ({"calm": 1, "noise": -2}, 2.5, 20)
    with pytest.raises(ChoraleError, match="No word has a value"):
        drawn(asking("valued"), model)


def test_mixed_values_are_weighted_and_in_spreads(values):
    function, one = values.function, np.eye(6)[2]
    alone = dict(function.mixed(one))
    k = int(np.argmax(np.abs(function.weights[2])))
    expected = function.weights[2, k] / function.spread[2]
    assert alone[function.words[k]] == pytest.approx(expected)
    both = dict(function.mixed([0, 0, 3, 1, 0, 0]))
    other = function.weights[3, k] / function.spread[3]
    assert both[function.words[k]] == pytest.approx(0.75 * expected + 0.25 * other)


def asked(values, weights=(1.0,) * 6, **options):
    settings = {"question": "What should the school teach?", "model": ModelRef("saltmere")}
    settings |= {"strength": 3.0, "n": 16, "limit": 40} | options
    return mixing_experiment(values, weights, **settings)


def test_the_run_asks_both_ways(values):
    usual, mixed = asked(values).conditions
    assert (usual.key, mixed.key) == (USUAL, MIXED)
    assert mixes((usual, mixed))
    assert not mixes((usual,))
    assert not mixes((mixed, usual)[:1])
    assert mixed.name == "Mixed, β = 3"
    assert usual.decoding == mixed.decoding
    named = asked(values, (1.0, 0.5, 0, 0, 0, 0)).conditions[1].name
    assert named == "Mixed, β = 3 (fishers 1, shopkeepers 0.5)"
    with pytest.raises(ChoraleError, match="No group has any weight"):
        asked(values, (0.0,) * 6)


def test_gains_by_hand(values):
    found = mixing_of(values, said(idea(0)), said(idea(1), -2.0), strength=3.0)
    first, second = (load_town().topics[TOPIC].ideas[k].id for k in (0, 1))
    for g, name in enumerate(values.names):
        assert found.usual.taste[g].value == pytest.approx(yes_probability(TOPIC, first, name))
        assert found.mixed.taste[g].value == pytest.approx(yes_probability(TOPIC, second, name))
    rewards = values.function.rewards([*found.usual.texts, *found.mixed.texts])
    for g, gain in enumerate(found.gains):
        assert gain.value == pytest.approx(rewards[g, 10:].mean() - rewards[g, :10].mean())
        assert gain.low <= gain.value <= gain.high
        assert gain.n == 10
    assert found.usual.nats.value == pytest.approx(2.0)  # (1 + 3) / 2
    assert found.mixed.nats.value == pytest.approx(4.0)
    assert found.usual.read.value == found.mixed.read.value == 1


def test_the_same_answers_gain_nothing(values):
    texts = [text for place in range(4) for text in idea(place, 5)]
    found = mixing_of(values, said(texts), said(texts), strength=3.0)
    for gain in found.gains:
        assert gain.value == pytest.approx(0, abs=1e-9)
        assert gain.low < 0 < gain.high


def test_broken_answers_are_counted_and_too_few_refused(values):
    broken = [text.replace(" ", " the ", 1) for text in idea(1)]
    found = mixing_of(values, said(idea(0)), said(broken), strength=3.0)
    assert found.mixed.read.value == 0
    assert not found.mixed.taste[0].is_defined
    assert mixing_of(values, said(["Yes."] * 9), said(idea(0)), strength=3.0).usual.read is None
    with pytest.raises(ChoraleError, match="10 usual and 1 mixed"):
        mixing_of(values, said(idea(0)), said(["Yes.", " "]), strength=3.0)


def test_the_bundled_model_leans_to_what_the_fishers_like(values):
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    model, sides = load_local(ModelRef(BUNDLED_ID), device="cpu"), {USUAL: [], MIXED: []}
    experiment = asked(values, tuple(np.eye(6)[0]), strength=6.0, n=48)
    for turn in experiment.turns({}, lambda: 48):
        for event in turn.work(model, lambda: False):
            sides[event.condition].append(event.sample)
    found = mixing_of(values, sides[USUAL], sides[MIXED], strength=6.0)
    assert found.gains[0].low > 0
    assert found.mixed.taste[0].value - found.usual.taste[0].value > 0.1
    assert found.mixed.read.value > 0.7
