"""Every measure of several conditions in one table: value, interval, difference to the first.

For a view: make a `metrics.draws.Draws` per condition (labels from one partition over all of them)
and show `measure_table(conditions).records()` as a frame; a row per measure and condition, measures
in the catalogue's order, conditions in that given. Nothing in it is left to compute:

    table = measure_table({"a": Draws(texts=…, vectors=…, labels=…, call_ids=…), "b": …}, seed=1)
    frame = pd.DataFrame(table.records())

A value is NaN where it is undefined, and its row says why in words for the user (`reason`): too few
answers, answers of one call where a measure needs independent ones, something that isn't known.

Values of the default panel are the panel's own, with its intervals and differences (MOVER). The
counting measures beside them take theirs from fresh draws out of the estimated assemblage. All
others are jackknifed over calls, and their differences bootstrapped over calls. The p-values of the
whole table are adjusted together (Benjamini–Hochberg). With `equal_n`, the default, whatever moves
with the number of answers is computed for the smallest condition's: by its formula where it has
one, else from that many answers taken at random, whole calls at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metrics.call_bootstrap import bootstrap_difference, resampled_weights
from metrics.catalogue import CATALOGUE, Measure
from metrics.condition_measures import MEASURED, Measured, calls_made, condition, measured
from metrics.draws import Draws
from metrics.mtld import mtld_by_text
from metrics.novelty import level_thresholds, utility_levels
from metrics.panel import common_sample_size
from metrics.uncertainty import Difference, Estimate, benjamini_hochberg, difference

LEVELS = 10  # of utility
UNEQUAL = "It moves with the number of answers, and these are not equally many."


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of one condition.

    Attributes:
        measure: its entry in the catalogue.
        condition: key.
        estimate: value, interval and n.
        difference: this condition minus the first, its p-value adjusted over the table; None in
            the rows of the first.
    """

    measure: Measure
    condition: str
    estimate: Estimate
    difference: Difference | None

    @property
    def reason(self) -> str:
        """Why the value, or else the difference, is undefined; "" when neither is."""
        return self.estimate.reason or (self.difference.reason if self.difference else "")

    def record(self, *, common_n: int) -> dict[str, str | float | int]:
        """Flat: words for the screen, and plain numbers.

        Args:
            common_n: number of answers that the label names.
        """
        nan = float("nan")
        apart = self.difference or Difference(nan, nan, nan, self.estimate.n, nan)
        return {
            "key": self.measure.key,
            "measure": self.measure.label.format(n=common_n),
            "unit": self.measure.unit,
            "condition": self.condition,
            "value": self.estimate.value,
            "low": self.estimate.low,
            "high": self.estimate.high,
            "n": self.estimate.n,
            "difference": apart.value,
            "difference_low": apart.low,
            "difference_high": apart.high,
            "p_value": apart.p_value,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """Every measure of every condition.

    Attributes:
        rows: by measure, then by condition.
        common_n: answers at which conditions are compared; 0 where none has enough.
        equal_n: whether measures that move with the number of answers were computed for common_n.
    """

    rows: tuple[MeasureRow, ...]
    common_n: int
    equal_n: bool

    def records(self) -> list[dict[str, str | float | int]]:
        """A flat row per measure and condition, for a frame."""
        return [row.record(common_n=self.common_n) for row in self.rows]


def measure_table(
    conditions: Mapping[str, Draws],
    *,
    keys: Sequence[str] = MEASURED,
    equal_n: bool = True,
    gate: float | None = None,
    seed: int = 0,
    resamples: int = 400,
) -> MeasureTable:
    """Measure several conditions by everything that their answers allow.

    Args:
        conditions: by key; the first is the one that others are compared with.
        keys: measures to compute, of `MEASURED`.
        equal_n: compare at the smallest condition's number of answers. If False every condition
            is measured with all its answers, and measures that move with their number have no
            difference between conditions of different size.
        gate: least quality that passes, for the share that does; it leaves no answer out, for that
            see `Draws.passing`.
        seed: of everything drawn; the same answers give the same table.
        resamples: fresh samples behind the intervals of counts.

    Raises:
        ValueError: no conditions, or a key that is not of `MEASURED`.

    References:
        Benjamini and Hochberg 1995; of each measure, its entry in the catalogue.
    """
    if not conditions or not set(keys) <= set(MEASURED):
        raise ValueError(f"Expected conditions, and keys of measures, but keys were {keys}.")
    levelled = {name: _with_mtld(draws) for name, draws in _with_levels(conditions).items()}
    sizes = {name: len(draws) for name, draws in levelled.items()}
    common_n = common_sample_size(sizes.values())
    fewest = min(calls_made(draws) for draws in levelled.values())
    ready = {
        name: condition(
            draws,
            m=common_n if equal_n else sizes[name],
            calls=fewest if equal_n else calls_made(draws),
            gate=gate,
            resamples=resamples,
            seed=seed,
        )
        for name, draws in levelled.items()
    }
    found = {(key, name): measured(ready[name], key) for key in keys for name in ready}
    same_n = equal_n or len(set(sizes.values())) == 1
    apart = _differences(found, keys, list(ready), same_n=same_n, seed=seed)
    rows = (
        MeasureRow(CATALOGUE[key], name, one.estimate, apart.get((key, name)))
        for (key, name), one in found.items()
    )
    return MeasureTable(tuple(rows), common_n, equal_n)


def _differences(
    found: Mapping[tuple[str, str], Measured],
    keys: Sequence[str],
    names: Sequence[str],
    *,
    same_n: bool,
    seed: int,
) -> dict[tuple[str, str], Difference]:
    """Each condition but the first minus the first, p-values adjusted over all of them."""
    apart, weights = {}, _Weights(seed)
    for key in keys:
        for name in names[1:]:
            one, first = found[key, name], found[key, names[0]]
            comparable = same_n or not _moves(CATALOGUE[key])
            apart[key, name] = _apart(one, first, weights) if comparable else _unequal(one, first)
    return benjamini_hochberg(apart)


class _Weights:
    """Resamples of groups of calls, drawn once for all measures."""

    def __init__(self, seed: int) -> None:
        self._seed, self._drawn = seed, dict[tuple[int, int], NDArray[np.float64]]()

    def of(self, side: int, groups: int) -> NDArray[np.float64]:
        """Those of the one (0) or the first condition (1), independent of each other."""
        if (side, groups) not in self._drawn:
            rng = np.random.default_rng([self._seed, side, groups])
            self._drawn[side, groups] = resampled_weights(groups, rng=rng)
        return self._drawn[side, groups]


def _apart(one: Measured, first: Measured, weights: _Weights) -> Difference:
    if one.parts is None or first.parts is None:
        return difference(one.estimate, first.estimate)
    drawn = weights.of(0, len(one.parts.parts)), weights.of(1, len(first.parts.parts))
    return bootstrap_difference(one.parts, first.parts, weights=drawn)


def _moves(measure: Measure) -> bool:
    return measure.moves_with_n or measure.at_common_n or measure.key == "by_calls"


def _unequal(one: Measured, first: Measured) -> Difference:
    reason = one.estimate.reason or first.estimate.reason or UNEQUAL
    n = min(one.estimate.n, first.estimate.n)
    return Difference(np.nan, np.nan, np.nan, n, np.nan, reason)


def _with_levels(conditions: Mapping[str, Draws]) -> dict[str, Draws]:
    """Scores as levels of utility, cut at tenths of all scores together."""
    scored = {name: draws for name, draws in conditions.items() if draws.quality is not None}
    pool = np.concatenate([_scores(draws) for draws in scored.values()] or [np.empty(0)])
    if np.sum(~np.isnan(pool)) < LEVELS:
        return dict(conditions)
    steps = level_thresholds(pool, levels=LEVELS)
    return {
        name: replace(draws, utilities=utility_levels(_scores(draws), steps))
        if name in scored and draws.utilities is None
        else draws
        for name, draws in conditions.items()
    }


def _with_mtld(draws: Draws) -> Draws:
    return draws if draws.mtlds is not None else replace(draws, mtlds=mtld_by_text(draws.texts))


def _scores(draws: Draws) -> NDArray[np.float64]:
    return np.asarray(draws.quality, dtype=np.float64)
