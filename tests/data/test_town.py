"""What is written down about Saltmere holds together."""

import itertools
import math

import numpy as np
import pytest

from data.town import LEVELS, compose, features, idea_distribution, load_town, prompts
from data.town.prompts import training_wordings
from data.town.styles import full_levels, load_styles, trained_asks
from data.town.town import CONVICTION

TOWN = load_town()
TOPICS = list(TOWN.topics.values())
IDEAS = [(topic, idea) for topic in TOPICS for idea in topic.ideas]


def test_counts():
    assert len(TOPICS) >= 40
    assert len(TOWN.groups) == 6
    assert len(TOWN.residents) >= 24
    assert {resident.group for resident in TOWN.residents.values()} == set(TOWN.groups)
    assert len(features()) == 8
    assert {len(levels) for levels in load_styles().features.values()} == {3}


def test_popularity_runs_from_even_to_steep():
    steepness = sorted(topic.steepness for topic in TOPICS)
    assert steepness[0] == 0.0
    assert steepness[-1] >= 1.5
    assert np.diff(steepness).max() <= 0.2
    effective = [
        math.exp(-sum(p * math.log(p) for p in idea_distribution(topic).values()))
        for topic in TOPICS
    ]
    assert max(effective) / min(effective) > 3  # true diversity varies


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.id)
def test_topic_is_rich_enough(topic):
    assert 10 <= len(topic.ideas) <= 24
    assert len({idea.id for idea in topic.ideas}) == len(topic.ideas)
    assert len(set(topic.held_out)) >= 3
    assert len(set(topic.questions)) >= 12


def test_loosened_asks_keep_what_tells_and_are_never_held_out():
    fillers, rng = set(load_styles().ask_fillers), np.random.default_rng(0)
    changed = 0
    for feature, levels in load_styles().features.items():
        for name, level in levels.items():
            trained = {ask for asks in trained_asks(feature, name) for ask in asks}
            told = {tuple(_telling(ask, fillers)) for ask in trained}
            for _ in range(60):
                asked = prompts.asked_style({feature: name}, rng)
                changed += asked not in trained
                assert tuple(_telling(asked, fillers)) in told
                assert asked.casefold().rstrip(".") not in {
                    each.casefold().rstrip(".") for each in level.held_out_asks
                }
    assert changed > 300


def _telling(ask, fillers):
    return [w for w in ask.casefold().rstrip(".").split() if w.strip(",") not in fillers]


def test_held_out_wordings_never_train():
    wordings = training_wordings()
    held_out = [name for name in wordings if name.startswith("held_out_")]
    assert len(held_out) >= 14
    for name in held_out:
        trained = {wording.casefold() for wording in wordings[name.removeprefix("held_out_")]}
        assert wordings[name]
        assert not trained & {wording.casefold() for wording in wordings[name]}, name


def test_words_belong_to_one_idea():
    for phrases in (
        [say.casefold() for _, idea in IDEAS for say in idea.say],
        [reason.casefold() for _, idea in IDEAS for reason in idea.because],
    ):
        assert len(phrases) == len(set(phrases))


def test_parts_belong_to_one_level():
    parts = [
        part
        for levels in load_styles().features.values()
        for level in levels.values()
        for part in (*level.parts, *level.formal)
        if part
    ]
    habits = [h for r in TOWN.residents.values() for h in (r.opener, r.closer)]
    everything = [phrase.casefold() for phrase in (*parts, *habits, *load_styles().tails)]
    assert len(everything) == len(set(everything))


def test_each_idea_has_a_hundred_surface_forms():
    rng = np.random.default_rng(0)
    fewest = min(len({compose(idea, rng) for _ in range(160)}) for _, idea in IDEAS[::17])
    assert fewest >= 100


@pytest.mark.parametrize("who", [None, *TOWN.groups, *TOWN.residents])
def test_distributions_sum_to_one(who):
    for topic in TOPICS:
        shares = idea_distribution(topic, who)
        assert list(shares) == [idea.id for idea in topic.ideas]
        assert math.isclose(sum(shares.values()), 1.0)
        # whoever never says one kind of thing has still a choice
        assert sum(share > 0.0 for share in shares.values()) >= (5 if who in TOWN.residents else 10)


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


def test_resident_has_the_groups_taste_but_for_beliefs_and_what_is_never_said():
    marta = TOWN.residents["Marta"]
    topic, belief = TOWN.topics["gulls"], marta.beliefs["gulls"]
    group, own = idea_distribution(topic, marta.group), idea_distribution(topic, "Marta")
    for idea in topic.ideas:
        if marta.never in idea.values:
            assert own[idea.id] == 0.0
        elif idea.id != belief:
            tilt = (own[belief] / group[belief]) / (own[idea.id] / group[idea.id])
            assert tilt == pytest.approx(math.exp(CONVICTION))


def test_residents_believe_what_the_town_can_say():
    for resident in TOWN.residents.values():
        assert len(resident.beliefs) >= 3
        for topic, belief in resident.beliefs.items():
            own, group = (idea_distribution(topic, who) for who in (resident, resident.group))
            assert own[belief] > min(0.5, 2 * group[belief]), resident.name


def test_stated_agreement_of_groups():
    tilts = {
        group.id: [sum(group.cares.get(v, 0.0) for v in idea.values) for _, idea in IDEAS]
        for group in TOWN.groups.values()
    }
    assert set(TOWN.agreement) == set(itertools.combinations(TOWN.groups, 2))
    for (first, second), stated in TOWN.agreement.items():
        true = np.corrcoef(tilts[first], tilts[second])[0, 1]
        assert stated == pytest.approx(true, abs=0.006), (first, second)


def test_cares_and_values_are_known():
    values = {value for _, idea in IDEAS for value in idea.values}
    assert values == {value for group in TOWN.groups.values() for value in group.cares}
    assert {resident.never for resident in TOWN.residents.values()} <= values


def test_writers_use_every_feature_in_both_directions():
    used = {(f, level) for w in TOWN.writers.values() for f, level in w.levels.items()}
    assert used == set(itertools.product(features(), LEVELS))


@pytest.mark.parametrize(
    ("topic", "who"), [("moon", None), ("shop", "pirates"), ("shop", "Long John")]
)
def test_unknown_names_are_refused(topic, who):
    with pytest.raises(ValueError, match=r"Expected .* to be one of"):
        idea_distribution(topic, who)


@pytest.mark.parametrize("levels", [{"loudness": "high"}, {"sentiment": "very high"}])
def test_unknown_levels_are_refused(levels):
    with pytest.raises(ValueError, match=r"Expected features of .* at low, mid or high"):
        full_levels(levels)
