"""Inside the model after each turn: along the persona's direction, and where it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ChoraleError, UnsupportedError
from data.schema import Condition, Message, RunData, Sample
from experiments.chats import chat_before, line_of, persona_of, plan_of
from experiments.followups import Piece, Stop
from experiments.probing import held_of
from experiments.sampling import condition_seed
from metrics.axis import persona_axis, project
from metrics.turns import mean_estimate
from models.attentive import AttentiveModel
from models.base import LanguageModel

KIND = "states"
LEAST_NEUTRAL = 12  # replies in each half: one half points out the axis, the other is its unit
Frame = tuple[NDArray[np.float64], NDArray[np.float64]]  # axes (layers, d), neutral (b, layers, d)


def state_pieces(data: RunData) -> list[Piece]:
    """The work of looking into every turn that all conversations of a condition have held."""
    frames: dict[tuple[object, str], Frame] = {}
    pieces = []
    for condition in data.run.conditions:
        plan, held = plan_of(condition), held_of(data, condition)
        for turn in range(len(plan.lines)):
            if all(plan.index(r, turn, 0) in held for r in range(plan.replicates)):
                look = partial(_look, condition, turn, held, data.run.seed, frames)
                pieces.append(Piece(f"{condition.key} {turn + 1}", condition.model, look))
    return pieces


def table_of(
    kept: Mapping[str, Any], key: str, what: str, turns: int
) -> NDArray[np.float64] | None:
    """(layers, T, numbers) of a condition; NaN for turns not looked into; None without any.

    Args:
        kept: pieces in the store.
        key: of the condition.
        what: "axis": mean, low, high and the range of random directions; "attention": mean, low
            and high.
        turns: T.
    """
    found = {
        turn: np.array(kept[f"{key} {turn}"][what], dtype=np.float64)
        for turn in range(1, turns + 1)
        if f"{key} {turn}" in kept and kept[f"{key} {turn}"][what] is not None
    }
    if not found:
        return None
    blank = np.full_like(next(iter(found.values())), np.nan)
    return np.stack([found.get(turn, blank) for turn in range(1, turns + 1)], axis=1)


def shares_of_tokens(kept: Mapping[str, Any], key: str, turns: int) -> list[float]:
    """What part of all tokens the system prompt is, at each turn; NaN where unknown."""
    return [kept.get(f"{key} {turn}", {}).get("tokens", np.nan) for turn in range(1, turns + 1)]


def _look(
    condition: Condition,
    turn: int,
    held: Mapping[int, Sample],
    seed: int,
    frames: dict[tuple[object, str], Frame],
    model: LanguageModel,
    should_stop: Stop,
) -> dict[str, Any] | None:
    """One turn of one condition; None once it is to stop."""
    plan = plan_of(condition)
    name = (condition.model, condition.system)
    if name not in frames:
        frames[name] = frame_of(condition, seed, model)
    states, shares, tokens = [], [], []
    attentive = isinstance(model, AttentiveModel) and bool(condition.system.strip())
    for replicate in range(plan.replicates):
        if should_stop():
            return None
        line = line_of(plan, turn, replicate, held)
        chat = chat_before(condition, turn, replicate, held, model, line).messages
        answer = [held[plan.index(replicate, turn, 0)].token_ids]
        states.append(model.hidden_states(chat, answer)[0])
        if attentive and isinstance(model, AttentiveModel):
            try:
                share, part = model.attention_shares(chat, answer)
            except UnsupportedError:
                attentive = False
                continue
            shares.append(share[0])
            tokens.append(float(part[0]))
    return {
        "axis": _along(np.stack(states).astype(np.float64), frames[name], seed),
        "attention": _shares(np.stack(shares)) if attentive else None,
        "tokens": float(np.mean(tokens)) if attentive else float("nan"),
        "conversations": plan.replicates,
    }


def frame_of(condition: Condition, seed: int, model: LanguageModel) -> Frame:
    """The persona's axis in every layer, and neutral replies as its zero and unit.

    The plan's lines are asked alone, with the persona and without it, several times each. One half
    of the neutral replies tells the axis, the other how far neutral replies spread along it.

    Raises:
        ChoraleError: there is no persona, or its states don't differ from the neutral ones.
    """
    if not condition.system.strip():
        raise ChoraleError("There is no persona to look for.", "Give the model a system prompt.")
    lines = [line for line in plan_of(condition).lines if line.strip()]
    draws = 2 * -(-LEAST_NEUTRAL // len(lines))
    asked = [(Message("user", line),) for line in lines for _ in range(draws)]
    neutral = _states_of(asked, condition, seed, model)
    played = _states_of([(*persona_of(condition), *chat) for chat in asked], condition, seed, model)
    try:
        axes = [
            persona_axis(played[:, layer], neutral[::2, layer]) for layer in range(played.shape[1])
        ]
    except ValueError as error:
        raise ChoraleError(
            "With its persona and without it the model is in the same state.",
            "Choose another persona or model.",
        ) from error
    return np.stack(axes), neutral[1::2]


def _states_of(
    chats: Sequence[tuple[Message, ...]], condition: Condition, seed: int, model: LanguageModel
) -> NDArray[np.float64]:
    """(replies, layers, d) of one reply to each chat; empty ones are passed over."""
    drawn = model.generate_each(
        chats,
        indices=range(len(chats)),
        decoding=condition.decoding,
        seed=condition_seed(seed, "neutral"),
    )
    said = sorted((sample for sample in drawn if sample.token_ids), key=lambda s: s.index)
    rows = [model.hidden_states(chats[s.index], [s.token_ids])[0] for s in said]
    return np.stack(rows).astype(np.float64)


def _along(states: NDArray[np.float64], frame: Frame, seed: int) -> list[list[float]]:
    """Per layer the mean over conversations, its interval, and where random directions lie."""
    rows = []
    for layer, axis in enumerate(frame[0]):
        rng = np.random.default_rng([seed, layer])
        try:
            found = project(states[:, None, layer], axis, frame[1][:, layer], rng=rng)
        except ValueError:  # neutral replies don't vary along it, so it has no unit
            rows.append([float("nan")] * 5)
            continue
        one = found.by_turn[0]
        rows.append([float(found.means[0]), one.low, one.high, *found.control[0].tolist()])
    return rows


def _shares(shares: NDArray[np.float64]) -> list[list[float]]:
    """Per layer the mean over conversations and its interval; (R, layers) in."""
    found = [mean_estimate(layer, limits=(0.0, 1.0)) for layer in shares.T]
    means = shares.mean(axis=0).tolist()
    return [[mean, one.low, one.high] for mean, one in zip(means, found, strict=True)]
