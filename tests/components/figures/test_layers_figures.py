from __future__ import annotations

import numpy as np
import pytest

from components.figures.layers import (
    full_shade,
    layers_description,
    layers_figure,
    layers_frame,
)
from components.figures.talk import talk_description, talk_figure, talk_frame
from metrics.catalogue_drift import DRIFT
from metrics.catalogue_probes import PROBES
from metrics.turns import mean_estimate

# Two layers, three turns: mean, low, high, random low and high.
TABLE = np.array(
    [
        [[2.0, 1.5, 2.5, -1, 1], [0.5, 0.1, 0.9, -1, 1], [-3.0, -4, -2, -1, 1]],
        [[0.0, -1, 1, -1, 1], [1.0, 0.5, 1.5, -1, 1], [np.nan] * 5],
    ]
)


def test_a_cell_has_its_interval_and_says_whether_chance_reaches_it():
    frame = layers_frame(TABLE)
    assert frame[["layer", "turn"]].to_numpy().tolist() == [
        [0, 1], [0, 2], [0, 3], [1, 1], [1, 2], [1, 3]
    ]  # fmt: skip
    assert frame["outside random"].tolist() == [True, False, True, False, False, False]
    assert "outside random" not in layers_frame(TABLE[..., :3])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shades_are_symmetric_about_zero_where_values_may_be_negative(theme):
    frame = layers_frame(TABLE)
    most = full_shade([TABLE])
    assert most == 3
    figure = layers_figure(frame, measure=PROBES["axis"], theme=theme, most=most)
    heat, dots = figure.data
    assert (heat.zmin, heat.zmax) == (-3, 3)
    np.testing.assert_array_equal(np.asarray(heat.z, float), TABLE[..., 0])
    assert list(zip(dots.x, dots.y, strict=True)) == [(1, 0), (3, 0)]
    share = layers_figure(
        layers_frame(np.abs(TABLE[..., :3]) / 10),
        measure=PROBES["attention"],
        theme=theme,
        most=0.3,
    )
    assert len(share.data) == 1
    assert share.data[0].zmin == 0


def test_the_picture_is_told_in_words():
    told = layers_description(layers_frame(TABLE), "Plain", PROBES["axis"])
    # Turn 1: (2 + 0) / 2; turn 3: −3 alone.
    assert "+1.00 at turn 1 and −3.00 at turn 3" in told
    assert "2 of 5 cells lie outside" in told
    assert full_shade([]) == 1


def test_a_talk_shows_every_reply_and_their_mean():
    values = np.array([[0.0, 0.2, 0.4, 0.2], [1.0, 1.0, 1.0, 1.4]])
    estimates = tuple(mean_estimate(turn, least=4, units="replies") for turn in values)
    frame = talk_frame(values, estimates)
    np.testing.assert_allclose(frame["value"], [0.2, 1.1])
    # SD of (0, .2, .4, .2) is √(.08 / 3), of (1, 1, 1, 1.4) it is 0.2.
    np.testing.assert_allclose(frame["SD between replies"], [0.16330, 0.2], atol=1e-5)
    figure = talk_figure(frame, values, key="a", measure=DRIFT["kl"], theme="light")
    points, line = figure.data
    assert len(points.x) == 8
    np.testing.assert_allclose(line.error_y.array, frame["high"] - frame["value"])
    assert "turn 2 1.1" in talk_description(frame, DRIFT["kl"])
