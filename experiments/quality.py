"""How good answers are, by sources at hand, and a gate that lets only good ones count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.divergences import Place
from data.schema import ModelRef, RunData
from experiments.analysis import rows_by_condition
from metrics.catalogue import FLOOR
from metrics.quality import quality_gate
from metrics.token_entropy import mean_logprob
from metrics.uncertainty import Estimate, half_width, jackknife_error


@dataclass(frozen=True, slots=True)
class QualitySource:
    """Where a score of quality comes from.

    Attributes:
        label: what the user calls it.
        unit: of its score.
        low: least score that a gate can ask for.
        high: most.
        step: between two.
        digits: Python format specification of a score.
        about: what it can tell and what not.
    """

    label: str
    unit: str
    low: float
    high: float
    step: float
    digits: str
    about: str


LOGPROB, P_TRUE, STARS, REWARD = "logprob", "p_true", "stars", "reward"
SOURCES: Mapping[str, QualitySource] = MappingProxyType(
    {
        LOGPROB: QualitySource(
            label="How likely the model finds it",
            unit="nats per token",
            low=-6.0,
            high=0.0,
            step=0.1,
            digits=".2f",
            about="Mean log-probability of the answer’s tokens, each under its own condition’s "
            "prompt at temperature 1. It finds broken answers; it can’t tell a good answer from a "
            "commonplace one, and what is likely is rarely new.",
        ),
        P_TRUE: QualitySource(
            label="How true the model itself finds it",
            unit="P(true)",
            low=0.0,
            high=1.0,
            step=0.05,
            digits=".2f",
            about="Each answer’s own model is asked whether the answer is true, without its "
            "persona: the probability that it begins its reply with true, among true and false "
            "(Kadavath et al. 2022; the wording is ours). A model may be sure of what is wrong, "
            "and small ones, the bundled one above all, have not learned to judge. Where hardly "
            "any of its replies would say either, the answer counts as not scored.",
        ),
        STARS: QualitySource(
            label="Your stars",
            unit="stars",
            low=1.0,
            high=5.0,
            step=1.0,
            digits=".1f",
            about="The stars that you gave in the tab Answers; answers without any count as not "
            "scored. They are one person’s view, and depend on which answers were rated.",
        ),
        REWARD: QualitySource(
            label="A reward model",
            unit="reward",
            low=-20.0,
            high=20.0,
            step=0.5,
            digits=".2f",
            about="The one output of a reward model for question and answer. Its scale is its "
            "own: compare rewards of one reward model only, and mind that it prefers what it was "
            "trained to prefer, often longer answers.",
        ),
    }
)
JUDGED = (P_TRUE, REWARD)  # sources whose scores have to be asked for


@dataclass(frozen=True, slots=True)
class Quality:
    """By what the quality of answers is told.

    Attributes:
        source: a key of `SOURCES`.
        judge: the reward model, for that source.
    """

    source: str = LOGPROB
    judge: ModelRef | None = None

    @property
    def name(self) -> str:
        """Under which its scores are kept."""
        if self.judge is None:
            return self.source
        return f"{self.source}:{self.judge.id}@{self.judge.revision}"


@dataclass(frozen=True, slots=True)
class Passed:
    """The answers that pass a gate.

    Attributes:
        data: with the rows that pass; what the others cost is not in it.
        shares: of each condition's scored answers that pass, in the run's order.
        left_out: answers that do not pass, unscored ones included.
        unscored: answers without a score.
    """

    data: RunData
    shares: Mapping[str, Estimate]
    left_out: int
    unscored: int


def quality_scores(
    data: RunData, source: str, given: Mapping[Place, float] = MappingProxyType({})
) -> NDArray[np.float64]:
    """The score of each row; NaN where it has none.

    Args:
        data: m rows.
        source: a key of `SOURCES`.
        given: scores that were kept, by condition key and sample index; the log-probabilities
            need none.

    Raises:
        ValueError: there is no such source.
    """
    if source not in SOURCES:
        raise ValueError(f"Expected source to be of {list(SOURCES)} but it was {source!r}.")
    if source == LOGPROB:
        return mean_logprob([sample.logprobs for sample in data.samples])
    places = zip(data.keys, (sample.index for sample in data.samples), strict=True)
    return np.array([given.get(place, np.nan) for place in places], dtype=np.float64)


def passed(data: RunData, scores: ArrayLike, *, threshold: float) -> Passed:
    """Only the rows whose score is at least a threshold.

    Args:
        data: m rows.
        scores: (m,) NaN where a row has none.
        threshold: least score that passes.
    """
    given = np.asarray(scores, dtype=np.float64)
    gate = quality_gate(given, threshold=threshold)
    shares = {
        key: quality_gate(given[rows], threshold=threshold).share
        for key, rows in rows_by_condition(data).items()
    }
    left_out = int(len(given) - gate.passed.sum())
    return Passed(kept(data, np.flatnonzero(gate.passed)), shares, left_out, gate.unscored)


def kept(data: RunData, rows: NDArray[np.intp]) -> RunData:
    """These rows of a run, and nothing of the others."""
    return replace(
        data,
        keys=tuple(data.keys[row] for row in rows),
        samples=tuple(data.samples[row] for row in rows),
        vectors=data.vectors[rows],
        coordinates=data.coordinates[rows],
    )


def mean_quality(data: RunData, scores: ArrayLike) -> dict[str, Estimate]:
    """Mean score of each condition, with a jackknife over its calls.

    Args:
        data: m rows.
        scores: (m,) NaN where a row has none; those are left out.
    """
    given = np.asarray(scores, dtype=np.float64)
    found = {}
    for key, rows in rows_by_condition(data).items():
        scored = rows[~np.isnan(given[rows])]
        found[key] = mean_over_calls(
            given[scored], [data.samples[row].call_id for row in scored], of="scores"
        )
    return found


def mean_over_calls(values: ArrayLike, calls: list[str], *, of: str) -> Estimate:
    """The mean of values of which those of one call belong together.

    Args:
        values: (n,) numbers.
        calls: (n,) call of each.
        of: what they are, for the reason why there is no mean.

    Returns:
        With a delete-one-call jackknife interval; undefined for fewer calls than the panel's floor.
    """
    x = np.asarray(values, dtype=np.float64)
    units, place = np.unique(np.asarray(calls, dtype=str), return_inverse=True)
    if len(units) < FLOOR:
        return Estimate.undefined(len(x), f"Too few {of}: {len(units)} of at least {FLOOR}.")
    sums, sizes = np.bincount(place, weights=x), np.bincount(place)
    left_out = (x.sum() - sums) / (len(x) - sizes)
    half = half_width(jackknife_error(left_out), units=len(units))
    mean = float(x.mean())
    return Estimate(mean, mean - half, mean + half, len(x))
