"""One measure of one condition, with its interval: by the panel, by counts, or by a jackknife."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from metrics.call_bootstrap import PseudoValues, jackknife_estimate, pseudo_values
from metrics.calls import calls_per_class, distinct_in_calls_estimate
from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, Measure
from metrics.draws import Draws
from metrics.extrapolation import chao1_estimate, good_toulmin_estimate
from metrics.floors import refusal
from metrics.intervals import coverage_estimate
from metrics.panel import diversity_panel
from metrics.quality import quality_gate
from metrics.set_statistics import STATISTICS
from metrics.uncertainty import Estimate
from metrics.unseen import FreshSamples, estimated_assemblage


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The answers of one condition, and how they are measured.

    Attributes:
        draws: all answers.
        equal: those that measures see that move with their number and have no formula for it.
        panel: estimates of the default panel.
        calls: at which kinds of answers are counted by calls.
        gate: least quality that passes; None where there is no gate.
        resamples: fresh samples behind intervals of counts.
        seed: of those.
    """

    draws: Draws
    equal: Draws
    panel: Mapping[str, Estimate]
    calls: int
    gate: float | None
    resamples: int
    seed: int

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator, so that no measure depends on which others were asked for."""
        return np.random.default_rng(self.seed)

    def fresh(self, draws: Draws) -> FreshSamples:
        """Samples from the assemblage that the answers let estimate."""
        source = estimated_assemblage(draws.counts)
        return source.draw(len(draws), resamples=self.resamples, rng=self.rng)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of one condition.

    Attributes:
        estimate: value, interval and n.
        parts: what each group of calls brings, where a jackknife made the interval.
    """

    estimate: Estimate
    parts: PseudoValues | None = None


def condition(
    draws: Draws, *, m: int, calls: int, gate: float | None, resamples: int, seed: int
) -> Condition:
    """Answers made ready to be measured for m of them.

    Args:
        draws: of one condition.
        m: number of answers at which to measure what moves with it.
        calls: as in `Condition`.
        gate: likewise.
        resamples: likewise.
        seed: also of the m answers, taken at random where there are more.
    """
    rng = np.random.default_rng(seed)
    return Condition(
        draws=draws,
        equal=draws.at_random(m, rng=rng) if 0 < m < len(draws) else draws,
        panel=diversity_panel(
            vectors=draws.vectors,
            labels=draws.labels,
            texts=draws.texts,
            call_ids=draws.call_ids,
            common_n=m,
            rng=np.random.default_rng(seed),
            resamples=resamples,
        ).estimates,
        calls=calls,
        gate=gate,
        resamples=resamples,
        seed=seed,
    )


def measured(of: Condition, key: str) -> Measured:
    """One measure with its interval, or the reason why there is none.

    Args:
        of: the condition.
        key: of `MEASURED`.
    """
    measure = CATALOGUE[key]
    if key in of.panel:
        return Measured(of.panel[key])
    draws = of.equal if measure.moves_with_n else of.draws
    if key in STATISTICS:
        return _statistic(draws, measure)
    refused = refusal(measure, len(draws), draws.units)
    return Measured(refused) if refused else _OTHERS[key](of, draws)


def calls_made(draws: Draws) -> int:
    """Calls, those without an answer included where their number is known."""
    return draws.units if draws.calls_made is None else draws.calls_made


def _statistic(draws: Draws, measure: Measure) -> Measured:
    statistic = STATISTICS[measure.key]
    if statistic.needs:
        draws = draws.knowing(statistic.needs)
        if not len(draws):
            return Measured(Estimate.undefined(0, statistic.missing))
    refused = refusal(measure, len(draws), draws.units)
    return Measured(refused) if refused else _jackknifed(draws, measure, statistic.compute)


def _jackknifed(draws: Draws, measure: Measure, compute: Callable[[Draws], float]) -> Measured:
    left_out = np.array([compute(rest) for rest in draws.left_out])
    parts = pseudo_values(compute(draws), left_out, n=len(draws))
    most = np.inf if measure.maximum is None else measure.maximum
    return Measured(jackknife_estimate(parts, limits=(measure.minimum, most)), parts)


def _by_calls(of: Condition, draws: Draws) -> Measured:
    total = calls_made(draws)
    counts = calls_per_class(draws.labels, draws.calls)
    t = min(of.calls, total)
    found = distinct_in_calls_estimate(counts, total=total, t=t, rng=of.rng, resamples=of.resamples)
    return Measured(found)


def _passing(of: Condition, draws: Draws) -> Measured:
    if of.gate is None or draws.quality is None:
        return Measured(Estimate.undefined(len(draws), "No quality gate is set."))
    if draws.units == len(draws):
        return Measured(quality_gate(draws.quality, threshold=of.gate).share)
    gate = of.gate
    return _jackknifed(
        draws.knowing("quality"),
        CATALOGUE["passing"],
        lambda some: float(np.mean(np.asarray(some.quality) >= gate)),
    )


_OTHERS: Mapping[str, Callable[[Condition, Draws], Measured]] = {
    "coverage": lambda of, draws: Measured(coverage_estimate(draws.counts, of.fresh(draws))),
    "chao1": lambda of, draws: Measured(chao1_estimate(draws.counts)),
    "ahead": lambda of, draws: Measured(good_toulmin_estimate(draws.counts, of.fresh(draws), t=1)),
    "by_calls": _by_calls,
    "passing": _passing,
}
MEASURED: tuple[str, ...] = tuple(
    key for key in CATALOGUE if key in {*DEFAULT_PANEL, *STATISTICS, *_OTHERS}
)
