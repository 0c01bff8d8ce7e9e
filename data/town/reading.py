"""The inverse of the grammar: from a text back to its topic, idea, style and speaker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from data.town.grammar import CLAUSE_BREAK, EXTRAS
from data.town.styles import HIGH, LOW, MID, full_levels, load_styles
from data.town.town import Topic, find_topic, load_town


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says.

    Attributes:
        topic: id.
        idea: id.
        levels: the level of each of the eight features.
        speaker: name of the resident whose signature it carries; None without one.
    """

    topic: str
    idea: str
    levels: Mapping[str, str]
    speaker: str | None


def read_back(text: str, topic: Topic | str | None = None) -> Reading | None:
    """Read an answer: the inverse of `compose`.

    Letter case and spacing don't count; everything else must be as the town would say it.

    Args:
        text: one answer.
        topic: accept only an idea of this topic; None accepts any.

    Returns:
        The reading, or None if the town can't have said this.
    """
    wanted = find_topic(topic).id if topic is not None else None
    normal = _normal(text)
    if not normal or normal[-1] not in ".!":
        return None
    marks = set(re.findall(r"[.!](?= |$)", normal))
    for length, pattern in _patterns():
        found = pattern.fullmatch(normal[:-1].replace("! ", ". "))
        reading = _reading(found.groupdict(default=""), length) if found else None
        if reading and wanted in (None, reading.topic):
            informal = reading.levels["informality"] == HIGH
            return reading if marks == {"!" if informal else "."} else None
    return None


def _reading(slots: Mapping[str, str], length: str) -> Reading | None:
    place = _ideas_by_say().get(slots["say"])
    if place is None or (slots["because"] and slots["because"] not in _reasons()[place]):
        return None
    if length != MID and not slots["because"]:
        return None  # only sentences of medium length may go without a reason
    joint = ", and " if length == HIGH else ". "
    parts = {feature: slots[feature].replace(joint, CLAUSE_BREAK) for feature in _slots()}
    levels = {feature: _levels_by_part(feature).get(part) for feature, part in parts.items()}
    formal = _levels_by_part("cognitive_words", formal=True).get(slots["cognitive_words"])
    if levels["informality"] == LOW and slots["cognitive_words"]:
        levels["cognitive_words"] = formal
    opener, closer = (_speakers().get(slots[name]) for name in ("opener", "closer"))
    if None in levels.values() or (opener and closer):
        return None
    known = {feature: level for feature, level in levels.items() if level is not None}
    return Reading(*place, full_levels({**known, "sentence_length": length}), opener or closer)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each length of sentence in both orders of claim and reason."""
    styles = load_styles()
    connector, modal, tail = (
        _any(group) for group in (styles.connectors, styles.modals, styles.tails)
    )
    claim = (
        f"(?:{_slot('cognitive_words')} )?{_slot('social_words')} {modal} (?P<say>.+?)"
        f"(?: {_slot('affect_words')})?"
    )
    reason = "(?P<because>.+?)"
    shapes = (
        (MID, rf"{claim}(?:, {connector} {reason})?", r"\. "),
        (MID, rf"{connector} {reason}, {claim}", r"\. "),
        (LOW, rf"{claim}\. {reason}", r"\. "),
        (LOW, rf"{reason}\. {claim}", r"\. "),
        (HIGH, rf"{claim}, {connector} {reason}, and {tail}", ", and "),
        (HIGH, rf"{connector} {reason}, {claim}, and {tail}", ", and "),
    )
    residents = load_town().residents.values()
    head = f"(?:{_slot('informality')}, )?(?:(?P<opener>{_any(r.opener for r in residents)}), )?"
    closer = f"(?P<closer>{_any(r.closer for r in residents)})"
    return tuple(
        (
            length,
            re.compile(
                head + body + "".join(f"(?:{joint}{_slot(extra, joint)})?" for extra in EXTRAS)
                + f"(?:{joint}{closer})?"
            ),
        )
        for length, body, joint in shapes
    )  # fmt: skip


def _slot(feature: str, joint: str = "") -> str:
    parts = [*_levels_by_part(feature), *_levels_by_part(feature, formal=True)]
    return f"(?P<{feature}>{_any((part for part in parts if part), joint)})"


def _any(phrases: Iterable[str], joint: str = "") -> str:
    # Longest first: "and be glad of it" before "and be glad".
    ordered = sorted({_normal(phrase) for phrase in phrases}, key=len, reverse=True)
    options = (joint.join(map(re.escape, each.split(CLAUSE_BREAK))) for each in ordered)
    return f"(?:{'|'.join(options)})"


def _slots() -> tuple[str, ...]:
    return tuple(f for f in load_styles().features if f != "sentence_length")


@cache
def _levels_by_part(feature: str, *, formal: bool = False) -> dict[str, str]:
    return {
        _normal(part): name
        for name, level in load_styles().features[feature].items()
        for part in (level.formal if formal else level.parts)
    }


@cache
def _speakers() -> dict[str, str]:
    return {
        _normal(habit): resident.name
        for resident in load_town().residents.values()
        for habit in (resident.opener, resident.closer)
    }


@cache
def _ideas_by_say() -> dict[str, tuple[str, str]]:
    return {
        _normal(say): (topic.id, idea.id)
        for topic in load_town().topics.values()
        for idea in topic.ideas
        for say in idea.say
    }


@cache
def _reasons() -> dict[tuple[str, str], frozenset[str]]:
    return {
        (topic.id, idea.id): frozenset(map(_normal, idea.because))
        for topic in load_town().topics.values()
        for idea in topic.ideas
    }


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())
