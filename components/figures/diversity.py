"""Pictures of the Diversity page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import hover_text, place_labels
from components.figures.palette import (
    FAINT_INK,
    INK,
    OTHER,
    PAPER,
    Mark,
    Theme,
    condition_mark,
    meaning_mark,
)

MAP_HEIGHT = 640
NAMED_MEANINGS = 8
_GIST_LENGTH = 24


@dataclass(frozen=True, slots=True)
class MeaningName:
    """What the map writes beside a meaning.

    Attributes:
        row: the row at which the name stands.
    """

    rank: int
    row: int
    gist: str
    size: int


def map_frame(
    keys: Sequence[str],
    indices: Sequence[int],
    texts: Sequence[str],
    coordinates: NDArray[np.float32],
    labels: NDArray[np.intp],
) -> pd.DataFrame:
    """One row per answer: condition, index, meaning (1 is the largest), x, y, text."""
    return pd.DataFrame(
        {
            "condition": list(keys),
            "index": list(indices),
            "meaning": np.asarray(labels) + 1,
            "x": coordinates[:, 0],
            "y": coordinates[:, 1],
            "text": list(texts),
        }
    )


def meaning_map(
    frame: pd.DataFrame,
    *,
    names: dict[str, str],
    meanings: Sequence[MeaningName],
    colour_by: str,
    theme: Theme,
    selection: frozenset[tuple[str, int]] = frozenset(),
    revision: str = "",
    large: bool = False,
) -> go.Figure:
    """Answers as points: near means alike, and neither axis has a meaning of its own.

    Args:
        frame: from `map_frame`.
        names: what the user calls each condition, in order, per key.
        meanings: largest first; up to eight are named.
        colour_by: "condition" or "meaning".
        theme: paper to draw on.
        selection: points that stand out while the others fade; empty: all alike.
        revision: the user's zoom is kept while this stays the same.
        large: bigger points and letters, for a projector.
    """
    if colour_by not in ("condition", "meaning"):
        raise ValueError(
            f"Expected colour_by to be 'condition' or 'meaning' but it was {colour_by!r}."
        )
    groups = (
        _by_condition(frame, names) if colour_by == "condition" else _by_meaning(frame, meanings)
    )
    x_range, y_range = _extent(frame["x"]), _extent(frame["y"])
    figure = go.Figure(
        [_points(part, name, mark, theme, selection, large=large) for name, mark, part in groups]
    )
    figure.update_layout(_layout(theme, x_range, y_range, revision=revision, large=large))
    for annotation in _annotations(frame, meanings, theme, x_range, y_range, large=large):
        figure.add_annotation(annotation)
    return figure


def map_description(frame: pd.DataFrame, meanings: Sequence[MeaningName]) -> str:
    """The map in words, for those who don't see it."""
    if frame.empty:
        return "Map of answers: none yet."
    largest = ", ".join(f"“{m.gist}” with {m.size}" for m in meanings[:3] if m.gist)
    return (
        f"Map of {len(frame)} answers in {frame['meaning'].nunique()} meanings; near points mean "
        f"alike. Largest: {largest or 'unnamed'}. Every answer stands in the list below."
    )


Group = tuple[str, Mark, pd.DataFrame]


def _by_condition(frame: pd.DataFrame, names: dict[str, str]) -> Iterable[Group]:
    for key, name in names.items():
        yield name, condition_mark(key), frame[frame["condition"] == key]


def _by_meaning(frame: pd.DataFrame, meanings: Sequence[MeaningName]) -> Iterable[Group]:
    for meaning in meanings[:NAMED_MEANINGS]:
        name = f"{meaning.rank + 1} {meaning.gist}".strip()
        yield name, meaning_mark(meaning.rank), frame[frame["meaning"] == meaning.rank + 1]
    rest = frame[frame["meaning"] > NAMED_MEANINGS]
    if len(rest):
        yield "smaller meanings", OTHER, rest


def _points(
    part: pd.DataFrame,
    name: str,
    mark: Mark,
    theme: Theme,
    selection: frozenset[tuple[str, int]],
    *,
    large: bool,
) -> go.Scatter:
    ids = list(zip(part["condition"], part["index"].astype(int), strict=True))
    chosen = [i for i, point in enumerate(ids) if point in selection] if selection else None
    return go.Scatter(
        x=part["x"],
        y=part["y"],
        mode="markers",
        name=hover_text(name, width=40, lines=1),
        customdata=ids,
        text=[hover_text(text) for text in part["text"]],
        hovertemplate="%{text}<extra></extra>",
        marker={
            "color": mark.fill_on(theme),
            "symbol": mark.symbol,
            "size": 14 if large else 9,
            "opacity": 0.8,
            "line": {"width": 0.8, "color": PAPER[theme]},
        },
        selectedpoints=chosen,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.15}},
    )


def _extent(values: pd.Series) -> tuple[float, float]:
    if not len(values):
        return (-1.0, 1.0)
    low, high = float(values.min()), float(values.max())
    margin = 0.09 * (high - low) or 1.0
    return (low - margin, high + margin)


def _layout(
    theme: Theme,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    revision: str,
    large: bool,
) -> dict:
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    title = {"font": {"size": 15 if large else 12, "color": FAINT_INK[theme]}, "standoff": 6}
    return {
        "height": MAP_HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 30},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[theme], "size": 17 if large else 13},
        "xaxis": {
            **bare,
            "range": x_range,
            "title": {
                "text": "closer = more alike · directions and distances have no unit",
                **title,
            },
        },
        "yaxis": {**bare, "range": y_range},
        "legend": {
            "orientation": "h",
            "y": 1.0,
            "yanchor": "bottom",
            "x": 0,
            "itemsizing": "constant",
        },
        "hoverlabel": {
            "align": "left",
            "bgcolor": PAPER[theme],
            "bordercolor": FAINT_INK[theme],
            "font": {"color": INK[theme], "size": 14},
        },
        "uirevision": revision,
        "dragmode": "lasso",
        "hovermode": "closest",
    }


def _annotations(
    frame: pd.DataFrame,
    meanings: Sequence[MeaningName],
    theme: Theme,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    large: bool,
) -> Iterable[dict]:
    named = [m for m in meanings[:NAMED_MEANINGS] if m.size > 1]
    if not named:
        return
    centres = frame.iloc[[m.row for m in named]][["x", "y"]].to_numpy()
    texts = [f"{_short(m.gist)} {m.size}".strip() for m in named]
    placed = place_labels(centres, texts, x_range=x_range, y_range=y_range)
    for label in placed:
        words, _, size = label.text.rpartition(" ")
        yield {
            "x": label.x,
            "y": label.y,
            "yshift": label.shift,
            "text": f"{hover_text(words, width=60)} <b>{size}</b>".strip(),
            "showarrow": False,
            "font": {"size": 16 if large else 12, "color": INK[theme]},
            "bgcolor": _veil(theme),
            "borderpad": 1,
        }


def _short(gist: str) -> str:
    return gist if len(gist) <= _GIST_LENGTH else gist[: _GIST_LENGTH - 1].rstrip() + "…"


def _veil(theme: Theme) -> str:
    return "rgba(252,250,246,0.78)" if theme == "light" else "rgba(21,25,28,0.78)"
