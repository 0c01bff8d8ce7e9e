"""Meanings against answers: what was seen, and what as many answers again would bring."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import Theme, condition_mark
from components.figures.paper import band, name_ends, on_paper
from metrics.extrapolation import Curve

SEEN, AHEAD = "seen", "ahead"


def growth_frame(curves: Mapping[str, tuple[Curve, Curve]]) -> pd.DataFrame:
    """One row per condition and number of answers: meanings and their interval.

    Args:
        curves: per condition key, what was seen and how it would go on.
    """
    parts = [
        pd.DataFrame(
            {
                "condition": key,
                "part": part,
                "answers": curve.sizes,
                "meanings": curve.values,
                "low": curve.low,
                "high": curve.high,
                "n": curve.n,
            }
        )
        for key, both in curves.items()
        for part, curve in zip((SEEN, AHEAD), both, strict=True)
    ]
    columns = ["condition", "part", "answers", "meanings", "low", "high", "n"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def growth_figure(frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme) -> go.Figure:
    """A line per condition with its interval; solid for what was seen, dashed for what is ahead.

    Args:
        frame: from `growth_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
    """
    figure, ends = go.Figure(), []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        for part in (SEEN, AHEAD):
            figure.add_traces(_line(own[own["part"] == part], key, name, part, theme))
        if len(own):
            last = own.iloc[-1]
            ends.append((key, name, float(last["answers"]), float(last["meanings"])))
    on_paper(figure, theme, x_title="answers", y_title="different meanings")
    top = float(frame["high"].max()) if len(frame) else 1.0
    name_ends(figure, ends, theme=theme, y_range=(0.0, 1.08 * top))
    figure.update_xaxes(rangemode="tozero")
    return figure


def growth_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The curves in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        if not len(own):
            continue
        now, then = own[own["part"] == SEEN].iloc[-1], own[own["part"] == AHEAD].iloc[-1]
        told.append(
            f"{name}: {now['meanings']:.0f} meanings in {now['answers']:.0f} answers, about "
            f"{then['meanings']:.0f} ({then['low']:.0f} to {then['high']:.0f}) in "
            f"{then['answers']:.0f}"
        )
    return "Meanings against answers. " + ("; ".join(told) or "Too few answers") + "."


def _line(own: pd.DataFrame, key: str, name: str, part: str, theme: Theme) -> list[go.Scatter]:
    if not len(own):
        return []
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    line = go.Scatter(
        x=own["answers"],
        y=own["meanings"],
        mode="lines",
        name=f"{name}, {part}",
        customdata=own[["low", "high"]],
        hovertemplate="%{x} answers: %{y:.1f} meanings<br>%{customdata[0]:.1f} to "
        "%{customdata[1]:.1f}<extra></extra>",
        line={"color": colour, "width": 2.5, "dash": "solid" if part == SEEN else "dash"},
    )
    if part == AHEAD:
        line.update(mode="lines+markers", marker={"symbol": mark.symbol, "size": 8})
        line.marker.opacity = [0.0] * (len(own) - 1) + [1.0]
    low, high = own["low"].tolist(), own["high"].tolist()
    return [band(own["answers"].tolist(), low, high, colour=colour), line]
