"""What each condition spent, what it got for that, and all of them at the same number of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import FinishReason, RunData, Sample
from metrics.calls import calls_per_class, distinct_in_calls_estimate
from metrics.uncertainty import Estimate


@dataclass(frozen=True, slots=True)
class Account:
    """What one condition has asked for, got and spent so far.

    Attributes:
        calls: model calls, several steps of one included.
        answers: that came of them.
        missing: places left empty because a call gave fewer answers than asked for.
        unread: places left empty because what a call gave could not be read.
        unread_calls: how many such calls there were.
        tokens: drawn in all; 0 where a server doesn't tell.
    """

    calls: int
    answers: int
    missing: int
    unread: int
    unread_calls: int
    tokens: int

    @property
    def per_answer(self) -> float:
        """Tokens drawn per answer; NaN without any."""
        return self.tokens / self.answers if self.answers else float("nan")


def accounts(data: RunData) -> dict[str, Account]:
    """The account of each condition that has any draws, in the run's order."""
    drawn: dict[str, list[Sample]] = {c.key: [] for c in data.run.conditions}
    for key, sample in (*zip(data.keys, data.samples, strict=True), *data.voids):
        drawn[key].append(sample)
    return {key: _account(samples) for key, samples in drawn.items() if samples}


def _account(samples: list[Sample]) -> Account:
    unread = [s.call_id for s in samples if s.finish is FinishReason.UNREAD]
    return Account(
        calls=len({sample.call_id for sample in samples}),
        answers=sum(sample.answered for sample in samples),
        missing=sum(sample.finish is FinishReason.MISSING for sample in samples),
        unread=len(unread),
        unread_calls=len(set(unread)),
        tokens=sum(sample.cost for sample in samples),
    )


def common_tokens(spent: Mapping[str, Account]) -> int:
    """The tokens that every condition with an answer has spent; 0 where one doesn't tell."""
    return min((account.tokens for account in spent.values() if account.answers), default=0)


def distinct_at(
    data: RunData,
    labels: NDArray[np.integer],
    tokens: int,
    *,
    spent: Mapping[str, Account] | None = None,
    resamples: int = 400,
) -> dict[str, Estimate]:
    """Different meanings that each condition finds for the same tokens.

    A condition's calls cost what they cost on average; so many of them as the tokens buy are
    compared. Calls, not answers, are the independent units.

    Args:
        data: m placed rows.
        labels: (m,) meaning of each row.
        tokens: > 0; of a condition that spent fewer, all it found.
        spent: the accounts, where some rows that were paid for are left out of `data`.
        resamples: fresh sets of calls behind each interval.

    Returns:
        Per condition key; see `metrics.calls`.
    """
    return {
        key: _distinct_at(data, labels, key, account, tokens, resamples)
        for key, account in (accounts(data) if spent is None else spent).items()
    }


def _distinct_at(
    data: RunData,
    labels: NDArray[np.integer],
    key: str,
    account: Account,
    tokens: int,
    resamples: int,
) -> Estimate:
    rows = [row for row, own in enumerate(data.keys) if own == key]
    calls = [data.samples[row].call_id for row in rows]
    return distinct_in_calls_estimate(
        calls_per_class(np.asarray(labels)[rows], calls),
        total=account.calls,
        t=min(account.calls * tokens / account.tokens, account.calls),
        rng=np.random.default_rng([data.run.seed % 2**64, *key.encode()]),
        resamples=resamples,
    )
