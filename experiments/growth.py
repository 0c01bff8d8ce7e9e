"""How the meanings of each condition grow with its answers, and how they would go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from experiments.analysis import rows_by_condition
from metrics.ahead import extrapolation_curve
from metrics.catalogue import FLOOR
from metrics.extrapolation import (
    Curve,
    chao1_estimate,
    good_toulmin_estimate,
    rarefaction_curve,
)
from metrics.pitman_yor import forecast_distinct
from metrics.uncertainty import Estimate
from metrics.unseen import FreshSamples, coverage, estimated_assemblage

DEPENDENT = (
    "several answers come from one call, so they are not independent, and a curve would count "
    "on independence. Compare it with the others at equal tokens instead."
)
_POINTS, _STEPS = 40, 8


@dataclass(frozen=True, slots=True)
class Growth:
    """The curve of one condition.

    Attributes:
        n: answers it rests on.
        seen: meanings expected among 1 … n answers; None where there is no curve.
        ahead: meanings expected among n … 2n answers.
        doubled: the same for 2n by the Good–Toulmin series: unbiased, but less steady.
        forecast: meanings that 2n answers will show, as it will turn out, chance included.
        exist: meanings that exist at least, seen or not (Chao1).
        coverage: share of further answers whose meaning has been seen; NaN without a curve.
        reason: why there is no curve; "" where there is one.
    """

    n: int
    seen: Curve | None
    ahead: Curve | None
    doubled: Estimate
    forecast: Estimate
    exist: Estimate
    coverage: float
    reason: str = ""


def growths(
    data: RunData, labels: NDArray[np.integer], *, resamples: int = 400
) -> dict[str, Growth]:
    """The curve of each condition that has answers, in the run's order.

    Args:
        data: m placed rows.
        labels: (m,) meaning of each row.
        resamples: fresh samples behind each interval; seeded by the run.
    """
    found = np.asarray(labels)
    return {
        key: _growth(data, found, rows, resamples) for key, rows in rows_by_condition(data).items()
    }


def _growth(
    data: RunData, labels: NDArray[np.integer], rows: NDArray[np.intp], resamples: int
) -> Growth:
    n = len(rows)
    if len({data.samples[row].call_id for row in rows}) < n:
        return _without(n, DEPENDENT)
    if n < FLOOR:
        return _without(n, f"Too few answers: {n} of at least {FLOOR}.")
    counts = np.unique(labels[rows], return_counts=True)[1]
    rng = np.random.default_rng(data.run.seed % 2**64)
    fresh = estimated_assemblage(counts).draw(n, resamples=resamples, rng=rng)
    return Growth(
        n=n,
        seen=rarefaction_curve(counts, fresh, sizes=curve_sizes(n)),
        ahead=extrapolation_curve(counts, fresh, sizes=_sizes_ahead(n)),
        doubled=good_toulmin_total(counts, fresh),
        forecast=forecast_distinct(counts, further=n, rng=rng),
        exist=chao1_estimate(counts),
        coverage=coverage(counts),
    )


def curve_sizes(n: int) -> list[int]:
    """Up to forty numbers of answers from 1 to n, closer together where the curve bends."""
    return sorted({round(size) for size in np.geomspace(1, n, _POINTS)} | {n})


def _sizes_ahead(n: int) -> list[int]:
    return sorted({round(n * (1 + step / _STEPS)) for step in range(_STEPS + 1)})


def good_toulmin_total(counts: NDArray[np.integer], fresh: FreshSamples) -> Estimate:
    """The meanings seen, and those that as many answers again are expected to add."""
    seen, new = len(counts), good_toulmin_estimate(counts, fresh, t=1.0)
    return Estimate(seen + new.value, seen + new.low, seen + new.high, new.n, new.reason)


def _without(n: int, reason: str) -> Growth:
    none = Estimate.undefined(n, reason)
    return Growth(n, None, None, none, none, none, float("nan"), reason)
