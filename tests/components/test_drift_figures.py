"""The pictures of the Drift page: what stands where, in which colour, and in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from components.drift import _clipped, _possible, _verdict
from components.figures.drift import (
    curve_description,
    curve_figure,
    curve_frame,
    phase_description,
    phase_figure,
    phase_frame,
)
from components.figures.palette import condition_mark
from metrics.catalogue_drift import CURVES, DRIFT
from metrics.course import course_of
from metrics.uncertainty import Estimate

NAMES = {"a": "Plain", "b": "Reminded"}


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(1)
    values = 1 + rng.normal(0, 0.2, (12, 8, 4)).cumsum(axis=1) ** 2
    later = values * 0.5
    return {
        "a": course_of(values, rng=rng, null_runs=100),
        "b": course_of(later, rng=rng, plain=values, null_runs=100),
    }


def test_a_row_per_condition_and_turn_with_its_interval(found):
    frame = curve_frame(found)
    assert len(frame) == 2 * 8
    row = frame[(frame["condition"] == "b") & (frame["turn"] == 3)].iloc[0]
    assert row["value"] == pytest.approx(found["b"].values[:, 2].mean())
    assert row["low"] < row["value"] < row["high"]
    assert row["conversations"] == 12


def test_rounding_is_drawn_as_nothing_and_what_is_unknown_stays_so():
    rng = np.random.default_rng(2)
    values = rng.uniform(0.1, 0.2, (4, 6, 4))
    values[:, 0] = rng.uniform(1e-9, 5e-9, (4, 4))
    frame = curve_frame({"a": course_of(values, rng=rng, null_runs=100)})
    assert frame["value"].iloc[0] == 0
    assert (frame["value"].iloc[1:] > 0.1).all()
    assert frame["low"].isna().all()  # four conversations have no interval


def test_the_mean_so_far_ends_at_the_mean_of_all_turns(found):
    frame = curve_frame(found, so_far=True)
    last = frame[frame["condition"] == "a"].iloc[-1]
    assert last["value"] == pytest.approx(found["a"].values.mean())
    assert frame["walk low"].isna().all()


def test_curves_bands_reminders_and_the_known_curve(found):
    frame = curve_frame(found)
    how = {"names": NAMES, "measure": DRIFT["kl"], "theme": "light"}
    plain = curve_figure(frame, reminders={}, **how)
    assert [t.name for t in plain.data if t.showlegend is not False] == ["Plain", "Reminded"]
    assert plain.data[1].line.color == condition_mark("a").fill_on("light")
    full = curve_figure(
        frame, reminders={"b": (3, 6, 99)}, null="a", known={"a": [0.5] * 12}, **how
    )
    assert len(full.layout.annotations) == 2  # the 99th turn isn't there
    assert {t.name for t in full.data} >= {
        "if nothing pulled back", "if every turn were new", "Plain, by the town’s rules"
    }  # fmt: skip
    known = next(t for t in full.data if "rules" in str(t.name))
    assert len(known.y) == 8
    assert full.layout.yaxis.title.text == "how far the next words have moved (nats per token)"


def test_few_conversations_are_drawn_without_bands(found):
    few = {"a": course_of(found["a"].values[:4], rng=np.random.default_rng(0))}
    figure = curve_figure(
        curve_frame(few), names=NAMES, reminders={}, measure=DRIFT["kl"], theme="dark", null="a"
    )
    assert [t.mode for t in figure.data] == ["lines+markers"]


def test_phases_are_changes_until_the_next_turn(found):
    frame = phase_frame(found["a"])
    means = found["a"].values.mean(axis=2)
    row = frame[(frame["conversation"] == 5) & (frame["turn"] == 2)].iloc[0]
    assert row["drift"] == pytest.approx(means[4, 1])
    assert row["change"] == pytest.approx(means[4, 2] - means[4, 1])
    assert len(frame) == 12 * 7
    figure = phase_figure(frame, found["a"], key="a", measure=DRIFT["kl"], theme="light")
    line = next(t for t in figure.data if t.mode == "lines")
    slope = (line.y[1] - line.y[0]) / (line.x[1] - line.x[0])
    assert slope == pytest.approx(found["a"].dynamics.persistence.value - 1)


def test_pictures_are_told_in_words(found):
    frame = curve_frame(found)
    told = curve_description(frame, NAMES, DRIFT["kl"])
    assert "Plain goes from" in told
    assert "at turn 8" in told
    assert "φ = " in phase_description(found["a"], "Plain", DRIFT["kl"])
    few = course_of(found["a"].values[:4], rng=np.random.default_rng(0))
    assert "4 conversations are too few" in phase_description(few, "Plain", DRIFT["kl"])


def test_every_curve_has_a_card():
    for key in CURVES:
        assert DRIFT[key].floor == 10
        assert DRIFT[key].cannot_tell
    assert list(DRIFT)[: len(CURVES)] == list(CURVES)


def test_one_turn_gives_a_curve_but_no_effect(found):
    values = found["a"].values[:, :1]
    course = course_of(values, rng=np.random.default_rng(0), plain=values)
    assert course.effect is None
    assert course.walk is None
    assert course.curve.by_turn[0].is_defined


def test_an_equilibrium_is_shown_only_where_the_measure_can_reach():
    held, kl = DRIFT["held"], DRIFT["kl"]
    assert not _possible(held, -0.06)
    assert not _possible(held, 1.1)
    assert _possible(held, 0.4)
    assert _possible(kl, 30)
    beyond = SimpleNamespace(verdict="mean-reverting", equilibrium=Estimate(-0.06, -2, 0.2, 24))
    assert "still moving" in _verdict(SimpleNamespace(dynamics=beyond), held)
    within = SimpleNamespace(verdict="mean-reverting", equilibrium=Estimate(0.4, 0.2, 0.6, 24))
    assert _verdict(SimpleNamespace(dynamics=within), held).startswith("It settles")
    shown = _clipped(held, Estimate(0.46, -1.0, 1.7, 24))
    assert (shown.value, shown.low, shown.high) == (0.46, 0, 1)
    assert _clipped(kl, Estimate(1, -1, 5, 24)).high == 5
