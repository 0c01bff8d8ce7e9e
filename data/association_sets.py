"""Words and tasks that are given to one of two groups, each question in both orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import yaml

from data.adapters import checked
from data.answer_checks import refuse
from data.audits import FOLDER, MAX_PROMPTS
from data.reading_tables import RawTable

Part = Literal["negative", "positive", "decision"]
PARTS = get_args(Part)
ASSOCIATION_COLUMNS = ("topic", "part", "item", "at_risk", "other")


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
    told = _frames()
    topics = told["topics"]
    return AssociationSet(
        about=told["about"],
        source=told["source"],
        questions=tuple(q for name in topics for q in _questions(name, topics[name], told)),
        groups=MappingProxyType({k: (v["at_risk"], v["other"]) for k, v in topics.items()}),
        choices=tuple(told["choices"]),
        mitigations=MappingProxyType(told["mitigations"]),
    )


def uploaded_associations(raw: RawTable) -> AssociationSet:
    """A file's words and tasks in the place of our own, each in both orders; as many as fit.

    Args:
        raw: columns topic, part, item, at_risk and other. Of a word the last two are the groups,
            the same in all of a topic's; of a decision, whose item is the task, the people.

    Raises:
        UploadError: a column is missing, a cell empty, a part unknown, a topic has other groups
            than before, or has no words.
    """
    frame, told = checked(raw, ASSOCIATION_COLUMNS).head(MAX_PROMPTS // 2), _frames()
    refuse(
        frame.loc[~frame["part"].isin(PARTS), "_row"],
        "part",
        f"it must be one of {', '.join(PARTS)}",
    )
    words = frame[frame["part"] != "decision"]
    groups = words.groupby("topic", sort=False)[["at_risk", "other"]].first()
    for name in ("at_risk", "other"):
        differs = words[name] != words["topic"].map(groups[name])
        what = "all words of a topic need the same two groups"
        refuse(words.loc[differs, "_row"], name, what)
    wordless = ~frame["topic"].isin(groups.index)
    refuse(frame.loc[wordless, "_row"], "topic", "there are no words that name its two groups")
    return AssociationSet(
        about=f"{len(frame)} of {len(raw.frame)} uploaded words and tasks",
        source="Uploaded words and tasks, asked in our own wording",
        questions=tuple(_uploaded(row, told) for row in frame.itertuples()),
        groups=MappingProxyType({str(k): (v.at_risk, v.other) for k, v in groups.iterrows()}),
        choices=tuple(told["choices"]),
        mitigations=MappingProxyType(told["mitigations"]),
    )


def _uploaded(row: Any, told: Mapping[str, Any]) -> PairedQuestion:
    if row.part != "decision":
        slots = {"word": row.item}
        return _both(row.topic, row.part, row.item, told["word"], slots, row.at_risk, row.other)
    item = f"{row.item} {row.other} or {row.at_risk}?"
    frame, slots = told["decision"], {"task": row.item}
    return _both(row.topic, "decision", item, frame, slots, row.other, row.at_risk)


@cache
def _frames() -> Mapping[str, Any]:
    return cast(
        "Mapping[str, Any]", yaml.safe_load((FOLDER / "associations.yaml").read_text("utf-8"))
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
