"""Pictures of the Precision page."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import Theme, condition_mark
from components.figures.paper import band, on_paper, with_legend
from metrics.precision import PositionCurve


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
    on_paper(figure, theme, x_title="token of the answer", y_title="KL divergence (nats)")
    figure.update_yaxes(rangemode="tozero")
    return with_legend(figure)


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
    limits = part["token"].tolist(), part["low"].tolist(), part["high"].tolist()
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
    return [band(*limits, colour=colour, group=key), line]
