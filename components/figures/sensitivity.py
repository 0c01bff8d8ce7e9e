"""The number of meanings against the choices it hangs on: threshold, and order of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from components.figures.labels import hover_text
from components.figures.palette import FAINT_INK, Theme, condition_mark
from components.figures.paper import band, name_ends, on_paper, tint
from metrics.extrapolation import Curve
from metrics.sensitivity import OrderSpread

_ROW = 62  # pixels per condition


def threshold_frame(curves: Mapping[str, Curve], thresholds: Sequence[float]) -> pd.DataFrame:
    """One row per condition and threshold: meanings and their interval."""
    columns = ["condition", "threshold", "meanings", "low", "high", "n"]
    rows = [
        (key, threshold, float(value), float(low), float(high), curve.n)
        for key, curve in curves.items()
        for threshold, value, low, high in zip(
            thresholds, curve.values, curve.low, curve.high, strict=True
        )
    ]
    return pd.DataFrame(rows, columns=columns)


def threshold_figure(
    frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme, now: float
) -> go.Figure:
    """A line per condition with its interval; an upright one at the page's own threshold.

    Args:
        frame: from `threshold_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
        now: threshold that the page uses.
    """
    figure, ends = go.Figure(), []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        if len(own):
            figure.add_traces(_line(own, key, theme))
            last = own.iloc[-1]
            ends.append((key, name, float(last["threshold"]), float(last["meanings"])))
    on_paper(
        figure,
        theme,
        x_title="same meaning from this cosine on (higher tells more apart)",
        y_title="different meanings",
    )
    top = float(frame["high"].max()) if len(frame) else 1.0
    name_ends(figure, ends, theme=theme, y_range=(0.0, 1.1 * top))
    figure.add_vline(x=now, line={"color": FAINT_INK[theme], "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=now, y=1, yref="paper", yanchor="bottom", showarrow=False, text=f"now {now:.2f}",
        font={"size": 12, "color": FAINT_INK[theme]},
    )  # fmt: skip
    figure.update_layout(margin={"t": 26})
    return figure


def threshold_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The lines in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        if len(own):
            first, last = own.iloc[0], own.iloc[-1]
            told.append(
                f"{name}: {first['meanings']:.0f} at {first['threshold']:.2f}, "
                f"{last['meanings']:.0f} at {last['threshold']:.2f}"
            )
    return f"Meanings against the threshold. {'; '.join(told) or 'Too few answers'}."


def orders_frame(spreads: Mapping[str, OrderSpread]) -> pd.DataFrame:
    """One row per condition and number of meanings that some order gave."""
    rows = [
        (key, int(meanings), orders, spread.as_given)
        for key, spread in spreads.items()
        for meanings, orders in sorted(Counter(spread.meanings.tolist()).items())
    ]
    return pd.DataFrame(rows, columns=["condition", "meanings", "orders", "as they came"])


def orders_figure(frame: pd.DataFrame, *, names: Mapping[str, str], theme: Theme) -> go.Figure:
    """How many meanings other orders give: larger dots for more orders, a dash as they came.

    Args:
        frame: from `orders_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
    """
    figure = go.Figure()
    shown = [key for key in names if (frame["condition"] == key).any()]
    for place, key in enumerate(shown):
        figure.add_traces(_orders(frame[frame["condition"] == key], place, key, theme))
        mark = condition_mark(key)
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=place, yshift=22, showarrow=False,
            text=f"{mark.glyph} {hover_text(names[key], width=40, lines=1)}",
            font={"size": 13, "color": mark.ink_on(theme)},
        )  # fmt: skip
    height = 80 + _ROW * len(shown)
    on_paper(figure, theme, x_title="different meanings (greedy rule)", y_title="", height=height)
    figure.update_yaxes(range=[len(shown) - 0.5, -0.7], showticklabels=False, showgrid=False)
    return figure


def orders_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The dots in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        own = frame[frame["condition"] == key]
        if len(own):
            told.append(
                f"{name}: {own['meanings'].min()} to {own['meanings'].max()} in other orders, "
                f"{own['as they came'].iloc[0]} as they came"
            )
    return f"Meanings by the order of answers. {'; '.join(told) or 'Too few answers'}."


def _line(own: pd.DataFrame, key: str, theme: Theme) -> list[go.Scatter]:
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    line = go.Scatter(
        x=own["threshold"],
        y=own["meanings"],
        mode="lines+markers",
        customdata=own[["low", "high"]],
        hovertemplate="from cosine %{x:.2f} on: %{y:.0f} meanings<br>%{customdata[0]:.1f} to "
        "%{customdata[1]:.1f}<extra></extra>",
        line={"color": colour, "width": 2},
        marker={"symbol": mark.symbol, "size": 6},
    )
    x = own["threshold"].tolist()
    return [band(x, own["low"].tolist(), own["high"].tolist(), colour=colour), line]


def _orders(own: pd.DataFrame, place: int, key: str, theme: Theme) -> list[go.Scatter]:
    mark, total = condition_mark(key), int(own["orders"].sum())
    given = int(own["as they came"].iloc[0])
    dots = go.Scatter(
        x=own["meanings"],
        y=[place] * len(own),
        mode="markers",
        customdata=own["orders"],
        hovertemplate=f"%{{x}} meanings in %{{customdata}} of {total} orders<extra></extra>",
        marker={
            "color": tint(mark.fill_on(theme), 0.6),
            "size": [6 + 26 * (orders / total) ** 0.5 for orders in own["orders"]],
        },
    )
    dash = go.Scatter(
        x=[given, given],
        y=[place - 0.3, place + 0.3],
        mode="lines",
        line={"color": mark.ink_on(theme), "width": 2.5},
        hovertemplate=f"{given} meanings in the order in which they came<extra></extra>",
    )
    return [dots, dash]
