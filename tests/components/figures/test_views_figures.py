"""The pictures below the map, drawn from frames alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from components.figures.branch_places import boxes
from components.figures.branches import (
    BranchBar,
    branches_description,
    branches_figure,
    branches_frame,
)
from components.figures.curves import growth_description, growth_figure, growth_frame
from components.figures.labels import spread_labels
from components.figures.lengths import (
    halves_description,
    halves_figure,
    halves_frame,
    words_description,
    words_figure,
    words_frame,
)
from components.figures.palette import condition_mark
from components.figures.selection import selection_description, selection_figure, selection_frame
from components.figures.sensitivity import (
    orders_description,
    orders_figure,
    orders_frame,
    threshold_description,
    threshold_figure,
    threshold_frame,
)
from components.figures.similarity import matrix_description, matrix_figure, matrix_frame
from components.figures.sweep import sweep_description, sweep_figure, sweep_frame
from components.figures.tokens import shade_of, tokens_description, tokens_figure, tokens_frame
from components.figures.tradeoffs import places_description, places_figure, places_frame
from metrics.catalogue import CATALOGUE
from metrics.extrapolation import Curve
from metrics.sensitivity import OrderSpread
from metrics.uncertainty import Estimate

NAMES = {"a": "Calm", "b": "<b>Free</b>"}
NASTY = "<i>not</i> markup %{x}"


def est(value, half=1.0):
    return Estimate(value, value - half, value + half, 20)


def curve(*values, start=1):
    v = np.array(values, dtype=float)
    return Curve(np.arange(start, start + len(v)), v, v - 0.5, v + 0.5, 20)


def titles(figure):
    return figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


@pytest.fixture
def growth():
    return growth_frame({"a": (curve(1, 2, 3), curve(3, 4, start=3)), "b": (curve(1), curve(1, 2))})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_was_seen_is_solid_and_what_is_ahead_dashed(growth, theme):
    figure = growth_figure(growth, names=NAMES, theme=theme)
    lines = [t for t in figure.data if t.mode != "none"]
    assert [line.line.dash for line in lines] == ["solid", "dash"] * 2
    assert list(lines[1].y) == [3, 4]
    assert lines[0].line.color == condition_mark("a").fill_on(theme)
    assert max(figure.data[0].y) == 3.5  # the band of the first line
    assert titles(figure) == ("answers", "different meanings")


def test_lines_are_named_at_their_ends_as_text(growth):
    texts = [a.text for a in growth_figure(growth, names=NAMES, theme="light").layout.annotations]
    assert texts == ["● Calm", "◆ &lt;b&gt;Free&lt;/b&gt;"]


def test_the_curves_in_words(growth):
    words = growth_description(growth, NAMES)
    assert "Calm: 3 meanings in 3 answers, about 4 (4 to 4) in 4" in words
    assert "Too few answers" in growth_description(growth_frame({}), NAMES)
    assert len(growth_figure(growth_frame({}), names=NAMES, theme="light").data) == 0


def test_names_of_one_height_are_spread():
    shifts = spread_labels([5, 5, 5, 0], y_range=(0, 10), height=300)
    assert shifts[3] == 0
    assert np.diff(sorted(shifts[:3])).min() >= 15
    assert spread_labels([0, 10], y_range=(0, 10), height=300) == [0, 0]


@pytest.fixture
def places():
    return places_frame(
        {
            "a": (est(1.0), est(5.0), True),
            "b": (est(2.0), est(9.0), False),
            "c": (Estimate.undefined(3, "Too few."), est(1.0), True),
        }
    )


def draw_places(frame, better="higher"):
    return places_figure(
        frame, names=NAMES, theme="light", x_title="quality", y_title="kinds", better=better
    )


def test_beaten_places_fade_and_undefined_ones_are_left_out(places):
    beaten, standing = draw_places(places).data
    assert beaten.marker.color.endswith(",0.3)")
    assert standing.marker.color.endswith(",1)")
    assert standing.error_y.array == (1.0,)
    assert titles(draw_places(places)) == ("quality", "kinds")


@pytest.mark.parametrize(("better", "shape"), [("higher", "vh"), ("lower", "hv")])
def test_those_that_stand_are_joined_by_steps(places, better, shape):
    places["beaten"] = [False, False]
    stair = draw_places(places, better).data[0]
    assert stair.line.shape == shape
    assert list(stair.x) == [1, 2]


def test_places_in_words(places):
    words = places_description(places, NAMES, x_title="quality", y_title="kinds")
    assert "Calm at 1 and 5, which another condition beats" in words


def test_halves_are_open_and_filled():
    frame = halves_frame(
        {"a": (("shorter half", est(9), est(4)), ("longer half", est(15), est(6)))}
    )
    figure = halves_figure(frame, names=NAMES, theme="dark", m=8)
    assert list(figure.data[0].marker.symbol) == ["circle-open", "circle"]
    assert titles(figure) == ("words per answer", "different meanings in 8 answers")
    assert "Calm, longer half: 6.0 meanings at 15.0 words" in halves_description(frame, NAMES, 8)


def test_every_answer_is_a_point_on_its_strip():
    labels = np.array([0, 1, 0])
    frame = words_frame(["a", "a", "b"], np.array([3, 5, 4]), labels, [NASTY, "x", "y"])
    figure = words_figure(frame, names=NAMES, theme="light")
    assert figure.data[0].text[0].startswith("&lt;i&gt;not&lt;/i&gt;")
    assert list(figure.data[0].x) == [3, 5]
    assert list(figure.data[1].x) == [4, 4]  # the median
    again = words_figure(frame, names=NAMES, theme="light")
    assert list(figure.data[0].y) == list(again.data[0].y)
    assert "Calm: median 4, from 3 to 5" in words_description(frame, NAMES)


def test_conditions_are_parted_in_the_matrix():
    cosines = np.eye(3)
    figure = matrix_figure(cosines, ["a", "a", "b"], ["x", NASTY, "y"], names=NAMES, theme="dark")
    assert [shape.x0 for shape in figure.layout.shapes if shape.x0 == shape.x1] == [1.5]
    assert "&lt;i&gt;" in figure.data[0].x[1]
    assert len(set(figure.data[0].x)) == 3  # one place each, even for equal texts
    assert "within Calm 0.40" in matrix_description(["a"], {("Calm", "Calm"): 0.4})
    frame = matrix_frame(cosines, ["a", "a", "b"], [0, 1, 0])
    assert list(frame.columns) == ["answer", "a1", "a2", "b1"]


def bar(id, column, counts, **more):
    settings = {"text": "we go", "path": "we go", "entropy": float("nan"), "parts": 0, "others": 0}
    return BranchBar(id, column, counts, **(settings | more))


@pytest.fixture
def bars():
    ways = {"2": 3, "1.rest": 1}
    return [
        bar("1", 0, {"a": 3, "b": 1}, entropy=1.25, parts=2, text=NASTY, ways_in=0, goes_on=ways),
        bar("2", 1, {"a": 3, "b": 0}),
        bar("1.rest", 1, {"a": 0, "b": 1}, others=1, text="1 others"),
    ]


def test_a_branch_is_as_high_as_its_answers_and_shared_by_conditions(bars):
    figure = branches_figure(bars, theme="light", picked="2")
    _, a, b, whole, dots = figure.data
    assert list(a.width) == [3, 3]
    assert b.y[0] - a.y[0] == 2  # behind the three of the first condition
    assert whole.base[0] == 0 < whole.base[1] == whole.base[2]
    assert [row[0] for row in whole.customdata] == ["1", "2", "1.rest"]
    assert list(whole.marker.line.width) == [1, 3, 1]
    assert list(dots.text) == ["1.2"]
    assert branches_figure(bars, theme="dark").layout.width > 7 * sum(
        bar.letters for bar in bars[:2]
    )
    (bands,) = figure.layout.shapes
    assert bands.path.count("Z") == 2  # one for each way
    assert bands.layer == "below"


def test_branches_of_a_column_never_cover_each_other(bars):
    again = bar("3", 2, {"a": 4, "b": 0}, ways_in=2)
    onwards = [replace(one, goes_on={"3": one.size}) for one in bars[1:]]
    found = boxes([bars[0], *onwards, again])
    upper, lower = sorted((found["2"], found["1.rest"]), key=lambda box: box.top)
    assert upper.bottom < lower.top
    assert found["1"].right < found["2"].left < found["3"].left
    assert [box.bottom - box.top for box in found.values()] == [4, 3, 1, 4]
    assert boxes([]) == {}


def test_what_branches_say_is_shown_as_text(bars):
    figure = branches_figure(bars, theme="light")
    assert "<i>" not in "".join(figure.data[3].text)


def test_the_graph_in_words_and_as_a_table(bars):
    assert "into 2 (1.2 nats)" in branches_description(bars)
    assert "come together" not in branches_description(bars)
    met = [*bars, bar("3", 2, {"a": 4, "b": 0}, ways_in=2)]
    assert branches_description(met).endswith("At 1 place ways come together again.")
    assert branches_description(bars[1:]).endswith("do not part.")
    assert list(branches_frame(bars)["answers"]) == [4, 3, 1]


def test_unknown_entropy_draws_no_dot(bars):
    blank = [replace(one, entropy=float("nan")) for one in bars]
    assert len(branches_figure(blank, theme="dark").data) == 4


def test_tokens_have_entropy_surprise_and_probability():
    frame = tokens_frame([" a", NASTY], [0.5, 2.0], [np.log(0.5), np.log(0.25)])
    assert list(frame["probability"]) == pytest.approx([0.5, 0.25])
    line, taken = tokens_figure(frame, key="b", theme="light").data
    assert list(line.y) == [0.5, 2.0]
    assert list(taken.y) == pytest.approx([np.log(2), np.log(4)])
    assert "&lt;i&gt;" in line.text[1]
    assert "most at token 2" in tokens_description(frame)
    assert tokens_description(frame.assign(**{"entropy (nats)": np.nan})).endswith("unknown.")


def test_shades_grow_with_entropy():
    shades = [shade_of(value, theme="light", most=2.0) for value in (0.0, 0.5, 2.0, 9.0)]
    assert shades[0] == ""
    assert shades[1] != shades[2] == shades[3]
    assert shade_of(float("nan"), theme="dark", most=1.0) == ""


def test_a_sweep_leaves_out_what_is_undefined():
    estimates = {"a": {"distinct": est(4)}, "b": {"distinct": Estimate.undefined(3, "Too few.")}}
    frame = sweep_frame({"a": 0.2, "b": 1.0}, estimates)
    assert list(frame["temperature"]) == [0.2]
    figure = sweep_figure(frame, CATALOGUE["distinct"], theme="light", m=20)
    assert figure.layout.xaxis.title.text == "temperature"
    assert figure.layout.title.text == "Different answers in 20 (meanings)"
    assert "4.0 at 0.2" in sweep_description(frame, [CATALOGUE["distinct"]], m=20)
    assert len(sweep_figure(frame, CATALOGUE["vendi"], theme="light", m=20).data) == 0


def test_a_choice_stands_beside_chance():
    frame = selection_frame({"mmr": ("MMR", 5.0, (3.0, 1.0, 4.0))})
    figure = selection_figure(frame, x_title="meanings", theme="dark")
    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.x0, band.x1) == (1, 4)
    assert "MMR 5. By chance 3, 95 % from 1 to 4" in selection_description(frame, x_title="x")
    assert selection_description(selection_frame({}), x_title="x") == "x: nothing chosen."


def test_the_pages_threshold_is_marked():
    frame = threshold_frame({"a": curve(1, 4)}, [0.3, 0.6])
    figure = threshold_figure(frame, names=NAMES, theme="light", now=0.44)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.44]
    assert list(figure.data[1].x) == [0.3, 0.6]
    assert "Calm: 1 at 0.30, 4 at 0.60" in threshold_description(frame, NAMES)


def test_orders_are_counted():
    frame = orders_frame({"a": OrderSpread(np.array([3, 4, 4]), 4, 0.9, 20)})
    assert frame.to_dict("list") == {
        "condition": ["a", "a"],
        "meanings": [3, 4],
        "orders": [1, 2],
        "as they came": [4, 4],
    }
    dots, dash = orders_figure(frame, names=NAMES, theme="light").data
    assert dots.marker.size[1] > dots.marker.size[0]
    assert list(dash.x) == [4, 4]
    assert "3 to 4 in other orders, 4 as they came" in orders_description(frame, NAMES)


def test_frames_without_rows_keep_their_columns():
    for frame in (growth_frame({}), places_frame({}), threshold_frame({}, []), orders_frame({})):
        assert isinstance(frame, pd.DataFrame)
        assert "condition" in frame
