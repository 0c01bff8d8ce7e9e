"""The store keeps runs exactly, gives them to their owners only, and forgets nothing."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from contextlib import closing
from datetime import UTC, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import StoreError
from data.migration import missing_columns
from data.schema import RunState, Strategy
from data.store import CUT_OFF, Store
from tests.data.stored import a_run, a_sample

ANY_TEXT = st.text(
    st.characters(exclude_categories=()), max_size=40
)  # controls and lone surrogates too


def test_a_run_comes_back_as_it_was(store):
    run = a_run()
    store.create(run)
    assert store.run(run.id) == run
    assert store.run(run.id).created.tzinfo is UTC


def test_a_database_of_an_earlier_version_gets_what_it_lacks(store, tmp_path):
    run = a_run()
    store.create(run)
    store.add_samples(run.id, "a", [a_sample(0)])
    store.close()
    path = tmp_path / "deep" / "chorale.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE samples DROP COLUMN thinking")
        for column in ("origin", "steps", "spent"):
            old.execute(f"ALTER TABLE samples DROP COLUMN {column}")
        for column in ("stop", "strategy", "options", "choir"):
            old.execute(f"ALTER TABLE conditions DROP COLUMN {column}")
    for _ in range(2):  # the second time there is nothing left to do
        opened = Store(path)
        assert opened.unplaced(run.id) == (("a", a_sample(0)),)
        assert [c.decoding.stop for c in opened.run(run.id).conditions] == [(), ()]
        assert {c.strategy for c in opened.run(run.id).conditions} == {Strategy()}
        assert {c.choir for c in opened.run(run.id).conditions} == {()}
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
