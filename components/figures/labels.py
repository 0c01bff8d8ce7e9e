"""Placing names on a map so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

# Names are laid out for the narrowest picture, a phone's; on wider ones they only stand apart.
_WIDTH, _HEIGHT = 350.0, 500.0
_CHARACTER, _LINE = 6.4, 17.0
_OFFSETS = (-17.0, 17.0, -34.0, 34.0, -51.0, 51.0)


@dataclass(frozen=True, slots=True)
class Label:
    """A name at a point.

    Attributes:
        x, y: the point named, in the picture's own units.
        shift: pixels upwards from the point to the middle of the name.
    """

    x: float
    y: float
    text: str
    shift: float


def place_labels(
    centres: NDArray[np.floating],
    texts: Sequence[str],
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> tuple[Label, ...]:
    """Give each name the first free place above or below its point; drop those without one.

    Args:
        centres: (k, 2) points, the most important first.
        texts: k names; empty ones are left out.
        x_range: horizontal extent of the picture.
        y_range: vertical extent.
    """
    scale = np.array([_WIDTH / (x_range[1] - x_range[0]), _HEIGHT / (y_range[1] - y_range[0])])
    pixels = (np.asarray(centres, dtype=float) - [x_range[0], y_range[0]]) * scale
    taken: list[tuple[float, float, float]] = []
    placed = []
    for centre, pixel, text in zip(centres, pixels, texts, strict=True):
        half = len(text) * _CHARACTER / 2
        left = float(np.clip(pixel[0], half, max(_WIDTH - half, half)))
        shift = _free_shift(left, float(pixel[1]), half, taken) if text else None
        if shift is None:
            continue
        taken.append((left, float(pixel[1]) + shift, half))
        x = left / scale[0] + x_range[0]
        placed.append(Label(float(x), float(centre[1]), text, shift))
    return tuple(placed)


def spread_labels(
    values: Sequence[float], *, y_range: tuple[float, float], height: float
) -> list[float]:
    """Pixels by which names beside points of one column must move up so that none touches another.

    Args:
        values: height of each point, in the picture's own units.
        y_range: vertical extent of the picture.
        height: of the same in pixels.
    """
    scale = height / (y_range[1] - y_range[0])
    order = sorted(range(len(values)), key=lambda i: values[i])
    shifts, floor = [0.0] * len(values), -np.inf
    for place in order:
        pixel = (values[place] - y_range[0]) * scale
        shifts[place] = max(0.0, floor - pixel)
        floor = pixel + shifts[place] + _LINE
    return shifts


def _free_shift(
    x: float, y: float, half: float, taken: list[tuple[float, float, float]]
) -> float | None:
    for shift in _OFFSETS:
        middle = y + shift
        inside = _LINE / 2 <= middle <= _HEIGHT - _LINE / 2
        if inside and not any(
            abs(middle - other_y) < _LINE and abs(x - other_x) < half + other_half
            for other_x, other_y, other_half in taken
        ):
            return shift
    return None


def hover_text(text: str, *, width: int = 46, lines: int = 6) -> str:
    """A text as Plotly shows it on hover: escaped, wrapped, and cut after a few lines."""
    words, rows = text.split(), [""]
    for word in words:
        piece = word[:width]
        if rows[-1] and len(rows[-1]) + 1 + len(piece) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {piece}".strip()
    cut = rows[:lines] + (["…"] if len(rows) > lines else [])
    return "<br>".join(escape(row, quote=False) for row in cut)


def short_text(text: str, limit: int) -> str:
    """A text as a legend shows it: escaped, on one line, cut after so many characters."""
    line = " ".join(text.split())
    cut = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    return escape(cut, quote=False)


def axis_text(text: str, *, width: int, lines: int = 2) -> str:
    """A text as an axis shows it: escaped, on a few lines, the last cut with an ellipsis."""
    rows = hover_text(text, width=width, lines=lines).split("<br>")
    if len(rows) > lines:
        rows = [*rows[: lines - 1], f"{rows[lines - 1]} …"]
    return "<br>".join(rows)
