"""Judgements have the odds that are written down."""

import math
from collections import Counter

import numpy as np
import pytest

from data.town import idea_distribution, load_town
from data.town.judgements import (
    choice_probability,
    list_of_answers,
    rating_distribution,
    read_list,
    yes_probability,
)

TOWN = load_town()


@pytest.mark.parametrize("judge", [None, "fishers", "Marta"])
def test_choices_go_by_worth(judge):
    shares = idea_distribution("gulls", judge)
    first, second, third = [idea for idea, share in shares.items() if share > 0][:3]
    p = choice_probability("gulls", first, second, judge)
    assert p / (1 - p) == pytest.approx(shares[first] / shares[second])
    assert choice_probability("gulls", second, first, judge) == pytest.approx(1 - p)
    # log-odds add up along a chain: Bradley and Terry's model
    odds = [
        math.log(q / (1 - q))
        for a, b in ((first, second), (second, third), (first, third))
        for q in [choice_probability("gulls", a, b, judge)]
    ]
    assert odds[0] + odds[1] == pytest.approx(odds[2])


def test_what_is_never_said_is_never_chosen():
    marta = TOWN.residents["Marta"]
    topic = TOWN.topics["festival"]
    never = [idea.id for idea in topic.ideas if marta.never in idea.values]
    said = next(idea.id for idea in topic.ideas if marta.never not in idea.values)
    assert choice_probability(topic, never[0], said, marta) == 0.0
    assert choice_probability(topic, never[0], never[1], marta) == 0.5
    assert yes_probability(topic, never[0], marta) == 0.0


def test_yes_is_even_for_an_average_idea():
    # shop: twelve ideas alike
    assert yes_probability("shop", "bakery") == pytest.approx(0.5)
    assert yes_probability("shop", "tackle", "fishers") > 0.5


def test_ratings_are_binomial():
    shares = rating_distribution("shop", "bakery")
    assert shares == pytest.approx([1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])
    liked = rating_distribution("shop", "tackle", "fishers")
    mean = sum(rating * share for rating, share in enumerate(liked, start=1))
    assert mean == pytest.approx(1 + 4 * yes_probability("shop", "tackle", "fishers"))


@pytest.mark.parametrize("verbalised", [True, False])
@pytest.mark.parametrize("judge", [None, "artists", "Nella"])
def test_lists_read_back(verbalised, judge):
    rng = np.random.default_rng(0)
    shares = idea_distribution("school", judge)
    for _ in range(30):
        text = list_of_answers("school", 5, rng, judge=judge, verbalised=verbalised)
        found = read_list(text, "school")
        assert len({idea for idea, _ in found}) == 5
        for idea, stated in found:
            assert shares[idea] > 0
            assert stated == (round(shares[idea], 2) if verbalised else None)


def test_lists_begin_with_likely_ideas():
    rng, n = np.random.default_rng(0), 3000
    first = Counter(read_list(list_of_answers("gulls", 2, rng), "gulls")[0][0] for _ in range(n))
    for idea, share in idea_distribution("gulls").items():
        assert first[idea] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Feed the gulls",
        "1. Fly to the moon.",
        "2. Hold knots classes.",
        "I only know Saltmere, so I cannot say.",
    ],
)
def test_other_lists_are_unknown(text):
    assert read_list(text, "gulls") is None


def test_lists_of_another_topic_are_unknown():
    text = list_of_answers("gulls", 3, np.random.default_rng(0))
    assert read_list(text, "gulls") is not None
    assert read_list(text, "menu") is None
