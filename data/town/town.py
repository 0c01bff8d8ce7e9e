"""Saltmere as frozen values, read from the YAML files beside this one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

_T = TypeVar("_T")

FOLDER = Path(__file__).parent
PLAIN = "plain"  # the style of an answer for which none was asked


@dataclass(frozen=True, slots=True)
class Idea:
    """One thing the town can want, and the words for it.

    Attributes:
        id: unique in its topic.
        values: what it appeals to; keys of a group's cares.
        say: verb phrases in the base form ("plant lime trees"), each with the idea's key word.
        because: reasons, main clauses in lower case.
    """

    id: str
    values: tuple[str, ...]
    say: tuple[str, ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One open question to the town.

    Attributes:
        about: noun phrase that fits the frames of `questions.yaml`.
        steepness: s ≥ 0; the idea at rank r has popularity ∝ r^-s.
        questions: phrasings the model is trained on.
        held_out: phrasings it never sees.
        ideas: most popular first.
    """

    id: str
    about: str
    steepness: float
    questions: tuple[str, ...]
    held_out: tuple[str, ...]
    ideas: tuple[Idea, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """People with a taste of their own: value → care (0 is the town's taste)."""

    id: str
    one: str
    does: str
    cares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Resident:
    """A persona; has the taste of the group."""

    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Style:
    """A way of putting an idea, and the system prompts that ask for it."""

    id: str
    asks: tuple[str, ...]
    held_out_asks: tuple[str, ...]
    skeletons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that is written down about Saltmere, by id and in the order of the files.

    Attributes:
        phrases: wording of the prompts, under "questions", "residents" and "off_topic".
    """

    topics: Mapping[str, Topic]
    groups: Mapping[str, Group]
    residents: tuple[Resident, ...]
    styles: Mapping[str, Style]
    phrases: Mapping[
        str, Mapping[str, Any]
    ]  # wording of the prompts: questions, residents, off_topic


@cache
def load_town() -> Town:
    """Read the town once per process."""
    residents = _read("residents.yaml")
    return Town(
        topics={
            key: _topic(key, entry)
            for path in sorted(FOLDER.glob("topics/*.yaml"))
            for key, entry in _read(f"topics/{path.name}").items()
        },
        groups={
            key: Group(id=key, **entry) for key, entry in _read("groups.yaml")["groups"].items()
        },
        residents=tuple(Resident(**entry) for entry in residents.pop("residents")),
        styles={key: _style(key, entry) for key, entry in _read("styles.yaml").items()},
        phrases={
            "questions": _read("questions.yaml"),
            "residents": residents,
            "off_topic": _read("off_topic.yaml"),
        },
    )


def idea_distribution(topic: Topic | str, group: Group | str | None = None) -> dict[str, float]:
    """Probability of each idea in an answer to the topic.

    The town's own share of the idea at rank r is ∝ r^-s with s the topic's steepness; a group
    tilts it by exp(sum of the group's cares for the idea's values).

    Args:
        topic: the topic or its id.
        group: the group or its id; None is the town as a whole.

    Returns:
        Idea id → probability, in the order of the file; sums to 1.

    Raises:
        ValueError: the town has no such topic or group.
    """
    topic = find_topic(topic)
    cares = find_group(group).cares if group is not None else {}
    weights = [
        rank**-topic.steepness * math.exp(sum(cares.get(value, 0.0) for value in idea.values))
        for rank, idea in enumerate(topic.ideas, start=1)
    ]
    total = sum(weights)
    return {idea.id: weight / total for idea, weight in zip(topic.ideas, weights, strict=True)}


def find_topic(topic: Topic | str) -> Topic:
    """The topic with this id; a topic passes through."""
    if isinstance(topic, Topic):
        return topic
    return _find(load_town().topics, topic, "topic")


def find_group(group: Group | str) -> Group:
    """The group with this id; a group passes through."""
    if isinstance(group, Group):
        return group
    return _find(load_town().groups, group, "group")


def find_style(style: Style | str) -> Style:
    """The style with this id; a style passes through."""
    if isinstance(style, Style):
        return style
    return _find(load_town().styles, style, "style")


def _find(entries: Mapping[str, _T], key: str, kind: str) -> _T:
    if key not in entries:
        raise ValueError(f"Expected {kind} to be one of {', '.join(entries)} but it was {key!r}.")
    return entries[key]


def _read(name: str) -> dict[str, Any]:
    entries: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return entries


def _topic(key: str, entry: Mapping[str, Any]) -> Topic:
    return Topic(
        id=key,
        about=entry["about"],
        steepness=float(entry["steepness"]),
        questions=tuple(entry["questions"]),
        held_out=tuple(entry["held_out"]),
        ideas=tuple(
            Idea(
                id=idea["id"],
                values=tuple(idea["values"]),
                say=tuple(idea["say"]),
                because=tuple(idea["because"]),
            )
            for idea in entry["ideas"]
        ),
    )


def _style(key: str, entry: Mapping[str, Any]) -> Style:
    return Style(
        id=key,
        asks=tuple(entry["asks"]),
        held_out_asks=tuple(entry.get("held_out_asks", ())),
        skeletons=tuple(entry["skeletons"]),
    )
