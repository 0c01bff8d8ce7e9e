"""A run as a file: CSV to read, parquet to keep; and a kept run back again."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.recording import SETTINGS, read_table
from data.rows import run_to_json, steps_to_json, unit_rows, void_to_json
from data.schema import Option, RunData, Sample

Extra = Mapping[str, Sequence[Any]]

# A spreadsheet takes a cell that begins like this for a formula, and runs it.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


def to_csv(data: RunData, extra: Extra | None = None) -> bytes:
    """A table to read and to open in a spreadsheet, one answer per row.

    UTF-8 with a byte order mark, which Excel needs to see that it is UTF-8; lines end as RFC 4180
    asks. Text cells that a spreadsheet would take for a formula get an apostrophe in front; NUL
    characters and lone surrogates, which few readers survive, become U+FFFD. `to_parquet` keeps
    the texts as they are, and tokens and vectors too.

    Args:
        data: what to write.
        extra: more columns by name, each with a value per row.

    Raises:
        ValueError: an extra column has another length, or the name of one of ours.
    """
    columns = {**_answers(data), **_coordinates(data)}
    _check_extra(extra, columns, len(data.keys))
    return table_to_csv(columns | dict(extra or {}))


def table_to_csv(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Any table, written as `to_csv` writes answers.

    Args:
        columns: by name, all of one length.

    Raises:
        ValueError: they differ in length.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_cell(name) for name in columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(_cell(value) for value in row)
    return out.getvalue().encode("utf-8-sig")


def to_parquet(data: RunData, extra: Extra | None = None) -> bytes:
    """Everything there is about a run, exactly; `from_parquet` reads it back.

    The run's settings are JSON in the schema's metadata under "chorale", but not its owner: a
    file may be handed on. Numbers take the narrowest type that holds them exactly.

    Args:
        data: what to write.
        extra: more columns by name, each with a value per row; not read back.

    Raises:
        ValueError: an extra column has another length, or the name of one of ours.
    """
    columns = {
        "condition": pa.array(data.keys, pa.string()).dictionary_encode(),
        "index": pa.array([s.index for s in data.samples], pa.int32()),
        "call_id": pa.array([s.call_id for s in data.samples], pa.string()),
        "text": pa.array([_readable(s.text) for s in data.samples], pa.string()),
        "thinking": pa.array([_readable(s.thinking) for s in data.samples], pa.string()),
        "origin": pa.array([_readable(s.origin) for s in data.samples], pa.string()),
        "steps": pa.array([steps_to_json(s.steps) for s in data.samples], pa.string()),
        "spent": pa.array([s.spent for s in data.samples], pa.int64()),
        "finish": pa.array([s.finish.value for s in data.samples], pa.string()),
        "token_ids": _lists([s.token_ids for s in data.samples], np.int64, np.int32),
        "logprobs": _lists([s.logprobs for s in data.samples], np.float64, np.float32),
        "entropies": _lists([s.entropies for s in data.samples], np.float64, np.float32),
        "vector": _vectors(data),
        **{name: pa.array(values) for name, values in _coordinates(data).items()},
    }
    _check_extra(extra, columns, len(data.keys))
    columns |= {name: pa.array(list(values)) for name, values in (extra or {}).items()}
    settings = {
        "format": 1,
        "run": run_to_json(data.run),
        "texts": _unreadable([s.text for s in data.samples]),
        "thoughts": _unreadable([s.thinking for s in data.samples]),
        "origins": _unreadable([s.origin for s in data.samples]),
        "voids": [void_to_json(key, sample) for key, sample in data.voids],
    }
    table = pa.table(columns).replace_schema_metadata({SETTINGS: json.dumps(settings)})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def from_parquet(source: bytes | str | os.PathLike[str]) -> RunData:
    """Read what `to_parquet` wrote, exactly; the run's owner is "".

    Args:
        source: a file's content, or its path.

    Raises:
        ChoraleError: it isn't such a file, or it has been changed; names the row and column.
    """
    return read_table(pa.BufferReader(source) if isinstance(source, bytes) else source)


def _answers(data: RunData) -> dict[str, list[Any]]:
    """Settings and texts, one list per column."""
    conditions = {condition.key: condition for condition in data.run.conditions}
    rows = [(conditions[key], sample) for key, sample in zip(data.keys, data.samples, strict=True)]
    return {
        "run": [data.run.id] * len(rows),
        "prompt": [data.run.prompt] * len(rows),
        "condition": [c.key for c, _ in rows],
        "name": [c.name for c, _ in rows],
        "model": [c.model.id for c, _ in rows],
        "revision": [c.model.revision for c, _ in rows],
        "quantization": [c.model.quantization for c, _ in rows],
        "system": [c.system for c, _ in rows],
        "temperature": [c.decoding.temperature for c, _ in rows],
        "top_p": [c.decoding.top_p for c, _ in rows],
        "top_k": [c.decoding.top_k for c, _ in rows],
        "min_p": [c.decoding.min_p for c, _ in rows],
        "max_new_tokens": [c.decoding.max_new_tokens for c, _ in rows],
        "stop": [json.dumps(c.decoding.stop) if c.decoding.stop else "" for c, _ in rows],
        "strategy": [c.strategy.name for c, _ in rows],
        "options": [_named(c.strategy.options) for c, _ in rows],
        "seed": [data.run.seed] * len(rows),
        "index": [s.index for _, s in rows],
        "call_id": [s.call_id for _, s in rows],
        "origin": [s.origin for _, s in rows],
        "text": [s.text for _, s in rows],
        "thinking": [s.thinking for _, s in rows],
        "finish": [s.finish.value for _, s in rows],
        **_token_sums([s for _, s in rows]),
    }


def _token_sums(samples: Sequence[Sample]) -> dict[str, list[Any]]:
    """Empty cells where a server didn't tell."""
    return {
        "tokens": [len(s.token_ids) if s.token_ids or not s.text else None for s in samples],
        "spent": [s.cost if s.cost or not s.text else None for s in samples],
        "logprob": [_told(sum(s.logprobs)) if s.logprobs else None for s in samples],
        "mean_entropy": [
            _told(sum(s.entropies) / len(s.entropies)) if s.entropies else None for s in samples
        ],
    }


