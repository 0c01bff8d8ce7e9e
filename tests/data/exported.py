"""Runs to write to files, and the files looked at."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.exports import to_parquet
from data.rows import unit_rows
from data.schema import (
    Condition,
    Decoding,
    FinishReason,
    ModelRef,
    Run,
    RunData,
    RunState,
    Sample,
    Strategy,
)

RUN = Run(
    id="0" * 32,
    owner="ann",
    kind="sampling",
    prompt="What, then?",
    conditions=(
        Condition("a", "Plain", ModelRef("echo"), n=64),
        Condition(
            "b",
            "Hot",
            ModelRef("o/m", "main", "nf4"),
            Decoding(1.3, 0.9, 5, 0.1, 7, ("\n", "\ud800")),
            "S",
            8,
            Strategy("roles", (("roles", ("x", "\ud800")), ("answers", 3))),
            (ModelRef("echo"),),
        ),
    ),
    seed=2**80,
    state=RunState.DONE,
    created=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    embedder="minilm@1",
)


def a_run(texts, *, run=RUN, dimensions=32, vectors=None):
    samples = tuple(
        Sample(i, f"c{i}", text, (i, 9), (-0.1, -2.0), (0.5, 0.0), FinishReason.STOP)
        for i, text in enumerate(texts)
    )
    if vectors is None:
        rows = np.random.default_rng(0).standard_normal((len(texts), dimensions))
        vectors = unit_rows(unit_rows(rows).astype(np.float16))  # as the store gives them
    places = np.arange(2 * len(texts), dtype=np.float32).reshape(-1, 2) / 3
    return RunData(run, ("a",) * len(samples), samples, vectors, places)


def assert_same(read, data):
    assert read.run == replace(data.run, owner="")
    assert (read.keys, read.samples, read.voids) == (data.keys, data.samples, data.voids)
    np.testing.assert_array_equal(read.vectors, data.vectors)
    np.testing.assert_array_equal(read.coordinates, data.coordinates)
    assert read.vectors.dtype == read.coordinates.dtype == np.float32
    assert not read.vectors.flags.writeable


def cells(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def retold(data, **columns):
    """The parquet file with some columns replaced, or left out when None."""
    table = pq.read_table(pa.BufferReader(to_parquet(data)))
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = table.remove_column(place)
        if values is not None:
            table = table.add_column(place, name, values)
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
