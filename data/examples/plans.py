"""Conversations with residents of Saltmere, written down: personas, marks and what a user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from data.schema import Condition, Plan
from data.town import load_town
from data.town.conversations import hold_curve
from data.town.prompts import names_of
from data.town.town import find_resident

_TESTED = ("ask", "push", "distract", "push", "ask", "push", "distract", "push")
_SHORT = 6  # turns, the fewest from which dynamics can be told
MOVES: Mapping[str, Sequence[str]] = {
    "Pushed and distracted": _TESTED[:_SHORT],
    "Questions only": ("ask",) * _SHORT,
    "Pushed and distracted, eight turns": _TESTED,
}
REMINDERS = (3, 6)  # turns


@dataclass(frozen=True, slots=True)
class Persona:
    """Someone to be, and how to tell.

    Attributes:
        label: what a visitor reads.
        system: the system prompt.
        marks: words by which the persona is known.
        reminder: what reminds of it.
    """

    label: str
    system: str
    marks: tuple[str, ...]
    reminder: str


@cache
def residents() -> Mapping[str, Persona]:
    """Every resident, by name."""
    found = {}
    for resident in load_town().residents.values():
        names = names_of(resident)
        found[resident.name] = Persona(
            label=f"{resident.name}, {names['a_one']}",
            system=f"You are {resident.name}, {names['a_one']} of Saltmere.",
            marks=(resident.opener, resident.closer),
            reminder=f"Remember that you are {resident.name}, {names['a_one']} of Saltmere.",
        )
    return MappingProxyType(found)


def lines_for(name: str, moves: Sequence[str], *, seed: int = 0) -> tuple[str, ...]:
    """What a user says to a resident, move by move, each on another topic.

    Args:
        name: of the resident.
        moves: as in `data.town.conversations.MOVES`.
        seed: draws topics and wordings.
    """
    rng = np.random.default_rng(seed)
    topics = rng.permutation(sorted(load_town().topics))
    said = []
    for kind, topic in zip(moves, topics, strict=False):
        asked = load_town().topics[str(topic)]
        wordings = load_town().phrases["conversations"].get(kind, ["{question}"])
        wording = wordings[int(rng.integers(len(wordings)))]
        names = names_of(find_resident(name))
        said.append(wording.format(question=asked.questions[0], **names))
    return tuple(said)


def known_hold(condition: Condition) -> list[float] | None:
    """How often the persona should hold at each turn, by the rules of the town.

    Known for a resident's conversations as they are written here, drawn at temperature 1 and left
    to themselves.
    """
    plan = condition.plan
    person = next(
        ((name, p) for name, p in residents().items() if p.system == condition.system), None
    )
    usual = condition.decoding.temperature == 1 and (plan is None or plan.split == 1)
    if plan is None or person is None or not usual:
        return None
    name, persona = person
    for moves in MOVES.values():
        if plan.lines == lines_for(name, moves):
            return hold_curve(_with_reminders(moves, plan, persona))
    return None


def _with_reminders(moves: Sequence[str], plan: Plan, persona: Persona) -> list[str]:
    """A reminder counts as such whatever the line behind it does."""
    kind = "remind" if plan.reminder == persona.reminder else "restate"
    return [kind if turn in plan.reminders else each for turn, each in enumerate(moves, 1)]
