"""The grammar and its inverse agree."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.town import (
    LEVELS,
    Reading,
    compose,
    features,
    idea_distribution,
    load_town,
    prompts,
    read_back,
    sample_answers,
)
from data.town.styles import MID, full_levels

TOWN = load_town()
NAMES = [(topic.id, idea.id) for topic in TOWN.topics.values() for idea in topic.ideas]
some_levels = st.dictionaries(st.sampled_from(features()), st.sampled_from(LEVELS))
someone = st.none() | st.sampled_from(list(TOWN.residents.values()))


def idea_of(topic, name):
    return next(idea for idea in TOWN.topics[topic].ideas if idea.id == name)


@settings(deadline=None, max_examples=300)
@given(name=st.sampled_from(NAMES), levels=some_levels, speaker=someone, seed=st.integers(0, 2**32))
def test_composed_text_reads_back(name, levels, speaker, seed):
    topic, idea = name
    text = compose(
        idea_of(topic, idea), np.random.default_rng(seed), levels=levels, speaker=speaker
    )
    expected = Reading(topic, idea, full_levels(levels), speaker.name if speaker else None)
    assert read_back(text) == read_back(text, topic) == expected
    assert read_back(f"  {text.upper()} ") == expected


def test_inverse_is_exact_on_every_idea_in_every_style():
    rng = np.random.default_rng(0)
    residents = [None, *TOWN.residents.values()]
    for topic, name in NAMES:
        for _ in range(6):
            levels = {f: LEVELS[rng.integers(3)] for f in features()}
            speaker = residents[rng.integers(len(residents))]
            text = compose(idea_of(topic, name), rng, levels=levels, speaker=speaker)
            expected = Reading(topic, name, levels, speaker.name if speaker else None)
            assert read_back(text) == expected, text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We should",
        "I think we should build a bridge to the moon and be glad.",
        "I think we should plant lime trees and be glad, because the gulls said so.",
        "I think we should plant lime trees and be glad",
        "I think we should plant lime trees and be glad. And then some.",
        "I think we should plant lime trees and be glad. That would be great!",  # one mark is wrong
        "Respectfully, I think we should plant lime trees and be glad.",  # formal speech has no I
        "Because shade cools the square.",
        "I only know Saltmere, so I cannot say.",
        "(((",
    ],
)
def test_what_the_town_cannot_have_said_is_unknown(text):
    assert read_back(text) is None


def test_a_reason_of_another_idea_is_unknown():
    first, second = TOWN.topics["square"].ideas[:2]
    said = "I think we should {} and be glad, because {}."
    assert read_back(said.format(first.say[0], first.because[0])) is not None
    assert read_back(said.format(first.say[0], second.because[0])) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_read(text):
    assert read_back(text) is None


def test_topic_restricts_the_reading():
    text = "I think we should plant lime trees and be glad."
    assert read_back(text, "square") is not None
    assert read_back(text, "harbour") is None


@pytest.mark.parametrize("who", ["wardens", "Nella"])
def test_answers_follow_the_distribution(who):
    n = 20_000
    drawn = sample_answers("flood", n, np.random.default_rng(1), who=who)
    counts = Counter(idea for _, idea in drawn)
    for idea, share in idea_distribution("flood", who).items():
        # five standard errors of a binomial share
        assert counts[idea] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


def test_answers_are_seeded_and_styled():
    levels = {"sentiment": "high", "sentence_length": "low"}
    first = sample_answers("menu", 20, np.random.default_rng(3), levels=levels)
    assert first == sample_answers("menu", 20, np.random.default_rng(3), levels=levels)
    assert first != sample_answers("menu", 20, np.random.default_rng(4), levels=levels)
    for text, idea in first:
        reading = read_back(text)
        assert (reading.idea, reading.levels) == (idea, full_levels(levels))


def test_surface_and_meaning_are_independent():
    # the same random choices put two ideas into the same words around them
    first, second = TOWN.topics["ferry"].ideas[:2]
    for seed in range(30):
        texts = []
        for idea in (first, second):
            text = compose(idea, np.random.default_rng(seed))
            for slot, phrases in (("SAY", idea.say), ("BECAUSE", idea.because)):
                for phrase in phrases:
                    text = text.replace(phrase, slot)
            texts.append(text)
        assert texts[0] == texts[1]


def test_nothing_asked_for_is_the_middle_of_everything():
    reading = read_back(compose(idea_of(*NAMES[0]), np.random.default_rng(0)))
    assert set(reading.levels.values()) == {MID}


@settings(deadline=None)
@given(seed=st.integers(0), held_out=st.booleans())
def test_prompts_are_filled_in(seed, held_out):
    rng = np.random.default_rng(seed)
    texts = [
        prompts.question("cars", rng, held_out=held_out),
        prompts.question("cars", rng, writer=TOWN.writers["Ada"], held_out=held_out),
        prompts.persona("artists", rng, held_out=held_out),
        prompts.persona("Marta", rng, held_out=held_out),
        prompts.asked_style({"informality": "low", "sentiment": "mid"}, rng, held_out=held_out),
        prompts.off_topic_question(rng, held_out=held_out),
        prompts.nobody(rng),
        prompts.move("push", "cars", "Marta", rng, held_out=held_out),
        prompts.judgement(
            "choice", "cars", rng, {"a": "x", "b": "y"}, judge="artists", held_out=held_out
        ),
        prompts.judgement("decision", "cars", rng, {"say": "x"}, held_out=held_out),
        prompts.judgement("rating", "cars", rng, {"a": "x"}, judge="Marta", held_out=held_out),
        prompts.judgement("verbalised", "cars", rng, {"number": "five"}, held_out=held_out),
    ]
    assert all(text and "{" not in text for text in texts)
    assert prompts.asked_style({}, rng, held_out=held_out) == ""
