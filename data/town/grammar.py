"""From an idea to the many ways of saying it, and back.

An answer is a skeleton (shared by all ideas, owned by one style) filled with one of the idea's
verb phrases and, in some skeletons, one of its reasons; meaning and surface vary independently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from data.town.town import (
    PLAIN,
    Idea,
    Style,
    Topic,
    find_style,
    find_topic,
    idea_distribution,
    load_town,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says: ids of its topic, idea and style."""

    topic: str
    idea: str
    style: str


def compose(idea: Idea, rng: np.random.Generator, *, style: Style | str = PLAIN) -> str:
    """Say the idea once, each skeleton, verb phrase and reason equally likely."""
    skeletons = find_style(style).skeletons
    return _fill(
        skeletons[rng.integers(len(skeletons))],
        say=idea.say[rng.integers(len(idea.say))],
        because=idea.because[rng.integers(len(idea.because))],
    )


def surface_forms(idea: Idea, *, style: Style | str | None = None) -> Iterator[str]:
    """Every way of saying the idea, in one style or in all."""
    styles = load_town().styles.values() if style is None else (find_style(style),)
    for skeleton in (skeleton for each in styles for skeleton in each.skeletons):
        reasons = idea.because if "ecause}" in skeleton else ("",)
        for say in idea.say:
            yield from (_fill(skeleton, say=say, because=because) for because in reasons)


def read_back(text: str, topic: Topic | str | None = None) -> Reading | None:
    """Read an answer back to its idea: the inverse of `compose`.

    Letter case and spacing don't count; everything else must be as the town would say it.

    Args:
        text: one answer.
        topic: accept only an idea of this topic; None accepts any.

    Returns:
        The reading, or None if the town can't have said this.
    """
    wanted = find_topic(topic).id if topic is not None else None
    normal = _normalise(text)
    for style, pattern in _patterns():
        found = pattern.fullmatch(normal)
        idea = _idea_of(found.groupdict()) if found else None
        if idea and wanted in (None, idea[0]):
            return Reading(topic=idea[0], idea=idea[1], style=style)
    return None


def sample_answers(
    topic: Topic | str,
    n: int,
    rng: np.random.Generator,
    *,
    group: str | None = None,
    style: str | None = None,
) -> list[tuple[str, str]]:
    """Draw n answers as the town, or one group of it, would give them.

    Returns:
        n pairs of text and idea id, ideas drawn independently from `idea_distribution`.
    """
    topic = find_topic(topic)
    shares = list(idea_distribution(topic, group).values())
    drawn = rng.choice(len(shares), size=n, p=shares)
    ideas = [topic.ideas[index] for index in drawn]
    return [(compose(idea, rng, style=style or PLAIN), idea.id) for idea in ideas]


def _fill(skeleton: str, *, say: str, because: str) -> str:
    return skeleton.format(say=say, because=because, Say=_capital(say), Because=_capital(because))


def _capital(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _normalise(text: str) -> str:
    return " ".join(text.casefold().split())


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (style.id, _pattern(skeleton))
        for style in load_town().styles.values()
        for skeleton in style.skeletons
    )


def _pattern(skeleton: str) -> re.Pattern[str]:
    escaped = re.escape(_normalise(skeleton))
    for slot in ("say", "because"):
        escaped = escaped.replace(rf"\{{{slot}\}}", f"(?P<{slot}>.+?)")
    return re.compile(escaped)


def _idea_of(slots: Mapping[str, str]) -> tuple[str, str] | None:
    idea = _by_say().get(slots["say"])
    if idea is None or slots.get("because", "") in ("", *_reasons()[idea]):
        return idea
    return None


@cache
def _by_say() -> dict[str, tuple[str, str]]:
    return {
        _normalise(say): (topic.id, idea.id)
        for topic in load_town().topics.values()
        for idea in topic.ideas
        for say in idea.say
    }


@cache
def _reasons() -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (topic.id, idea.id): tuple(_normalise(because) for because in idea.because)
        for topic in load_town().topics.values()
        for idea in topic.ideas
    }
