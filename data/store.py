"""Where runs live: SQLite beside the app by default, PostgreSQL by DATABASE_URL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from data.database import as_store_error, open_engine
from data.errors import StoreError
from data.migration import add_missing_columns
from data.queries import VOID, count_samples, find_runs, find_samples, sample_ids, taken, vectors_of
from data.rows import condition_to_row, read_only, run_to_row, sample_from_row, sample_to_row
from data.schema import Condition, Run, RunData, RunState, Sample
from data.tables import conditions, metadata, places, runs, samples, scores, verdicts

KEEP_DELETED = timedelta(days=7)
CUT_OFF = "Chorale was closed while this run was going."


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A line in a list of runs."""

    run: Run
    drawn: int
    wanted: int


class Store:
    """Runs, their samples and places. Safe to use from many threads.

    Args:
        url: an SQLAlchemy URL or the path of an SQLite file; by default the environment's
            DATABASE_URL, else CHORALE_DATABASE (either form), else `.chorale/chorale.db`.

    Raises:
        StoreError: the database can't be opened.
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        with as_store_error():
            self._engine = open_engine(url)
            metadata.create_all(self._engine)
            add_missing_columns(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def create(self, run: Run) -> None:
        """Add a run without samples."""
        with self._transaction() as connection:
            connection.execute(insert(runs), run_to_row(run))
            connection.execute(
                insert(conditions),
                [
                    {"run_id": run.id, "position": position, **condition_to_row(condition)}
                    for position, condition in enumerate(run.conditions)
                ],
            )

    def run(self, run_id: str, *, owner: str | None = None) -> Run:
        """One run.

        Args:
            run_id: its id.
            owner: who asks; None asks for the program itself. Runs of owner "" are everyone's.

        Raises:
            StoreError: it isn't there, was deleted, or belongs to someone else.
        """
        with self._transaction() as connection:
            found = find_runs(connection, runs.c.id == run_id, runs.c.deleted.is_(None))
        if not found or (owner is not None and found[0].owner not in ("", owner)):
            raise _absent()
        return found[0]

    def runs(self, owner: str) -> tuple[RunSummary, ...]:
        """The runs that this owner may see, newest first."""
        with self._transaction() as connection:
            found = find_runs(connection, runs.c.owner.in_(["", owner]), runs.c.deleted.is_(None))
            counts = count_samples(connection, [run.id for run in found])
        return tuple(
            RunSummary(run, counts.get(run.id, 0), sum(c.n for c in run.conditions))
            for run in found
        )

    def set_state(self, run_id: str, state: RunState, note: str = "") -> None:
        """Say where a run stands, and why when it is incomplete."""
        with self._transaction() as connection:
            connection.execute(
                update(runs).where(runs.c.id == run_id).values(state=state.value, note=note)
            )

    def set_conditions(self, run_id: str, changed: Sequence[Condition]) -> None:
        """Ask for something else under the same keys; draws that are there stay."""
        with self._transaction() as connection:
            for condition in changed:
                same = (conditions.c.run_id == run_id, conditions.c.key == condition.key)
                connection.execute(
                    update(conditions).where(*same).values(**condition_to_row(condition))
                )

    def set_embedder(self, run_id: str, embedder: str) -> None:
        """Name the embedder of a run's vectors."""
        with self._transaction() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(embedder=embedder))

    def add_samples(self, run_id: str, key: str, drawn: Sequence[Sample]) -> None:
        """Keep draws of one condition: on disk when this returns.

        A draw that is there already (same index) stays as it was.
        """
        self.add_drawn(run_id, [(key, sample) for sample in drawn])

    def add_drawn(self, run_id: str, drawn: Sequence[tuple[str, Sample]]) -> None:
        """Keep draws of any conditions, in one transaction; see `add_samples`."""
        with self._transaction() as connection:
            there = taken(connection, run_id, {sample.index for _, sample in drawn})
            new = {(k, s.index): s for k, s in drawn if (k, s.index) not in there}
            rows = [sample_to_row(run_id, key, sample) for (key, _), sample in new.items()]
            if rows:
                connection.execute(insert(samples), rows)

    def drawn(self, run_id: str) -> dict[str, frozenset[int]]:
        """Indices of the finished draws per condition key."""
        query = select(samples.c.key, samples.c.index).where(samples.c.run_id == run_id)
        found: dict[str, set[int]] = {c.key: set() for c in self.run(run_id).conditions}
        with self._transaction() as connection:
            for key, index in connection.execute(query):
                found.setdefault(key, set()).add(index)
        return {key: frozenset(indices) for key, indices in found.items()}

    def unplaced(self, run_id: str) -> tuple[tuple[str, Sample], ...]:
        """Answers that have no vector yet, in order of arrival, with their keys."""
        query = select(samples).outerjoin(places).where(places.c.sample_id.is_(None))
        with self._transaction() as connection:
            return find_samples(connection, query, run_id, samples.c.finish.not_in(VOID))

    def add_places(
        self,
        run_id: str,
        rows: Sequence[tuple[str, int]],
        vectors: NDArray[np.floating],
        coordinates: NDArray[np.floating],
    ) -> None:
        """Keep where draws lie.

        Args:
            run_id: their run.
            rows: (m,) pairs of condition key and sample index; each sample is in the store.
            vectors: (m, d) embeddings; kept as float16.
            coordinates: (m, 2) places on the map.

        Raises:
            ValueError: shapes differ, or a sample isn't in the store.
        """
        if not len(rows) == len(vectors) == len(coordinates):
            raise ValueError(
                "Expected rows, vectors and coordinates to have one length but they had "
                f"{len(rows)}, {len(vectors)} and {len(coordinates)}."
            )
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        with self._transaction() as connection:
            ids = sample_ids(connection, run_id, rows)
            connection.execute(delete(places).where(places.c.sample_id.in_(ids)))
            values = [
                {"sample_id": i, "vector": half.tobytes(), "x": float(x), "y": float(y)}
                for i, half, (x, y) in zip(ids, halves, coordinates, strict=True)
            ]
            if values:
                connection.execute(insert(places), values)

    def move(
        self,
        run_id: str,
        rows: Sequence[tuple[str, int]],
        coordinates: NDArray[np.floating],
    ) -> None:
        """Give placed draws new coordinates.

        Args:
            run_id: their run.
            rows: (m,) pairs of condition key and sample index.
            coordinates: (m, 2) places on the map.
        """
        if not rows:
            return
        change = (
            update(places)
            .where(places.c.sample_id == bindparam("sample"))
            .values(x=bindparam("new_x"), y=bindparam("new_y"))
        )
        with self._transaction() as connection:
            ids = sample_ids(connection, run_id, rows)
            connection.execute(
                change,
                [
                    {"sample": i, "new_x": float(x), "new_y": float(y)}
                    for i, (x, y) in zip(ids, coordinates, strict=True)
                ],
            )

    def load(self, run_id: str) -> RunData:
        """A run with its placed draws, in order of arrival.

        Raises:
            StoreError: it isn't there.
        """
        run = self.run(run_id)
        query = (
            select(samples, places.c.vector, places.c.x, places.c.y)
            .join(places)
            .where(samples.c.run_id == run_id)
            .order_by(samples.c.id)
        )
        with self._transaction() as connection:
            rows = connection.execute(query).mappings().all()
            voids = find_samples(connection, select(samples), run_id, samples.c.finish.in_(VOID))
        return RunData(
            run=run,
            keys=tuple(row["key"] for row in rows),
            samples=tuple(sample_from_row(row) for row in rows),
            vectors=vectors_of([row["vector"] for row in rows]),
            coordinates=read_only(
                np.array([(row["x"], row["y"]) for row in rows], dtype=np.float32).reshape(-1, 2)
            ),
            voids=voids,
        )

    def delete(self, run_id: str, owner: str) -> None:
        """Take a run out of every list. `restore` undoes it for a week.

        Raises:
            StoreError: it isn't there or isn't this owner's.
        """
        self._set_deleted(run_id, owner, datetime.now(UTC).replace(tzinfo=None))

    def restore(self, run_id: str, owner: str) -> None:
        """Undo `delete`.

        Raises:
            StoreError: it is gone for good or isn't this owner's.
        """
        self._set_deleted(run_id, owner, None)

    def recover(self) -> int:
        """Put in order what an earlier process left: call once, at start.

        Runs left in the middle become incomplete; runs deleted long ago are dropped for good.

        Returns:
            The number of runs that had been cut off.
        """
        unfinished = [RunState.QUEUED.value, RunState.RUNNING.value]
        with self._transaction() as connection:
            cut_off = connection.execute(
                update(runs)
                .where(runs.c.state.in_(unfinished))
                .values(state=RunState.INCOMPLETE.value, note=CUT_OFF)
            )
        self.purge(KEEP_DELETED)
        return cut_off.rowcount

    def purge(self, older_than: timedelta) -> int:
        """Drop for good what was deleted longer ago than this; returns how many runs."""
        limit = datetime.now(UTC).replace(tzinfo=None) - older_than
        old = select(runs.c.id).where(runs.c.deleted < limit)
        with self._transaction() as connection:
            for table in (verdicts, scores):  # these have no foreign key
                connection.execute(delete(table).where(table.c.run_id.in_(old)))
            return connection.execute(delete(runs).where(runs.c.deleted < limit)).rowcount

    def _set_deleted(self, run_id: str, owner: str, when: datetime | None) -> None:
        change = update(runs).where(runs.c.id == run_id, runs.c.owner == owner)
        with self._transaction() as connection:
            if connection.execute(change.values(deleted=when)).rowcount == 0:
                raise _absent()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with as_store_error(), self._engine.begin() as connection:
            yield connection


def _absent() -> StoreError:
    return StoreError(
        "There is no such run among yours.", "Open one of the runs in the list, or start one."
    )
