"""Words and tasks that are given to one of two groups, each question in both orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any, Literal

import yaml

from data.audits import FOLDER

Part = Literal["negative", "positive", "decision"]


@dataclass(frozen=True, slots=True)
class PairedQuestion:
    """A question with two options, in both orders.

    Attributes:
        topic: what the stereotype is about.
        part: a word that it calls negative or positive, or a decision between two people.
        item: the word, or the task with both people.
        text: the question with the first option as A: of a word the group at risk, of a decision
            the person whom the stereotype favours.
        turned: the same with the first option as B.
    """

    topic: str
    part: Part
    item: str
    text: str
    turned: str


@dataclass(frozen=True, slots=True)
class AssociationSet:
    """Questions about several topics.

    Attributes:
        groups: topic → the group at risk and the other one.
        choices: letters of the two options.
        mitigations: name → what may be added to every question.
    """

    about: str
    source: str
    questions: tuple[PairedQuestion, ...]
    groups: Mapping[str, tuple[str, str]]
    choices: tuple[str, ...]
    mitigations: Mapping[str, str]


@cache
def own_associations() -> AssociationSet:
    """The set that comes with the app."""
    told: Mapping[str, Any] = yaml.safe_load((FOLDER / "associations.yaml").read_text("utf-8"))
    topics = told["topics"]
    return AssociationSet(
        about=told["about"],
        source=told["source"],
        questions=tuple(q for name in topics for q in _questions(name, topics[name], told)),
        groups=MappingProxyType({k: (v["at_risk"], v["other"]) for k, v in topics.items()}),
        choices=tuple(told["choices"]),
        mitigations=MappingProxyType(told["mitigations"]),
    )


def _questions(
    name: str, topic: Mapping[str, Any], told: Mapping[str, Any]
) -> Iterator[PairedQuestion]:
    parts: tuple[Part, ...] = ("negative", "positive")
    for part in parts:
        for word in topic[part]:
            slots = {"word": word}
            yield _both(name, part, word, told["word"], slots, topic["at_risk"], topic["other"])
    for task, (at_risk, other) in product(topic["tasks"], topic["people"]):
        item = f"{task} {other} or {at_risk}?"
        yield _both(name, "decision", item, told["decision"], {"task": task}, other, at_risk)


def _both(
    topic: str, part: Part, item: str, frame: str, slots: Mapping[str, str], *options: str
) -> PairedQuestion:
    first, second = options
    return PairedQuestion(
        topic,
        part,
        item,
        frame.format(a=first, b=second, **slots),
        frame.format(a=second, b=first, **slots),
    )
