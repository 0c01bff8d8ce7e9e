"""The store keeps runs exactly, gives them to their owners only, and forgets nothing."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import StoreError
from data.migration import missing_columns
from data.rows import unit_rows
from data.schema import Condition, Decoding, FinishReason, ModelRef, Run, RunState, Sample
from data.store import CUT_OFF, Store

ANY_TEXT = st.text(
    st.characters(exclude_categories=()), max_size=40
)  # controls and lone surrogates too


def a_run(number: int = 1, owner: str = "ann", **changes: object) -> Run:
    run = Run(
        id=f"{number:032x}",
        owner=owner,
        kind="sampling",
        prompt="What should the harbour become?",
        conditions=(
            Condition("a", "Plain", ModelRef("echo"), n=8),
            Condition(
                "b",
                "Hot",
                ModelRef("echo", "main", "int8"),
                Decoding(1.5, 0.9, 40, 0.05, 7, stop=("\n\n", 'a "quay" \\ \x00\ud800')),
                system="You are a fisher.",
                n=16,
            ),
        ),
        seed=2**70 + 3,
        state=RunState.RUNNING,
        created=datetime(2026, 1, 1, 12, 0, number, 17, tzinfo=UTC),
    )
    return replace(run, **changes)


def a_sample(index: int, text: str = "a pier") -> Sample:
    return Sample(
        index, f"c{index}", text, (5, 2**40), (-0.1, -1 / 3), (0.2, 0.0), FinishReason.STOP
    )


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "deep" / "chorale.db")
    yield opened
    opened.close()


def test_a_run_comes_back_as_it_was(store):
    run = a_run()
    store.create(run)
    assert store.run(run.id) == run
    assert store.run(run.id).created.tzinfo is UTC


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


def test_a_database_of_an_earlier_version_gets_what_it_lacks(store, tmp_path):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(0)])
    store.close()
    path = tmp_path / "deep" / "chorale.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE samples DROP COLUMN thinking")
        old.execute("ALTER TABLE conditions DROP COLUMN stop")
    for _ in range(2):  # the second time there is nothing left to do
        opened = Store(path)
        assert opened.unplaced(run.id) == (("a", a_sample(0)),)
        assert [c.decoding.stop for c in opened.run(run.id).conditions] == [(), ()]
        assert missing_columns(opened._engine) == []
        opened.close()


def test_a_database_that_refuses_new_columns_says_so(store, tmp_path):
    store.close()
    path = tmp_path / "deep" / "chorale.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE samples DROP COLUMN thinking")
        old.execute("ALTER TABLE samples RENAME TO kept")
        old.execute("CREATE VIEW samples AS SELECT * FROM kept")
    with pytest.raises(StoreError, match="could not be used"):
        Store(path)


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


@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=20), prompt=ANY_TEXT)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_survives(store, texts, prompt):
    run = a_run(id=uuid.uuid4().hex, prompt=prompt)
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(i, text) for i, text in enumerate(texts)])
    assert store.run(run.id).prompt == prompt
    assert [sample.text for _, sample in store.unplaced(run.id)] == texts


def test_only_the_owner_sees_a_run(store):
    store.create(a_run(1, "ann"))
    store.create(a_run(2, "bob"))
    store.create(a_run(3, ""))
    assert [s.run.owner for s in store.runs("ann")] == ["", "ann"]  # newest first
    assert store.run(a_run(3).id, owner="bob").owner == ""
    with pytest.raises(StoreError, match="no such run"):
        store.run(a_run(1).id, owner="bob")
    with pytest.raises(StoreError, match="no such run"):
        store.run("f" * 32)


def test_the_list_counts_what_is_drawn(store):
    store.create(a_run())
    store.add_samples(a_run().id, "b", [a_sample(4), a_sample(5)])
    (summary,) = store.runs("ann")
    assert (summary.drawn, summary.wanted) == (2, 24)


def test_deleting_can_be_undone_by_the_owner_only(store):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(0)])
    with pytest.raises(StoreError):
        store.delete(run.id, "bob")
    store.delete(run.id, "ann")
    assert store.runs("ann") == ()
    with pytest.raises(StoreError):
        store.run(run.id, owner="ann")
    with pytest.raises(StoreError):
        store.restore(run.id, "bob")
    store.restore(run.id, "ann")
    assert store.drawn(run.id)["a"] == {0}


def test_nobody_deletes_what_is_everyones(store):
    store.create(a_run(owner=""))
    with pytest.raises(StoreError):
        store.delete(a_run().id, "ann")


def test_what_was_deleted_long_ago_is_dropped_for_good(store):
    for number in (1, 2):
        store.create(a_run(number))
        store.add_samples(a_run(number).id, "a", [a_sample(0)])
        store.add_places(a_run(number).id, [("a", 0)], np.eye(1), np.zeros((1, 2)))
    store.delete(a_run(1).id, "ann")
    assert store.purge(timedelta(days=1)) == 0
    assert store.purge(timedelta(0)) == 1
    with pytest.raises(StoreError):
        store.restore(a_run(1).id, "ann")
    assert len(store.load(a_run(2).id).samples) == 1


def test_recover_marks_what_was_cut_off(store):
    for number, state in enumerate(RunState, start=1):
        store.create(a_run(number, state=state, note="stopped" if state == "incomplete" else ""))
    assert store.recover() == 2
    found = {s.run.id: (s.run.state, s.run.note) for s in store.runs("ann")}
    assert [found[a_run(n).id] for n in range(1, 5)] == [
        (RunState.INCOMPLETE, CUT_OFF),
        (RunState.INCOMPLETE, CUT_OFF),
        (RunState.DONE, ""),
        (RunState.INCOMPLETE, "stopped"),
    ]
    assert store.recover() == 0


def test_state_and_embedder_are_kept(store):
    store.create(a_run())
    store.set_state(a_run().id, RunState.INCOMPLETE, "Stopped by you.")
    store.set_embedder(a_run().id, "minilm")
    run = store.run(a_run().id)
    assert (run.state, run.note, run.embedder) == ("incomplete", "Stopped by you.", "minilm")


def test_another_process_finds_everything(store, tmp_path):
    store.create(a_run())
    store.add_samples(a_run().id, "a", [a_sample(0)])
    other = Store(f"sqlite:///{tmp_path / 'deep' / 'chorale.db'}")
    assert other.drawn(a_run().id) == {"a": {0}, "b": frozenset()}
    other.close()


def test_the_environment_names_the_database(tmp_path, monkeypatch):
    monkeypatch.setenv("CHORALE_DATABASE", str(tmp_path / "here.db"))
    Store().close()
    assert (tmp_path / "here.db").exists()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'there.db'}")
    Store().close()
    assert (tmp_path / "there.db").exists()


def test_a_broken_database_says_what_to_do(tmp_path):
    (tmp_path / "chorale.db").write_bytes(b"this is no database, but long enough to be read" * 40)
    with pytest.raises(StoreError, match=r"not a database.*CHORALE_DATABASE"):
        Store(tmp_path / "chorale.db")
    with pytest.raises(StoreError, match="could not be used"):
        Store("nonsense://host/name")


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="pip install 'psycopg") as raised:
        Store("postgres://ann:secret@localhost/chorale")
    assert "secret" not in str(raised.value)
