"""All that is said of how a set of conversations went by one measure of drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.autoregression import NULL_RUNS, Dynamics, fit_dynamics
from metrics.drift import DriftCurve, drift_curve
from metrics.nulls import null_curve
from metrics.reminder import ReminderEffect, reminder_effect
from metrics.turns import MIN_CONVERSATIONS, UNBOUNDED, Limits

LEAST_TURNS = 2  # for a curve under a null, and for some of them to be late


@dataclass(frozen=True, slots=True)
class Course:
    """How conversations of one plan went.

    Attributes:
        values: (R, T, m) of each reply.
        curve: by turn.
        dynamics: the fit; refused with a reason where there is too little.
        walk: (2, T) range of the curve if it were a random walk; None below the floors.
        noise: likewise, if it were noise around a level.
        effect: against the plain conversations; None for those themselves, and for a single turn.
    """

    values: NDArray[np.float64]
    curve: DriftCurve
    dynamics: Dynamics
    walk: NDArray[np.float64] | None
    noise: NDArray[np.float64] | None
    effect: ReminderEffect | None


def course_of(
    values: NDArray[np.float64],
    *,
    rng: np.random.Generator,
    limits: Limits = UNBOUNDED,
    reminded: NDArray[np.bool_] | None = None,
    plain: NDArray[np.float64] | None = None,
    null_runs: int = NULL_RUNS,
) -> Course:
    """Curve, dynamics, nulls and effect of conversations.

    Args:
        values: (R, T, m) drift of each sampled reply, T ≥ 1.
        rng: draws the nulls.
        limits: least and largest value possible.
        reminded: (T,) as in `metrics.autoregression.fit_dynamics`.
        plain: (R, T', m) of the same replicates without what these conversations differ in; turns
            that both have are compared.
        null_runs: simulated data sets of each null.

    Raises:
        ValueError: as the functions it calls.
    """
    enough = len(values) >= MIN_CONVERSATIONS and values.shape[1] >= LEAST_TURNS
    walk, noise = (
        null_curve(values, phi=phi, rng=rng, runs=null_runs) if enough else None for phi in (1, 0)
    )
    effect, turns = None, values.shape[1]
    if plain is not None:
        turns = min(plain.shape[1], turns)
    if plain is not None and turns >= LEAST_TURNS:
        effect = reminder_effect(plain[:, :turns], values[:, :turns])
    return Course(
        values=values,
        curve=drift_curve(values, limits=limits),
        dynamics=fit_dynamics(values, rng=rng, reminded=reminded, null_runs=null_runs),
        walk=walk,
        noise=noise,
        effect=effect,
    )
