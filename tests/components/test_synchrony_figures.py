"""Pictures and sentences of the Synchrony page."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from components.figures.foretelling import (
    OTHERS,
    OWN,
    foretelling_description,
    foretelling_figure,
)
from components.figures.frontier import (
    frontier_description,
    frontier_figure,
    frontier_frame,
    several_figure,
)
from components.figures.leaders import leaders
from components.figures.palette import MARKS, OTHER
from components.figures.policies import policy_mark
from components.figures.synchrony import differences_figure, heat_figure
from components.synchrony import balanced, synchrony_finding
from components.views.synchrony_compare import differences_frame
from components.views.synchrony_data import conversations_frame, policies_frame, turns_frame
from components.views.synchrony_foretelling import foretelling_frame
from data.examples.dialogues import town_dialogues
from experiments.foretelling import foretold
from experiments.speech import speech_of
from experiments.synchrony import play
from metrics.policies import standard_policies
from metrics.policy_choice import choices
from metrics.uncertainty import Estimate


@pytest.fixture(scope="module")
def frontier():
    return play(speech_of(town_dialogues(conversations=10, turns=5), "town"), standard_policies())


@pytest.fixture(scope="module")
def frame(frontier):
    return frontier_frame(frontier.policies, frontier.estimates, frontier.stands)


def test_every_policy_looks_different():
    marks = {(policy_mark(key).fill, policy_mark(key).symbol) for key in choices()}
    assert len(marks) == len(choices())
    assert policy_mark("static") == MARKS[0]
    assert policy_mark("hybrid_radius").fill == policy_mark("hybrid").fill
    assert policy_mark("unheard of") == OTHER


def test_points_have_bars_beaten_ones_fade_and_the_others_are_joined(frontier, frame):
    figure = frontier_figure(frame, theme="light", picked="ema")
    line, *points = figure.data
    assert line.mode == "lines"
    assert len(line.x) == frontier.stands.sum()
    assert np.all(np.diff(line.x) >= 0)
    assert len(points) == 8
    sizes = {point.name: point.marker.size for point in points}
    assert sizes["EMA"] > sizes["Cap"]
    for point, stands, one in zip(
        points, frontier.stands, frontier.estimates["stability"], strict=True
    ):
        assert point.marker.color.endswith(",1)" if stands else ",0.3)")
        assert point.error_x.array[0] == pytest.approx(one.high - one.value)
    assert len(figure.layout.annotations) == 8


def test_the_description_names_every_policy_and_what_beats_it(frame):
    told = frontier_description(frame)
    assert all(name in told for name in frame["name"])
    assert told.count("beats") == frame["beaten"].sum()


def test_names_cover_neither_each_other_nor_points():
    rng = np.random.default_rng(4)
    points = np.concatenate([rng.random((5, 2)), np.full((3, 2), 0.5)])
    texts = ["Hybrid + Radius"] * 8
    size = (420.0, 500.0)
    found = leaders(points, texts, x_range=(-0.2, 1.2), y_range=(-0.2, 1.2), size=size)
    middles = (points + 0.2) / 1.4 * size + [[each.right, each.up] for each in found]
    half = np.array([len(texts[0]) * 7 / 2, 17 / 2])
    for one, other in itertools.combinations(middles, 2):
        assert (np.abs(one - other) >= 2 * half - 1e-9).any()
    assert (middles >= half - 1e-9).all()
    assert (middles <= np.array(size) - half + 1e-9).all()


def test_names_keep_clear_of_intervals():
    point, text = np.array([[0.5, 0.5]]), ["Static"]
    ranges = {"x_range": (0.0, 1.0), "y_range": (0.0, 1.0), "size": (400.0, 400.0)}
    [free] = leaders(point, text, **ranges)
    assert free.right == pytest.approx(0)  # above its point
    [kept] = leaders(point, text, **ranges, arms=np.array([[0.49, 0.51, 0.2, 0.8]]))
    assert abs(kept.right) > 15


def test_the_finding_names_the_balance_and_both_ends(frontier):
    told = synchrony_finding(frontier, theme="light", who="The styles asked for")
    best = frontier.policies[balanced(frontier)]
    assert best.label.split(" ")[0] in told
    assert "n = 10 conversations" in told
    assert "Following wholly leaves a stability of" in told
    assert "never following leaves a synchrony of" in told


def test_a_policy_without_values_doesnt_hide_those_of_others(frontier):
    # As where only one feature is defined and the persona lies at the origin of the scale.
    gone = Estimate.undefined(0, "none")
    estimates = {k: (gone, *found[1:]) for k, found in frontier.estimates.items()}
    stands = frontier.stands.copy()
    stands[0] = False
    told = synchrony_finding(
        replace(frontier, estimates=estimates, stands=stands), theme="light", who="Styles"
    )
    assert "n = 10 conversations" in told


def test_too_few_conversations_are_no_finding():
    few = play(speech_of(town_dialogues(conversations=3, turns=3), "few"), standard_policies())
    told = synchrony_finding(few, theme="light", who="The styles asked for")
    assert told == "3 conversations are too few for an interval: 8 or more are needed."
    figure = frontier_figure(frontier_frame(few.policies, few.estimates, few.stands), theme="dark")
    assert len(figure.data) == 0


def test_the_frame_of_the_heat_map_is_at_the_sliders():
    figure = heat_figure(
        np.arange(6.0).reshape(2, 3), (0.2, 0.8), (0.1, 0.5, 1.0), title="Synchrony",
        here=(0.75, 0.4), theme="light",
    )  # fmt: skip
    [frame] = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1.5, 0.5, 1.5)


def test_differences_are_drawn_beside_the_margin(frontier):
    frame = differences_frame(frontier, 1, 0.1)
    part = frame[frame["measure"] == "stability"]
    figure = differences_figure(part, x_title="minus Uncapped", margin=0.1, theme="light")
    assert len(figure.data) == 7
    assert (part["low"] <= part["difference"]).all()
    assert part.set_index("policy")["difference"]["static"] > 0


def test_several_corpora_have_a_line_each_and_policies_one_legend(frame):
    figure = several_figure({"one": frame, "two": frame}, theme="light")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [trace.name for trace in lines] == ["A: one", "B: two"]
    assert lines[0].line.dash != lines[1].line.dash
    points = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert [trace.text[0] for trace in points] == ["A"] * 8 + ["B"] * 8
    keys = [trace for trace in figure.data if trace.mode == "markers"]
    assert [trace.name for trace in keys] == frame["name"].tolist()
    assert not any(trace.showlegend for trace in points)
    beaten = [bool(one) for one in frame["beaten"]]
    plain = [p.marker.color == k.marker.color for p, k in zip(points, keys, strict=False)]
    assert plain == [not one for one in beaten]  # in the legend none is faded
    [line, *_] = several_figure({"alone": frame}, theme="dark").data
    assert line.name == "alone"


def test_what_users_foretell_is_drawn_beside_chance(frontier):
    found = foretelling_frame(foretold(frontier.speech.users, (1, 3, 8)))
    figure = foretelling_figure(found, x_title="w", theme="dark")
    own, others = figure.data
    assert (own.name, others.name) == (OWN, OTHERS)
    assert list(own.x) == [1, 3]  # five turns have no window of eight
    row = found.iloc[0]
    assert own.error_y.array[0] == pytest.approx(row["high"] - row["value"])
    assert own.line.dash != others.line.dash
    told = foretelling_description(found)
    assert f"{row['value']:.2f} at 1" in told
    assert "nan" not in told


def test_the_files_hold_every_policy_conversation_and_turn(frontier):
    assert len(policies_frame(frontier)) == 8
    assert len(conversations_frame(frontier)) == 8 * 10
    turns = turns_frame(frontier)
    assert len(turns) == 8 * 10 * 5
    uncapped = turns[turns["policy"] == "Uncapped"]
    assert np.allclose(uncapped["user informality"], uncapped["bot informality"])
