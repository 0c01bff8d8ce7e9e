"""A run whose answers come from a model server, from the button to the files."""

from __future__ import annotations

import csv
import io
from collections import deque

import numpy as np
import pytest

from components import services
from data.exports import from_parquet, to_csv, to_parquet
from data.schema import RunState
from tests.models.stub_server import StubServer


@pytest.fixture
def server():
    started = StubServer()
    yield started
    started.close()


@pytest.fixture
def page(visit, server, monkeypatch):
    """The page of a host whose own model is on the server; 8 answers per condition."""
    monkeypatch.setenv("CHORALE_SERVER_URL", server.url)
    monkeypatch.setenv("CHORALE_MODEL", "server:town")
    tab = visit()
    for key in "abc":
        tab.app.number_input(key=f"diversity.{key}.n").set_value(8)
    tab.app.run()
    return tab


def settled(tab):
    assert not tab.app.exception, tab.app.exception[0].message
    return tab


def test_a_run_on_a_server_is_drawn_stored_and_saved(page):
    settled(page.sample())
    assert page.snapshot.run.state is RunState.DONE
    assert page.snapshot.placed == 3 * 8
    data = page.snapshot.data
    assert all(np.isnan(sample.entropies).all() for sample in data.samples)
    assert all(np.isfinite(sample.logprobs).all() for sample in data.samples)
    assert len(from_parquet(to_parquet(data)).samples) == 24
    rows = list(csv.DictReader(io.StringIO(to_csv(data).decode("utf-8-sig"))))
    assert {row["model"] for row in rows} == {"server:town"}


def test_what_came_before_the_server_failed_is_kept_and_the_rest_drawn_later(page, server):
    settled(page.sample())  # the trial is over
    server.behaviour.faults = deque([None] * 5 + [404] * 3)
    settled(page.sample())
    first = page.snapshot
    assert first.run.state is RunState.INCOMPLETE
    assert 0 < first.placed < 24
    assert "has no model" in page.words
    server.behaviour.faults.clear()
    page.press("Draw the rest")
    services.jobs().wait(page.run_id, 60)
    assert page.snapshot.run.state is RunState.DONE
    assert page.snapshot.placed == 24
