"""Files that hold a run exactly, and open safely in a spreadsheet."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.exports import from_parquet, to_csv, to_parquet
from data.schema import (
    FinishReason,
    Sample,
    Step,
)
from tests.data.exported import RUN, a_run, assert_same, cells

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


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
        finish=FinishReason.LENGTH, thinking=texts[-1], origin=texts[0],
        steps=(Step("plan", texts[-1]), Step(texts[0], "")), spent=len(texts),
    )  # fmt: skip
    void = Sample(9, "c", "", (), (), (), FinishReason.MISSING, steps=odd.steps, spent=3)
    data = replace(data, samples=(odd, *data.samples[1:]), voids=(("b", replace(void, index=3)),))
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