def _named(options: Sequence[tuple[str, Option]]) -> str:
    return json.dumps(dict(options)) if options else ""


def _told(value: float) -> float | None:
    return None if math.isnan(value) else value


def _coordinates(data: RunData) -> dict[str, Any]:
    return {"x": data.coordinates[:, 0], "y": data.coordinates[:, 1]}


def _check_extra(extra: Extra | None, ours: Mapping[str, object], rows: int) -> None:
    for name, values in (extra or {}).items():
        if name in ours:
            raise ValueError(f"Expected a new name for an extra column but {name!r} is taken.")
        if len(values) != rows:
            raise ValueError(
                f"Expected column {name!r} to have {rows} values but it had {len(values)}."
            )


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _UNREADABLE.sub("\ufffd", value)
    return f"'{text}" if _FORMULA.match(text) else text


def _readable(text: str) -> str:
    """The text with lone surrogates replaced."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _unreadable(texts: Sequence[str]) -> dict[int, str]:
    """Texts that UTF-8 can't hold, by row."""
    return {row: text for row, text in enumerate(texts) if _readable(text) != text}


def _lists(rows: Sequence[Sequence[float]], wide: type, narrow: type) -> pa.Array:
    """One list per row, in the narrow type if that changes no number."""
    values: NDArray[Any] = np.array([value for row in rows for value in row], dtype=wide)
    with np.errstate(over="ignore"):
        narrowed: NDArray[Any] = values.astype(narrow)
    same = np.array_equal(narrowed.astype(wide), values, equal_nan=narrow is np.float32)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(narrowed if same else values)
    )


def _vectors(data: RunData) -> pa.Array:
    """Rows as float16 where their unit rows are what we have, as those from the store are."""
    halves = data.vectors.astype(np.float16)
    exact = np.array_equal(unit_rows(halves), data.vectors)
    values = pa.array((halves if exact else data.vectors).ravel())
    return pa.FixedSizeListArray.from_arrays(values, data.vectors.shape[1])
