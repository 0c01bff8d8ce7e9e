"""The grammar and its inverse agree."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.town import (
    Reading,
    compose,
    idea_distribution,
    load_town,
    prompts,
    read_back,
    sample_answers,
    surface_forms,
)

TOWN = load_town()
NAMES = [(topic.id, idea.id) for topic in TOWN.topics.values() for idea in topic.ideas]


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), style=st.sampled_from(list(TOWN.styles)), seed=st.integers(0))
def test_composed_text_reads_back(name, style, seed):
    topic, idea_id = name
    idea = next(idea for idea in TOWN.topics[topic].ideas if idea.id == idea_id)
    text = compose(idea, np.random.default_rng(seed), style=style)
    assert read_back(text) == read_back(text, topic) == Reading(topic, idea_id, style)
    assert read_back(f"  {text.upper()} ") == Reading(topic, idea_id, style)


def test_every_surface_form_of_a_topic_reads_back():
    for idea in TOWN.topics["harbour"].ideas:
        forms = list(surface_forms(idea))
        assert len(forms) == len(set(forms))
        assert {(r.topic, r.idea) for r in map(read_back, forms) if r} == {("harbour", idea.id)}
        assert None not in map(read_back, forms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We should",
        "We should build a bridge to the moon.",
        "We should plant lime trees, because the gulls said so.",
        "We should plant lime trees, because good bread is hard to find.",  # another idea's reason
        "We should plant lime trees",
        "We should plant lime trees. And then some.",
        "I only know Saltmere, so I cannot say.",
        "(((",
    ],
)
def test_what_the_town_cannot_have_said_is_unknown(text):
    assert read_back(text) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_read(text):
    assert read_back(text) is None


def test_topic_restricts_the_reading():
    assert read_back("We should plant lime trees.", "square") is not None
    assert read_back("We should plant lime trees.", "harbour") is None


def test_answers_follow_the_distribution():
    n = 20_000
    drawn = sample_answers("flood", n, np.random.default_rng(1), group="wardens")
    counts = Counter(idea for _, idea in drawn)
    for idea, share in idea_distribution("flood", "wardens").items():
        # five standard errors of a binomial share
        assert counts[idea] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


def test_answers_are_seeded_and_styled():
    first = sample_answers("menu", 20, np.random.default_rng(3), style="warm")
    assert first == sample_answers("menu", 20, np.random.default_rng(3), style="warm")
    assert {read_back(text).style for text, _ in first} == {"warm"}
    assert first != sample_answers("menu", 20, np.random.default_rng(4), style="warm")


def test_surface_and_meaning_are_independent():
    ideas = TOWN.topics["ferry"].ideas
    openings = [{text.split()[0] for text in surface_forms(idea, style="formal")} for idea in ideas]
    assert all(opening == openings[0] for opening in openings)


@settings(deadline=None)
@given(seed=st.integers(0), held_out=st.booleans())
def test_prompts_are_filled_in(seed, held_out):
    rng = np.random.default_rng(seed)
    texts = [
        prompts.question("cars", rng, held_out=held_out),
        prompts.persona("artists", rng, held_out=held_out),
        prompts.asked_style("formal", rng, held_out=held_out),
        prompts.off_topic_question(rng, held_out=held_out),
        prompts.nobody(rng),
    ]
    assert all(text and "{" not in text for text in texts)
    assert prompts.asked_style("plain", rng, held_out=held_out) == ""
