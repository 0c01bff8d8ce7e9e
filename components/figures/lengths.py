"""Length against diversity, and every answer by its length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import hover_text
from components.figures.palette import Theme, condition_mark
from components.figures.paper import on_paper, tint
from components.figures.tradeoffs import name_places
from metrics.uncertainty import Estimate

STRIP_ROW = 74  # pixels per condition


def halves_frame(
    halves: Mapping[str, Sequence[tuple[str, Estimate, Estimate]]],
) -> pd.DataFrame:
    """Two rows per condition, its shorter and its longer half.

    Args:
        halves: per key, the half's name, its words per answer, its different meanings.
    """
    rows = [
        (key, half, x.value, x.low, x.high, y.value, y.low, y.high)
        for key, both in halves.items()
        for half, x, y in both
    ]
    columns = ["condition", "half", "words", "words low", "words high", "meanings", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def halves_figure(
    frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme, m: int
) -> go.Figure:
    """Each condition's shorter half (open) joined to its longer half (filled).

    Args:
        frame: from `halves_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
        m: answers at which the halves are compared.
    """
    figure = go.Figure()
    ends = []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        if len(own):
            figure.add_trace(_pair(own, key, name, theme))
            ends.append({**own.iloc[-1].to_dict(), "condition": key})
    on_paper(
        figure, theme, x_title="words per answer", y_title=f"different meanings in {m} answers"
    )
    last = pd.DataFrame(ends).rename(
        columns={"words": "across", "words low": "across low", "meanings": "diversity"}
    )
    if len(last):
        last["across high"], last["across low"] = frame["words high"].max(), frame["words"].min()
        last["low"], last["high"] = frame["low"].min(), frame["high"].max()
        name_places(figure, last, names, theme)
    return figure


def _pair(own: pd.DataFrame, key: str, name: str, theme: Theme) -> go.Scatter:
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    return go.Scatter(
        x=own["words"],
        y=own["meanings"],
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 1.5},
        marker={"symbol": [f"{mark.symbol}-open", mark.symbol], "size": 12, "color": colour},
        error_y={
            "type": "data",
            "array": own["high"] - own["meanings"],
            "arrayminus": own["meanings"] - own["low"],
            "color": colour,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=own[["half", "low", "high"]],
        hovertemplate="%{customdata[0]}: %{y:.1f} meanings (%{customdata[1]:.1f} to "
        "%{customdata[2]:.1f})<br>%{x:.1f} words<extra></extra>",
    )


def halves_description(frame: pd.DataFrame, names: Mapping[str, str], m: int) -> str:
    """The halves in words, for those who don't see them."""
    told = [
        f"{names[row['condition']]}, {row['half']}: {row['meanings']:.1f} meanings at "
        f"{row['words']:.1f} words"
        for row in frame.to_dict("records")
    ]
    return f"Different meanings in {m} answers against length: {'; '.join(told) or 'too few'}."


def words_frame(
    keys: Sequence[str], words: NDArray[np.integer], labels: NDArray[np.integer], texts: list[str]
) -> pd.DataFrame:
    """One row per answer: condition, words, meaning (1 is the largest), text."""
    return pd.DataFrame(
        {"condition": list(keys), "words": words, "meaning": np.asarray(labels) + 1, "text": texts}
    )


def words_figure(frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme) -> go.Figure:
    """Every answer's length, a strip of points per condition; the line is its median.

    Args:
        frame: from `words_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
    """
    figure, order = go.Figure(), list(names)
    scatter = np.random.default_rng(0).uniform(-0.27, 0.27, len(frame))
    for place, (key, name) in enumerate(names.items()):
        own = (frame["condition"] == key).to_numpy()
        figure.add_traces(_strip(frame[own], scatter[own] + place, place, key, theme))
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=place, yshift=28, showarrow=False,
            text=f"{condition_mark(key).glyph} {hover_text(name, width=40, lines=1)}",
            font={"size": 13, "color": condition_mark(key).ink_on(theme)},
        )  # fmt: skip
    height = 70 + STRIP_ROW * len(order)
    on_paper(figure, theme, x_title="words per answer", y_title="", height=height)
    figure.update_yaxes(range=[len(order) - 0.4, -0.65], showticklabels=False, showgrid=False)
    return figure


def _strip(
    own: pd.DataFrame, heights: NDArray[np.floating], place: int, key: str, theme: Theme
) -> list[go.Scatter]:
    if not len(own):
        return []
    mark = condition_mark(key)
    middle = float(own["words"].median())
    points = go.Scatter(
        x=own["words"],
        y=heights,
        mode="markers",
        text=[hover_text(text) for text in own["text"]],
        customdata=own["meaning"],
        hovertemplate="%{text}<br>%{x} words, meaning %{customdata}<extra></extra>",
        marker={"symbol": mark.symbol, "size": 7, "color": tint(mark.fill_on(theme), 0.55)},
    )
    line = go.Scatter(
        x=[middle, middle],
        y=[place - 0.32, place + 0.32],
        mode="lines",
        line={"color": mark.ink_on(theme), "width": 2.5},
        hovertemplate=f"median {middle:g} words<extra></extra>",
    )
    return [points, line]


def words_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The strips in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        own = frame[frame["condition"] == key]["words"]
        if len(own):
            told.append(f"{name}: median {own.median():g}, from {own.min()} to {own.max()}")
    return f"Words per answer. {'; '.join(told)}."
