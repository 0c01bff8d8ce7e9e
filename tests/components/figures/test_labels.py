import numpy as np

from components.figures.labels import hover_text, place_labels

BOX = {"x_range": (0.0, 350.0), "y_range": (0.0, 500.0)}  # one unit is one pixel of the layout


def test_a_lone_name_stands_just_below_its_point():
    (label,) = place_labels(np.array([[175.0, 250.0]]), ["pier"], **BOX)
    assert (label.x, label.y, label.text, label.shift) == (175.0, 250.0, "pier", -17.0)


def test_names_at_one_point_take_different_lines():
    placed = place_labels(np.full((4, 2), [175.0, 250.0]), ["a", "b", "c", "d"], **BOX)
    assert len({label.shift for label in placed}) == 4


def test_the_less_important_name_is_dropped_when_no_line_is_free():
    placed = place_labels(np.full((9, 2), [175.0, 250.0]), [f"name {i}" for i in range(9)], **BOX)
    assert [label.text for label in placed] == [f"name {i}" for i in range(6)]


def test_names_far_apart_side_by_side_do_not_disturb_each_other():
    placed = place_labels(np.array([[50.0, 250.0], [300.0, 250.0]]), ["left", "right"], **BOX)
    assert [label.shift for label in placed] == [-17.0, -17.0]


def test_a_name_at_the_edge_is_moved_inside():
    (label,) = place_labels(np.array([[0.0, 250.0]]), ["at the very edge"], **BOX)
    assert label.x == 16 * 6.4 / 2


def test_a_name_at_the_bottom_stands_above():
    (label,) = place_labels(np.array([[175.0, 5.0]]), ["low"], **BOX)
    assert label.shift == 17.0


def test_an_empty_name_is_left_out():
    assert place_labels(np.array([[1.0, 100.0]]), [""], **BOX) == ()


def test_hover_text_escapes_wraps_and_cuts():
    assert hover_text("<b>x</b> & y") == "&lt;b&gt;x&lt;/b&gt; &amp; y"
    assert hover_text("aa bb cc", width=5) == "aa bb<br>cc"
    assert hover_text("a b c d", width=1, lines=2) == "a<br>b<br>…"


def test_hover_text_cuts_a_word_longer_than_the_line():
    assert hover_text("x" * 100, width=10) == "x" * 10
