"""Each condition's diversity beside what it costs: quality, tokens, length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.schema import RunData, Sample
from experiments.analysis import Analysis, rows_by_condition
from experiments.budget import Account
from experiments.quality import mean_over_calls, mean_quality
from metrics.calls import calls_per_class, distinct_in_calls_estimate
from metrics.intervals import distinct_estimate
from metrics.lexical import words
from metrics.quality import on_frontier
from metrics.uncertainty import Estimate
from metrics.unseen import estimated_assemblage

MEASURES = ("distinct", "vendi", "spread")  # of the panel, that may stand for diversity
LEAST_HALF = 8  # answers in the shorter and in the longer half


@dataclass(frozen=True, slots=True)
class Place:
    """Where a condition stands between two aims.

    Attributes:
        across: the other aim: quality, or tokens spent.
        diversity: more is more diverse.
        beaten: whether another condition is at least as good in both and better in one.
    """

    across: Estimate
    diversity: Estimate
    beaten: bool


@dataclass(frozen=True, slots=True)
class Halves:
    """A condition's answers, split at its own median length.

    Attributes:
        short_words: mean words of the shorter half.
        long_words: of the longer half.
        short: different meanings in m answers of the shorter half.
        long: of the longer half.
        m: answers at which halves are compared, the same for every condition.
    """

    short_words: Estimate
    long_words: Estimate
    short: Estimate
    long: Estimate
    m: int


def diversity_of(
    data: RunData, analysis: Analysis, spent: Mapping[str, Account], *, measure: str = "distinct"
) -> dict[str, Estimate]:
    """One measure of diversity of each condition, also where answers share calls.

    Args:
        data: m rows.
        analysis: of these rows.
        spent: the account of each condition, whatever was left out included.
        measure: of `MEASURES`; different meanings are counted in as many calls as bring
            `analysis.common_n` answers, so that lists can be compared with independent answers.
    """
    if measure != "distinct":
        return {key: panel.estimates[measure] for key, panel in analysis.panels.items()}
    return {
        key: _distinct(data, analysis, rows, key, spent[key].calls)
        for key, rows in rows_by_condition(data).items()
    }


def _distinct(
    data: RunData, analysis: Analysis, rows: NDArray[np.intp], key: str, calls: int
) -> Estimate:
    m = analysis.common_n
    if not 1 <= m <= len(rows):
        return Estimate.undefined(len(rows), analysis.panels[key].estimates["distinct"].reason)
    return distinct_in_calls_estimate(
        calls_per_class(analysis.labels[rows], [data.samples[row].call_id for row in rows]),
        total=calls,
        t=calls * m / len(rows),
        rng=np.random.default_rng([data.run.seed % 2**64, *key.encode()]),
    )


def quality_places(
    data: RunData, diversity: Mapping[str, Estimate], scores: ArrayLike
) -> dict[str, Place]:
    """Diversity against mean quality; both are better when they are higher.

    Args:
        data: m rows.
        diversity: per condition key, from `diversity_of`.
        scores: (m,) quality of each row.
    """
    quality = mean_quality(data, scores)
    return _placed(quality, diversity, sign=1)


def token_places(
    data: RunData, analysis: Analysis, whole: RunData, diversity: Mapping[str, Estimate]
) -> dict[str, Place]:
    """Diversity in the common number of answers against the tokens that so many cost.

    Args:
        data: the rows that count.
        analysis: of these rows.
        whole: the run with everything that was paid for.
        diversity: per condition key, from `diversity_of`.
    """
    rows = rows_by_condition(data)
    costs = {
        key: _tokens(whole, key, len(own), analysis.common_n)
        for key, own in rows.items()
        if key in diversity
    }
    return _placed(costs, diversity, sign=-1)


def _tokens(whole: RunData, key: str, answers: int, m: int) -> Estimate:
    """What m answers cost, by what the calls of this condition cost on average."""
    calls: dict[str, int] = {}
    for sample in samples_of(whole, key):
        calls[sample.call_id] = calls.get(sample.call_id, 0) + sample.cost
    if not any(calls.values()):
        return Estimate.undefined(answers, "The server does not tell how many tokens were drawn.")
    per_call = mean_over_calls(list(calls.values()), list(calls), of="calls")
    share = len(calls) * m / answers
    low, value, high = (share * v for v in (per_call.low, per_call.value, per_call.high))
    return Estimate(value, max(low, 0.0), high, per_call.n, per_call.reason)


def samples_of(data: RunData, key: str) -> list[Sample]:
    """All draws of a condition, those without an answer too."""
    drawn = (*zip(data.keys, data.samples, strict=True), *data.voids)
    return [sample for own, sample in drawn if own == key]


def _placed(
    across: Mapping[str, Estimate], diversity: Mapping[str, Estimate], *, sign: int
) -> dict[str, Place]:
    keys = list(diversity)
    stands = on_frontier(
        [diversity[key].value for key in keys], [sign * across[key].value for key in keys]
    )
    return {
        key: Place(across[key], diversity[key], beaten=not stand)
        for key, stand in zip(keys, stands, strict=True)
    }


def length_halves(data: RunData, labels: NDArray[np.integer]) -> dict[str, Halves]:
    """Whether longer answers of one condition hold more meanings than its shorter ones.

    Args:
        data: m rows.
        labels: (m,) meaning of each.

    Returns:
        Per key of each condition whose answers are independent and enough for two halves.
    """
    found = np.asarray(labels)
    rows = {
        key: own
        for key, own in rows_by_condition(data).items()
        if len(own) >= 2 * LEAST_HALF and len({data.samples[r].call_id for r in own}) == len(own)
    }
    m = min((len(own) // 2 for own in rows.values()), default=0)
    return {key: _halves(data, found, own, m) for key, own in rows.items()}


def _halves(data: RunData, labels: NDArray[np.integer], rows: NDArray[np.intp], m: int) -> Halves:
    lengths = word_counts(data)[rows]
    order = rows[np.argsort(lengths, kind="stable")]
    short, long = order[: len(order) // 2], order[len(order) // 2 :]
    return Halves(
        short_words=_mean_words(data, short),
        long_words=_mean_words(data, long),
        short=_distinct_half(data, labels[short], m),
        long=_distinct_half(data, labels[long], m),
        m=m,
    )


def word_counts(data: RunData) -> NDArray[np.int64]:
    """Words of each row's answer."""
    return np.array([len(words(sample.text)) for sample in data.samples], dtype=np.int64)


def _mean_words(data: RunData, rows: NDArray[np.intp]) -> Estimate:
    calls = [data.samples[row].call_id for row in rows]
    return mean_over_calls([len(words(data.samples[row].text)) for row in rows], calls, of="calls")


def _distinct_half(data: RunData, labels: NDArray[np.integer], m: int) -> Estimate:
    counts = np.unique(labels, return_counts=True)[1]
    rng = np.random.default_rng(data.run.seed % 2**64)
    fresh = estimated_assemblage(counts).draw(len(labels), resamples=400, rng=rng)
    return distinct_estimate(counts, fresh, m=m)
