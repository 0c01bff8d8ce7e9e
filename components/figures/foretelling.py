"""How well users foretell themselves, window by window, above what chance gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, MARKS, Theme
from components.figures.paper import arms, on_paper, with_legend

OWN, OTHERS = "the user’s own turns", "turns of another user (shuffled)"


def foretelling_figure(frame: pd.DataFrame, *, x_title: str, theme: Theme) -> go.Figure:
    """Cosine over windows with intervals: the user's own turns, and another user's.

    Args:
        frame: columns window, who (`OWN` or `OTHERS`), value, low, high and n.
        x_title: what a window is.
        theme: paper to draw on.
    """
    figure = go.Figure()
    for who, part in frame[np.isfinite(frame["value"])].groupby("who", sort=False):
        figure.add_trace(_line(part, str(who), theme))
    on_paper(figure, theme, x_title=x_title, y_title="cosine with the turn that came")
    figure.update_xaxes(tickvals=sorted(frame["window"].unique()))
    figure.add_hline(y=0, line={"color": FAINT_INK[theme], "width": 1, "dash": "dot"})
    return with_legend(figure)


def foretelling_description(frame: pd.DataFrame) -> str:
    """The lines in words."""
    told = []
    for who, part in frame[np.isfinite(frame["value"])].groupby("who", sort=False):
        values = (f"{r['value']:.2f} at {r['window']}" for r in part.to_dict("records"))
        told.append(f"{who}: {', '.join(values)}")
    return f"Cosine by window. {'; '.join(told)}."


def _line(part: pd.DataFrame, who: str, theme: Theme) -> go.Scatter:
    own = who == OWN
    colour = MARKS[0].fill_on(theme) if own else FAINT_INK[theme]
    ends = [arms(r["value"], r["low"], r["high"], colour=colour) for r in part.to_dict("records")]
    bars = {
        **ends[0],
        "array": [each["array"][0] for each in ends],
        "arrayminus": [each["arrayminus"][0] for each in ends],
    }
    return go.Scatter(
        x=part["window"],
        y=part["value"],
        mode="lines+markers",
        name=who,
        error_y=bars,
        customdata=part[["low", "high", "n"]],
        hovertemplate="%{x}: %{y:.2f} (%{customdata[0]:.2f} to %{customdata[1]:.2f}), "
        "n = %{customdata[2]} conversations<extra>%{fullData.name}</extra>",
        line={"color": colour, "width": 2, "dash": "solid" if own else "dash"},
        marker={"size": 10, "symbol": "circle" if own else "x"},
    )
