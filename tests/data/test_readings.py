from __future__ import annotations

from datetime import timedelta

import pytest

from data.errors import StoreError
from data.readings import ReadingStore
from data.store import Store
from tests.factories import make_run


@pytest.fixture
def stores(tmp_path):
    store, kept = Store(tmp_path / "runs.db"), ReadingStore(tmp_path / "runs.db")
    store.create(make_run(("a", "b")))
    yield store, kept
    kept.close()
    store.close()


def test_pieces_are_kept_by_kind_and_replaced(stores):
    _, kept = stores
    run = make_run().id
    kept.put(run, "probes", "a 1", [{"text": "“Ünsinn” \\ \ud800", "odds": [0.25, 1e-9]}])
    kept.put(run, "probes", "a 2", None)
    kept.put(run, "states", "a 1", {"x": 1})
    kept.put(run, "probes", "a 2", {"y": [2.5]})
    found = kept.load(run, "probes")
    assert found == {
        "a 1": [{"text": "“Ünsinn” \\ \ud800", "odds": [0.25, 1e-9]}],
        "a 2": {"y": [2.5]},
    }
    assert kept.load(run, "nothing") == {}


def test_they_go_with_their_run(stores):
    store, kept = stores
    run = make_run().id
    kept.put(run, "probes", "a 1", 1)
    store.delete(run, "")
    store.purge(timedelta(seconds=-5))
    assert kept.load(run, "probes") == {}


def test_a_run_that_is_not_there_takes_none(stores):
    with pytest.raises(StoreError, match="could not be used"):
        stores[1].put("f" * 32, "probes", "a", 1)
