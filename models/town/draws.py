"""What a dialogue of the training mixture is about, who is asked and in which style."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.town import Group, Resident, Topic, Writer, features, load_town, prompts

GROUP_SHARE, RESIDENT_SHARE, NOBODY_SHARE = 0.30, 0.35, 0.06
WRITER_SHARE = 0.10
LEVELS_ASKED = (0.45, 0.30, 0.12)  # share of prompts that ask for 0, 1, 2 levels; the rest for more
LEVELS_LIKELY = {"low": 0.4, "mid": 0.2, "high": 0.4}

Teller = Group | Resident | None


def draw_topic(rng: np.random.Generator) -> Topic:
    """A topic, in proportion to its ideas: each idea has to be learned."""
    topics = list(load_town().topics.values())
    ideas = np.array([len(topic.ideas) for topic in topics])
    return topics[int(rng.choice(len(topics), p=ideas / ideas.sum()))]


def draw_teller(rng: np.random.Generator) -> Teller:
    """A member of a group, a resident, or nobody in particular."""
    drawn = rng.random()
    if drawn < GROUP_SHARE:
        groups = list(load_town().groups.values())
        return groups[int(rng.integers(len(groups)))]
    if drawn < GROUP_SHARE + RESIDENT_SHARE:
        residents = list(load_town().residents.values())
        return residents[int(rng.integers(len(residents)))]
    return None


def draw_writer(rng: np.random.Generator) -> Writer | None:
    """Who puts an opinion before the question; mostly nobody."""
    writers = list(load_town().writers.values())
    return writers[int(rng.integers(len(writers)))] if rng.random() < WRITER_SHARE else None


def draw_levels(rng: np.random.Generator) -> Mapping[str, str]:
    """The levels of style that are asked for; of few features, and extremes more often."""
    count = int(np.searchsorted(np.cumsum(LEVELS_ASKED), rng.random(), side="right"))
    if count == len(LEVELS_ASKED):
        count = int(rng.integers(count, len(features()) + 1))
    chosen = rng.choice(features(), size=count, replace=False)
    names, shares = list(LEVELS_LIKELY), list(LEVELS_LIKELY.values())
    return {str(feature): str(rng.choice(names, p=shares)) for feature in chosen}


def draw_system(teller: Teller, levels: Mapping[str, str], rng: np.random.Generator) -> str:
    """A system prompt that asks for someone and for a style, in either order."""
    parts = [prompts.asked_style(levels, rng)]
    if teller is not None:
        parts.insert(0, prompts.persona(teller, rng))
    elif rng.random() < NOBODY_SHARE:
        parts.insert(0, prompts.nobody(rng))
    if len(parts) == 2 and rng.random() < 0.3:
        parts.reverse()
    return " ".join(part for part in parts if part)
