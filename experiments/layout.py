"""Where texts lie on the map: close in meaning, close on the plane, and calm while it grows."""

from __future__ import annotations

import threading
from functools import cache

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Plane = NDArray[np.float64]

FEWEST_FOR_UMAP = 12  # distinct vectors; with fewer there is no neighbourhood to speak of
MOST_FOR_UMAP = 2000  # distinct vectors; beyond, one fit takes longer than anybody waits
NEIGHBOURS, MIN_DIST = 15, 0.1  # of UMAP; python -m tests.benchmarks.truth_map compares others
LATE_NEIGHBOURS = 5  # whose mean is a late point's place
# From a given start, 50 gentle steps reach the trustworthiness of the usual 500 (0.976 against
# 0.978 at 600 points) in a fifth of the time, and move the points a third as far.
EPOCHS, LEARNING_RATE = 50, 0.25
TWIN_STEP = 0.012  # of the picture's radius, between a text and its repetitions

_fitting = threading.Lock()  # numba's thread pool can't be entered twice
_ready = threading.Event()


def warm_up() -> None:
    """Import UMAP and have it compiled, so that `place` may use it; takes up to half a minute.

    Until this is over `place` shows principal components. May be called from any thread, often.
    """
    if not _ready.is_set():
        rows = np.random.default_rng(0).standard_normal((32, 8)).astype(np.float32)
        _umap(rows, rows[:, :2].astype(np.float64), seed=0)
        _ready.set()


def place(
    vectors: Vectors,
    previous: NDArray[np.floating] | None = None,
    *,
    seed: int = 0,
    refit: bool = True,
) -> Vectors:
    """Coordinates for texts, near those they had before.

    UMAP on cosine distances once `warm_up` is over and 12 distinct vectors are there, principal
    components before. A fit starts from where the points were, new
    ones from their neighbours' mean, and is then turned, mirrored, scaled and shifted onto the
    previous picture. Equal vectors are fitted once and lie around their common place in a
    sunflower pattern, in order of arrival: its area shows how many they are.

    Args:
        vectors: (m, d) L2-normalised rows, in order of arrival.
        previous: (k, 2), k ≤ m, where the first k rows were; None on the first call.
        seed: of UMAP's random state.
        refit: False leaves the first k where they were and puts the others among their
            neighbours, as happens anyway beyond 2,000 distinct vectors.

    Returns:
        (m, 2) finite coordinates without a unit. The first picture of a dozen texts has a root
        mean square radius of 1, and later ones keep the size of the points they share with it.

    Raises:
        ValueError: vectors isn't (m, d) or previous has more rows.

    References:
        McInnes, Healy and Melville 2018 (UMAP); Schönemann 1966 (orthogonal Procrustes); Vogel
        1979 (sunflower pattern).
    """
    if vectors.ndim != 2 or (previous is not None and len(previous) > len(vectors)):
        raise ValueError(
            "Expected vectors to have shape (m, d) with a row for each previous place but it had "
            f"shape {vectors.shape} for {0 if previous is None else len(previous)} places."
        )
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32)
    first, spot_of = _distinct(vectors)
    before = np.zeros((0, 2)) if previous is None else np.asarray(previous, dtype=np.float64)
    # Spots are numbered by first arrival, so those with a previous place come first.
    old = before[first[first < len(before)]]
    if len(old) and (not refit or len(first) > MOST_FOR_UMAP):
        spots = np.concatenate([old, _among_neighbours(vectors[first], old)])
        late = _with_twins(spots, spot_of)[len(before) :]
        return np.concatenate([before, late]).astype(np.float32)
    return _with_twins(_fit(vectors[first], old, seed=seed), spot_of).astype(np.float32)


def _distinct(vectors: Vectors) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each distinct vector, by arrival; and which of them each row is."""
    numbers: dict[bytes, int] = {}
    spot_of = [numbers.setdefault(row.tobytes(), len(numbers)) for row in vectors]
    _, first = np.unique(spot_of, return_index=True)
    return first, np.array(spot_of)


def _fit(vectors: Vectors, old: Plane, *, seed: int) -> Plane:
    """Places of distinct vectors, the first of which were at `old`."""
    start = _principal_plane(vectors)
    if FEWEST_FOR_UMAP <= len(vectors) <= MOST_FOR_UMAP and _ready.is_set():
        if len(old) >= FEWEST_FOR_UMAP:
            start = np.concatenate([old, _among_neighbours(vectors, old)])
        start = _umap(vectors, start, seed=seed)
    return _onto(_unit_radius(start), old)


def _principal_plane(vectors: Vectors) -> Plane:
    """Scores on the first two principal components; the second is 0 where there is only one."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    # Of the two Gram matrices the smaller one; both give the same plane.
    if len(centred) <= centred.shape[1]:
        values, axes = np.linalg.eigh(centred @ centred.T)
        scores = axes[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))
    else:
        scores = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -2:]
    scores = scores[:, ::-1]
    plane = np.zeros((len(vectors), 2))
    plane[:, : scores.shape[1]] = scores
    # An eigenvector has no sign of its own: the largest score points right and up.
    largest = np.abs(plane).argmax(axis=0)
    return plane * np.where(plane[largest, [0, 1]] < 0, -1, 1)


