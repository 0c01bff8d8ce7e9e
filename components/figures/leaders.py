"""Names of points on a plane, each at the end of a thin line where there is a crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHARACTER, _LINE, _POINT = 7.0, 17.0, 9.0  # pixels of a letter, of a line, around a point
_ROUND = tuple(2 * np.pi * place / 16 for place in (4, 12, 0, 8, 2, 6, 10, 14, 3, 5, 11, 13))
_FAR = (18.0, 32.0, 50.0, 72.0, 98.0)  # pixels from the point to the name


@dataclass(frozen=True, slots=True)
class Leader:
    """Where the middle of a name stands.

    Attributes:
        right: pixels from its point.
        up: likewise.
        is_far: whether it needs a line to its point.
    """

    right: float
    up: float
    is_far: bool


def leaders(
    points: NDArray[np.float64],
    texts: Sequence[str],
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    size: tuple[float, float],
    arms: NDArray[np.float64] | None = None,
) -> list[Leader]:
    """A place for every name: near its point, over no other point and no other name.

    Args:
        points: (k, 2) those whose names go first coming first.
        texts: (k,) names.
        x_range: horizontal extent of the picture.
        y_range: vertical extent.
        size: of the same in pixels; on a wider picture points only stand farther apart.
        arms: (k, 4) ends of intervals to keep clear of, left, right, low and high; NaN for none.
    """
    corner = np.array([x_range[0], y_range[0]])
    scale = np.array(size) / [x_range[1] - x_range[0], y_range[1] - y_range[0]]
    pixels = (np.asarray(points, float) - corner) * scale
    taken = [_box(point, _POINT, _POINT) for point in pixels]
    for point, ends in zip(pixels, [] if arms is None else np.asarray(arms, float), strict=False):
        (left, right), (low, high) = (ends.reshape(2, 2) - corner[:, None]) * scale[:, None]
        taken.append(np.array([left, point[1] - 2, right, point[1] + 2]))
        taken.append(np.array([point[0] - 2, low, point[0] + 2, high]))
    found = []
    for pixel, text in zip(pixels, texts, strict=True):
        half = len(text) * _CHARACTER / 2
        offset, far = _free(pixel, half, taken, size)
        taken.append(_box(pixel + offset, half, _LINE / 2))
        found.append(Leader(float(offset[0]), float(offset[1]), far > _FAR[0]))
    return found


def _free(
    pixel: NDArray[np.float64],
    half: float,
    taken: Sequence[NDArray[np.float64]],
    size: tuple[float, float],
) -> tuple[NDArray[np.float64], float]:
    """The first free place, nearest rings first; above the point where there is none."""
    for far in _FAR:
        for angle in _ROUND:
            # Beside its point a name begins, or ends, where above it has its middle.
            offset = np.array([np.cos(angle) * (far + half), np.sin(angle) * far])
            box = _box(pixel + offset, half, _LINE / 2)
            inside = (box[:2] >= 0).all() and (box[2:] <= size).all()
            if inside and not any(_meet(box, other) for other in taken):
                return offset, far
    return np.array([0.0, _FAR[0]]), _FAR[0]


def _box(middle: NDArray[np.float64], half: float, high: float) -> NDArray[np.float64]:
    return np.array([middle[0] - half, middle[1] - high, middle[0] + half, middle[1] + high])


def _meet(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())
