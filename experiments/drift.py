"""From the replies of held conversations to curves, dynamics and effects: what a page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.divergences import Place, TokenDivergence
from data.schema import Condition, Plan, RunData
from experiments.chats import plan_of
from metrics.anchors import anchor_distance, style_distance
from metrics.course import Course, course_of
from metrics.style import style_features
from metrics.turns import Limits

LIMITS: Mapping[str, Limits] = {
    "kl": (0.0, np.inf),
    "js": (0.0, 1.0),
    "held": (0.0, 1.0),
    "meaning": (0.0, 2.0),
    "style": (0.0, np.inf),
}


@dataclass(frozen=True, slots=True)
class Divided:
    """Mean divergences of one reply, per token.

    Attributes:
        kl: nats.
        js: bits.
    """

    kl: float
    js: float


def per_reply(found: Mapping[Place, TokenDivergence]) -> dict[Place, Divided]:
    """Means over each reply's tokens."""
    return {
        place: Divided(float(one.kl.mean()), float(one.js.mean() / np.log(2)))
        for place, one in found.items()
        if len(one.kl)
    }


def measures_of(data: RunData, divided: Mapping[Place, Divided]) -> tuple[str, ...]:
    """Measures by which these conversations can be followed, the most telling first."""
    marked = all(plan_of(condition).marks for condition in data.run.conditions)
    keys = (*(("held",) if marked else ()), *(("kl", "js") if divided else ()), "style", "meaning")
    return keys


def courses(
    data: RunData, divided: Mapping[Place, Divided], measure: str, *, null_runs: int = 1000
) -> dict[str, Course]:
    """Every condition's course by one measure; those without a finished turn are left out.

    Args:
        data: a run of conversations.
        divided: divergences, where there are any.
        measure: one of `metrics.catalogue_drift.CURVES`.
        null_runs: simulated data sets of each null.
    """
    scores = scores_of(data, divided, measure)
    found = {c.key: values_of(c, scores) for c in data.run.conditions}
    there = [c for c in data.run.conditions if found[c.key].shape[1]]
    return {
        c.key: course_of(
            found[c.key],
            limits=LIMITS[measure],
            rng=np.random.default_rng([data.run.seed, ord(c.key[0])]),
            reminded=_reminded(plan_of(c), found[c.key].shape[1]),
            plain=found[there[0].key] if c is not there[0] else None,
            null_runs=null_runs,
        )
        for c in there
    }


def values_of(condition: Condition, scores: Mapping[Place, float]) -> NDArray[np.float64]:
    """(R, T, m) of the first turns that every conversation has finished.

    Turns with a reply that isn't defined, and all after them, are left out.
    """
    plan = plan_of(condition)
    shape = (plan.replicates, len(plan.lines), plan.replies)
    values = np.array(
        [scores.get((condition.key, index), np.nan) for index in range(plan.draws)]
    ).reshape(shape)
    whole = np.isfinite(values).all(axis=(0, 2))
    turns = len(whole) if whole.all() else int(np.argmin(whole))
    return values[:, :turns]


def _reminded(plan: Plan, turns: int) -> NDArray[np.bool_] | None:
    """Which turns had a reminder; None where that doesn't vary after the first."""
    reminded = np.isin(np.arange(1, turns + 1), plan.reminders)
    later = reminded[1:]
    return reminded if later.any() and not later.all() else None


def scores_of(data: RunData, divided: Mapping[Place, Divided], measure: str) -> dict[Place, float]:
    """One number per reply by one measure, where it is defined; the arguments are `courses`'."""
    places = [(key, s.index) for key, s in zip(data.keys, data.samples, strict=True)]
    if measure in ("kl", "js"):
        return {p: getattr(divided[p], measure) for p in places if p in divided}
    if measure == "held":
        return dict(zip(places, held(data), strict=True))
    anchors = anchor_rows(data)
    if not anchors.size:
        return {}
    if measure == "meaning":
        found = anchor_distance(data.vectors, data.vectors[anchors])
    else:
        features = style_features([sample.text for sample in data.samples])
        found = style_distance(features, features[anchors])
    return dict(zip(places, found.tolist(), strict=True))


def held(data: RunData) -> list[float]:
    """Whether each reply holds one of its condition's marks: 1.0 or 0.0."""
    marks = {c.key: tuple(map(str.casefold, plan_of(c).marks)) for c in data.run.conditions}
    return [
        float(any(mark in sample.text.casefold() for mark in marks[key]))
        for key, sample in zip(data.keys, data.samples, strict=True)
    ]


def anchor_rows(data: RunData) -> NDArray[np.intp]:
    """Rows of the first condition's replies to the first line: how it speaks at first."""
    condition = data.run.conditions[0]
    plan = plan_of(condition)
    span = len(plan.lines) * plan.replies
    return np.array(
        [
            row
            for row, (key, sample) in enumerate(zip(data.keys, data.samples, strict=True))
            if key == condition.key and sample.index % span < plan.replies
        ],
        dtype=np.intp,
    )
