"""Files that hold a run exactly, open safely in a spreadsheet, and say what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.errors import ChoraleError
from data.exports import from_parquet, to_csv, to_parquet
from data.rows import condition_to_row, run_to_json, unit_rows
from data.schema import (
    Condition,
    Decoding,
    FinishReason,
    ModelRef,
    Run,
    RunData,
    RunState,
    Sample,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
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
    assert (read.keys, read.samples) == (data.keys, data.samples)
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


@given(
    texts=st.lists(ANY_TEXT, min_size=1, max_size=8),
    prompt=ANY_TEXT,
    numbers=st.lists(st.tuples(st.integers(0, 2**62), FLOATS, FLOATS), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_parquet_gives_back_exactly_what_it_was_given(texts, prompt, numbers):
    data = a_run(texts, run=replace(RUN, prompt=prompt))
    tokens, logprobs, entropies = zip(*numbers, strict=True) if numbers else ((), (), ())
    odd = replace(
        data.samples[0], token_ids=tokens, logprobs=logprobs, entropies=entropies,
        finish=FinishReason.LENGTH, thinking=texts[-1],
    )  # fmt: skip
    data = replace(data, samples=(odd, *data.samples[1:]))
    assert_same(from_parquet(to_parquet(data)), data)


@given(arrays(np.float32, (3, 5), elements=st.floats(-1, 1, width=32)))
@settings(max_examples=40, deadline=None)
def test_any_vectors_come_back_exactly(rows):
    data = a_run(["x", "y", "z"], vectors=rows)
    assert_same(from_parquet(to_parquet(data)), data)


def test_a_run_without_answers_is_a_file_too(tmp_path):
    data = a_run([])
    (tmp_path / "run.parquet").write_bytes(to_parquet(data))
    assert_same(from_parquet(tmp_path / "run.parquet"), data)
    assert cells(to_csv(data)) == []


def test_stored_vectors_take_two_bytes_each():
    def width(data):
        return pq.read_schema(pa.BufferReader(to_parquet(data))).field("vector").type.value_type

    assert width(a_run(["x"])) == pa.float16()
    third = np.full((1, 3), 1 / 3, dtype=np.float32)
    assert width(a_run(["x"], vectors=third)) == pa.float32()


def test_files_of_earlier_versions_have_no_thinking_and_no_stop_texts():
    data = a_run(["x"])
    table = pq.read_table(pa.BufferReader(retold(data, thinking=None)))
    settings_then = json.loads(table.schema.metadata[b"chorale"])
    del settings_then["thoughts"]
    for condition in settings_then["run"]["conditions"]:
        del condition["stop"]
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"chorale": json.dumps(settings_then)}), out)
    read = from_parquet(out.getvalue())
    assert read.samples == data.samples
    assert [c.decoding.stop for c in read.run.conditions] == [(), ()]


def test_the_owner_is_not_handed_on():
    content = to_parquet(a_run(["x"], run=replace(RUN, owner="hash-of-ann")))
    assert from_parquet(content).run.owner == ""
    assert b"hash-of-ann" not in content
    assert b"hash-of-ann" not in to_csv(a_run(["x"], run=replace(RUN, owner="hash-of-ann")))


def test_other_programs_can_read_the_file():
    table = pq.read_table(pa.BufferReader(to_parquet(a_run(["x", "y"]), {"meaning": [1, 2]})))
    assert table.column("text").to_pylist() == ["x", "y"]
    assert table.column("meaning").to_pylist() == [1, 2]
    assert table.column("token_ids").to_pylist() == [[0, 9], [1, 9]]
    run = json.loads(table.schema.metadata[b"chorale"])["run"]
    assert run["conditions"][1]["temperature"] == 1.3


def test_csv_has_settings_numbers_and_extra_columns():
    (row,) = cells(to_csv(a_run(["a pier"]), {"meaning": [3]}))
    assert row["text"] == "a pier"
    assert (row["prompt"], row["condition"], row["model"]) == ("What, then?", "a", "echo")
    assert (row["tokens"], row["index"], row["meaning"]) == ("2", "0", "3")
    # −0.1 − 2.0 and (0.5 + 0.0) / 2
    assert float(row["logprob"]) == pytest.approx(-2.1)
    assert float(row["mean_entropy"]) == 0.25
    assert row["logprob"].startswith("-")  # a number below 0 is no formula


def test_what_a_server_did_not_tell_is_an_empty_cell():
    data = a_run(["a pier", "the sea", ""])
    nan, told = float("nan"), data.samples
    untold = (
        replace(told[0], token_ids=(-1, -1), logprobs=(nan, nan), entropies=(nan, nan)),
        replace(told[1], token_ids=(), logprobs=(), entropies=()),
        replace(told[2], token_ids=(), logprobs=(), entropies=()),
    )
    data = replace(data, samples=untold)
    rows = [(r["tokens"], r["logprob"], r["mean_entropy"]) for r in cells(to_csv(data))]
    assert rows == [("2", "", ""), ("", "", ""), ("0", "", "")]
    kept = from_parquet(to_parquet(data)).samples
    assert [sample.token_ids for sample in kept] == [(-1, -1), (), ()]
    assert np.isnan(kept[0].logprobs).all()
    assert np.isnan(kept[0].entropies).all()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(text):
    (row,) = cells(to_csv(a_run([text]), {"label": [text]}))
    assert row["text"] == row["label"] == f"'{text}"


@given(st.lists(ANY_TEXT, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_csv_keeps_every_readable_text_whole(texts):
    for text, row in zip(texts, cells(to_csv(a_run(texts))), strict=True):
        expected = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
        assert row["text"] in (expected, f"'{expected}")
        assert row["text"][:1] not in tuple("=+-@\t\r\n")


@pytest.mark.parametrize("write", [to_csv, to_parquet])
def test_extra_columns_are_checked(write):
    with pytest.raises(ValueError, match="2 values but it had 1"):
        write(a_run(["x", "y"]), {"meaning": [1]})
    with pytest.raises(ValueError, match="taken"):
        write(a_run(["x"]), {"text": ["z"]})


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text,x\n1,2\n" * 50])
def test_a_file_of_another_kind_is_refused(content, tmp_path):
    with pytest.raises(ChoraleError, match="no parquet file"):
        from_parquet(content)
    with pytest.raises(ChoraleError, match="no parquet file"):
        from_parquet(tmp_path / "absent.parquet")


def test_a_parquet_file_without_a_run_is_refused():
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["x"]}), out)
    with pytest.raises(ChoraleError, match="with a Chorale run"):
        from_parquet(out.getvalue())


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"text": None}, "column “text” is missing"),
        ({"text": pa.array(["x", None])}, "row 2, column “text” has None"),
        ({"index": pa.array(["0", "1"])}, "row 1, column “index” has '0'"),
        ({"index": pa.array([0, 64])}, "row 2, column “index” has 64"),
        ({"index": pa.array([3, 3])}, "row 2, column “index” repeats 3"),
        ({"condition": pa.array(["a", "z"])}, "row 2, column “condition” has 'z'"),
        ({"finish": pa.array(["stop", "tired"])}, "row 2, column “finish” has 'tired'"),
        ({"logprobs": pa.array([[0.0, 0.0], [0.0]])}, "row 2 has unequal numbers"),
        ({"logprobs": pa.array([[0.0, 0.0], [0.0, None]])}, "row 2, column “logprobs” has a gap"),
        ({"token_ids": pa.array([1, 2])}, "column “token_ids” holds int64"),
        ({"token_ids": pa.array([["a"], ["b"]])}, "column “token_ids” holds"),
        ({"x": pa.array([0.0, float("nan")])}, "row 2, column “x and y”"),
        ({"vector": pa.array([[0.0], [1.0]])}, "column “vector” holds list"),
        (
            {"vector": pa.array([[1.0], [float("inf")]], pa.list_(pa.float32(), 1))},
            "row 2, column “vector”",
        ),
        ({"vector": pa.array([[1.0], None], pa.list_(pa.float32(), 1))}, "“vector” has a gap"),
    ],
)
def test_a_changed_file_says_where(columns, words):
    with pytest.raises(ChoraleError) as raised:
        from_parquet(retold(a_run(["x", "y"]), **columns))
    assert words in raised.value.what_happened


def _changed_condition(**change):
    return {**condition_to_row(RUN.conditions[0]), **change}


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"run": {}},
        {"run": None},
        {"run": {**run_to_json(RUN), "prompt": 5}},
        {"run": {**run_to_json(RUN), "state": "tired"}},
        {"run": {**run_to_json(RUN), "conditions": [{"key": "a"}]}},
        {"run": {**run_to_json(RUN), "conditions": [_changed_condition(n="many")]}},
        {"run": {**run_to_json(RUN), "conditions": [_changed_condition(name=None)]}},
        {"texts": {"99": "x"}},
        {"texts": {"0": 5}},
        {"texts": []},
    ],
)
def test_changed_settings_are_refused(change):
    table = pq.read_table(pa.BufferReader(to_parquet(a_run(["x"]))))
    kept = json.loads(table.schema.metadata[b"chorale"])
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"chorale": json.dumps(kept | change)}), out)
    with pytest.raises(ChoraleError, match="settings can't be read"):
        from_parquet(out.getvalue())
