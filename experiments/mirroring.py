"""How a policy's style becomes words for a model, and how policies are kept with a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from data.errors import ChoraleError
from data.mirroring import Mirroring
from data.town.styles import HIGH, LOW, load_styles
from metrics.instructions import WORDING, adapted_prompt, instruction_lines
from metrics.policies import Policy
from metrics.policy_language import PolicyExpressionError, WrittenRule, read_rule
from models.registry import BUNDLED_ID

Wording = Mapping[str, tuple[str, str]]


def mirroring_of(policy: Policy, *, remembers: bool = True, feedback: bool = True) -> Mirroring:
    """A policy as a stored plan holds it; further arguments as `data.mirroring.Mirroring`.

    Raises:
        ValueError: its rule isn't a written one, so nobody could read it back.
    """
    if policy.rule is not None and not isinstance(policy.rule, WrittenRule):
        raise ValueError(f"Expected the rule of {policy.key} to be a written one but it wasn't.")
    return Mirroring(
        policy=policy.key,
        follow=policy.follow,
        cap=_unless_off(policy.cap),
        dead_band=policy.dead_band,
        radius=_unless_off(policy.radius),
        cache=policy.cache,
        rule=policy.rule.text if policy.rule is not None else "",
        remembers=remembers,
        feedback=feedback,
    )


def policy_of(mirroring: Mirroring, label: str) -> Policy:
    """Undo `mirroring_of`.

    Raises:
        ChoraleError: a setting is out of its range, or the rule can't be read.
    """
    try:
        return Policy(
            key=mirroring.policy,
            label=label,
            follow=mirroring.follow,
            cap=math.inf if mirroring.cap is None else mirroring.cap,
            dead_band=mirroring.dead_band,
            radius=math.inf if mirroring.radius is None else mirroring.radius,
            cache=mirroring.cache,
            rule=read_rule(mirroring.rule) if mirroring.rule else None,
        )
    except PolicyExpressionError as error:
        raise ChoraleError(
            f"The rule of “{label}” can’t be read. {error}", "Correct it."
        ) from error
    except ValueError as error:
        raise ChoraleError(f"The policy “{label}” can’t be. {error}", "Change it.") from error


def wording_for(model_id: str) -> Wording:
    """What this model is told for low and for high: the bundled one knows the town's words."""
    return town_wording() if model_id == BUNDLED_ID else WORDING


@cache
def town_wording() -> Wording:
    """The town's first way of asking for each end of each feature."""
    return {
        feature: (levels[LOW].asks[0], levels[HIGH].asks[0])
        for feature, levels in load_styles().features.items()
    }


def prompt_of(
    base: str, levels: NDArray[np.int8], names: Sequence[str], model_id: str
) -> tuple[str, tuple[str, ...]]:
    """The system prompt of one turn, and its instruction lines.

    Args:
        base: the fixed prompt; may be empty.
        levels: (d,) from `metrics.instructions.buckets`.
        names: (d,) the features.
        model_id: who is told. The bundled model reads one sentence after the other, others a list.
    """
    lines = instruction_lines(levels, names, wording=wording_for(model_id))
    if model_id == BUNDLED_ID:
        return " ".join(part for part in (base.strip(), *lines) if part), lines
    return adapted_prompt(base, lines).strip(), lines


def _unless_off(value: float) -> float | None:
    return None if math.isinf(value) else value
