"""Measures against temperature: small charts side by side, one per measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, Theme, condition_mark
from components.figures.paper import band, on_paper
from metrics.measure import Measure
from metrics.uncertainty import Estimate

SWEEP_HEIGHT = 230
_LINE = {"light": "#0B6E8A", "dark": "#2FA5C6"}


def sweep_frame(
    temperatures: Mapping[str, float], estimates: Mapping[str, Mapping[str, Estimate]]
) -> pd.DataFrame:
    """One row per measure and temperature at which it is defined.

    Args:
        temperatures: per condition key, ascending.
        estimates: per condition key, then by measure.
    """
    rows = [
        (measure, key, temperatures[key], one.value, one.low, one.high, one.n)
        for key in temperatures
        if key in estimates
        for measure, one in estimates[key].items()
        if one.is_defined
    ]
    columns = ["measure", "condition", "temperature", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def sweep_figure(frame: pd.DataFrame, measure: Measure, *, theme: Theme, m: int) -> go.Figure:
    """One measure at each temperature with its interval, joined by a line.

    Args:
        frame: from `sweep_frame`.
        measure: which of its measures.
        theme: paper to draw on.
        m: answers at which temperatures are compared.
    """
    own = frame[frame["measure"] == measure.key]
    figure = go.Figure()
    if len(own):
        low, high, colour = own["low"].tolist(), own["high"].tolist(), _LINE[theme]
        figure.add_trace(band(own["temperature"].tolist(), low, high, colour=colour))
        figure.add_trace(_line(own, measure, theme))
    unit = f" ({measure.unit})" if measure.unit else ""
    on_paper(
        figure, theme, x_title="temperature", y_title=measure.unit or "value", height=SWEEP_HEIGHT
    )
    figure.update_layout(
        margin={"t": 34},
        title={
            "text": f"{measure.label.format(n=m)}{unit}",
            "font": {"size": 13, "color": FAINT_INK[theme]},
            "x": 0,
            "xref": "paper",
            "y": 0.98,
            "yanchor": "top",
        },
    )
    if measure.digits.endswith("%"):
        figure.update_yaxes(tickformat=".0%", title=None)
    return figure


def sweep_description(frame: pd.DataFrame, measures: Sequence[Measure], *, m: int) -> str:
    """The lines in words, for those who don't see them."""
    told = []
    for measure in measures:
        own = frame[frame["measure"] == measure.key]
        if len(own):
            first, last = own.iloc[0], own.iloc[-1]
            told.append(
                f"{measure.label.format(n=m)}: {measure.format(first['value'])} at "
                f"{first['temperature']:g}, {measure.format(last['value'])} at "
                f"{last['temperature']:g}"
            )
    return f"Measures against temperature. {'; '.join(told) or 'Too few answers'}."


def _line(own: pd.DataFrame, measure: Measure, theme: Theme) -> go.Scatter:
    marks = [condition_mark(key) for key in own["condition"]]
    told = [
        f"temperature {row['temperature']:g}<br><b>{measure.format(row['value'])}</b> "
        f"({measure.format(row['low'])} to {measure.format(row['high'])}), n = {row['n']}"
        for row in own.to_dict("records")
    ]
    return go.Scatter(
        x=own["temperature"],
        y=own["value"],
        mode="lines+markers",
        hovertext=told,
        hovertemplate="%{hovertext}<extra></extra>",
        line={"color": _LINE[theme], "width": 2},
        marker={
            "symbol": [mark.symbol for mark in marks],
            "color": [mark.fill_on(theme) for mark in marks],
            "size": 10,
        },
    )
