from __future__ import annotations

import numpy as np
import pytest

from components.figures.palette import condition_mark
from components.figures.quantization import (
    position_description,
    position_figure,
    position_frame,
)
from metrics.precision import mean_by_position

NAMES = {"a": "bf16", "b": "NF4"}


@pytest.fixture
def frame():
    values = [np.array([0.1, 0.3, 0.2]) * (i + 1) for i in range(9)]
    return position_frame({"a": mean_by_position(values), "b": mean_by_position(values[:8])})


def test_the_frame_has_a_row_per_place(frame):
    assert list(frame["condition"]) == ["a"] * 3 + ["b"] * 3
    assert list(frame["n"]) == [9] * 3 + [8] * 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_precision_is_a_line_on_its_band(frame, theme):
    figure = position_figure(frame, names=NAMES, theme=theme)
    bands, lines = figure.data[::2], figure.data[1::2]
    assert [line.name for line in lines] == [f"along answers drawn in {n}" for n in NAMES.values()]
    for key, line, band in zip(NAMES, lines, bands, strict=True):
        part = frame[frame["condition"] == key]
        np.testing.assert_allclose(line.y, part["kl"])
        assert line.line.color == condition_mark(key).fill_on(theme)
        assert band.mode == "none"  # a filled area without points of its own
        assert max(band.y) == part["high"].max()
    assert figure.layout.yaxis.title.text == "KL divergence (nats)"
    assert figure.layout.xaxis.title.text == "token of the answer"


def test_the_curves_in_words(frame):
    words = position_description(frame, NAMES)
    assert "drawn in bf16 it is largest at token 2, 1.5 nats" in words
    empty = position_frame({key: mean_by_position([]) for key in NAMES})
    assert "too few answers" in position_description(empty, NAMES)
    assert len(position_figure(empty, names=NAMES, theme="light").data) == 0
