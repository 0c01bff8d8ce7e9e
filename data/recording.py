"""Reading a run from a parquet file that anybody may have touched."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import ChoraleError
from data.mirroring import Mirroring
from data.rows import read_only, run_from_json, steps_from_json, unit_rows, void_from_json
from data.schema import Condition, FinishReason, Plan, Run, RunData, Sample, Step

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
    kept = _kept(settings, rows=table.num_rows)
    keys = _column(table, "condition", str)
    samples = _samples(table, kept)
    _check_rows(kept, keys, samples)
    xy = [_column(table, name, float) for name in ("x", "y")]
    coordinates = np.array(xy, dtype=np.float32).T.reshape(-1, 2)
    _check_finite("x and y", coordinates)
    vectors = _vectors(table)
    return RunData(kept.run, tuple(keys), samples, vectors, read_only(coordinates), kept.voids)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the metadata keep.

    Attributes:
        run: its settings.
        exact: by column and row the texts that their columns couldn't hold.
        voids: draws without an answer.
    """

    run: Run
    exact: Mapping[str, Mapping[int, str]]
    voids: tuple[tuple[str, Sample], ...]


def _kept(settings: Any, *, rows: int) -> _Kept:
    try:
        if settings["format"] != 1:
            raise ValueError(f"format is {settings['format']}")
        run = run_from_json(settings["run"])
        texts = {"text": settings["texts"]}
        later = {"thinking": "thoughts", "origin": "origins"}  # earlier versions lack these
        texts |= {column: settings.get(name, {}) for column, name in later.items()}
        exact = {c: {int(row): text for row, text in found.items()} for c, found in texts.items()}
        for value in (run.prompt, run.note, run.embedder, *_values(exact)):
            _expect(value, str)
        for condition in run.conditions:
            _check_condition(condition)
        if not all(0 <= row < rows for found in exact.values() for row in found):
            raise ValueError("a text has no row")
        voids = tuple(void_from_json(void) for void in settings.get("voids", ()))
        for key, void in voids:
            _check_void(key, void)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(f"its settings can't be read ({error})") from error
    return _Kept(run, exact, voids)


def _values(exact: Mapping[str, Mapping[int, str]]) -> list[str]:
    return [text for found in exact.values() for text in found.values()]


def _check_void(key: str, void: Sample) -> None:
    for word in (key, void.call_id, void.origin):
        _expect(word, str)
    _expect(void.index, int)
    _expect(void.spent, type(None), int)
    for number in void.logprobs:
        _expect(number, int, float)


def _check_condition(condition: Condition) -> None:
    model, decoding = condition.model, condition.decoding
    words = [condition.key, condition.name, condition.system, condition.strategy.name]
    for each in (model, *condition.choir):
        words += [each.id, each.revision, each.quantization]
    for word in (*words, *decoding.stop):
        _expect(word, str)
    for name, value in condition.strategy.options:
        _expect(name, str)
        for part in value if isinstance(value, tuple) else ():
            _expect(part, str)
        _expect(value, int, float, str, tuple)
    if condition.plan is not None:
        _check_plan(condition.plan)
    for number in (decoding.temperature, decoding.top_p, decoding.min_p):
        _expect(number, int, float)
    for count in (condition.n, decoding.top_k, decoding.max_new_tokens):
        _expect(count, int)


def _check_plan(plan: Plan) -> None:
    words = [*plan.lines, *plan.marks, plan.reminder, plan.reference]
    models = [plan.larger] if plan.larger is not None else []
    if plan.user is not None:
        words.append(plan.user.system)
        models.append(plan.user.model)
    words += [w for model in models for w in (model.id, model.revision, model.quantization)]
    for word in words:
        _expect(word, str)
    for count in (plan.replicates, plan.replies, plan.scripts, *plan.reminders):
        _expect(count, int)
    _expect(plan.live, bool)
    _expect(plan.split, int, float)
    _check_mirroring(plan.mirroring)


def _check_mirroring(mirroring: Mirroring | None) -> None:
    if mirroring is None:
        return
    for word in (mirroring.policy, mirroring.rule):
        _expect(word, str)
    _expect(mirroring.follow, int, float)
    for choice in (mirroring.remembers, mirroring.feedback):
        _expect(choice, bool)
    for setting in (mirroring.cap, mirroring.dead_band, mirroring.radius, mirroring.cache):
        _expect(setting, type(None), int, float)


def _expect(value: object, *kinds: type) -> None:
    if type(value) not in kinds:
        raise TypeError(f"{value!r} is no {kinds[-1].__name__}")


def _samples(table: pa.Table, kept: _Kept) -> tuple[Sample, ...]:
    names = ("token_ids", "logprobs", "entropies")
    lists = [_lists(table, name) for name in names]
    finishes = _column(table, "finish", str)
    rows = zip(
        _column(table, "index", int), _column(table, "call_id", str),
        zip(*(_exact(table, name, kept) for name in ("text", "thinking", "origin")), strict=True),
        zip(*lists, strict=True), finishes, zip(_steps(table), _spent(table), strict=True),
        strict=True,
    )  # fmt: skip
    return tuple(_sample(number, *row) for number, row in enumerate(rows, start=1))


def _exact(table: pa.Table, name: str, kept: _Kept) -> list[str]:
    """A column of any texts; files of earlier versions have but the answers."""
    if name != "text" and name not in table.column_names:
        return [""] * table.num_rows
    exact = kept.exact[name]
    return [exact.get(row, text) for row, text in enumerate(_column(table, name, str))]


def _steps(table: pa.Table) -> list[tuple[Step, ...]]:
    if "steps" not in table.column_names:
        return [()] * table.num_rows
    steps = []
    for row, text in enumerate(_column(table, "steps", str), start=1):
        try:
            steps.append(steps_from_json(text))
        except (TypeError, ValueError) as error:
            raise _broken(f"row {row}, column “steps” has {text!r}") from error
    return steps


def _spent(table: pa.Table) -> list[int | None]:
    if "spent" not in table.column_names:
        return [None] * table.num_rows
    column = _present(table, "spent")
    if not pa.types.is_integer(column.type):
        raise _broken(f"column “spent” holds {column.type}")
    return column.to_pylist()


def _sample(
    row: int,
    index: int,
    call_id: str,
    said: tuple[str, str, str],
    numbers: tuple[list[Any], list[Any], list[Any]],
    finish: str,
    way: tuple[tuple[Step, ...], int | None],
) -> Sample:
    if finish not in (FinishReason.STOP, FinishReason.LENGTH):
        raise _broken(f"row {row}, column “finish” has {finish!r}")
    if len({len(each) for each in numbers}) > 1:
        raise _broken(f"row {row} has unequal numbers of token_ids, logprobs and entropies")
    text, thinking, origin = said
    tokens, logprobs, entropies = map(tuple, numbers)
    return Sample(
        index, call_id, text, tokens, logprobs, entropies, FinishReason(finish), thinking, origin,
        *way,
    )  # fmt: skip


def _check_rows(kept: _Kept, keys: Sequence[str], samples: Sequence[Sample]) -> None:
    sizes = {condition.key: condition.n for condition in kept.run.conditions}
    seen: set[tuple[str, int]] = set()
    everything = (*zip(keys, samples, strict=True), *kept.voids)
    for row, (key, sample) in enumerate(everything, start=1):
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
