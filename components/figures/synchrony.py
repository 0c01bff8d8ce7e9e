"""Traces, heat-maps, bars and differences of the Synchrony page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import hover_text
from components.figures.palette import FAINT_INK, INK, Theme
from components.figures.paper import arms, on_paper, with_legend
from components.figures.policies import policy_mark
from metrics.catalogue import Measure

ROW, HEAD = 34, 70  # pixels of a row of bars, and of what stands around them
_HEAT = {
    "light": ((0.0, "#FCFAF6"), (0.35, "#C9DEE3"), (0.7, "#4C93A8"), (1.0, "#0A3F51")),
    "dark": ((0.0, "#15191C"), (0.35, "#1F4654"), (0.7, "#3C93AC"), (1.0, "#D9F1F7")),
}


def trace_figure(frame: pd.DataFrame, *, feature: str, theme: Theme, loop: bool) -> go.Figure:
    """One feature of one conversation, turn by turn: the user, what was asked for, what was said.

    Args:
        frame: columns turn, who ("user", "reply" or a policy's key), name, kind ("target" or
            "said"), value and text.
        feature: what is drawn, in words.
        theme: paper to draw on.
        loop: a model spoke, so that targets are dashed and its replies are the lines.
    """
    figure = go.Figure()
    for (who, kind), part in frame.groupby(["who", "kind"], sort=False):
        figure.add_trace(_trace(part, str(who), str(kind), theme, loop=loop))
    with_legend(on_paper(figure, theme, x_title="turn", y_title=f"{feature} (standard deviations)"))
    figure.update_xaxes(dtick=max(1, int(frame["turn"].max()) // 12))
    figure.add_hline(y=0, line={"color": FAINT_INK[theme], "width": 1, "dash": "dot"})
    return figure


def trace_description(frame: pd.DataFrame, feature: str) -> str:
    """The lines in words."""
    told = [
        f"{name} from {part['value'].iloc[0]:.2f} to {part['value'].iloc[-1]:.2f}"
        for name, part in frame.groupby("name", sort=False)
    ]
    return f"{feature} by turn: {'; '.join(told)}."


def _trace(part: pd.DataFrame, who: str, kind: str, theme: Theme, *, loop: bool) -> go.Scatter:
    colour, symbol = INK[theme], "x"
    if who not in ("user", "reply"):
        mark = policy_mark(who)
        colour, symbol = mark.fill_on(theme), mark.symbol
    elif who == "reply":
        colour, symbol = FAINT_INK[theme], "circle-open"
    dash = "dash" if (loop and kind == "target") or who == "reply" else "solid"
    texts = [hover_text(text, lines=4) for text in part["text"]]
    return go.Scatter(
        x=part["turn"],
        y=part["value"],
        mode="lines+markers",
        name=str(part["name"].iloc[0]),
        customdata=texts,
        hovertemplate="turn %{x}: %{y:.2f}<br>%{customdata}<extra>%{fullData.name}</extra>",
        line={"color": colour, "width": 3 if who == "user" else 2, "dash": dash},
        marker={"symbol": symbol, "size": 8, "color": colour},
        connectgaps=False,
    )


def heat_figure(
    values: NDArray[np.float64],
    follows: Sequence[float],
    caps: Sequence[float],
    *,
    title: str,
    here: tuple[float, float],
    theme: Theme,
) -> go.Figure:
    """One measure of Hybrid over α and cap, its value written into each field.

    Args:
        values: (α, cap).
        follows: α.
        caps: in median user steps.
        title: what the measure is called.
        here: α and cap on the sliders, marked where they lie within.
        theme: paper to draw on.
    """
    x, y = [f"{cap:g}" for cap in caps], [f"{follow:g}" for follow in follows]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=x,
            y=y,
            colorscale=[list(stop) for stop in _HEAT[theme]],
            showscale=False,
            texttemplate="%{z:.2f}",
            hovertemplate=f"α %{{y}}, cap %{{x}}<br>{title} %{{z:.2f}}<extra></extra>",
        )
    )
    on_paper(figure, theme, x_title="cap (median user steps)", y_title="share of the way α")
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    near = (
        np.argmin(np.abs(np.asarray(caps) - here[1])),
        np.argmin(np.abs(np.array(follows) - here[0])),
    )
    figure.add_shape(
        type="rect", x0=near[0] - 0.5, x1=near[0] + 0.5, y0=near[1] - 0.5, y1=near[1] + 0.5,
        line={"color": "#D55E00", "width": 2.5},
    )  # fmt: skip
    return figure


def bars_figure(frame: pd.DataFrame, measure: Measure, *, x_title: str, theme: Theme) -> go.Figure:
    """One measure as a bar per policy, with its interval.

    Args:
        frame: columns policy, name, value, low and high, in order.
        measure: what is drawn.
        x_title: of the axis.
        theme: paper to draw on.
    """
    figure = go.Figure()
    for row in frame.to_dict("records"):
        colour = policy_mark(str(row["policy"])).fill_on(theme)
        defined = np.isfinite(row["low"])
        figure.add_trace(
            go.Bar(
                x=[row["value"]],
                y=[row["name"]],
                orientation="h",
                marker={"color": colour},
                error_x=arms(row["value"], row["low"], row["high"], colour=INK_OF_BAR[theme])
                if defined
                else None,
                hovertemplate=f"{hover_text(str(row['name']), lines=1)}: "
                f"{measure.format(row['value'])}"
                + (f" ({measure.format(row['low'])} to {measure.format(row['high'])})"
                   if defined else "")
                + "<extra></extra>",
            )
        )  # fmt: skip
    on_paper(figure, theme, x_title=x_title, y_title="", height=ROW * len(frame) + HEAD)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    ticks = ".0%" if measure.digits.endswith("%") else ".2~f"
    figure.update_xaxes(rangemode="tozero", tickformat=ticks)
    return figure


INK_OF_BAR = {"light": "#1D2126", "dark": "#ECE9E2"}


def differences_figure(
    frame: pd.DataFrame, *, x_title: str, margin: float, theme: Theme
) -> go.Figure:
    """Each policy's difference with its interval, beside the margin within which it is nothing.

    Args:
        frame: columns policy, name, difference, low and high, in order.
        x_title: of the axis.
        margin: half the width of the band around 0.
        theme: paper to draw on.
    """
    figure = go.Figure()
    figure.add_vrect(x0=-margin, x1=margin, fillcolor=FAINT_INK[theme], opacity=0.12, line_width=0)
    figure.add_vline(x=0, line={"color": FAINT_INK[theme], "width": 1})
    for row in frame[np.isfinite(frame["difference"])].to_dict("records"):
        mark = policy_mark(str(row["policy"]))
        colour = mark.fill_on(theme)
        figure.add_trace(
            go.Scatter(
                x=[row["difference"]],
                y=[row["name"]],
                mode="markers",
                marker={"symbol": mark.symbol, "size": 11, "color": colour},
                error_x=arms(row["difference"], row["low"], row["high"], colour=colour),
                hovertemplate=f"{hover_text(str(row['name']), lines=1)}: "
                f"{row['difference']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
                "<extra></extra>",
            )
        )
    on_paper(figure, theme, x_title=x_title, y_title="", height=ROW * len(frame) + HEAD)
    figure.update_yaxes(
        autorange="reversed", type="category", categoryorder="array",
        categoryarray=frame["name"].tolist(),
    )  # fmt: skip
    return figure
