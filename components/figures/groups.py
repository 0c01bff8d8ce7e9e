"""Pictures of the Groups page: who likes what, where groups split, who agrees with whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import axis_text, hover_text, short_text
from components.figures.palette import FAINT_INK, INK, PAPER, Theme, meaning_mark
from components.figures.paper import on_paper, tint, with_legend
from metrics.agreement import Cohesion
from metrics.group_means import GroupMeans
from metrics.preference import FLOOR

ROW = 34  # pixels of a row with two lines of text
_LEAST, _LABEL = 300, 30
# From paper to ink, and for differences from one hue over paper to another.
_SHADES = {
    "light": ((0.0, "#FCFAF6"), (0.5, "#8FBFCB"), (1.0, "#0B6E8A")),
    "dark": ((0.0, "#15191C"), (0.5, "#22596A"), (1.0, "#5FB6CE")),
}
_AROUND = {
    "light": ((0.0, "#C26A1B"), (0.5, "#FCFAF6"), (1.0, "#0B6E8A")),
    "dark": ((0.0, "#D98A45"), (0.5, "#15191C"), (1.0, "#3FA3BF")),
}


def preference_frame(
    found: GroupMeans, groups: Sequence[str], labels: Sequence[str]
) -> pd.DataFrame:
    """One row per option and group, the most liked options first; hidden cells are NaN."""
    known = ~np.isnan(found.values)
    mean = np.where(known, found.values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    order = np.argsort(np.where(known.any(axis=0), -mean, np.inf), kind="stable")
    rows = [
        {
            "option": labels[i],
            "group": name,
            "value": found.values[g, i],
            "low": found.low[g, i],
            "high": found.high[g, i],
            "raters": found.raters[g, i],
        }
        for i in order
        for g, name in enumerate(groups)
        if known[:, i].any()
    ]
    columns = ["option", "group", "value", "low", "high", "raters"]
    return pd.DataFrame(rows, columns=columns)


def preference_figure(
    frame: pd.DataFrame, *, unit: str, theme: Theme, centred: bool, span: tuple[float, float] | None
) -> go.Figure:
    """Options × groups as shades of one hue, each cell with its value; hover tells the interval.

    Args:
        frame: from `preference_frame`.
        unit: what a value is.
        theme: paper to draw on.
        centred: values are differences around 0 and take two hues.
        span: lowest and highest value that can occur; those that do, if not given.
    """
    options, groups = list(dict.fromkeys(frame["option"])), list(dict.fromkeys(frame["group"]))
    shape = len(options), len(groups)
    z, low, high, n = (
        frame[c].to_numpy().reshape(shape) for c in ("value", "low", "high", "raters")
    )
    ends = span or (float(np.nanmin(z)), float(np.nanmax(z)))
    if centred:
        most = float(np.nanmax(np.abs(z))) or 1.0
        ends = (-most, most)
    told = [f"{place}. {axis_text(o, width=_LABEL)}" for place, o in enumerate(options, 1)]
    said = np.array([[hover_text(option) for _ in groups] for option in options])
    scale = _AROUND if centred else _SHADES
    figure = go.Figure(
        go.Heatmap(
            z=z, x=[axis_text(g, width=18) for g in groups], y=told,
            zmin=ends[0], zmax=ends[1], colorscale=[list(s) for s in scale[theme]],
            showscale=False, xgap=2, ygap=2,
            text=_cells(z, n), texttemplate="%{text}",
            customdata=np.dstack([said, _spans(low, high), n.astype(str)]),
            hovertemplate="%{customdata[0]}<br><b>%{x}</b>: %{text} "
            f"{hover_text(unit)}<br>95 %: %{{customdata[1]}}, n = %{{customdata[2]}}"
            "<extra></extra>",
        )
    )  # fmt: skip
    height = max(_LEAST, ROW * shape[0] + 90)
    on_paper(figure, theme, x_title="", y_title="", height=height)
    figure.update_xaxes(side="top", type="category", showgrid=False, tickfont={"color": INK[theme]})
    figure.update_yaxes(
        autorange="reversed", type="category", showgrid=False, tickfont={"size": 12}
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 40, "b": 8})
    return figure


def preference_description(frame: pd.DataFrame, unit: str) -> str:
    """The heat-map in words: what each group likes best."""
    told = []
    for group, part in frame.dropna(subset="value").groupby("group", sort=False):
        best = part.iloc[int(part["value"].argmax())]
        told.append(f"{group} like “{best['option']}” best ({best['value']:.2f})")
    return f"{unit} of each answer in each group: " + ("; ".join(told) or "all hidden") + "."


def splits_figure(frame: pd.DataFrame, *, theme: Theme, most: int = 15) -> go.Figure:
    """The questions that split most: the spread beside what chance alone gives.

    Args:
        frame: question, text, spread (bits), by chance, q; the largest first.
        theme: paper to draw on.
        most: rows to draw.
    """
    part = frame.head(most)[::-1]
    names = [f"{axis_text(t, width=30)}" for t in part["text"]]
    names = [f"{name}<span style='display:none'>{i}</span>" for i, name in enumerate(names)]
    clear, mark = part["q"] < 0.05, meaning_mark(0)
    figure = go.Figure()
    for row, name in zip(part.itertuples(index=False), names, strict=True):
        figure.add_shape(
            type="line", x0=row[3], x1=row[2], y0=name, y1=name,
            line={"color": FAINT_INK[theme], "width": 1.5},
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=part["by chance"], y=names, mode="markers", name="by chance alone",
            marker={"symbol": "line-ns-open", "size": 11, "color": FAINT_INK[theme]},
            hovertemplate="by chance %{x:.3f} bits<extra></extra>",
        )
    )  # fmt: skip
    for shown, name, symbol in ((clear, "more than chance", "circle"),
                                (~clear, "within chance", "circle-open")):  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=part["spread (bits)"][shown],
                y=[n for n, s in zip(names, shown, strict=True) if s],
                mode="markers", name=name, customdata=part[["q", "answers"]][shown],
                marker={"symbol": symbol, "size": 10, "color": mark.fill_on(theme)},
                hovertemplate="%{x:.3f} bits, q = %{customdata[0]:.3f}, "
                "n = %{customdata[1]} answers<extra></extra>",
            )
        )  # fmt: skip
    height = max(_LEAST, ROW * len(part) + 100)
    on_paper(figure, theme, x_title="split (bits)", y_title="", height=height)
    with_legend(figure)
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(categoryorder="array", categoryarray=names, tickfont={"size": 12})
    return figure


def shares_figure(frame: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """How often each group gave each answer to one question, as stacked bars."""
    answers = list(dict.fromkeys(frame["answer"]))
    figure = go.Figure()
    for place, answer in enumerate(answers):
        part = frame[frame["answer"] == answer]
        shade = 0.25 + 0.75 * (place + 1) / len(answers)
        figure.add_trace(
            go.Bar(
                y=[axis_text(g, width=24) for g in part["group"]], x=part["share"],
                orientation="h", name=short_text(str(answer), 26),
                customdata=part[["raters", "of"]],
                marker={"color": tint(meaning_mark(0).fill_on(theme), shade),
                        "line": {"color": PAPER[theme], "width": 1}},
                hovertemplate="%{y}: %{x:.0%} (%{customdata[0]} of %{customdata[1]})"
                "<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    rows = frame["group"].nunique()
    on_paper(figure, theme, x_title="share of the group", y_title="", height=120 + 34 * rows)
    with_legend(figure)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def cohesion_frame(found: Cohesion, groups: Sequence[str]) -> pd.DataFrame:
    """One row per group: agreement within, across, their difference and GRASP's ratio."""
    return pd.DataFrame(
        {
            "group": groups,
            "raters": found.sizes,
            "within (α)": found.within,
            "with others (xRR)": found.across,
            "difference": found.difference,
            "ratio (GAI)": found.index,
            "p": found.p_value,
            "q": found.q_value,
        }
    )