def _umap(vectors: Vectors, start: Plane, *, seed: int) -> Plane:
    with _fitting:
        fit = _umap_class()(
            n_neighbors=min(NEIGHBOURS, len(vectors) - 1),
            min_dist=MIN_DIST,
            metric="cosine",
            disconnection_distance=np.inf,
            init=_unit_radius(start).astype(np.float32),
            n_epochs=EPOCHS,
            learning_rate=LEARNING_RATE,
            random_state=seed % 2**32,
            n_jobs=1,  # what a fixed random state means anyway; unsaid, umap warns
        )
        return np.asarray(fit.fit_transform(vectors), dtype=np.float64)


@cache
def _umap_class() -> type:
    from umap import UMAP

    return UMAP


def _among_neighbours(vectors: Vectors, old: Plane) -> Plane:
    """Places of the rows beyond the old: means of their nearest old neighbours' places."""
    late = vectors[len(old) :]
    similarity = (late @ vectors[: len(old)].T).astype(np.float64)
    count = min(LATE_NEIGHBOURS, len(old))
    nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    close = np.take_along_axis(similarity, nearest, axis=1)
    # The nearest weighs most; e-fold for each 0.1 of cosine.
    weights = np.exp((close - close.max(axis=1, keepdims=True)) / 0.1)
    weights /= weights.sum(axis=1, keepdims=True)
    means = np.einsum("ij,ijk->ik", weights, old[nearest])
    # Late points with one neighbourhood would hide each other.
    return means + 3 * TWIN_STEP * (_radius(old) or 1.0) * _sunflower(len(late), start=len(old))


def _onto(picture: Plane, old: Plane) -> Plane:
    """Turn, mirror, scale and shift a picture so that its first points meet their old places."""
    if len(old) < 2:
        return picture
    shared = picture[: len(old)]
    here, there = shared.mean(axis=0), old.mean(axis=0)
    left, _, right = np.linalg.svd((shared - here).T @ (old - there))
    turned = (picture - here) @ left @ right
    if len(old) < FEWEST_FOR_UMAP:
        # A few early points may lie anywhere: their spread is no measure of the picture.
        return turned - turned.mean(axis=0)
    # The ratio of radii, not the least-squares scale: that one shrinks whenever points have
    # moved, and a map fitted twenty times would dwindle to a dot.
    return turned * (_radius(old) / (_radius(shared) or 1.0)) + there


def _unit_radius(plane: Plane) -> Plane:
    return (plane - plane.mean(axis=0)) / (_radius(plane) or 1.0)


def _radius(plane: Plane) -> float:
    """Root mean square distance from the centre; 0 where rounding is all there is."""
    radius = float(np.sqrt(((plane - plane.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return radius if radius > 1e-6 * (1e-3 + np.abs(plane).max()) else 0.0


def _with_twins(spots: Plane, spot_of: NDArray[np.intp]) -> Plane:
    """Every row at its spot, repetitions spread around it."""
    order = np.argsort(spot_of, kind="stable")
    starts = np.searchsorted(spot_of[order], np.arange(len(spots)))
    repetition = np.empty(len(spot_of), dtype=np.intp)
    repetition[order] = np.arange(len(spot_of)) - starts[spot_of[order]]
    ring = np.sqrt(repetition)[:, None] * _sunflower(int(repetition.max()) + 1)[repetition]
    return spots[spot_of] + TWIN_STEP * (_radius(spots) or 1.0) * ring


def _sunflower(count: int, *, start: int = 0) -> Plane:
    """Unit vectors, each turned by the golden angle against the last; the 0th is (1, 0)."""
    angles = np.arange(start, start + count) * np.pi * (3 - np.sqrt(5))
    return np.column_stack([np.cos(angles), np.sin(angles)])
