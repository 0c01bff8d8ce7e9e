"""What conditions spent, and what they found for the same tokens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.schema import FinishReason, Sample, Step
from experiments.budget import accounts, common_tokens, distinct_at
from tests.factories import make_data


def a_run():
    """Twelve plain answers of two tokens; and ten lists of three places, for 20 tokens each."""
    data = make_data(
        {"a": [f"word {i % 6}" for i in range(12)], "b": [f"x {i}" for i in range(26)]}
    )
    lists = []
    for row, sample in enumerate(data.samples):
        place = row - 12
        listed = replace(sample, call_id=f"list-{place // 3}", token_ids=(), spent=7 - place % 2)
        lists.append(sample if row < 12 else listed)
    voids = (
        ("b", _void(26, "list-8", FinishReason.MISSING)),
        *(("b", _void(i, "list-9", FinishReason.UNREAD)) for i in (27, 28, 29)),
    )
    return replace(data, samples=tuple(lists), voids=voids)


def _void(index, call, why):
    return Sample(index, call, "", (), (), (), why, steps=(Step("reply", "no"),), spent=6)


def test_accounts_add_up():
    a, b = accounts(a_run()).values()
    assert (a.calls, a.answers, a.missing, a.unread, a.tokens) == (12, 12, 0, 0, 24)
    assert (b.calls, b.answers, b.missing, b.unread, b.unread_calls) == (10, 26, 1, 3, 1)
    # 13 places at 7, 13 at 6, and 4 empty ones at 6.
    assert b.tokens == 13 * 7 + 13 * 6 + 4 * 6
    assert (a.per_answer, b.per_answer) == (2, pytest.approx(193 / 26))
    assert common_tokens({"a": a, "b": b}) == 24
    assert common_tokens({}) == 0


def test_the_same_tokens_buy_fewer_of_the_dearer_calls():
    data = a_run()
    labels = np.array([i % 6 for i in range(12)] + list(range(10, 36)))
    found = distinct_at(data, labels, 24)
    assert found["a"].value == 6
    # All 26 meanings differ, and 24 of 193 tokens buy that share of what they cost.
    assert found["b"].value == pytest.approx(26 * 24 / 193)
    assert (found["a"].n, found["b"].n) == (12, 10)


def test_a_condition_of_failures_only_has_found_nothing():
    data = make_data({"a": ["x y"] * 8})
    voids = tuple(("b", _void(i, f"c{i}", FinishReason.UNREAD)) for i in range(8))
    condition = replace(data.run.conditions[0], key="b")
    run = replace(data.run, conditions=(*data.run.conditions, condition))
    data = replace(data, run=run, voids=voids)
    found = distinct_at(data, np.zeros(8, dtype=int), 16)
    assert found["a"].value == 1
    assert found["b"].value == 0
    assert np.isnan(accounts(data)["b"].per_answer)


def test_the_same_data_give_the_same_intervals():
    data, labels = a_run(), np.arange(38) % 7
    assert distinct_at(data, labels, 20) == distinct_at(data, labels, 20)


def test_who_gave_no_answer_does_not_set_the_common_tokens():
    a, b = accounts(a_run()).values()
    silent = replace(b, answers=0, tokens=3)
    assert common_tokens({"a": a, "b": silent}) == 24
    assert common_tokens({"b": silent}) == 0
