"""The store keeps draws exactly, in order, and where they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.rows import unit_rows
from data.schema import (
    FinishReason,
    Sample,
    Step,
)
from tests.data.stored import a_run, a_sample


def test_samples_come_back_in_order_of_arrival(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "b", [a_sample(3), a_sample(1)])
    store.add_samples(run.id, "a", [a_sample(0)])
    assert store.drawn(run.id) == {"a": {0}, "b": {1, 3}}
    assert store.unplaced(run.id) == (("b", a_sample(3)), ("b", a_sample(1)), ("a", a_sample(0)))


def test_thinking_is_kept_beside_the_text(store):
    run = a_run()
    store.create(run)
    thoughtful = replace(a_sample(0), thinking="a pier, or \\ \ud800 not?")
    store.add_samples(run.id, "a", [thoughtful, a_sample(1)])
    assert [s for _, s in store.unplaced(run.id)] == [thoughtful, a_sample(1)]


def test_what_led_to_an_answer_is_kept_with_it(store):
    run = a_run()
    store.create(run)
    planned = replace(
        a_sample(0), origin="a \\ \ud800 fisher", steps=(Step("plan", "1. \ud800 \\"),), spent=41
    )
    store.add_samples(run.id, "a", [planned, a_sample(1)])
    assert [s for _, s in store.unplaced(run.id)] == [planned, a_sample(1)]
    assert (planned.cost, a_sample(1).cost) == (41, 2)


def test_draws_without_an_answer_are_kept_apart_and_never_wait_for_a_place(store):
    run = a_run()
    store.create(run)
    void = Sample(1, "c", "", (), (), (), FinishReason.UNREAD, steps=(Step("reply", "?"),), spent=9)
    store.add_samples(run.id, "a", [a_sample(0), void])
    assert store.drawn(run.id)["a"] == {0, 1}
    assert store.unplaced(run.id) == (("a", a_sample(0)),)
    store.add_places(run.id, [("a", 0)], np.eye(1), np.zeros((1, 2)))
    data = store.load(run.id)
    assert (data.samples, data.voids) == ((a_sample(0),), (("a", void),))


def test_a_sample_is_kept_once_and_as_first_drawn(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(0, "first")])
    store.add_samples(run.id, "a", [a_sample(0, "second"), a_sample(1), a_sample(1, "again")])
    assert [s.text for _, s in store.unplaced(run.id)] == ["first", "again"]


def test_load_holds_placed_rows_only(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(i, f"text {i}") for i in range(3)])
    assert store.load(run.id).keys == ()
    vectors = unit_rows(np.arange(1, 9).reshape(2, 4))
    places = np.array([[0.1, 0.2], [1 / 3, -4]], dtype=np.float32)
    store.add_places(run.id, [("a", 2), ("a", 0)], vectors, places)
    data = store.load(run.id)
    assert [s.index for s in data.samples] == [0, 2]
    np.testing.assert_array_equal(data.coordinates, places[::-1])
    np.testing.assert_allclose(data.vectors, vectors[::-1], atol=5e-4)
    np.testing.assert_allclose(np.linalg.norm(data.vectors, axis=1), 1, atol=1e-6)
    assert not data.vectors.flags.writeable
    assert not data.coordinates.flags.writeable
    assert [s.index for _, s in store.unplaced(run.id)] == [1]


def test_what_is_shown_before_storing_equals_what_is_loaded(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(i) for i in range(8)])
    halves = np.random.default_rng(1).standard_normal((8, 384)).astype(np.float16)
    store.add_places(run.id, [("a", i) for i in range(8)], halves, np.zeros((8, 2)))
    loaded = store.load(run.id).vectors
    np.testing.assert_array_equal(loaded, unit_rows(halves))
    # Storing a unit row again loses nothing: repetitions stay exact repetitions.
    again = unit_rows(loaded.astype(np.float16))
    np.testing.assert_array_equal(unit_rows(again.astype(np.float16)), again)


def test_points_can_move(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(0), a_sample(1)])
    store.add_places(run.id, [("a", 0), ("a", 1)], np.eye(2), np.zeros((2, 2)))
    store.move(run.id, [("a", 1)], np.array([[5.0, 6.0]]))
    np.testing.assert_array_equal(store.load(run.id).coordinates, [[0, 0], [5, 6]])
    store.add_places(run.id, [("a", 0)], np.array([[0.0, 1.0]]), np.array([[7.0, 8.0]]))
    np.testing.assert_array_equal(store.load(run.id).coordinates, [[7, 8], [5, 6]])


def test_places_need_stored_samples_and_equal_lengths(store):
    run = a_run()
    store.create(run)
    with pytest.raises(ValueError, match="stored sample"):
        store.add_places(run.id, [("a", 0)], np.eye(1), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="one length"):
        store.add_places(run.id, [("a", 0)], np.eye(2), np.zeros((1, 2)))
