"""`python -m experiments` does without a screen what the screen does."""

from __future__ import annotations

import pytest

from data.exports import from_parquet
from data.recorded_divergences import read_divergences
from data.schema import RunState
from data.store import Store
from experiments.__main__ import main

SETTINGS = """\
prompt: What should the harbour become?
conditions:
  - {name: Plain, model: MODEL, n: 12}
  - {name: Twin, model: MODEL, n: 8}
"""


@pytest.fixture
def call(tmp_path):
    def run(model="echo", *more, text=SETTINGS):
        (tmp_path / "run.yaml").write_text(text.replace("MODEL", model), "utf-8")
        database = ["--database", str(tmp_path / "chorale.db"), "--embedder", "hash"]
        return main([str(tmp_path / "run.yaml"), "--quick-map", *database, *more])

    return run


def test_a_run_is_kept_reported_and_written(call, tmp_path, capsys):
    out = tmp_path / "run.parquet"
    assert call("echo", "--parquet", str(out), "--csv", str(tmp_path / "run.csv")) == 0
    printed = capsys.readouterr()
    run_id, *counts = printed.out.split("\n")
    assert counts[:2] == ["a: 12 of 12", "b: 8 of 8"]
    assert "done, 20 of 20 answers, 20 placed" in printed.err
    store = Store(tmp_path / "chorale.db")
    data = store.load(run_id)
    store.close()
    assert data.run.state is RunState.DONE
    assert from_parquet(out).samples == data.samples
    assert (tmp_path / "run.csv").read_bytes().count(b"\r\n") == 21


PRECISIONS = """\
kind: quantization
prompt: What should the harbour become?
conditions:
  - {model: MODEL, n: 8}
  - {model: MODEL, n: 8, quantization: nf4}
"""


def test_two_precisions_are_compared_and_written(call, tmp_path):
    out = tmp_path / "run.parquet"
    assert call("echo", "--parquet", str(out), text=PRECISIONS) == 0
    data = from_parquet(out)
    found = read_divergences(out, data)
    assert len(found) == 16
    for key, sample in zip(data.keys, data.samples, strict=True):
        kl = found[key, sample.index].kl
        assert len(kl) == len(sample.token_ids)
        assert (
            kl.max() < 1e-6
        )  # an echo is the same in every precision, but for what float16 rounds


def test_a_failed_run_keeps_what_came(call, capsys):
    assert call("echo:fail") == 1
    printed = capsys.readouterr()
    assert "a: 3 of 12" in printed.out
    assert "The echo model failed" in printed.err


def test_a_file_that_cannot_be_written_loses_no_run(call, tmp_path, capsys):
    assert call("echo", "--csv", str(tmp_path / "absent" / "run.csv")) == 1
    printed = capsys.readouterr()
    assert "absent" in printed.err
    store = Store(tmp_path / "chorale.db")
    assert store.run(printed.out.split("\n")[0]).state is RunState.DONE
    store.close()


def test_bad_files_begin_nothing(call, tmp_path, capsys):
    assert call(text="prompt: 5\nconditions: []") == 2
    assert "line 1" in capsys.readouterr().err
    assert main([str(tmp_path / "absent.yaml")]) == 2
    assert "absent.yaml" in capsys.readouterr().err
    assert not (tmp_path / "chorale.db").exists()
