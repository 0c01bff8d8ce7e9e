"""A run's answers in the form in which every measure takes them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.schema import RunData
from experiments.analysis import rows_by_condition
from experiments.budget import Account
from metrics.draws import Draws
from metrics.token_entropy import mean_logprob, mean_token_entropy


def draws_of(
    data: RunData,
    labels: NDArray[np.integer],
    spent: Mapping[str, Account],
    *,
    quality: ArrayLike | None = None,
    same: ArrayLike | None = None,
    states: NDArray[np.float64] | None = None,
) -> dict[str, Draws]:
    """The answers of each condition with all that is known of them, in the run's order.

    Args:
        data: m rows.
        labels: (m,) meaning of each.
        spent: the account of each condition.
        quality: (m,) scores; NaN where an answer has none.
        same: (m, m) verdicts on all pairs within each condition.
        states: (m, d) of a model's middle layer at the end of each answer.
    """
    scores = None if quality is None else np.asarray(quality, dtype=np.float64)
    pairs = None if same is None else np.asarray(same, dtype=np.float64)
    return {
        key: _draws(data, np.asarray(labels), rows, spent[key].calls, scores, pairs, states)
        for key, rows in rows_by_condition(data).items()
    }


def _draws(
    data: RunData,
    labels: NDArray[np.integer],
    rows: NDArray[np.intp],
    calls: int,
    scores: NDArray[np.float64] | None,
    pairs: NDArray[np.float64] | None,
    states: NDArray[np.float64] | None,
) -> Draws:
    samples = [data.samples[row] for row in rows]
    logprobs = [sample.logprobs for sample in samples]
    return Draws(
        texts=[sample.text for sample in samples],
        vectors=data.vectors[rows],
        labels=labels[rows],
        call_ids=[sample.call_id for sample in samples],
        calls_made=calls,
        logprobs=mean_logprob(logprobs),
        sequence_logprobs=np.array([np.sum(row) if row else np.nan for row in logprobs]),
        token_entropies=mean_token_entropy([sample.entropies for sample in samples]),
        states=None if states is None else states[rows],
        quality=None if scores is None else scores[rows],
        same=None if pairs is None else pairs[np.ix_(rows, rows)],
    )
