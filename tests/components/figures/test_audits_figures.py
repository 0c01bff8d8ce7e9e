"""Pictures of the Audits page."""

from __future__ import annotations

import numpy as np
import pytest

from components.figures.audits import (
    estimates_frame,
    gaps_description,
    gaps_figure,
    gaps_frame,
)
from metrics.disparity import gaps
from metrics.uncertainty import Estimate

NAMES = {"a": "As asked", "b": "<b>Ignore</b>"}


def found(shift: float):
    rng = np.random.default_rng(0)
    levels = ["man", "woman", "other"] * 8
    y = rng.normal(size=24) + shift * (np.array(levels) == "woman")
    return gaps(y, [f"s{i // 3}" for i in range(24)], {"sex": levels}, {"sex": "man"})


@pytest.fixture
def frame():
    return gaps_frame({"a": found(1.0), "b": found(0.0)}, known=found(0.9))


def test_a_row_per_condition_and_level_with_its_interval(frame):
    assert len(frame) == 4
    assert (frame["low"] < frame["gap"]).all()
    assert (frame["n"] == 8).all()
    assert frame["known"].notna().all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_points_bars_and_what_is_known_are_drawn(frame, theme):
    figure = gaps_figure(frame, names=NAMES, theme=theme)
    assert [trace.name for trace in figure.data] == [*NAMES.values(), "by the town’s rules"]
    first = figure.data[0]
    assert list(first.x) == list(frame["gap"][:2])
    assert np.allclose(np.array(first.x) - first.error_x.arrayminus, frame["low"][:2])
    assert np.allclose(np.array(first.x) + first.error_x.array, frame["high"][:2])
    assert len(set(np.concatenate([figure.data[0].y, figure.data[1].y]))) == 4  # none over another


def test_without_known_gaps_none_are_drawn():
    frame = gaps_frame({"a": found(1.0)})
    assert len(gaps_figure(frame, names=NAMES, theme="light").data) == 1


def test_the_description_names_every_point(frame):
    told = gaps_description(frame, NAMES)
    assert told.count("woman") == 2
    assert "too few" in gaps_description(frame[:0], NAMES)


def test_estimates_stand_in_the_same_picture():
    estimates = {"a": {"one": Estimate(0.6, 0.5, 0.7, 9), "two": Estimate.undefined(2, "Few.")}}
    frame = estimates_frame(estimates, attribute="decisions", even="none")
    assert list(frame["level"]) == ["one"]
    figure = gaps_figure(frame, names=NAMES, theme="light", title="share", even=0.5)
    assert figure.layout.shapes[0].x0 == 0.5
    assert figure.layout.xaxis.title.text == "share"
