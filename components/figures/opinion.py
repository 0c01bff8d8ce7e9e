"""Pictures of opinions: people in a plane, camps and what they like, how many camps there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from components.figures.labels import short_text
from components.figures.palette import PAPER, Theme, meaning_mark
from components.figures.paper import on_paper, tint, with_legend

HEIGHT = 480
_MOST_POINTS = 4_000


def opinion_figure(
    points: NDArray[np.float64],
    colour_by: Sequence[str],
    regions: NDArray[np.int64],
    *,
    explained: Sequence[float],
    theme: Theme,
) -> go.Figure:
    """People as points, and around each group that was found the area it covers.

    Args:
        points: (people, 2).
        colour_by: (people,) name of what the point's colour stands for.
        regions: (people,) group found, from 0.
        explained: part of the variance on each axis.
        theme: paper to draw on.
    """
    figure = go.Figure()
    for region in np.unique(regions):
        figure.add_trace(_hull(points[regions == region], theme))
    shown = np.arange(len(points))
    if len(points) > _MOST_POINTS:
        shown = np.random.default_rng(0).permutation(len(points))[:_MOST_POINTS]
    names = np.array(list(colour_by))[shown]
    kinds, counts = np.unique(names, return_counts=True)
    for place, kind in enumerate(kinds[np.argsort(-counts, kind="stable")]):
        mark, rows = meaning_mark(place), shown[names == kind]
        figure.add_trace(
            go.Scatter(
                x=points[rows, 0], y=points[rows, 1], mode="markers",
                name=short_text(kind or "unknown", 26),
                customdata=regions[rows] + 1,
                marker={"symbol": mark.symbol, "size": 8, "opacity": 0.75,
                        "color": mark.fill_on(theme),
                        "line": {"color": PAPER[theme], "width": 0.5}},
                hovertemplate="%{fullData.name}, opinion group %{customdata}<extra></extra>",
            )
        )  # fmt: skip
    for region in np.unique(regions):
        middle = points[regions == region].mean(axis=0)
        figure.add_annotation(
            x=middle[0], y=middle[1], showarrow=False, text=f"<b>{region + 1}</b>",
            font={"size": 18}, bgcolor=tint(PAPER[theme], 0.7), borderpad=3,
        )  # fmt: skip
    titles = [
        f"opinions, axis {i}: {part:.0%} of the variance" for i, part in enumerate(explained, 1)
    ]
    on_paper(figure, theme, x_title=titles[0], y_title=titles[1], height=HEIGHT)
    with_legend(figure)
    figure.update_yaxes(scaleanchor="x")
    return figure


def agreement_bars(frame: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Agree, pass and disagree of each group on one statement."""
    figure = go.Figure()
    for place, column in enumerate(("agree", "pass", "disagree")):
        mark = meaning_mark((0, 99, 1)[place])
        figure.add_trace(
            go.Bar(
                y=frame["group"], x=frame[column], orientation="h", name=column,
                marker={"color": mark.fill_on(theme)}, customdata=frame["votes"],
                hovertemplate="%{y}: %{x:.0%} " + column + " of %{customdata} votes<extra></extra>",
            )
        )  # fmt: skip
    title = "share of the group’s votes"
    on_paper(figure, theme, x_title=title, y_title="", height=110 + 34 * len(frame))
    with_legend(figure)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def camps_figure(frame: pd.DataFrame, *, chosen: int, theme: Theme) -> go.Figure:
    """AIC3 and BIC by number of camps, and how likely raters left out are, against the best.

    Args:
        frame: camps, AIC3, BIC, per rater left out.
        chosen: number of camps by AIC3.
        theme: paper to draw on.
    """
    figure, best = go.Figure(), frame["per rater left out"].max()
    columns = (
        (frame["AIC3"] - frame["AIC3"].min(), "AIC3 above the smallest", "y", 0),
        (frame["BIC"] - frame["BIC"].min(), "BIC above the smallest", "y", 2),
        (best - frame["per rater left out"], "loss on raters left out", "y2", 1),
    )
    for values, name, axis, place in columns:
        mark = meaning_mark(place)
        figure.add_trace(
            go.Scatter(
                x=frame["camps"], y=values, mode="lines+markers", name=name, yaxis=axis,
                line={"color": mark.fill_on(theme), "width": 2},
                marker={"symbol": mark.symbol, "size": 9, "color": mark.fill_on(theme)},
                hovertemplate="%{x} camps: %{y:.3g}<extra>" + name + "</extra>",
            )
        )  # fmt: skip
    title = "above the smallest"
    on_paper(figure, theme, x_title="number of camps", y_title=title, height=340)
    with_legend(figure)
    figure.update_xaxes(dtick=1)
    figure.update_layout(
        margin={"r": 70},
        yaxis2={"overlaying": "y", "side": "right", "showgrid": False, "zeroline": False,
                "title": {"text": "loss per rater left out", "font": {"size": 13}}},
    )  # fmt: skip
    figure.add_vline(x=chosen, line={"dash": "dot", "width": 1})
    return figure


def _hull(points: NDArray[np.float64], theme: Theme) -> go.Scatter:
    try:
        corners = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        corners = points
    closed = np.concatenate([corners, corners[:1]])
    return go.Scatter(
        x=closed[:, 0], y=closed[:, 1], mode="lines", fill="toself", hoverinfo="skip",
        fillcolor=tint(meaning_mark(99).fill_on(theme), 0.15), showlegend=False,
        line={"width": 1, "color": tint(meaning_mark(99).fill_on(theme), 0.5)},
    )  # fmt: skip
