"""Probe questions asked on copies of held conversations, which never learn of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from data.probes import Probe, ProbeSet
from data.schema import Condition, Message, RunData, Sample
from experiments.chats import chat_after, plan_of
from experiments.followups import Piece, Stop
from experiments.sampling import condition_seed
from models.base import LanguageModel

AT_ONCE = 8  # conversations of a piece
LONGEST = 48  # tokens of an answer to a probe
PLAIN = ""  # the asker of a probe that isn't asked by somebody in particular
FORCED = "{statement} Answer with one of these words only: {options}."


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """One probe asked once.

    Attributes:
        condition: its key.
        turn: after which it was asked, from 1; 0 is before the first.
        replicate: of the conversation, from 0.
        probe: its id.
        asker: who asked it; "" for nobody in particular.
        text: what the model said.
        odds: of a stance, in every order in which the options were shown, the probability of each
            option as the set lists them.
    """

    condition: str
    turn: int
    replicate: int
    probe: str
    asker: str
    text: str
    odds: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    turn: int
    replicate: int
    probe: Probe
    asker: str
    index: int
    chat: tuple[Message, ...]


def kind_of(name: str) -> str:
    """What answers to a set are called in the store."""
    return f"probes {name}"


def probe_pieces(data: RunData, probes: ProbeSet, turns: Sequence[int]) -> list[Piece]:
    """The work of asking a set after these turns in every conversation that got so far.

    Args:
        data: a run of conversations.
        probes: what is asked.
        turns: from 1; 0 asks before the first.
    """
    pieces = []
    for condition, turn in product(data.run.conditions, sorted(set(turns))):
        plan, held = plan_of(condition), held_of(data, condition)
        there = [
            r for r in range(plan.replicates) if not turn or plan.index(r, turn - 1, 0) in held
        ]
        for first in range(0, len(there), AT_ONCE):
            chunk = there[first : first + AT_ONCE]
            ask = partial(_ask, condition, probes, turn, chunk, held, data.run.seed)
            pieces.append(Piece(f"{condition.key} {turn} {chunk[0]}", condition.model, ask))
    return pieces


def held_of(data: RunData, condition: Condition) -> dict[int, Sample]:
    """A condition's replies by index."""
    rows = zip(data.keys, data.samples, strict=True)
    return {sample.index: sample for key, sample in rows if key == condition.key}


def answers_of(kept: Mapping[str, Any]) -> list[ProbeAnswer]:
    """From the pieces in the store to answers."""
    return [
        ProbeAnswer(**{**row, "odds": tuple(map(tuple, row["odds"]))})
        for rows in kept.values()
        for row in rows
    ]


def _ask(
    condition: Condition,
    probes: ProbeSet,
    turn: int,
    replicates: Sequence[int],
    held: Mapping[int, Sample],
    seed: int,
    model: LanguageModel,
    should_stop: Stop,
) -> list[dict[str, Any]] | None:
    """Answers as JSON takes them; None once it is to stop."""
    asked = list(_asked(condition, probes, turn, replicates, held, model))
    limit = min(LONGEST, condition.decoding.max_new_tokens)
    said = {
        sample.index: sample.text
        for sample in model.generate_each(
            [one.chat for one in asked],
            indices=[one.index for one in asked],
            decoding=replace(condition.decoding, max_new_tokens=limit),
            seed=condition_seed(seed, f"probes {probes.about}"),
            should_stop=should_stop,
        )
    }
    if should_stop() or len(said) < len(asked):
        return None
    odds = _odds(condition, probes, asked, held, model) if probes.options else [[]] * len(asked)
    return [
        {
            "condition": condition.key,
            "turn": one.turn,
            "replicate": one.replicate,
            "probe": one.probe.id,
            "asker": one.asker,
            "text": said[one.index],
            "odds": found,
        }
        for one, found in zip(asked, odds, strict=True)
    ]


def _asked(
    condition: Condition,
    probes: ProbeSet,
    turn: int,
    replicates: Sequence[int],
    held: Mapping[int, Sample],
    model: LanguageModel,
) -> Iterator[_Asked]:
    """Every probe by every asker in these conversations; a draw's index names all three."""
    askers = tuple(probes.askers) or (PLAIN,)
    ways = list(product(probes.probes, askers))
    for replicate, (place, (probe, asker)) in product(replicates, enumerate(ways)):
        question = probes.asked(probe, asker) if probes.askers else probe.question
        index = (turn * plan_of(condition).replicates + replicate) * len(ways) + place
        chat = chat_after(condition, turn, replicate, held, model, question)
        yield _Asked(turn, replicate, probe, asker, index, chat.messages)


def _odds(
    condition: Condition,
    probes: ProbeSet,
    asked: Sequence[_Asked],
    held: Mapping[int, Sample],
    model: LanguageModel,
) -> list[list[list[float]]]:
    """(asked, orders, options) probability that a reply begins with an option, both ways round."""
    options = list(probes.options)
    chats = [
        chat_after(condition, one.turn, one.replicate, held, model, _forced(one.probe, shown))
        for one in asked
        for shown in (options, options[::-1])
    ]
    found = model.choice_probabilities([chat.messages for chat in chats], options)
    table: list[list[list[float]]] = found.reshape(len(asked), 2, len(options)).tolist()
    return table


def _forced(probe: Probe, options: Sequence[str]) -> str:
    return FORCED.format(statement=probe.question, options=" or ".join(options))
