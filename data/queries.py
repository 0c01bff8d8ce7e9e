"""Questions to the tables that the store asks in more than one place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, func, select

from data.rows import condition_from_row, read_only, run_from_row, sample_from_row, unit_rows
from data.schema import FinishReason, Run, Sample
from data.tables import conditions, runs, samples

# Draws without an answer that could have a place on a map.
VOID = (FinishReason.MISSING.value, FinishReason.UNREAD.value, FinishReason.JUDGED.value)


def find_runs(connection: Connection, *where: Any) -> list[Run]:
    """Runs that meet the conditions, newest first."""
    rows = connection.execute(select(runs).where(*where).order_by(runs.c.created.desc()))
    found = rows.mappings().all()
    asked: dict[str, list[Any]] = {row["id"]: [] for row in found}
    query = select(conditions).where(conditions.c.run_id.in_(list(asked)))
    for row in connection.execute(query.order_by(conditions.c.position)).mappings():
        asked[row["run_id"]].append(condition_from_row(row))
    return [run_from_row(row, asked[row["id"]]) for row in found]


def find_samples(
    connection: Connection, query: Select[Any], run_id: str, *where: Any
) -> tuple[tuple[str, Sample], ...]:
    """A run's samples with their condition keys, in order of arrival."""
    found = query.where(samples.c.run_id == run_id, *where).order_by(samples.c.id)
    rows = connection.execute(found).mappings()
    return tuple((row["key"], sample_from_row(row)) for row in rows)


def count_samples(connection: Connection, ids: Sequence[str]) -> Mapping[str, int]:
    """Number of stored samples by run; runs without any are left out."""
    query = select(samples.c.run_id, func.count()).where(samples.c.run_id.in_(list(ids)))
    return {run: count for run, count in connection.execute(query.group_by(samples.c.run_id))}


def taken(
    connection: Connection, run_id: str, indices: Collection[int]
) -> frozenset[tuple[str, int]]:
    """Condition keys and indices of a run's stored samples, among some indices."""
    query = select(samples.c.key, samples.c.index).where(
        samples.c.run_id == run_id, samples.c.index.in_(list(indices))
    )
    return frozenset((key, index) for key, index in connection.execute(query))


def sample_ids(connection: Connection, run_id: str, rows: Sequence[tuple[str, int]]) -> list[int]:
    """Row numbers of a run's samples, given as pairs of condition key and index.

    Raises:
        ValueError: one isn't in the store.
    """
    query = select(samples.c.key, samples.c.index, samples.c.id).where(samples.c.run_id == run_id)
    known = {(key, index): i for key, index, i in connection.execute(query)}
    absent = [row for row in rows if row not in known]
    if absent:
        raise ValueError(f"Expected every row to be a stored sample but {absent[0]} was not.")
    return [known[row] for row in rows]


def vectors_of(halves: Sequence[bytes]) -> NDArray[np.float32]:
    """(m, d) read-only unit rows of stored vectors."""
    if not halves:
        return read_only(np.zeros((0, 0), dtype=np.float32))
    joined = np.frombuffer(b"".join(halves), dtype=np.float16)
    return read_only(unit_rows(joined.reshape(len(halves), -1)))
