"""Ways of choosing a few answers, each beside what chance would choose."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, GRID, INK, Theme
from components.figures.paper import on_paper

_DOT = {"light": "#0B6E8A", "dark": "#2FA5C6"}
Beside = tuple[str, float, tuple[float, float, float]]  # label, value, chance's mean, low, high


def selection_frame(found: Mapping[str, Beside]) -> pd.DataFrame:
    """One row per way: its value, and where 95 % of choices by chance lie."""
    rows = [(label, value, *chance) for label, value, chance in found.values()]
    return pd.DataFrame(rows, columns=["way", "value", "chance mean", "chance low", "chance high"])


def selection_figure(frame: pd.DataFrame, *, x_title: str, theme: Theme) -> go.Figure:
    """A dot per way on the band of chance, which is the same for all.

    Args:
        frame: from `selection_frame`.
        x_title: what is counted, with its unit.
        theme: paper to draw on.
    """
    figure = go.Figure(
        go.Scatter(
            x=frame["value"],
            y=frame["way"],
            mode="markers+text",
            text=[f"{value:.3g}" for value in frame["value"]],
            textposition="top center",
            textfont={"color": INK[theme]},
            marker={"size": 13, "color": _DOT[theme]},
            hovertemplate="%{y}: %{x:.3g}<extra></extra>",
        )
    )
    on_paper(figure, theme, x_title=x_title, y_title="", height=80 + 44 * len(frame))
    if len(frame):
        one = frame.iloc[0]
        figure.add_vrect(
            x0=one["chance low"], x1=one["chance high"], fillcolor=GRID[theme], opacity=0.8,
            line_width=0, layer="below",
        )  # fmt: skip
        figure.add_vline(x=one["chance mean"], line={"color": FAINT_INK[theme], "dash": "dot"})
        figure.add_annotation(
            x=one["chance mean"], y=1, yref="paper", yanchor="bottom", showarrow=False,
            text="by chance", font={"size": 12, "color": FAINT_INK[theme]},
        )  # fmt: skip
    figure.update_yaxes(range=[len(frame) - 0.5, -0.8], showgrid=False)
    return figure


def selection_description(frame: pd.DataFrame, *, x_title: str) -> str:
    """The dots in words, for those who don't see them."""
    if frame.empty:
        return f"{x_title}: nothing chosen."
    one = frame.iloc[0]
    told = "; ".join(f"{row['way']} {row['value']:.3g}" for row in frame.to_dict("records"))
    return (
        f"{x_title} of each choice: {told}. By chance {one['chance mean']:.3g}, "
        f"95 % from {one['chance low']:.3g} to {one['chance high']:.3g}."
    )
