"""One conversation turn by turn: every reply as a point, their mean as a line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from components.figures.palette import Theme, condition_mark
from components.figures.paper import arms, on_paper
from metrics.catalogue import Measure
from metrics.measure import ROUNDING
from metrics.uncertainty import Estimate

HEIGHT = 260


def talk_frame(values: NDArray[np.float64], estimates: tuple[Estimate, ...]) -> pd.DataFrame:
    """One row per turn: the mean over its replies, its interval, and their spread.

    Args:
        values: (T, m) of each reply.
        estimates: T means over replies.
    """
    return pd.DataFrame(
        {
            "turn": np.arange(1, len(values) + 1),
            "value": _rounded(values.mean(axis=1)),
            "low": _rounded([one.low for one in estimates]),
            "high": _rounded([one.high for one in estimates]),
            "SD between replies": values.std(axis=1, ddof=1),
            "replies": values.shape[1],
        }
    )


def talk_figure(
    frame: pd.DataFrame, values: NDArray[np.float64], *, key: str, measure: Measure, theme: Theme
) -> go.Figure:
    """The measure by turn, with the interval over the replies of each turn.

    Args:
        frame: from `talk_frame`.
        values: (T, m) of each reply, drawn as points.
        key: of the condition, whose colour it takes.
        measure: what is followed.
        theme: paper to draw on.
    """
    mark = condition_mark(key)
    ticks = ".0%" if measure.digits.endswith("%") else ".3~g"
    turns = np.repeat(frame["turn"].to_numpy(), values.shape[1])
    points = go.Scatter(
        x=turns,
        y=values.ravel(),
        mode="markers",
        hovertemplate=f"turn %{{x}}, one reply: %{{y:{ticks}}}<extra></extra>",
        marker={"symbol": f"{mark.symbol}-open", "size": 7, "opacity": 0.5,
                "color": mark.fill_on(theme)},
    )  # fmt: skip
    line = go.Scatter(
        x=frame["turn"],
        y=frame["value"],
        mode="lines+markers",
        error_y=_arms(frame, mark.ink_on(theme)),
        hovertemplate=f"turn %{{x}}: %{{y:{ticks}}} {measure.unit}<extra></extra>",
        line={"color": mark.fill_on(theme), "width": 2.5},
        marker={"symbol": mark.symbol, "size": 9, "color": mark.fill_on(theme)},
    )
    label = f"{measure.label[0].lower()}{measure.label[1:]}"
    figure = on_paper(
        go.Figure([points, line]), theme, x_title="your turn", y_title=measure.unit or label,
        height=HEIGHT,
    )  # fmt: skip
    last = int(frame["turn"].max())
    figure.update_xaxes(range=[0.6, last + 0.4], dtick=max(1, last // 8))
    figure.update_yaxes(tickformat=ticks, rangemode="tozero")
    return figure


def talk_description(frame: pd.DataFrame, measure: Measure) -> str:
    """The line in words, for those who don't see it."""
    told = ", ".join(
        f"turn {turn} {measure.format(value)}"
        for turn, value in zip(frame["turn"], frame["value"], strict=True)
    )
    return f"{measure.name} by turn, mean over {frame['replies'].iloc[0]} replies each: {told}."


def _rounded(values: ArrayLike) -> NDArray[np.float64]:
    """The values, those that are but rounding as 0."""
    given = np.asarray(values, dtype=np.float64)
    return np.where(np.abs(given) < ROUNDING, 0.0, given)


def _arms(frame: pd.DataFrame, colour: str) -> dict:
    one = arms(0.0, 0.0, 0.0, colour=colour)
    return one | {
        "array": (frame["high"] - frame["value"]).tolist(),
        "arrayminus": (frame["value"] - frame["low"]).tolist(),
    }
