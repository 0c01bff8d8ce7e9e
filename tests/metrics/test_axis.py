"""Projection on a persona's axis, and attention on its prompt."""

import numpy as np
import pytest

from metrics.axis import attention_share, persona_axis, project

WIDTH = 6
NEUTRAL = np.random.default_rng(0).normal(size=(40, WIDTH)) + 3
STATES = np.random.default_rng(1).normal(size=(12, 4, WIDTH)) + 3


def projected(states=STATES, axis=None, neutral=NEUTRAL, **options):
    line = np.eye(WIDTH)[0] if axis is None else axis
    return project(states, line, neutral, rng=np.random.default_rng(2), **options)


def values(found):
    return [turn.value for turn in found.by_turn]


def test_axis_by_hand():
    # Means (4, 5) and (1, 1): apart (3, 4), of length 5.
    assert persona_axis([[4.0, 4.0], [4.0, 6.0]], [[1.0, 1.0]]) == pytest.approx([0.6, 0.8])
    assert persona_axis([[1.0, 1.0]], [[4.0, 5.0]]) == pytest.approx([-0.6, -0.8])


def test_projection_by_hand():
    # Along the first coordinate neutral replies are five times 1 and five times 3: mean 2,
    # deviation √(10/9). A state of 4 lies 2/√(10/9) = 1.897367 above, whatever its second is.
    neutral = np.column_stack([[1.0, 3.0] * 5, np.arange(10.0)])
    states = np.tile([4.0, 9.0], (10, 2, 1))
    found = project(states, [5.0, 0.0], neutral, rng=np.random.default_rng(0))
    assert values(found) == pytest.approx([1.897367] * 2, abs=1e-6)


def test_neutral_replies_lie_at_0_and_random_directions_show_no_more():
    found = projected(np.tile(NEUTRAL.mean(axis=0), (10, 2, 1)))
    assert values(found) == pytest.approx([0, 0], abs=1e-12)
    assert np.abs(found.control).max() < 1e-9


def test_a_moved_persona_leaves_the_control():
    # With 64 coordinates a random direction hardly points along the first.
    rng = np.random.default_rng(4)
    neutral, states = rng.normal(size=(60, 64)), rng.normal(size=(20, 3, 64))
    states[:, 1:, 0] += 5
    found = project(states, np.eye(64)[0], neutral, rng=rng)
    assert found.control[0, 0] < values(found)[0] < found.control[0, 1]
    assert (np.array(values(found))[1:] > found.control[1:, 1]).all()


def test_shift_scale_and_length_do_not_matter():
    plain, moved = projected(), projected(5 * STATES + 7, np.eye(WIDTH)[0] * 9, 5 * NEUTRAL + 7)
    assert values(moved) == pytest.approx(values(plain))
    assert moved.control == pytest.approx(plain.control)
    assert values(projected(axis=-np.eye(WIDTH)[0])) == pytest.approx([-x for x in values(plain)])


def test_options():
    few, many = projected(directions=5), projected(directions=50)
    assert (few.directions, many.directions) == (5, 50)
    assert few.control.shape == (4, 2)
    assert not np.allclose(few.control, many.control)
    assert not projected(STATES[:9]).by_turn[0].is_defined


def test_attention_by_hand():
    # Two heads give the prompt's two tokens 0.5 and 0.1 of their attention: 0.3 on average.
    rows = np.array([[[0.25, 0.25, 0.5], [0.1, 0.0, 0.9]]])
    assert attention_share(rows, np.array([True, True, False])) == pytest.approx([0.3])
    assert attention_share(rows, np.array([False] * 3)) == pytest.approx([0])
    assert attention_share(rows, np.array([True] * 3)) == pytest.approx([1])
    assert attention_share(rows[:, ::-1], np.array([True, True, False])) == pytest.approx([0.3])


def test_bad_states():
    with pytest.raises(ValueError, match="one width"):
        persona_axis(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="equal"):
        persona_axis(np.ones((2, 3)), np.ones((5, 3)))
    with pytest.raises(ValueError, match="2 dimensions"):
        persona_axis(np.full((2, 3), np.nan), np.ones((5, 3)))
    with pytest.raises(ValueError, match="3 dimensions"):
        projected(STATES[0])


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"axis": np.ones(3)}, "width"),
        ({"axis": np.zeros(WIDTH)}, "zeros"),
        ({"neutral": NEUTRAL[:9]}, "at least 10"),
        ({"neutral": np.ones((20, WIDTH))}, "vary"),
        ({"directions": 0}, "direction"),
    ],
)
def test_bad_projection(changed, word):
    with pytest.raises(ValueError, match=word):
        projected(**changed)


def test_bad_attention():
    rows = np.full((1, 1, 2), 0.5)
    with pytest.raises(ValueError, match="truth value"):
        attention_share(rows, np.array([1, 0]))
    with pytest.raises(ValueError, match="truth value"):
        attention_share(rows, np.array([True]))
    with pytest.raises(ValueError, match="add up"):
        attention_share(rows * 3, np.array([True, False]))
    with pytest.raises(ValueError, match="add up"):
        attention_share(np.array([[[1.5, -0.5]]]), np.array([True, False]))
