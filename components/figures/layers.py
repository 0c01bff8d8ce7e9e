"""Heat-maps of layers against turns: how far along the persona's direction, and where it looks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.palette import FAINT_INK, INK, PAPER, Theme
from components.figures.paper import on_paper
from metrics.catalogue import Measure

ROW, LEAST = 22, 200  # pixels
# Blue lies towards the persona, orange away from it; the paper itself is 0.
_AWAY, _TOWARDS = {"light": "#C4580B", "dark": "#F2915A"}, {"light": "#0B6E8A", "dark": "#4DB6D3"}


def layers_frame(table: NDArray[np.float64]) -> pd.DataFrame:
    """One row per layer and turn: value, interval, and the range of random directions if known.

    Args:
        table: (layers, T, 5) or (layers, T, 3): mean, low, high, and maybe control low and high.
    """
    layers, turns, numbers = table.shape
    layer, turn = np.indices((layers, turns))
    frame = pd.DataFrame(
        {
            "layer": layer.ravel(),
            "turn": turn.ravel() + 1,
            "value": table[..., 0].ravel(),
            "low": table[..., 1].ravel(),
            "high": table[..., 2].ravel(),
        }
    )
    if numbers == 5:
        frame["random low"], frame["random high"] = table[..., 3].ravel(), table[..., 4].ravel()
        outside = (frame["value"] < frame["random low"]) | (frame["value"] > frame["random high"])
        frame["outside random"] = outside
    return frame


def layers_figure(frame: pd.DataFrame, *, measure: Measure, theme: Theme, most: float) -> go.Figure:
    """Turns from left to right, layers from the first below; cells beyond chance have a dot.

    Args:
        frame: from `layers_frame`.
        measure: what is drawn: about 0 where its values may be negative.
        theme: paper to draw on.
        most: the value that takes the full shade, the same for every condition.
    """
    wide = frame.pivot(index="layer", columns="turn", values="value")
    signed = measure.minimum < 0
    away, paper, towards = _AWAY[theme], PAPER[theme], _TOWARDS[theme]
    told = [_told(row, measure) for row in frame.to_dict("records")]
    figure = go.Figure(
        go.Heatmap(
            z=wide.to_numpy(),
            x=wide.columns.tolist(),
            y=wide.index.tolist(),
            zmin=-most if signed else 0,
            zmax=most,
            colorscale=[[0, away], [0.5, paper], [1, towards]]
            if signed
            else [[0, paper], [1, towards]],
            text=np.array(told).reshape(wide.shape),
            hovertemplate="%{text}<extra></extra>",
            xgap=2,
            ygap=2,
            colorbar={
                "title": {"text": measure.unit or measure.name, "side": "right"},
                "thickness": 10,
                "outlinewidth": 0,
                "tickformat": ".0%" if measure.digits.endswith("%") else "+.1f",
            },
        )
    )
    if "outside random" in frame:
        beyond = frame[frame["outside random"]]
        figure.add_trace(
            go.Scatter(
                x=beyond["turn"], y=beyond["layer"], mode="markers", hoverinfo="skip",
                marker={"size": 5, "color": INK[theme], "line": {"width": 1, "color": paper}},
            )
        )  # fmt: skip
    height = max(LEAST, ROW * len(wide) + 70)
    on_paper(figure, theme, x_title="turn", y_title="layer", height=height)
    figure.update_xaxes(dtick=1, showgrid=False)
    figure.update_yaxes(dtick=max(1, len(wide) // 12), showgrid=False)
    figure.update_layout(font={"color": FAINT_INK[theme]})
    return figure


def layers_description(frame: pd.DataFrame, name: str, measure: Measure) -> str:
    """The picture in words, for those who don't see it."""
    known = frame.dropna(subset=["value"])
    first, last = known["turn"].min(), known["turn"].max()
    means = known.groupby("turn")["value"].mean()
    told = (
        f"{measure.name} by layer and turn in {name}: over all layers "
        f"{measure.format(float(means[first]))} at turn {first} and "
        f"{measure.format(float(means[last]))} at turn {last}"
    )
    if "outside random" in frame:
        beyond = int(known["outside random"].sum())
        told += f"; {beyond} of {len(known)} cells lie outside of what random directions show"
    return told + "."


def full_shade(tables: Sequence[NDArray[np.float64]]) -> float:
    """The largest size of a value in any table; 1 where nothing is known."""
    sizes = [float(np.nanmax(np.abs(table[..., 0]))) for table in tables if table.size]
    return max([size for size in sizes if np.isfinite(size) and size > 0], default=1.0)


def _told(row: dict, measure: Measure) -> str:
    told = f"layer {row['layer']}, turn {row['turn']}: {measure.format(row['value'])}"
    if np.isfinite(row["low"]):
        told += f"<br>95 % interval {measure.format(row['low'])} to {measure.format(row['high'])}"
    if "random low" in row:
        ends = (measure.format(row[f"random {end}"]) for end in ("low", "high"))
        told += f"<br>random directions {' to '.join(ends)}"
    return told
