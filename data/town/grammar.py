"""From an idea to the many ways of saying it.

An answer is put together from a claim (the idea in one of its verb phrases), perhaps one of the
idea's reasons, and parts that belong to the levels of style and to the resident who speaks. Every
choice is independent of the idea, so meaning and surface vary independently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.town.styles import HIGH, LOW, PLAIN, Styles, full_levels, load_styles
from data.town.town import Group, Idea, Resident, Topic, find_topic, idea_distribution

REASON_SHARE = 0.7  # of the answers in sentences of medium length
REASON_FIRST_SHARE = 0.3  # of the answers with a reason
CLAUSE_BREAK = "; "  # in a part, between what are clauses of their own
EXTRAS = ("sentiment", "readability", "function_words")  # features with a clause of their own


def compose(
    idea: Idea,
    rng: np.random.Generator,
    *,
    levels: Mapping[str, str] = PLAIN,
    speaker: Resident | None = None,
) -> str:
    """Say the idea once, each wording equally likely.

    Args:
        idea: what is said.
        rng: draws the wording.
        levels: feature → level; the others are in the middle.
        speaker: the resident whose signature the answer carries, before or after.
    """
    levels = full_levels(levels)
    styles = load_styles()
    part = {f: _pick(styles.parts(f, levels), rng) for f in levels if f != "sentence_length"}
    opener, closer = _signature(speaker, rng)
    claim = _words(
        part["cognitive_words"], part["social_words"], _pick(styles.modals, rng),
        _pick(idea.say, rng), part["affect_words"],
    )  # fmt: skip
    clauses = _clauses(claim, idea, levels["sentence_length"], styles, rng)
    for feature in EXTRAS:
        clauses += part[feature].split(CLAUSE_BREAK) if part[feature] else []
    clauses += [closer] if closer else []
    clauses[0] = ", ".join(p for p in (part["informality"], opener, clauses[0]) if p)
    return _punctuated(
        clauses,
        joiner=", and " if levels["sentence_length"] == HIGH else None,
        mark="!" if levels["informality"] == HIGH else ".",
    )


def sample_answers(
    topic: Topic | str,
    n: int,
    rng: np.random.Generator,
    *,
    who: Group | Resident | str | None = None,
    levels: Mapping[str, str] = PLAIN,
) -> list[tuple[str, str]]:
    """Draw n answers as the town, one group of it, or someone with a resident's taste gives them.

    Returns:
        n pairs of text and idea id, ideas drawn independently from `idea_distribution`. The texts
        carry no signature.
    """
    topic = find_topic(topic)
    drawn = sample_ideas(topic, n, rng, who=who)
    return [(compose(idea, rng, levels=levels), idea.id) for idea in drawn]


def sample_ideas(
    topic: Topic, n: int, rng: np.random.Generator, *, who: Group | Resident | str | None = None
) -> list[Idea]:
    """Draw n ideas independently from `idea_distribution`."""
    shares = list(idea_distribution(topic, who).values())
    return [topic.ideas[index] for index in rng.choice(len(shares), size=n, p=shares)]


def _signature(speaker: Resident | None, rng: np.random.Generator) -> tuple[str, str]:
    if speaker is None:
        return "", ""
    return (_lower(speaker.opener), "") if rng.random() < 0.5 else ("", _lower(speaker.closer))


def _clauses(
    claim: str, idea: Idea, length: str, styles: Styles, rng: np.random.Generator
) -> list[str]:
    """Claim and reason, in one clause or two, and what makes a long sentence long."""
    reason = _pick(idea.because, rng)
    reason_first = rng.random() < REASON_FIRST_SHARE
    if length == LOW:
        return [reason, claim] if reason_first else [claim, reason]
    joined = _pick(styles.connectors, rng)
    whole = f"{joined} {reason}, {claim}" if reason_first else f"{claim}, {joined} {reason}"
    if length == HIGH:
        return [whole, _pick(styles.tails, rng)]
    return [whole if rng.random() < REASON_SHARE else claim]


def _punctuated(clauses: list[str], *, joiner: str | None, mark: str) -> str:
    sentences = [joiner.join(clauses)] if joiner else clauses
    return " ".join(f"{_capital(sentence)}{mark}" for sentence in sentences)


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _capital(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _lower(phrase: str) -> str:
    return phrase[:1].lower() + phrase[1:]
