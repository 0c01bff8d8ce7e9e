"""Runs go on in the background; every draw is stored first, and none is lost or drawn twice."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from data.errors import ChoraleError, ModelError
from data.schema import ModelRef, RunState
from experiments.snapshot import Phase
from models.echo import EchoModel, HashEmbedder
from tests.experiments.workshop import WAIT, ask, load


def draws(data):
    """Every sample by condition and index."""
    return {(key, s.index): s for key, s in zip(data.keys, data.samples, strict=True)}


def test_a_run_is_drawn_stored_and_placed(workshop):
    shop = workshop()
    run_id = shop.ask("echo", "echo", n=20)
    shown = shop.finished(run_id)
    assert (shown.phase, shown.error, shown.run.state) == (Phase.DONE, None, RunState.DONE)
    assert shown.drawn == shown.wanted == {"a": 20, "b": 20}
    assert shown.placed == len(shown.data.keys) == 40
    assert shown.rate > 0
    assert shown.run.embedder == HashEmbedder().id
    assert set(draws(shown.data)) == {(key, i) for key in "ab" for i in range(20)}


def test_what_is_shown_is_what_is_stored(workshop):
    shop = workshop()
    shown = shop.finished(shop.ask("echo", "echo", n=40))
    stored = shop.store.load(shown.run.id)
    assert stored.run == shown.data.run == shown.run
    assert stored.samples == shown.data.samples
    assert stored.keys == shown.data.keys
    np.testing.assert_array_equal(stored.vectors, shown.data.vectors)
    np.testing.assert_array_equal(stored.coordinates, shown.data.coordinates)


def test_draws_are_the_models_own(workshop):
    shop = workshop()
    data = shop.finished(shop.ask("echo", n=8)).data
    (turn,) = ask("echo", n=8).turns({}, lambda: 8)
    expected = {("a", e.sample.index): e.sample for e in turn.work(EchoModel(), lambda: False)}
    assert draws(data) == expected


def test_snapshots_grow_and_never_run_ahead_of_the_store(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=48)
    versions, counts = [], []
    active = True
    while active:
        shown = shop.jobs.snapshot(run_id, owner="ann")
        active = shown.active
        assert shown.drawn["a"] <= len(shop.store.drawn(run_id)["a"])
        assert len(shown.data.keys) == shown.placed <= shown.drawn["a"]
        assert len(shown.data.keys) <= len(shop.store.load(run_id).keys)
        versions.append(shown.version)
        counts.append(shown.placed)
        threading.Event().wait(0.02)
    assert versions == sorted(versions)
    assert counts == sorted(counts)
    assert len(set(counts)) > 2


def test_repetitions_are_embedded_once(workshop):
    asked = []

    class Counting(HashEmbedder):
        def embed(self, texts):
            asked.extend(texts)
            return super().embed(texts)

    shop = workshop(embedder=Counting)
    data = shop.finished(shop.ask("echo", n=60)).data
    assert sorted(asked) == sorted({s.text for s in data.samples})
    for row, sample in enumerate(data.samples):
        first = next(i for i, s in enumerate(data.samples) if s.text == sample.text)
        np.testing.assert_array_equal(data.vectors[row], data.vectors[first])


def test_stop_keeps_what_came_and_places_it(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=400)
    shop.seen(run_id, lambda s: s.drawn["a"] > 0)
    shop.jobs.stop(run_id, owner="ann")
    shown = shop.finished(run_id)
    assert (shown.phase, shown.run.state) == (Phase.STOPPED, RunState.INCOMPLETE)
    assert shown.run.note == "Stopped by you."
    assert 0 < shown.placed == shown.drawn["a"] < 400
    assert math.isnan(shown.seconds_left)
    assert shop.jobs.active("ann") == ()
    shop.jobs.stop(run_id, owner="ann")  # nothing happens


def test_a_run_that_waits_can_be_stopped_at_once(workshop):
    entered, opened = threading.Event(), threading.Event()

    def slowly(ref):
        entered.set()
        assert opened.wait(WAIT)
        return load(ref)

    shop = workshop(loader=slowly)
    run_id = shop.ask("echo")
    assert entered.wait(WAIT)
    shown = shop.seen(run_id, lambda s: s.phase is Phase.LOADING)
    assert "echo" in shown.message
    assert math.isnan(shown.rate)
    shop.jobs.stop(run_id, owner="ann")
    assert shop.finished(run_id).phase is Phase.STOPPED  # while the model is still loading
    opened.set()


def test_a_resumed_run_equals_one_that_was_not_stopped(workshop):
    shop = workshop()
    whole = shop.finished(shop.ask("echo", "echo#two", n=80)).data
    run_id = shop.ask("echo:slow", "echo:slow#two", n=80)
    shop.seen(run_id, lambda s: s.drawn["a"] > 3)
    shop.jobs.stop(run_id, owner="ann")
    before = shop.finished(run_id)
    assert before.phase is Phase.STOPPED
    assert shop.jobs.resume(run_id, owner="ann") == run_id
    during = shop.jobs.snapshot(run_id, owner="ann")
    assert during.active
    assert during.run.state is not RunState.INCOMPLETE
    assert during.placed >= before.placed
    after = shop.finished(run_id)
    assert (after.phase, after.run.note) == (Phase.DONE, "")
    assert draws(after.data) == draws(whole)
    assert after.data.samples[: before.placed] == before.data.samples
    assert len(after.data.samples) == 160


def test_a_complete_run_is_not_resumed(workshop):
    shop = workshop()
    run_id = shop.ask()
    shop.finished(run_id)
    with pytest.raises(ChoraleError, match="done"):
        shop.jobs.resume(run_id, owner="ann")


def test_a_failing_model_says_so_and_loses_nothing(workshop):
    shop = workshop()
    shown = shop.finished(shop.ask("echo:fail"))
    assert shown.phase is Phase.FAILED
    assert isinstance(shown.error, ModelError)
    assert shown.drawn == {"a": 3}
    assert shown.placed == 3
    assert shown.run.state is RunState.INCOMPLETE
    assert shown.run.note == shown.error.what_happened


def test_a_crash_is_logged_and_the_next_run_works(workshop, caplog):
    shop = workshop()
    shown = shop.finished(shop.ask("echo:crash"))
    assert shown.phase is Phase.FAILED
    assert "Something in Chorale broke" in shown.error.what_happened
    assert "as it was asked to" not in str(shown.error)
    assert "RuntimeError: The echo model crashed" in caplog.text
    assert shown.drawn == {"a": 3}
    assert shop.finished(shop.ask("echo:crash")).phase is Phase.FAILED
    assert shop.finished(shop.ask("echo")).phase is Phase.DONE


def test_a_broken_embedder_stops_the_run_and_resuming_places_the_rest(workshop):
    working = False

    class Fragile(HashEmbedder):
        def embed(self, texts):
            if not working:
                raise ModelError("The embedder is gone.", "Fetch it.")
            return super().embed(texts)

    shop = workshop(embedder=Fragile)
    run_id = shop.ask("echo", n=40)
    shown = shop.finished(run_id)
    assert (shown.phase, shown.error.what_happened) == (Phase.FAILED, "The embedder is gone.")
    assert shown.placed == 0
    working = True
    shop.jobs.resume(run_id, owner="ann")
    shown = shop.finished(run_id)
    assert (shown.phase, shown.placed) == (Phase.DONE, 40)


def test_another_embedders_vectors_are_never_mixed(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=100)
    shop.seen(run_id, lambda s: s.placed > 0)
    shop.jobs.stop(run_id, owner="ann")
    shop.finished(run_id)
    other = workshop(embedder=lambda: HashEmbedder(8))
    other.jobs.resume(run_id, owner="ann")
    shown = other.finished(run_id)
    assert shown.run.embedder == HashEmbedder(8).id
    assert shown.data.vectors.shape == (100, 8)
    assert other.store.load(run_id).vectors.shape == (100, 8)


def test_conditions_of_two_models_never_hold_both(workshop):
    beside = []

    def note(ref):
        beside.append(shop.models.loaded())
        return load(ref)

    shop = workshop(loader=note, fits=lambda loaded, wanted: not loaded)
    assert shop.finished(shop.ask("echo#one", "echo#two", n=40)).phase is Phase.DONE
    assert beside == [(), ()]
    assert shop.models.loaded() == (ModelRef("echo#two"),)


def test_closing_keeps_everything_for_the_next_start(workshop):
    shop = workshop()
    run_id = shop.ask("echo:slow", n=400)
    shop.seen(run_id, lambda s: s.drawn["a"] > 0)
    shop.jobs.shutdown()
    stored = shop.store.run(run_id)
    assert (stored.state, stored.note) == (
        RunState.INCOMPLETE,
        "Chorale was closed while this run was going.",
    )
    with pytest.raises(ChoraleError, match="closing"):
        shop.ask()


def test_a_finished_run_is_read_once(workshop, monkeypatch):
    shop = workshop()
    run_id = shop.ask()
    shop.finished(run_id)
    other = workshop()
    first = other.jobs.snapshot(run_id, owner="ann")
    assert (first.phase, first.placed) == (Phase.DONE, 16)
    monkeypatch.setattr(other.store, "load", None)
    assert other.jobs.snapshot(run_id, owner="ann") is first


def test_a_run_of_another_process_is_left_alone(workshop):
    shop, other = workshop(), workshop()
    run_id = shop.ask("echo:slow", n=100)
    shop.seen(run_id, lambda s: s.drawn["a"] > 0)
    assert not other.jobs.snapshot(run_id, owner="ann").active
    with pytest.raises(ChoraleError, match="running"):
        other.jobs.resume(run_id, owner="ann")
    shop.jobs.stop(run_id, owner="ann")
    shown = shop.finished(run_id)
    assert other.jobs.snapshot(run_id, owner="ann").placed == shown.placed
