"""How far the number of meanings hangs on the threshold, the rule and the order of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from experiments.analysis import rows_by_condition
from metrics.extrapolation import Curve
from metrics.intervals import spread_estimate, vendi_estimate
from metrics.pairs import cosine_sums
from metrics.sensitivity import (
    FLOOR,
    OrderSpread,
    cosine_likeness,
    order_shuffles,
    threshold_sweep,
)
from metrics.uncertainty import Estimate

THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(16))  # 0.20 … 0.95
_SHUFFLES, _RESAMPLES = 40, 200


@dataclass(frozen=True, slots=True)
class Hanging:
    """What choices do to the number of meanings of one condition.

    Attributes:
        sweep: meanings at each of `THRESHOLDS`; None where its answers are not independent.
        shuffles: greedy partitions of the same answers in other orders, at the page's threshold.
        n: answers that were looked at, the same for every condition.
    """

    sweep: Curve | None
    shuffles: OrderSpread
    n: int


def hangings(
    data: RunData, *, n: int, threshold: float, rule: str, vectors: NDArray[np.floating]
) -> dict[str, Hanging]:
    """For each condition with at least `n` answers, in the run's order; seeded by the run.

    Args:
        data: m rows.
        n: answers at which conditions are compared; where there are more, that many at random.
        threshold: at which orders are shuffled.
        rule: of `metrics.sensitivity.RULES`.
        vectors: (m, d) embeddings, the run's or another embedder's.
    """
    if n < FLOOR:
        return {}
    found = {}
    for key, rows in rows_by_condition(data).items():
        if len(rows) < n:
            continue
        rng = np.random.default_rng([data.run.seed % 2**64, *key.encode()])
        chosen = np.sort(rng.permutation(rows)[:n])
        found[key] = _hanging(data, chosen, threshold, rule, vectors, rng)
    return found


def _hanging(
    data: RunData,
    rows: NDArray[np.intp],
    threshold: float,
    rule: str,
    vectors: NDArray[np.floating],
    rng: np.random.Generator,
) -> Hanging:
    likeness = cosine_likeness(vectors[rows])
    independent = len({data.samples[row].call_id for row in rows}) == len(rows)
    sweep = (
        threshold_sweep(likeness, thresholds=THRESHOLDS, rule=rule, rng=rng, resamples=_RESAMPLES)
        if independent
        else None
    )
    shuffles = order_shuffles(likeness, threshold=threshold, rng=rng, shuffles=_SHUFFLES)
    return Hanging(sweep, shuffles, len(rows))


def in_space(
    data: RunData, *, n: int, vectors: NDArray[np.floating]
) -> dict[str, tuple[Estimate, Estimate]]:
    """The measures that need no grouping, in the space of one embedder.

    Args:
        data: m rows.
        n: answers at which the effective number is compared.
        vectors: (m, d) embeddings of the rows.

    Returns:
        Per condition with at least `n` answers, the effective number of answers in n (Vendi of
        order 2) and the mean cosine distance.
    """
    found = {}
    for key, rows in rows_by_condition(data).items():
        ids = np.array([data.samples[row].call_id for row in rows], dtype=str)
        calls = np.unique(ids, return_inverse=True)[1]
        if len(rows) < n or calls.max() + 1 < FLOOR:
            continue
        own = vectors[rows]
        found[key] = (
            vendi_estimate(cosine_sums(own, power=2, calls=calls), m=n),
            spread_estimate(cosine_sums(own, power=1, calls=calls)),
        )
    return found


def verdict(found: Mapping[str, Hanging]) -> list[tuple[float, str]]:
    """Which condition shows the most meanings at each threshold; "" where two do.

    Args:
        found: from `hangings`; those without a sweep are left out.
    """
    sweeps = {key: one.sweep for key, one in found.items() if one.sweep is not None}
    told = []
    for place, threshold in enumerate(THRESHOLDS):
        values = {key: float(sweep.values[place]) for key, sweep in sweeps.items()}
        top = [key for key, value in values.items() if value == max(values.values())]
        told.append((threshold, top[0] if len(top) == 1 else ""))
    return told
