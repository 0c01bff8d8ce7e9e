"""A workshop for each test, and proof that it leaves no thread behind."""

from __future__ import annotations

import threading

import pytest

from data.divergences import DivergenceStore
from data.store import Store
from experiments.jobs import JobManager
from experiments.limits import Limits
from models.echo import HashEmbedder
from models.manager import ModelManager, within_budget
from tests.experiments.workshop import Workshop, load


@pytest.fixture
def workshop(tmp_path):
    """Makes workshops over one database; all are closed in the end."""
    made, closing = [], []
    before = set(threading.enumerate())

    def make(*, loader=load, embedder=HashEmbedder, limits=None, fits=within_budget) -> Workshop:
        store = Store(tmp_path / "chorale.db")
        # What a test lets fit is all that fits, also for models of one run.
        models = ModelManager(loader, fits=fits, beside=lambda loaded, loading, wanted: False)
        divergences = DivergenceStore(tmp_path / "chorale.db")
        jobs = JobManager(
            store, models, embedder, divergences=divergences, limits=limits or Limits()
        )
        closing.append(divergences)
        made.append(Workshop(store, models, jobs))
        return made[-1]

    yield make
    for one in made:
        one.jobs.shutdown()
        one.store.close()
    for one in closing:
        one.close()
    assert set(threading.enumerate()) <= before
