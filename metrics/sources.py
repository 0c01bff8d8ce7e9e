"""What an answer's source has to do with its meaning: a model of a choir, a wording, a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.arrays import unit_rows
from metrics.uncertainty import Estimate, half_width, jackknife_error
from metrics.vendi import vendi_from_embeddings

FLOOR = 16  # answers


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one source adds.

    Attributes:
        value: effective number of answers of all, less that without this source.
        low: what leaving out as many answers at random costs, 2.5 % of the time less than this.
        high: and 2.5 % of the time more: a value above it is more than chance.
        n: answers of this source.
    """

    value: float
    low: float
    high: float
    n: int


def source_contributions(
    embeddings: ArrayLike,
    sources: Sequence[str],
    *,
    rng: np.random.Generator,
    shuffles: int = 200,
    order: float = 1.0,
) -> dict[str, Contribution]:
    """What each source adds to the effective number of answers (leave-one-out ΔK*).

    The value alone depends on how many answers a source has; beside it stands what leaving out as
    many at random would cost.

    Args:
        embeddings: (n, d) of the answers; their length does not matter.
        sources: (n,) at least two different ones.
        rng: for leaving out at random.
        shuffles: how often.
        order: of the Vendi score; 1 is K*.

    Returns:
        Per source, in order of appearance.

    Raises:
        ValueError: the lengths differ, or there is but one source.

    References:
        K* and ΔK*: Agent-Scaling (K* is the Vendi score of order 1 of cosines); Friedman and
        Dieng 2023.
    """
    rows, groups, names = _checked(embeddings, sources)
    whole = vendi_from_embeddings(rows, order=order)
    found = {}
    for number, name in enumerate(names):
        own = groups == number
        chance = [
            whole - vendi_from_embeddings(rows[rng.permutation(own) == 0], order=order)
            for _ in range(shuffles)
        ]
        value = whole - vendi_from_embeddings(rows[~own], order=order)
        low, high = np.quantile(chance, [0.025, 0.975])
        found[name] = Contribution(float(value), float(low), float(high), int(own.sum()))
    return found


def explained_share(embeddings: ArrayLike, sources: Sequence[str]) -> Estimate:
    """Share of how far answers lie apart that their source explains (adjusted R², ε²).

    0 when answers of one source are as far apart as those of different ones, below by chance;
    1 when those of one source coincide.

    Args:
        embeddings: (n, d) of independent answers; their length does not matter.
        sources: (n,) at least two different ones.

    Returns:
        1 − (1 − R²)(n − 1)/(n − sources), R² from squared distances of unit vectors, with a
        delete-one jackknife interval. Undefined below `FLOOR` answers, where a source has but one,
        and where all answers coincide.

    Raises:
        ValueError: the lengths differ, or there is but one source.

    References:
        Anderson 2001 (distances); Kelley 1935 (ε²).
    """
    rows, groups, names = _checked(embeddings, sources)
    n, sizes = len(rows), np.bincount(groups)
    if n < FLOOR or sizes.min() < 2:
        why = f"Too few answers: {n}, of which the rarest source has {sizes.min()}."
        return Estimate.undefined(n, why)
    sums = np.stack([rows[groups == g].sum(axis=0) for g in range(len(names))])
    value = _adjusted(n, sizes, sums, rows)
    if np.isnan(value):
        return Estimate.undefined(n, "All answers are the same.")
    left_out = np.empty(n)
    for row, group in enumerate(groups):
        fewer, rest = sizes.copy(), sums.copy()
        fewer[group] -= 1
        rest[group] -= rows[row]
        left_out[row] = _adjusted(n - 1, fewer, rest, rows)
    half = half_width(jackknife_error(left_out), units=n)
    return Estimate(value, value - half, min(value + half, 1.0), n)


def _adjusted(
    n: int, sizes: NDArray[np.int64], sums: NDArray[np.float64], rows: NDArray[np.float64]
) -> float:
    """ε² from the sums of unit rows per source."""
    total = n - float(np.sum(sums.sum(axis=0) ** 2)) / n
    within = n - float(np.sum((sums**2).sum(axis=1) / sizes))
    if total < 1e-9 * len(rows):
        return float("nan")
    return 1 - within / total * (n - 1) / (n - len(sizes))


def _checked(
    embeddings: ArrayLike, sources: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    rows, names = unit_rows(embeddings), list(dict.fromkeys(sources))
    if len(rows) != len(sources) or len(names) < 2:
        raise ValueError(
            f"Expected a source per answer, and two of them, but there were {len(sources)} for "
            f"{len(rows)} answers, {len(names)} different."
        )
    return rows, np.array([names.index(source) for source in sources]), names
