"""Diversity against quality, tokens and length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from components.figures.labels import hover_text, spread_labels
from components.figures.palette import FAINT_INK, Theme, condition_mark
from components.figures.paper import FADED, HEIGHT, arms, on_paper, tint
from metrics.uncertainty import Estimate

Better = Literal["higher", "lower"]


def places_frame(places: Mapping[str, tuple[Estimate, Estimate, bool]]) -> pd.DataFrame:
    """One row per condition that can be placed.

    Args:
        places: per key, the other aim, diversity, and whether another condition beats it.
    """
    columns = ["condition", "across", "across low", "across high"]
    columns += ["diversity", "low", "high", "beaten"]
    rows = [
        (key, x.value, x.low, x.high, y.value, y.low, y.high, beaten)
        for key, (x, y, beaten) in places.items()
        if x.is_defined and y.is_defined
    ]
    return pd.DataFrame(rows, columns=columns)


def places_figure(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str],
    theme: Theme,
    x_title: str,
    y_title: str,
    better: Better,
    digits: str = ".2f",
) -> go.Figure:
    """A point per condition with both intervals; beaten ones fade, the others are joined.

    Args:
        frame: from `places_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
        x_title: the other aim, with its unit.
        y_title: the measure of diversity, with its unit.
        better: in which direction the other aim is better.
        digits: Python format specification of the other aim.
    """
    figure = go.Figure()
    stand = frame[~frame["beaten"].astype(bool)].sort_values("across")
    if len(stand) > 1:
        figure.add_trace(_stair(stand, better, theme))
    for row in frame.to_dict("records"):
        figure.add_trace(_place(row, names[row["condition"]], theme, digits))
    on_paper(figure, theme, x_title=x_title, y_title=y_title)
    name_places(figure, frame, names, theme)
    return figure


def places_description(
    frame: pd.DataFrame, names: Mapping[str, str], *, x_title: str, y_title: str
) -> str:
    """The points in words, for those who don't see them."""
    told = [
        f"{names[row['condition']]} at {row['across']:.3g} and {row['diversity']:.3g}"
        + (", which another condition beats" if row["beaten"] else "")
        for row in frame.to_dict("records")
    ]
    return f"{y_title} against {x_title}: {'; '.join(told) or 'too few answers'}."


def _stair(stand: pd.DataFrame, better: Better, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=stand["across"],
        y=stand["diversity"],
        mode="lines",
        line={
            "shape": "vh" if better == "higher" else "hv",
            "color": FAINT_INK[theme],
            "width": 1.5,
            "dash": "dot",
        },
        hoverinfo="skip",
    )


def _place(row: dict, name: str, theme: Theme, digits: str) -> go.Scatter:
    mark = condition_mark(row["condition"])
    opacity = FADED if row["beaten"] else 1.0
    colour = mark.fill_on(theme)
    spans = (
        f"{row['across low']:{digits}} to {row['across high']:{digits}}",
        f"{row['low']:.2f} to {row['high']:.2f}",
    )
    told = (
        f"{hover_text(name, lines=1)}<br>{row['diversity']:.2f} ({spans[1]})"
        f"<br>at {row['across']:{digits}} ({spans[0]})"
    )
    return go.Scatter(
        x=[row["across"]],
        y=[row["diversity"]],
        mode="markers",
        marker={"symbol": mark.symbol, "size": 13, "color": tint(colour, opacity)},
        error_x=arms(
            row["across"], row["across low"], row["across high"], colour=colour, opacity=opacity
        ),
        error_y=arms(row["diversity"], row["low"], row["high"], colour=colour, opacity=opacity),
        hovertemplate=f"{told.replace('%', '&#37;')}<extra></extra>",
    )


def name_places(
    figure: go.Figure, frame: pd.DataFrame, names: Mapping[str, str], theme: Theme
) -> None:
    """Write each condition's name beside its point, none over another; fixes the height.

    Args:
        figure: changed in place.
        frame: as of `places_frame`.
        names: what each condition is called, per key.
        theme: paper to draw on.
    """
    if not len(frame):
        return
    low, high = float(frame["low"].min()), float(frame["high"].max())
    margin = 0.12 * (high - low) or 1.0
    extent = (low - margin, high + margin)
    figure.update_yaxes(range=list(extent))
    shifts = spread_labels(frame["diversity"].tolist(), y_range=extent, height=HEIGHT - 70)
    left, right = float(frame["across low"].min()), float(frame["across high"].max())
    for row, shift in zip(frame.to_dict("records"), shifts, strict=True):
        mark = condition_mark(row["condition"])
        beyond = row["across"] > (left + right) / 2
        figure.add_annotation(
            x=row["across"],
            y=row["diversity"],
            xanchor="right" if beyond else "left",
            xshift=-10 if beyond else 10,
            yshift=12 + shift,
            text=hover_text(names[row["condition"]], width=40, lines=1),
            showarrow=False,
            font={"size": 13, "color": mark.ink_on(theme)},
        )
