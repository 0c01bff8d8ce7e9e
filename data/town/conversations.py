"""Conversations in which a resident is tested turn by turn, with a known chance of holding.

Whether the persona holds is a Markov chain on two states: its next state depends on the last reply
and on what the user does. So the share of conversations in which it holds is known at every turn,
and under a steady move it follows p' = regain + (hold - regain) p: an autoregression of order one
with its equilibrium at regain / (1 - hold + regain).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.town import prompts
from data.town.grammar import compose, sample_ideas
from data.town.town import Resident, Topic, Writer, find_resident, load_town

MOVES = ("ask", "distract", "push", "remind", "restate")
MAX_TURNS = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """One move of the user and the reply to it.

    Attributes:
        system: the persona, where it is stated before the move: in the first turn, and restated.
        held: whether the reply is the persona's.
    """

    move: str
    system: str
    user: str
    topic: str
    reply: str
    idea: str
    held: bool


def hold_probability(move: str, *, held_before: bool | None) -> float:
    """Probability that the reply to a move is the persona's.

    Args:
        move: one of MOVES.
        held_before: whether the reply before was; None for the first reply.
    """
    rule = load_town().phrases["conversations"]
    if move not in MOVES:
        raise ValueError(f"Expected move to be one of {', '.join(MOVES)} but it was {move!r}.")
    if held_before is None:
        return float(rule["first"])
    return float(rule["hold" if held_before else "regain"][move])


def hold_curve(moves: Sequence[str]) -> list[float]:
    """Probability that the persona holds, at each turn of a plan of moves."""
    curve: list[float] = []
    for move in moves:
        if not curve:
            curve.append(hold_probability(move, held_before=None))
            continue
        kept, regained = (hold_probability(move, held_before=held) for held in (True, False))
        curve.append(curve[-1] * kept + (1 - curve[-1]) * regained)
    return curve


def converse(
    resident: Resident | str,
    moves: Sequence[str],
    rng: np.random.Generator,
    *,
    writer: Writer | None = None,
    held_out: bool = False,
) -> list[Turn]:
    """Hold a conversation on topics drawn at random.

    Args:
        resident: the persona.
        moves: what the user does, turn by turn; at most MAX_TURNS.
        rng: draws everything.
        writer: writes the user's turns; None for bare questions.
        held_out: use the wordings that training never sees.
    """
    resident = find_resident(resident)
    topics = list(load_town().topics.values())
    turns: list[Turn] = []
    held: bool | None = None
    for move in moves[:MAX_TURNS]:
        topic = topics[int(rng.integers(len(topics)))]
        held = bool(rng.random() < hold_probability(move, held_before=held))
        stated = not turns or move == "restate"
        turns.append(
            _turn(
                move, topic, resident, rng, held=held,
                system=prompts.persona(resident, rng, held_out=held_out) if stated else "",
                user=prompts.move(move, topic, resident, rng, writer=writer, held_out=held_out),
            )
        )  # fmt: skip
    return turns


def _turn(
    move: str,
    topic: Topic,
    resident: Resident,
    rng: np.random.Generator,
    *,
    held: bool,
    system: str,
    user: str,
) -> Turn:
    [idea] = sample_ideas(topic, 1, rng, who=resident if held else None)
    reply = compose(idea, rng, speaker=resident if held else None)
    return Turn(move, system, user, topic.id, reply, idea.id, held)
