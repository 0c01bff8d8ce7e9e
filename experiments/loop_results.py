"""What a closed loop shows: the styles of a model's replies beside those that were asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from data.schema import RunData, Sample
from experiments.chats import plan_of
from experiments.closed_loop import index_of, line_of, talks_of, turns_of
from experiments.exchanges import Exchange
from experiments.loop_styles import LoopScale, Styles, followed_by, loop_scale, targets
from experiments.speech import Speech, left_out
from experiments.synchrony import Frontier, judged
from metrics.policies import Simulation
from metrics.style_space import Conversations, StyleSpace

Held = dict[str, dict[int, Sample]]


def loop_frontier(
    data: RunData, *, space: StyleSpace | None = None, turns: int | None = None
) -> Frontier | None:
    """Where the replies of a run land, turn by turn from the second on.

    Only turns that every conversation of every policy has finished count, so that policies are
    compared on the same.

    Args:
        data: the run.
        space: a scale of several runs; None fits the one on which the run itself was steered.
        turns: how many count at most; None takes all that are finished.

    Returns:
        None before the second turn is finished. Its speech holds the replies of the first policy.
    """
    held = held_replies(data)
    finished = finished_turns(data, held)
    turns = finished if turns is None else min(turns, finished)
    if turns < 2:
        return None
    conditions = data.run.conditions
    plan = plan_of(conditions[0])
    scale = loop_scale(conditions, held, space=space)
    users = _laid_out([line_of(plan, talk, turn) for talk in range(talks_of(plan))
                       for turn in range(turns)], turns, scale)  # fmt: skip
    replies, wanted, policies = [], [], []
    for condition in conditions:
        said = _laid_out(_texts(data, condition.key, turns, held), turns, scale)
        policies.append(followed_by(condition)[0])
        replies.append(said)
        wanted.append(targets(condition, scale, users, said))
    later = Conversations(users[:, 1:], np.ones((len(users), turns - 1), dtype=bool), _names(data))
    states = np.stack(replies)[:, :, 1:]
    simulation = Simulation(
        tuple(policies), later, scale.persona, scale.unit, states,
        np.zeros(states.shape[:3], dtype=bool),
    )  # fmt: skip
    speech = _speech(data, turns, held, later, states[0], scale)
    return judged(speech, simulation, np.stack(wanted)[:, :, 1:], replicates=plan.replicates)


def finished_turns(data: RunData, held: Held | None = None) -> int:
    """Turns that every conversation of every policy has finished."""
    found = held if held is not None else held_replies(data)
    plan = plan_of(data.run.conditions[0])
    for turn in range(turns_of(plan)):
        wanted = {index_of(plan, talk, turn) for talk in range(talks_of(plan))}
        if any(not wanted <= found[c.key].keys() for c in data.run.conditions):
            return turn
    return turns_of(plan)


@dataclass(frozen=True, slots=True)
class Obedience:
    """How far replies do what they are told, feature by feature.

    Attributes:
        feature: its name.
        rho: Spearman's rank correlation of target and reply over all turns; NaN where the target
            or the reply doesn't vary.
        n: turns that count.
    """

    feature: str
    rho: float
    n: int


def obedience(frontier: Frontier, policy: int) -> tuple[Obedience, ...]:
    """Rank correlation of what one policy asked for and what was said, per feature.

    Turns of one conversation are not independent, so this is a description without an interval.
    """
    wanted = frontier.targets[policy].reshape(-1, frontier.targets.shape[-1])
    said = frontier.simulation.states[policy].reshape(wanted.shape)
    return tuple(
        _followed(name, wanted[:, column], said[:, column])
        for column, name in enumerate(frontier.speech.space.names)
    )


def _followed(feature: str, wanted: NDArray[np.float64], said: NDArray[np.float64]) -> Obedience:
    both = np.isfinite(wanted) & np.isfinite(said)
    a, b = wanted[both], said[both]
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Obedience(feature, float("nan"), len(a))
    return Obedience(feature, float(spearmanr(a, b).statistic), len(a))


def loop_texts(data: RunData, key: str, turns: int) -> tuple[Exchange, ...]:
    """What was said under one policy in the first turns, conversation by conversation."""
    held, plan = held_replies(data)[key], plan_of(data.run.conditions[0])
    names = _names(data)
    return tuple(
        Exchange(names[talk], line_of(plan, talk, turn), held[index_of(plan, talk, turn)].text)
        for talk in range(talks_of(plan))
        for turn in range(turns)
    )


def _speech(
    data: RunData,
    turns: int,
    held: Held,
    users: Conversations,
    replies: Styles,
    scale: LoopScale,
) -> Speech:
    first = data.run.conditions[0].key
    back = Conversations(replies, users.present, users.ids)
    return Speech(
        data.run.prompt, users, back, scale.persona, scale.unit, scale.space,
        loop_texts(data, first, turns), left_out(scale.space),
    )  # fmt: skip


def held_replies(data: RunData) -> Held:
    """Condition key → index → reply."""
    found: Held = {condition.key: {} for condition in data.run.conditions}
    for key, sample in zip(data.keys, data.samples, strict=True):
        found[key][sample.index] = sample
    return found


def _texts(data: RunData, key: str, turns: int, held: Held) -> list[str]:
    plan = plan_of(data.run.conditions[0])
    return [
        held[key][index_of(plan, talk, turn)].text
        for talk in range(talks_of(plan))
        for turn in range(turns)
    ]


def _laid_out(texts: list[str], turns: int, scale: LoopScale) -> Styles:
    return scale.styles(texts).reshape(-1, turns, len(scale.space.names))


def _names(data: RunData) -> tuple[str, ...]:
    """Conversations as people count them: script, and replicate where there are several."""
    plan = plan_of(data.run.conditions[0])
    return tuple(
        f"{talk // plan.replicates + 1}"
        + (f" · {talk % plan.replicates + 1}" if plan.replicates > 1 else "")
        for talk in range(talks_of(plan))
    )
