from __future__ import annotations

import numpy as np
import pytest

from data.divergences import DivergenceStore, TokenDivergence
from data.errors import StoreError
from data.store import Store
from tests.factories import make_run


@pytest.fixture
def stores(tmp_path):
    store, kept = Store(tmp_path / "runs.db"), DivergenceStore(tmp_path / "runs.db")
    store.create(make_run(("a", "b")))
    yield store, kept
    kept.close()
    store.close()


def one(*values: float) -> TokenDivergence:
    return TokenDivergence(np.array(values, np.float32), np.array(values, np.float32) / 2)


def test_what_was_added_is_loaded_and_replaced(stores):
    _, kept = stores
    run = make_run().id
    assert kept.load(run) == {}
    kept.add(run, {})
    kept.add(run, {("a", 0): one(0.5, 0.25), ("b", 3): one(1.5)})
    kept.add(run, {("a", 0): one(0.125, 2)})
    found = kept.load(run)
    assert set(found) == {("a", 0), ("b", 3)}
    np.testing.assert_array_equal(found["a", 0].kl, np.float32([0.125, 2]))
    np.testing.assert_array_equal(found["b", 3].js, np.float32([0.75]))


def test_they_go_with_their_run(stores):
    from datetime import timedelta

    store, kept = stores
    run = make_run().id
    kept.add(run, {("a", 0): one(0.5)})
    store.delete(run, "")
    store.purge(timedelta(seconds=-5))
    assert kept.load(run) == {}


def test_a_run_that_is_not_there_takes_none(stores):
    with pytest.raises(StoreError, match="could not be used"):
        stores[1].add("f" * 32, {("a", 0): one(0.5)})
