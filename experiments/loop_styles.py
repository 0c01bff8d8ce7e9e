"""The scale of a closed loop, and what its policies ask for, given what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import ChoraleError
from data.mirroring import Mirroring
from data.schema import Condition, Sample
from experiments.chats import plan_of
from experiments.mirroring import policy_of
from experiments.speech import features_of
from metrics.instructions import buckets
from metrics.policies import Policy, next_styles
from metrics.style_space import (
    StyleSpace,
    by_conversation,
    fit_style_space,
    median_step,
    style_centroid,
)

Styles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LoopScale:
    """On what the styles of one run are measured; the same under all its policies.

    Attributes:
        space: fitted on what users say and on all first replies, which nothing has adapted yet.
        persona: (d,) the middle of the first replies: how the model speaks when left alone.
        unit: the median step between two turns of a user.
    """

    space: StyleSpace
    persona: Styles
    unit: float

    def styles(self, texts: Sequence[str]) -> Styles:
        """(n, d) on this scale."""
        return self.space.scale(features_of(texts))


def unadapted(
    conditions: Sequence[Condition], held: Mapping[str, Mapping[int, Sample]]
) -> tuple[Styles, Styles]:
    """Raw features of what users say and of all first replies, which nothing has adapted yet."""
    plan = plan_of(conditions[0])
    turns = len(plan.lines) // plan.scripts
    firsts = [
        sample.text
        for condition in conditions
        for index, sample in sorted(held[condition.key].items())
        if index % turns == 0
    ]
    return features_of(plan.lines), features_of(firsts)


def loop_scale(
    conditions: Sequence[Condition],
    held: Mapping[str, Mapping[int, Sample]],
    *,
    space: StyleSpace | None = None,
) -> LoopScale:
    """The scale of a run whose first turn has been held under every policy.

    Args:
        conditions: of the run.
        held: its replies by condition and index.
        space: of several runs; None fits one on this run.

    Raises:
        ChoraleError: the replies have no style that can be measured.
    """
    said, back = unadapted(conditions, held)
    try:
        space = space or fit_style_space(
            np.concatenate([said, back]), reference="what users say, and the first replies"
        )
        persona = style_centroid(back, space)
    except ValueError as error:
        raise ChoraleError(
            "The style of the first replies can’t be measured: they hold no English words, or all "
            "are alike.",
            "Choose another model or another prompt.",
        ) from error
    plan = plan_of(conditions[0])
    turns = len(plan.lines) // plan.scripts
    names = [str(line // turns) for line in range(len(plan.lines))]
    step = median_step(by_conversation(space.scale(said), names))
    return LoopScale(space, persona, step if np.isfinite(step) else 1.0)


def targets(condition: Condition, scale: LoopScale, users: Styles, replies: Styles) -> Styles:
    """What a condition's policy asks for in each turn, from what was said before it.

    With feedback a policy's state is the style of the last reply, or the last target where that
    isn't fully defined. One that never moves keeps the persona: it would follow the replies' noise.

    Args:
        condition: with a policy.
        scale: of the run.
        users: (m, turns, d) what users said.
        replies: (m, turns − 1 or more, d) what was replied to all but the last of it.

    Returns:
        (m, turns, d), in the first turn the persona.
    """
    policy, mirroring = followed_by(condition)
    unfed = not mirroring.feedback or (policy.rule is None and policy.follow == 0)
    found = np.empty_like(users)
    found[:, 0] = scale.persona
    for turn in range(1, users.shape[1]):
        last = replies[:, turn - 1]
        known = np.isfinite(last).all(axis=-1, keepdims=True)
        state = found[:, turn - 1] if unfed else np.where(known, last, found[:, turn - 1])
        found[:, turn] = next_styles(policy, state, users[:, turn], scale.persona, unit=scale.unit)
    return found


def next_levels(
    condition: Condition, scale: LoopScale, users: Styles, replies: Styles
) -> NDArray[np.int8]:
    """(m, d) buckets of how far the last turn's targets lie from the persona; as `targets`."""
    wanted = targets(condition, scale, users, replies)
    return buckets(wanted - scale.persona)[:, -1]


def followed_by(condition: Condition) -> tuple[Policy, Mirroring]:
    """A condition's policy, and how it is kept.

    Raises:
        ChoraleError: it has none.
    """
    mirroring = plan_of(condition).mirroring
    if mirroring is None:
        raise ChoraleError(f"Condition “{condition.name}” follows nobody.", "Choose a policy.")
    return policy_of(mirroring, condition.name), mirroring
