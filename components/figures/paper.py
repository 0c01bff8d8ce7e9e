"""What charts with two axes share: their paper, bands of uncertainty, and labels in place."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from components.figures.labels import hover_text, spread_labels
from components.figures.palette import FAINT_INK, GRID, INK, PAPER, Theme, condition_mark

HEIGHT = 420
FADED = 0.3
_BAND = 0.15


def on_paper(
    figure: go.Figure, theme: Theme, *, x_title: str, y_title: str, height: int = HEIGHT
) -> go.Figure:
    """The figure with the ground, axes and hover boxes that all charts have; its units are named.

    Args:
        figure: changed in place.
        theme: paper to draw on.
        x_title: what the horizontal axis shows, with its unit.
        y_title: likewise the vertical one.
        height: pixels.
    """
    figure.update_layout(
        height=height,
        margin={"l": 60 if y_title else 8, "r": 12, "t": 16, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK[theme], "size": 13},
        showlegend=False,
        hoverlabel={
            "align": "left",
            "bgcolor": PAPER[theme],
            "bordercolor": FAINT_INK[theme],
            "font": {"color": INK[theme], "size": 14},
        },
        hovermode="closest",
        dragmode=False,
    )
    quiet = {"gridcolor": GRID[theme], "zeroline": False, "automargin": True}
    title = {"standoff": 8, "font": {"size": 13, "color": FAINT_INK[theme]}}
    figure.update_xaxes(**quiet, title={"text": x_title, **title})
    figure.update_yaxes(**quiet, title={"text": y_title, **title})
    return figure


def with_legend(figure: go.Figure) -> go.Figure:
    """The figure with the names of its lines above it, where their ends are no place for them."""
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}
    )
    return figure


def tint(colour: str, opacity: float) -> str:
    """A colour as #RRGGBB, made transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def band(
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    colour: str,
    group: str | None = None,
) -> go.Scatter:
    """The area of an interval along a line: filled, without points of its own.

    Where there is a legend, it comes and goes with the lines of its group.
    """
    return go.Scatter(
        x=[*x, *reversed(list(x))],
        y=[*high, *reversed(list(low))],
        mode="none",
        fill="toself",
        fillcolor=tint(colour, _BAND),
        hoverinfo="skip",
        showlegend=False,
        legendgroup=group,
    )


def arms(value: float, low: float, high: float, *, colour: str, opacity: float = 1.0) -> dict:
    """An interval as uneven error bars of one point."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value],
        "arrayminus": [value - low],
        "thickness": 1.5,
        "width": 4,
        "color": tint(colour, opacity),
    }


def name_ends(
    figure: go.Figure,
    ends: Sequence[tuple[str, str, float, float]],
    *,
    theme: Theme,
    y_range: tuple[float, float],
    height: int = HEIGHT,
) -> None:
    """Write each line's name at its end, none over another; fixes the vertical range.

    Args:
        figure: changed in place.
        ends: condition key, name, x and y of each end.
        theme: paper to draw on.
        y_range: vertical extent.
        height: pixels.
    """
    figure.update_yaxes(range=list(y_range))
    shifts = spread_labels([y for *_, y in ends], y_range=y_range, height=height - 70)
    for (key, name, x, y), shift in zip(ends, shifts, strict=True):
        mark = condition_mark(key)
        figure.add_annotation(
            x=x,
            y=y,
            yshift=shift + 11,
            xanchor="right",
            text=f"{mark.glyph} {hover_text(name, width=40, lines=1)}",
            showarrow=False,
            font={"size": 13, "color": mark.ink_on(theme)},
        )
