"""Files of earlier versions are read, and changed ones say where they are wrong."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import ChoraleError
from data.exports import from_parquet, to_parquet
from data.rows import condition_to_row, run_to_json, void_to_json
from data.schema import (
    FinishReason,
    Sample,
    Strategy,
)
from tests.data.exported import RUN, a_run, retold


def test_files_of_earlier_versions_lack_what_came_later():
    data = a_run(["x"])
    later = dict.fromkeys(("thinking", "origin", "steps", "spent"))
    table = pq.read_table(pa.BufferReader(retold(data, **later)))
    settings_then = json.loads(table.schema.metadata[b"chorale"])
    for name in ("thoughts", "origins", "voids"):
        del settings_then[name]
    for condition in settings_then["run"]["conditions"]:
        for name in ("stop", "strategy", "options", "choir"):
            del condition[name]
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"chorale": json.dumps(settings_then)}), out)
    read = from_parquet(out.getvalue())
    assert read.samples == data.samples
    assert [c.decoding.stop for c in read.run.conditions] == [(), ()]
    assert [(c.strategy, c.choir) for c in read.run.conditions] == [(Strategy(), ())] * 2


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
        ({"finish": pa.array(["stop", "unread"])}, "row 2, column “finish” has 'unread'"),
        ({"steps": pa.array(["[]", '[["a", 1]]'])}, "row 2, column “steps” has"),
        ({"steps": pa.array(["[]", "?"])}, "row 2, column “steps” has"),
        ({"spent": pa.array(["1", "2"])}, "column “spent” holds string"),
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


VOID = void_to_json("a", Sample(1, "c", "", (), (), (), FinishReason.UNREAD, spent=2))


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
        {"run": {**run_to_json(RUN), "conditions": [_changed_condition(options="[[1, 2]]")]}},
        {"run": {**run_to_json(RUN), "conditions": [_changed_condition(choir='[["x", 1]]')]}},
        {"voids": [{}]},
        {"voids": [VOID | {"finish": "stop"}]},
        {"voids": [VOID | {"index": "1"}]},
        {"voids": [VOID | {"spent": 0.5}]},
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
