"""Divergences travel in a run's file, beside the answers they belong to."""

from __future__ import annotations

import numpy as np

from data.divergences import TokenDivergence
from data.exports import from_parquet, to_parquet
from data.recorded_divergences import divergence_columns, read_divergences
from tests.factories import make_data


def test_what_was_compared_comes_back_and_the_rest_is_left_out(tmp_path):
    data = make_data({"a": ("one", "two"), "b": ("three",)})
    kl, js = np.array([0.5, 0.25], np.float32), np.array([0.125, 0.0], np.float32)
    columns = divergence_columns(data, {("a", 1): TokenDivergence(kl, js)})
    file = tmp_path / "run.parquet"
    file.write_bytes(to_parquet(data, columns))
    found = read_divergences(file, from_parquet(file))
    assert list(found) == [("a", 1)]
    assert found["a", 1].kl.tolist() == [0.5, 0.25]
    assert found["a", 1].js.tolist() == [0.125, 0.0]


def test_a_run_without_any_has_no_columns(tmp_path):
    data = make_data({"a": ("one",)})
    assert divergence_columns(data, {}) == {}
    file = tmp_path / "run.parquet"
    file.write_bytes(to_parquet(data))
    assert read_divergences(file, data) == {}
