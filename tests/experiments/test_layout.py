"""The map: finite for any texts, faithful to neighbourhoods, calm while it grows."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import layout
from experiments.layout import place


@pytest.fixture
def cold(monkeypatch):
    """Before the warm-up: principal components."""
    monkeypatch.setattr(layout, "_ready", threading.Event())


@pytest.fixture
def warm():
    layout.warm_up()


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def groups(count, *, of=6, seed=0, dimensions=32):
    """Texts around a few centres: vectors and the number of their group."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((of, dimensions))
    labels = rng.integers(of, size=count)
    return unit(centres[labels] + 0.4 * rng.standard_normal((count, dimensions))), labels


def radius(plane):
    return np.sqrt(((plane - plane.mean(axis=0)) ** 2).sum(axis=1).mean())


def neighbours_of_own_group(plane, labels):
    distance = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return (labels[distance.argmin(axis=1)] == labels).mean()


@given(
    picks=st.lists(st.integers(0, 5), max_size=20),
    known=st.integers(0, 20),
    refit=st.booleans(),
    seed=st.integers(-5, 2**70),
)
@settings(max_examples=80, deadline=None)
def test_any_few_texts_have_finite_places(picks, known, refit, seed):
    vectors = unit(np.random.default_rng(0).standard_normal((6, 4)))[picks]
    known = min(known, len(picks))
    before = place(vectors[:known], seed=seed)
    after = place(vectors, before, seed=seed, refit=refit)
    assert after.shape == (len(picks), 2)
    assert after.dtype == np.float32
    assert np.isfinite(after).all()
    assert np.abs(after).max(initial=0) < 10
    # Texts that say the same words can be told apart, and lie closer to each other than the map
    # is wide.
    assert len(np.unique(after, axis=0)) == len(picks)


@pytest.mark.parametrize("count", [1, 2, 3, 64])
def test_identical_texts_make_a_small_round_heap(count):
    plane = place(unit(np.ones((count, 8))))
    assert len(np.unique(plane, axis=0)) == count
    assert radius(plane) < 0.1


def test_repetitions_stay_around_their_place():
    vectors = unit(np.eye(4))[[0, 1, 2, 3] + [2] * 50]
    plane = place(vectors)
    assert np.linalg.norm(plane[4:] - plane[2], axis=1).max() < 0.1
    np.testing.assert_allclose(plane[:4], place(vectors[:4]), atol=1e-6)


def test_components_keep_the_distances_of_flat_data(cold):
    # Points of a plane through 5 dimensions: two components lose nothing, up to the unit.
    rng = np.random.default_rng(1)
    flat = (rng.standard_normal((40, 2)) @ np.linalg.qr(rng.standard_normal((5, 2)))[0].T).astype(
        np.float32
    )
    plane = place(flat)
    before = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    after = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    np.testing.assert_allclose(after * radius(flat), before, atol=1e-4)
    assert radius(plane) == pytest.approx(1, abs=1e-5)


def test_more_texts_than_dimensions_give_the_same_components(cold):
    vectors, _ = groups(20, dimensions=20)
    padded = np.hstack([vectors, np.zeros((20, 30), dtype=np.float32)])  # now fewer texts
    np.testing.assert_allclose(place(padded), place(vectors), atol=1e-4)


def test_umap_keeps_groups_together(warm):
    vectors, labels = groups(90)
    assert neighbours_of_own_group(place(vectors, seed=1), labels) > 0.97


def test_umap_is_fixed_by_its_seed(warm):
    vectors, _ = groups(40)
    np.testing.assert_array_equal(place(vectors, seed=1), place(vectors, seed=1))
    assert np.abs(place(vectors, seed=1) - place(vectors, seed=2)).max() > 1e-3


def test_umap_is_not_used_for_a_handful(warm, cold):
    vectors, _ = groups(layout.FEWEST_FOR_UMAP - 1)
    few = place(vectors)
    layout._ready.set()
    np.testing.assert_array_equal(place(vectors), few)


def test_a_growing_map_stays_calm(warm):
    vectors, labels = groups(150)
    plane = place(vectors[:60], seed=1)
    for count in (75, 94, 118, 150):
        grown = place(vectors[:count], plane, seed=1)
        moved = np.linalg.norm(grown[: len(plane)] - plane, axis=1)
        assert np.median(moved) < 0.35 * radius(plane)
        assert radius(grown[: len(plane)]) == pytest.approx(radius(plane), rel=0.01)
        plane = grown
    assert neighbours_of_own_group(plane, labels) > 0.97


def test_a_turned_picture_is_turned_back(cold):
    vectors, _ = groups(40)
    plane = place(vectors)
    angle = 2.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])  # mirrors
    before = 3 * plane @ turn + [5, -7]
    np.testing.assert_allclose(place(vectors, before), before, atol=1e-4)


def test_late_texts_join_their_neighbours_and_nobody_else_moves():
    vectors, labels = groups(80)
    vectors[[30, 31, 70]] = vectors[5]  # repetitions, old and late
    labels[[30, 31, 70]] = labels[5]
    before = place(vectors[:60])
    after = place(vectors, before, refit=False)
    np.testing.assert_array_equal(after[:60], before)
    distance = np.linalg.norm(after[60:, None] - before[None], axis=2)
    assert (labels[distance.argmin(axis=1)] == labels[60:]).mean() > 0.9


def test_beyond_the_largest_map_nothing_is_fitted(warm, monkeypatch):
    monkeypatch.setattr(layout, "MOST_FOR_UMAP", 50)
    monkeypatch.setattr(layout, "_umap", None)
    vectors, _ = groups(60)
    before = place(vectors[:55], refit=False)
    np.testing.assert_array_equal(place(vectors, before)[:55], before)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="shape"):
        place(np.zeros(3, dtype=np.float32))
    with pytest.raises(ValueError, match="previous place"):
        place(np.eye(2, dtype=np.float32), np.zeros((3, 2)))