def cohesion_figure(frame: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Agreement within each group and with all others, joined by a line."""
    names = [axis_text(g, width=26) for g in frame["group"]]
    figure = go.Figure()
    for row, name in zip(frame.to_dict("records"), names, strict=True):
        figure.add_shape(
            type="line", x0=row["with others (xRR)"], x1=row["within (α)"], y0=name, y1=name,
            line={"color": FAINT_INK[theme], "width": 1.5},
        )  # fmt: skip
    for place, (column, told) in enumerate(
        (("within (α)", "within the group (α)"), ("with others (xRR)", "with the others (xRR)"))
    ):
        mark = meaning_mark(place)
        figure.add_trace(
            go.Scatter(
                x=frame[column], y=names, mode="markers", name=told,
                customdata=frame[["raters", "q"]],
                marker={"symbol": mark.symbol, "size": 11, "color": mark.fill_on(theme)},
                hovertemplate="%{y}: %{x:.2f}, n = %{customdata[0]} raters"
                "<br>difference: q = %{customdata[1]:.3f}<extra>" + told + "</extra>",
            )
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": FAINT_INK[theme], "width": 1, "dash": "dot"})
    height = 130 + ROW * len(names)
    title = "agreement beyond chance (0 as by chance, 1 perfect)"
    on_paper(figure, theme, x_title=title, y_title="", height=height)
    with_legend(figure)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def pairs_figure(
    table: NDArray[np.float64], groups: Sequence[str], *, told: str, theme: Theme
) -> go.Figure:
    """Groups × groups, such as how far each two are apart."""
    names = [axis_text(g, width=16) for g in groups]
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, table)
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=names, y=names, colorscale=[list(s) for s in _SHADES[theme]],
            showscale=False, xgap=2, ygap=2, text=_cells(shown, np.full(shown.shape, 10)),
            texttemplate="%{text}", zmin=0,
            hovertemplate="%{y} and %{x}: %{z:.3f} " + told + "<extra></extra>",
        )
    )  # fmt: skip
    height = 110 + 44 * len(names)
    on_paper(figure, theme, x_title="", y_title="", height=height)
    figure.update_xaxes(side="top", type="category", showgrid=False)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure


def _cells(z: NDArray[np.float64], n: NDArray[np.int64]) -> list[list[str]]:
    """Values as they stand in cells; why one is empty."""
    return [
        [_cell(value, count) for value, count in zip(row, counts, strict=True)]
        for row, counts in zip(z, n, strict=True)
    ]


def _cell(value: float, raters: int) -> str:
    if np.isnan(value):
        return "n < 10" if raters < FLOOR else ""
    return f"{value:.2f}".replace("-", "−")


def _spans(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.str_]:
    words = [
        [
            "hidden" if np.isnan(a) else f"{a:.2f} to {b:.2f}".replace("-", "−")
            for a, b in zip(*row, strict=True)
        ]
        for row in zip(low, high, strict=True)
    ]
    return np.array(words)
