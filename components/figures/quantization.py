"""Pictures of the Precision page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, GRID, INK, PAPER, Theme, condition_mark
from metrics.precision import PositionCurve

HEIGHT = 420


def position_frame(curves: Mapping[str, PositionCurve]) -> pd.DataFrame:
    """One row per condition and token place: mean KL, its interval, and how many answers."""
    parts = [
        pd.DataFrame(
            {
                "condition": key,
                "token": curve.position,
                "kl": curve.mean,
                "low": curve.low,
                "high": curve.high,
                "n": curve.n,
            }
        )
        for key, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def position_figure(frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme) -> go.Figure:
    """Mean KL at each token of the answers, with its interval, per precision that drew them.

    Args:
        frame: from `position_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
    """
    figure = go.Figure()
    for key, name in names.items():
        part = frame[frame["condition"] == key]
        if len(part):
            figure.add_traces(_curve(part, name, key, theme))
    quiet = {"gridcolor": GRID[theme], "zeroline": False, "title": {"standoff": 8}}
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK[theme], "size": 13},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        hoverlabel={
            "bgcolor": PAPER[theme],
            "bordercolor": FAINT_INK[theme],
            "font": {"color": INK[theme], "size": 14},
        },
        hovermode="closest",
    )
    figure.update_xaxes(**quiet, title_text="token of the answer")
    figure.update_yaxes(**quiet, title_text="KL divergence (nats)", rangemode="tozero")
    return figure


def position_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The curves in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        part = frame[frame["condition"] == key]
        if len(part):
            top = int(part["kl"].to_numpy().argmax())
            token, kl = part["token"].iloc[top], part["kl"].iloc[top]
            told.append(
                f"along answers drawn in {name} it is largest at token {token}, {kl:.2g} nats"
            )
    return "Change by place in the answer: " + ("; ".join(told) or "too few answers") + "."


def _curve(part: pd.DataFrame, name: str, key: str, theme: Theme) -> list[go.Scatter]:
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    band = go.Scatter(
        x=[*part["token"], *part["token"][::-1]],
        y=[*part["high"], *part["low"][::-1]],
        mode="none",
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.15)",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=key,
    )
    line = go.Scatter(
        x=part["token"],
        y=part["kl"],
        mode="lines+markers",
        name=f"along answers drawn in {name}",
        legendgroup=key,
        customdata=part[["low", "high", "n"]],
        hovertemplate="token %{x}: %{y:.3g} nats<br>%{customdata[0]:.3g}–%{customdata[1]:.3g}, "
        "n = %{customdata[2]}<extra></extra>",
        line={"color": colour, "width": 2},
        marker={"symbol": mark.symbol, "size": 6, "color": colour},
    )
    return [band, line]
