"""Saltmere as frozen values, read from the YAML files beside this one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from data.town.files import FOLDER, read_file
from data.town.styles import full_levels

_T = TypeVar("_T")

CONVICTION = 2.0  # a belief multiplies an idea's odds by exp of this


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
    """A persona: the taste of a group, and a head of its own.

    Attributes:
        opener: signature words before an answer.
        closer: signature clause after an answer.
        beliefs: topic → the idea this resident is convinced of.
        never: the value whose ideas this resident never says.
    """

    name: str
    group: str
    opener: str
    closer: str
    beliefs: Mapping[str, str]
    never: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Someone who writes to the town in a style of their own: feature → level."""

    name: str
    levels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that is written down about Saltmere, by id and in the order of the files.

    Attributes:
        agreement: correlation of each two groups' tastes over all ideas, as `groups.yaml` says.
        phrases: wording of the prompts, by file.
    """

    topics: Mapping[str, Topic]
    groups: Mapping[str, Group]
    agreement: Mapping[tuple[str, str], float]
    residents: Mapping[str, Resident]
    writers: Mapping[str, Writer]
    phrases: Mapping[str, Mapping[str, Any]]


@cache
def load_town() -> Town:
    """Read the town once per process."""
    groups = read_file("groups.yaml")
    return Town(
        topics={
            key: _topic(key, entry)
            for path in sorted(FOLDER.glob("topics/*.yaml"))
            for key, entry in read_file(f"topics/{path.name}").items()
        },
        groups={key: Group(id=key, **entry) for key, entry in groups["groups"].items()},
        agreement={
            (first, second): value
            for first, others in groups["agreement"].items()
            for second, value in others.items()
        },
        residents={
            entry["name"]: Resident(**entry) for entry in read_file("residents.yaml")["residents"]
        },
        writers={
            entry["name"]: Writer(entry["name"], full_levels(entry["levels"]))
            for entry in read_file("writers.yaml")["writers"]
        },
        phrases={
            name: read_file(f"{name}.yaml")
            for name in ("questions", "asks", "off_topic", "conversations", "judgements")
        },
    )


def idea_distribution(
    topic: Topic | str, who: Group | Resident | str | None = None
) -> dict[str, float]:
    """Probability of each idea in an answer to the topic.

    The town's own share of the idea at rank r is ∝ r^-s with s the topic's steepness. A group
    tilts it by exp(sum of the group's cares for the idea's values). A resident has the taste of
    the group, but for an idea believed in, whose odds are exp(CONVICTION) times as high, and for
    ideas of the value never spoken of, which have none.

    Args:
        topic: the topic or its id.
        who: a group or its id, a resident or the name; None is the town as a whole.

    Returns:
        Idea id → probability, in the order of the file; sums to 1.

    Raises:
        ValueError: the town has no such topic, group or resident.
    """
    topic = find_topic(topic)
    teller = find_teller(who) if who is not None else None
    name = teller.name if isinstance(teller, Resident) else teller.id if teller else None
    return dict(_distribution(topic.id, name))


@cache
def _distribution(topic_id: str, who: str | None) -> Mapping[str, float]:
    topic = find_topic(topic_id)
    teller = find_teller(who) if who is not None else None
    weights = [
        rank**-topic.steepness * _tilt(topic, idea, teller)
        for rank, idea in enumerate(topic.ideas, start=1)
    ]
    total = sum(weights)
    return {idea.id: weight / total for idea, weight in zip(topic.ideas, weights, strict=True)}


def _tilt(topic: Topic, idea: Idea, teller: Group | Resident | None) -> float:
    if teller is None:
        return 1.0
    group = teller if isinstance(teller, Group) else find_group(teller.group)
    tilt = math.exp(sum(group.cares.get(value, 0.0) for value in idea.values))
    if isinstance(teller, Group):
        return tilt
    if teller.never in idea.values:
        return 0.0
    return tilt * math.exp(CONVICTION if teller.beliefs.get(topic.id) == idea.id else 0.0)


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


def find_resident(resident: Resident | str) -> Resident:
    """The resident of this name; a resident passes through."""
    if isinstance(resident, Resident):
        return resident
    return _find(load_town().residents, resident, "resident")


def find_teller(who: Group | Resident | str) -> Group | Resident:
    """The group of this id or the resident of this name."""
    if not isinstance(who, str):
        return who
    everyone: dict[str, Group | Resident] = {**load_town().groups, **load_town().residents}
    return _find(everyone, who, "group or resident")


def _find(entries: Mapping[str, _T], key: str, kind: str) -> _T:
    if key not in entries:
        raise ValueError(f"Expected {kind} to be one of {', '.join(entries)} but it was {key!r}.")
    return entries[key]


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
