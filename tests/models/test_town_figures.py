"""Rows of the evaluation's table: values by hand, and intervals."""

import math
from collections import Counter

import numpy as np
import pytest

from models.town.fidelity import figures
from models.town.fidelity.figures import (
    Aim,
    Row,
    bootstrap,
    calibration_error,
    design_effect,
    honest_floor,
    lines,
    mean,
    share,
    total_variation,
)


def rng():
    return np.random.default_rng(0)


def test_total_variation_by_hand():
    # shares 3/4, 1/4 against 1/2, 1/2: half of 1/4 + 1/4
    assert total_variation({"a": 3, "b": 1}, {"a": 0.5, "b": 0.5}) == 0.25
    assert total_variation({"a": 5}, {"b": 1.0}) == 1.0
    assert total_variation({"a": 2, "b": 2}, {"a": 0.5, "b": 0.5}) == 0.0
    # an unreadable answer in four is a distance of 1/4 by itself
    assert total_variation({"a": 3, "": 1}, {"a": 1.0}) == 0.25


def test_floor_by_hand_and_falling_with_n():
    # one fair coin toss: shares (1, 0) or (0, 1), always 1/2 away from the truth
    assert honest_floor({"a": 0.5, "b": 0.5}, 1, rng()) == 0.5
    # large n: E|p̂ - 1/2| = sqrt(2/π) · 1/(2·sqrt(n)), here 0.0126
    assert honest_floor({"a": 0.5, "b": 0.5}, 1000, rng()) == pytest.approx(0.0126, rel=0.15)


def test_shares_have_wilson_intervals():
    row = share("readable", [True] * 8 + [False] * 2)
    assert (row.value, row.n) == (0.8, 10)
    assert (row.low, row.high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    none = share("none", [False] * 10)
    assert (none.low, none.high) == (0.0, pytest.approx(0.278, abs=1e-3))
    assert math.isnan(share("nothing", []).value)


def test_alike_replies_count_less():
    hits = [True] * 10 + [False] * 10
    # Whole clusters agree: residuals ±5 each, so 2 · 50 / 400 = 0.25 against 0.25 / 20
    assert design_effect(hits, ["a"] * 10 + ["b"] * 10) == pytest.approx(20)
    # as many of each in both: less than independent, which is no reason to claim more
    assert design_effect(hits, ["a", "b"] * 10) == 1
    wide = share("x", hits, clusters=["a"] * 10 + ["b"] * 10)
    narrow = share("x", hits)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    assert wide.n == narrow.n == 20


def test_means_have_bootstrap_intervals(monkeypatch):
    monkeypatch.setattr(figures, "RESAMPLES", 2000)
    values = np.arange(100) / 99
    row = mean("gap", values, rng())
    # normal interval: 1.96 · sd / √n, sd of a uniform 0.29
    assert row.value == pytest.approx(0.5)
    assert row.high - row.value == pytest.approx(1.96 * 0.29 / 10, rel=0.15)
    # ten values each that are always drawn together
    clustered = mean("gap", values, rng(), clusters=[k // 10 for k in range(100)])
    assert clustered.high - clustered.low > 2 * (row.high - row.low)
    assert math.isnan(mean("gap", [], rng()).value)


def test_interval_of_an_absolute_error_holds_it():
    tosses = np.random.default_rng(1).random(50) - 0.5

    def error(index):
        return abs(float(tosses[index].mean()) - float(tosses.mean()) + 0.001)

    low, high = bootstrap(error, range(50), rng())
    assert low < error(np.arange(50)) < high
    # resampled errors lie about E|x| = sd/√n · √(2/π) ≈ 0.03 above it
    assert high - low == pytest.approx(0.29 / 50**0.5 * 2.2, rel=0.25)


def test_bootstrap_draws_whole_clusters():
    def counts_are_equal(index):
        return float(len(set(Counter(index.tolist()).values()) - {0}) >= 1 and len(index) % 3 == 0)

    assert bootstrap(counts_are_equal, list("aaabbbccc"), rng()) == (1.0, 1.0)


def test_calibration_error_by_hand():
    stated = np.array([0.1, 0.2, 0.8, 0.9])
    # two bins: |0.15 - 0.25| and |0.85 - 0.65|
    assert calibration_error(stated, np.array([0.2, 0.3, 0.6, 0.7]), bins=2) == pytest.approx(0.15)
    # right on average in each bin
    assert calibration_error(stated, np.array([0.3, 0.0, 0.7, 1.0]), bins=2) == pytest.approx(0)
    assert calibration_error(stated, stated) == 0
    assert calibration_error(stated, stated[::-1]) > 0.5


@pytest.mark.parametrize(
    ("aim", "value", "text", "verdict"),
    [
        (Aim(low=0.97), 0.97, "≥ 0.97", "met"),
        (Aim(low=0.97), 0.9, "≥ 0.97", "missed by 0.070"),
        (Aim(high=0.08), 0.081, "≤ 0.08", "missed by 0.001"),
        (Aim(0.8, 1.0), 0.75, "0.8–1", "missed by 0.050"),
        (Aim(0.8, 1.0), math.nan, "0.8–1", "not measured"),
    ],
)
def test_aims(aim, value, text, verdict):
    assert (str(aim), aim.verdict(value)) == (text, verdict)


def test_table_has_aims_beside_values():
    rows = [
        Row("readable", 0.98, 0.97, 0.99, 400, "replies", Aim(low=0.97), "as the town"),
        Row("gap", 0.1, 0.05, 0.15, 42, "topics"),
    ]
    _, first, second = lines(rows)
    assert (
        first.split()
        == "readable 0.980 0.970 to 0.990 400 replies ≥ 0.97: met; as the town".split()
    )
    assert second.split() == "gap 0.100 0.050 to 0.150 42 topics".split()
