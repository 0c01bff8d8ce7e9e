"""Hidden states along a direction that tells a persona from none, and along random directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.turns import turn_curve
from metrics.uncertainty import LEVEL, Estimate

MIN_NEUTRAL = 10


@dataclass(frozen=True, slots=True)
class Projection:
    """Conversations along an axis, in standard deviations of neutral replies.

    Attributes:
        by_turn: mean at each turn; 0 is where neutral replies lie.
        means: (T,) the same means, also below the floor of an interval.
        control: (T, 2) between which values the means along random directions lie, 95 % of them.
        directions: random directions drawn.
    """

    by_turn: tuple[Estimate, ...]
    means: NDArray[np.float64]
    control: NDArray[np.float64]
    directions: int


def persona_axis(with_trait: ArrayLike, without: ArrayLike) -> NDArray[np.float64]:
    """Unit vector from replies without a trait (or of the assistant) to replies with it.

    Args:
        with_trait: (a, d) hidden states, each the mean over a reply's tokens.
        without: (b, d) likewise, under the contrasting prompts.

    Returns:
        (d,) difference of the means, of length one.

    Raises:
        ValueError: shapes don't fit, values aren't finite, or the means are equal.

    References:
        Chen et al. 2025 (Persona vectors, arXiv 2507.21509); Lu et al. 2026 (The Assistant Axis,
        arXiv 2601.10387).
    """
    first, second = _states(with_trait, 2), _states(without, 2)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"Expected one width but it was {first.shape[1]} and {second.shape[1]}.")
    apart = first.mean(axis=0) - second.mean(axis=0)
    length = float(np.linalg.norm(apart))
    if length == 0:
        raise ValueError("Expected two kinds of replies that differ but their means are equal.")
    return apart / length


def project(
    states: ArrayLike,
    axis: ArrayLike,
    neutral: ArrayLike,
    *,
    rng: np.random.Generator,
    directions: int = 200,
) -> Projection:
    """Project each turn on the axis, and on random directions as a control.

    Every direction has its own zero and its own unit: mean and standard deviation of the neutral
    replies along it. What random directions show too is no sign of the persona.

    Args:
        states: (R, T, d) hidden states of R conversations.
        axis: (d,) of any length but zero.
        neutral: (b, d) hidden states of a neutral run, b ≥ 10.
        rng: draws the random directions.
        directions: how many.

    Returns:
        Undefined estimates, with a reason, below ten conversations.

    Raises:
        ValueError: shapes don't fit, values aren't finite, too few neutral replies, an axis of
            zeros, or neutral replies that don't vary along it.
    """
    given, base = _states(states, 3), _states(neutral, 2)
    line = np.asarray(axis, dtype=np.float64)
    width = given.shape[2]
    if line.shape != (width,) or base.shape[1] != width:
        raise ValueError(f"Expected width {width}; axis {line.shape}, neutral {base.shape}.")
    if len(base) < MIN_NEUTRAL:
        raise ValueError(f"Expected at least {MIN_NEUTRAL} neutral replies: {len(base)}.")
    if not np.isfinite(line).all() or not line.any():
        raise ValueError("Expected a finite axis that isn't all zeros.")
    if directions < 1:
        raise ValueError(f"Expected at least one random direction but it was {directions}.")
    values = _in_deviations(given, line[:, None], base)[..., 0]
    drawn = rng.normal(size=(width, directions))
    control = _in_deviations(given.mean(axis=0), drawn, base)
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    limits = np.quantile(control, tails, axis=1).T
    return Projection(turn_curve(values), values.mean(axis=0), limits, directions)


def _in_deviations(
    states: NDArray[np.float64], lines: NDArray[np.float64], neutral: NDArray[np.float64]
) -> NDArray[np.float64]:
    along = neutral @ lines
    unit = along.std(axis=0, ddof=1)
    if not (unit > 1e-12 * np.abs(along).max(axis=0)).all():
        raise ValueError("Expected neutral replies that vary along the axis but they don't.")
    return (states @ lines - along.mean(axis=0)) / unit


def _states(states: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    given = np.asarray(states, dtype=np.float64)
    if given.ndim != dimensions or not given.size or not np.isfinite(given).all():
        raise ValueError(
            f"Expected finite hidden states of {dimensions} dimensions; shape {given.shape}."
        )
    return given


def attention_share(attention: ArrayLike, system: ArrayLike) -> NDArray[np.float64]:
    """π(t): what part of the attention of the last token goes to the system prompt, per layer.

    Lower means that the prompt is heeded less; it also falls as the context grows, so compare it
    with the prompt's share of all tokens.

    Args:
        attention: (layers, heads, keys) of the last query, each row adding up to 1.
        system: (keys,) whether a key belongs to the system prompt.

    Returns:
        (layers,) means over heads, in [0, 1].

    Raises:
        ValueError: shapes don't fit, or a row isn't a distribution.

    References:
        Li et al. 2024 (Measuring and controlling persona drift, arXiv 2402.10962).
    """
    rows, inside = np.asarray(attention, dtype=np.float64), np.asarray(system)
    if rows.ndim != 3 or inside.shape != rows.shape[2:] or inside.dtype != bool:
        raise ValueError(
            "Expected attention (layers, heads, keys) and a truth value per key but the shapes "
            f"were {rows.shape} and {inside.shape}."
        )
    if not rows.size or (rows < 0).any() or not (np.abs(rows.sum(axis=2) - 1) < 1e-2).all():
        raise ValueError("Expected rows of attention that add up to 1 but some don't.")
    return rows[..., inside].sum(axis=2).mean(axis=1) / rows.sum(axis=2).mean(axis=1)
