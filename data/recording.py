"""Reading a run from a parquet file that anybody may have touched."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import ChoraleError
from data.rows import read_only, run_from_json, unit_rows
from data.schema import Condition, FinishReason, Run, RunData, Sample

SETTINGS = "chorale"  # the metadata key with the run's settings


def read_table(source: pa.BufferReader | str | os.PathLike[str]) -> RunData:
    """See `data.exports.from_parquet`.

    Raises:
        ChoraleError: the file isn't one of ours, or not as we wrote it.
    """
    try:
        table = pq.read_table(source)
        settings = json.loads((table.schema.metadata or {})[SETTINGS.encode()])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise _broken("it is no parquet file with a Chorale run in it") from error
    run, texts, thoughts = _settings(settings, rows=table.num_rows)
    keys = _column(table, "condition", str)
    samples = _samples(table, texts, thoughts)
    _check_rows(run, keys, samples)
    xy = [_column(table, name, float) for name in ("x", "y")]
    coordinates = np.array(xy, dtype=np.float32).T.reshape(-1, 2)
    _check_finite("x and y", coordinates)
    return RunData(run, tuple(keys), samples, _vectors(table), read_only(coordinates))


def _settings(settings: Any, *, rows: int) -> tuple[Run, dict[int, str], dict[int, str]]:
    """The run, and by row texts and thoughts that their columns couldn't hold."""
    try:
        if settings["format"] != 1:
            raise ValueError(f"format is {settings['format']}")
        run = run_from_json(settings["run"])
        texts = {int(row): text for row, text in settings["texts"].items()}
        thoughts = {int(row): text for row, text in settings.get("thoughts", {}).items()}
        both = (*texts.values(), *thoughts.values())
        for value in (run.prompt, run.note, run.embedder, *both):
            _expect(value, str)
        for condition in run.conditions:
            _check_condition(condition)
        if not all(0 <= row < rows for row in (*texts, *thoughts)):
            raise ValueError("a text has no row")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(f"its settings can't be read ({error})") from error
    return run, texts, thoughts


def _check_condition(condition: Condition) -> None:
    model, decoding = condition.model, condition.decoding
    words = (condition.key, condition.name, condition.system, model.id, model.revision)
    for word in (*words, *decoding.stop):
        _expect(word, str)
    for number in (decoding.temperature, decoding.top_p, decoding.min_p):
        _expect(number, int, float)
    for count in (condition.n, decoding.top_k, decoding.max_new_tokens):
        _expect(count, int)


def _expect(value: object, *kinds: type) -> None:
    if type(value) not in kinds:
        raise TypeError(f"{value!r} is no {kinds[-1].__name__}")


def _samples(
    table: pa.Table, texts: Mapping[int, str], thoughts: Mapping[int, str]
) -> tuple[Sample, ...]:
    names = ("token_ids", "logprobs", "entropies")
    lists = [_lists(table, name) for name in names]
    finishes = _column(table, "finish", str)
    rows = zip(
        _column(table, "index", int), _column(table, "call_id", str),
        zip(_exact(table, "text", texts), _thinking(table, thoughts), strict=True),
        *lists, finishes, strict=True,
    )  # fmt: skip
    return tuple(_sample(number, *row) for number, row in enumerate(rows, start=1))


def _exact(table: pa.Table, name: str, exact: Mapping[int, str]) -> list[str]:
    return [exact.get(row, text) for row, text in enumerate(_column(table, name, str))]


def _thinking(table: pa.Table, exact: Mapping[int, str]) -> list[str]:
    """Files of earlier versions have no such column."""
    if "thinking" not in table.column_names:
        return [""] * table.num_rows
    return _exact(table, "thinking", exact)


def _sample(
    row: int,
    index: int,
    call_id: str,
    said: tuple[str, str],
    token_ids: list[int],
    logprobs: list[float],
    entropies: list[float],
    finish: str,
) -> Sample:
    if finish not in set(FinishReason):
        raise _broken(f"row {row}, column “finish” has {finish!r}")
    if not len(token_ids) == len(logprobs) == len(entropies):
        raise _broken(f"row {row} has unequal numbers of token_ids, logprobs and entropies")
    return Sample(
        index, call_id, said[0], tuple(token_ids), tuple(logprobs), tuple(entropies),
        FinishReason(finish), said[1],
    )  # fmt: skip


def _check_rows(run: Run, keys: Sequence[str], samples: Sequence[Sample]) -> None:
    sizes = {condition.key: condition.n for condition in run.conditions}
    seen: set[tuple[str, int]] = set()
    for row, (key, sample) in enumerate(zip(keys, samples, strict=True), start=1):
        if key not in sizes:
            raise _broken(f"row {row}, column “condition” has {key!r}, which the run doesn't have")
        if not 0 <= sample.index < sizes[key]:
            raise _broken(f"row {row}, column “index” has {sample.index}, beyond its condition")
        if (key, sample.index) in seen:
            raise _broken(f"row {row}, column “index” repeats {sample.index} of condition {key}")
        seen.add((key, sample.index))


def _column(table: pa.Table, name: str, kind: type) -> list[Any]:
    """A column's values, none of them missing."""
    values = _present(table, name).to_pylist()
    for row, value in enumerate(values, start=1):
        if type(value) is not kind:
            raise _broken(f"row {row}, column “{name}” has {value!r}")
    return values


def _lists(table: pa.Table, name: str) -> list[list[Any]]:
    """A column of lists of numbers, none of them missing."""
    column = _present(table, name)
    number = pa.types.is_integer if name == "token_ids" else pa.types.is_floating
    if not (pa.types.is_list(column.type) and number(column.type.value_type)):
        raise _broken(f"column “{name}” holds {column.type}")
    values: list[Any] = column.to_pylist()
    for row, value in enumerate(values, start=1):
        if value is None or None in value:
            raise _broken(f"row {row}, column “{name}” has a gap")
    return values


def _vectors(table: pa.Table) -> NDArray[np.float32]:
    column = _present(table, "vector").combine_chunks()
    kind = column.type
    if not (pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type)):
        raise _broken(f"column “vector” holds {kind}")
    flat = column.flatten().to_numpy(zero_copy_only=False)
    if len(flat) != len(column) * kind.list_size:
        raise _broken("column “vector” has a gap")
    rows = flat.reshape(len(column), kind.list_size)
    _check_finite("vector", rows)
    return read_only(unit_rows(rows) if rows.dtype == np.float16 else rows.astype(np.float32))


def _present(table: pa.Table, name: str) -> pa.ChunkedArray:
    if table.column_names.count(name) != 1:
        raise _broken(f"column “{name}” is missing")
    return table.column(name)


def _check_finite(name: str, rows: NDArray[np.floating]) -> None:
    bad = (~np.isfinite(rows)).any(axis=1).nonzero()[0]
    if len(bad):
        raise _broken(f"row {bad[0] + 1}, column “{name}” has a number that is not finite")


def _broken(why: str) -> ChoraleError:
    return ChoraleError(
        f"This file can't be opened as a run: {why}.",
        "Take one that Chorale saved as parquet, unchanged.",
    )
