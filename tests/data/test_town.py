"""What is written down about Saltmere holds together."""

import math

import pytest

from data.town import PLAIN, idea_distribution, load_town, surface_forms
from data.town.prompts import training_wordings

TOWN = load_town()
TOPICS = list(TOWN.topics.values())
IDEAS = [(topic, idea) for topic in TOPICS for idea in topic.ideas]


def test_counts():
    assert len(TOPICS) >= 24
    assert len(TOWN.groups) == 6
    assert 8 <= len(TOWN.residents) <= 12
    assert {resident.group for resident in TOWN.residents} == set(TOWN.groups)
    assert len(TOWN.styles) >= 5


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.id)
def test_topic_is_rich_enough(topic):
    assert 10 <= len(topic.ideas) <= 16
    assert len({idea.id for idea in topic.ideas}) == len(topic.ideas)
    assert len(topic.held_out) >= 2
    assert len(set(topic.questions) | set(topic.held_out)) >= 8
    assert len(topic.questions) >= 6


def test_held_out_wordings_never_train():
    wordings = training_wordings()
    pairs = {name: f"held_out_{name}" for name in wordings if f"held_out_{name}" in wordings}
    assert set(pairs) == {"questions", "styles", "asks", "group_asks", "off_topic"}
    for trained, held_out in pairs.items():
        assert wordings[held_out]
        assert not {w.casefold() for w in wordings[trained]} & {
            w.casefold() for w in wordings[held_out]
        }


def test_words_belong_to_one_idea():
    for phrases in (
        [say.casefold() for _, idea in IDEAS for say in idea.say],
        [reason.casefold() for _, idea in IDEAS for reason in idea.because],
    ):
        assert len(phrases) == len(set(phrases))


def test_skeletons_belong_to_one_style():
    skeletons = [skeleton for style in TOWN.styles.values() for skeleton in style.skeletons]
    assert len(skeletons) == len(set(skeletons))
    assert all("{say}" in skeleton or "{Say}" in skeleton for skeleton in skeletons)


def test_each_idea_has_a_hundred_plain_surface_forms():
    fewest = min(len(set(surface_forms(idea, style=PLAIN))) for _, idea in IDEAS)
    assert fewest >= 100


@pytest.mark.parametrize("group", [None, *TOWN.groups])
def test_distributions_sum_to_one(group):
    for topic in TOPICS:
        shares = idea_distribution(topic, group)
        assert list(shares) == [idea.id for idea in topic.ideas]
        assert math.isclose(sum(shares.values()), 1.0)
        assert min(shares.values()) > 0.0


def test_popularity_follows_the_stated_steepness():
    # gulls: s = 1.5, so the second idea has 2^-1.5 of the first's share
    shares = list(idea_distribution("gulls").values())
    assert math.isclose(shares[1] / shares[0], 2**-1.5)
    # shop: s = 0, twelve ideas alike
    assert idea_distribution("shop")["bakery"] == pytest.approx(1 / 12)


def test_group_tilts_by_its_cares():
    town, fishers = idea_distribution("shop"), idea_distribution("shop", "fishers")
    cares = TOWN.groups["fishers"].cares
    odds = (fishers["tackle"] / fishers["flowers"]) / (town["tackle"] / town["flowers"])
    # tackle stands for the sea, flowers for nature, for which fishers have no care either way
    assert odds == pytest.approx(math.exp(cares["sea"] - cares.get("nature", 0.0)))


def test_cares_and_values_are_known():
    values = {value for _, idea in IDEAS for value in idea.values}
    assert values == {value for group in TOWN.groups.values() for value in group.cares}


@pytest.mark.parametrize(("topic", "group"), [("moon", None), ("shop", "pirates")])
def test_unknown_names_are_refused(topic, group):
    with pytest.raises(ValueError, match=r"Expected .* to be one of"):
        idea_distribution(topic, group)
