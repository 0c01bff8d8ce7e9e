import numpy as np
import pytest

from components.figures.diversity import MeaningName, map_description, map_frame, meaning_map
from components.figures.palette import MARKS, condition_mark, meaning_mark


@pytest.fixture
def frame():
    return map_frame(
        ["a", "a", "b", "b"],
        [0, 1, 0, 1],
        ["pier", "pier!", "<i>trees</i>", "trees"],
        np.array([[0, 0], [0, 1], [4, 4], [4, 5]], dtype=np.float32),
        np.array([0, 0, 1, 1]),
    )


NAMES = {"a": "Calm", "b": "Free"}
MEANINGS = [MeaningName(0, 0, "pier", 2), MeaningName(1, 2, "trees", 2)]


def draw(frame, **options):
    settings = {"names": NAMES, "meanings": MEANINGS, "colour_by": "condition", "theme": "light"}
    return meaning_map(frame, **(settings | options))


def test_one_trace_per_condition_in_its_own_colour_and_symbol(frame):
    figure = draw(frame)
    assert [trace.name for trace in figure.data] == ["Calm", "Free"]
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "diamond"]
    assert figure.data[0].marker.color != figure.data[1].marker.color


def test_one_trace_per_meaning(frame):
    assert [t.name for t in draw(frame, colour_by="meaning").data] == ["1 pier", "2 trees"]


def test_every_answer_is_a_point_that_knows_who_it_is(frame):
    points = [tuple(point) for trace in draw(frame).data for point in trace.customdata]
    assert points == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_hover_shows_markup_as_text(frame):
    assert draw(frame).data[1].text[0] == "&lt;i&gt;trees&lt;/i&gt;"


def test_the_ninth_meaning_joins_the_smaller_ones(frame):
    big = map_frame(["a"] * 10, range(10), ["x"] * 10, np.zeros((10, 2), np.float32), np.arange(10))
    names = [MeaningName(i, i, f"m{i}", 1) for i in range(10)]
    traces = draw(big, meanings=names, colour_by="meaning").data
    assert traces[-1].name == "smaller meanings"
    assert len(traces[-1].x) == 2


def test_a_selection_stands_out_in_every_trace(frame):
    figure = draw(frame, selection=frozenset({("b", 1)}))
    assert [trace.selectedpoints for trace in figure.data] == [(), (1,)]


def test_without_a_selection_nothing_fades(frame):
    assert [trace.selectedpoints for trace in draw(frame).data] == [None, None]


def test_meanings_of_more_than_one_answer_are_named_with_their_size(frame):
    texts = [annotation.text for annotation in draw(frame).layout.annotations]
    assert texts == ["pier <b>2</b>", "trees <b>2</b>"]


def test_theme_changes_the_ink(frame):
    light, dark = (draw(frame, theme=theme).layout.font.color for theme in ("light", "dark"))
    assert light != dark


def test_large_makes_points_bigger(frame):
    assert draw(frame, large=True).data[0].marker.size > draw(frame).data[0].marker.size


def test_the_users_zoom_is_kept_per_run(frame):
    assert draw(frame, revision="r1").layout.uirevision == "r1"


def test_an_empty_map_can_be_drawn(frame):
    figure = draw(frame.iloc[:0], meanings=[])
    assert [len(trace.x) for trace in figure.data] == [0, 0]
    assert map_description(frame.iloc[:0], []) == "Map of answers: none yet."


def test_the_description_counts_and_names(frame):
    words = map_description(frame, MEANINGS)
    assert "4 answers in 2 meanings" in words
    assert "“pier” with 2" in words


def test_refuses_an_unknown_colouring(frame):
    with pytest.raises(ValueError, match="'condition' or 'meaning'"):
        draw(frame, colour_by="rainbow")


def test_marks_are_distinct_by_colour_and_by_symbol():
    assert len({mark.symbol for mark in MARKS}) == len(MARKS)
    assert len({mark.fill for mark in MARKS}) == len(MARKS)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize(("theme", "paper"), [("light", "#FCFAF6"), ("dark", "#15191C")])
def test_coloured_words_have_a_contrast_of_at_least_4_5(theme, paper):
    for rank in range(9):
        bright, dim = sorted((luminance(meaning_mark(rank).ink_on(theme)), luminance(paper)))[::-1]
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_a_condition_without_a_mark_is_refused():
    with pytest.raises(ValueError, match="from 'a' to 'h'"):
        condition_mark("z")
