"""Pictures of deciding: total against the worst-off group, rules against rules, who is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import axis_text, hover_text, short_text, spread_labels
from components.figures.palette import FAINT_INK, PAPER, Theme, meaning_mark
from components.figures.paper import on_paper, tint, with_legend
from metrics.uncertainty import Estimate

HEIGHT = 430
_NAMED = 30
_STANDOFF = 18


def frontier_frame(
    labels: Sequence[str],
    totals: NDArray[np.float64],
    worst: NDArray[np.float64],
    chosen: Mapping[str, tuple[Estimate, Estimate, str]],
) -> pd.DataFrame:
    """Options and rules as points: total, the worst-off group, and intervals where there are any.

    Args:
        labels: of the options.
        totals: (options,) weighted mean utility.
        worst: (options,) of the group that fares worst.
        chosen: what a point of rules is called → its total, its worst group and its choice.
    """
    rows = [
        {"what": "option", "name": label, "total": t, "worst group": w, "choice": label}
        for label, t, w in zip(labels, totals, worst, strict=True)
    ]
    for name, (total, least, choice) in chosen.items():
        rows.append(
            {
                "what": "rule", "name": name, "total": total.value, "worst group": least.value,
                "total low": total.low, "total high": total.high, "worst low": least.low,
                "worst high": least.high, "choice": choice,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def frontier_figure(frame: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Total against the worst-off group: every option small, what rules choose large and named."""
    options, rules = frame[frame["what"] == "option"], frame[frame["what"] == "rule"]
    figure = go.Figure(
        go.Scatter(
            x=options["total"], y=options["worst group"], mode="markers", name="other answers",
            customdata=[hover_text(n) for n in options["name"]],
            marker={"size": 8, "color": tint(FAINT_INK[theme], 0.45)},
            hovertemplate="%{customdata}<br>total %{x:.3f}, worst group %{y:.3f}<extra></extra>",
        )
    )  # fmt: skip
    best = _undominated(options)
    figure.add_trace(
        go.Scatter(
            x=best["total"], y=best["worst group"], mode="lines", hoverinfo="skip",
            line={"color": FAINT_INK[theme], "width": 1, "dash": "dot"}, name="no answer is "
            "better in both",
        )
    )  # fmt: skip
    for place, row in enumerate(rules.to_dict("records")):
        figure.add_trace(_rule(row, place, theme))
    title = "total: mean utility of groups"
    on_paper(figure, theme, x_title=title, y_title="utility of the worst-off group", height=HEIGHT)
    with_legend(figure)
    figure.update_yaxes(title_standoff=_STANDOFF)
    return figure


def frontier_description(frame: pd.DataFrame) -> str:
    """The frontier in words."""
    rules = frame[frame["what"] == "rule"]
    told = [
        f"{row['name']} gives {row['total']:.2f} in total and {row['worst group']:.2f} to the "
        "worst-off group"
        for row in rules.to_dict("records")
    ]
    return "Total against the worst-off group: " + "; ".join(told) + "."


def slope_figure(
    groups: Sequence[str],
    before: Sequence[Estimate],
    after: Sequence[Estimate],
    *,
    names: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """Each group’s utility under one rule and under another, joined by a line.

    Args:
        groups: names.
        before: utility of each under the first rule.
        after: under the second.
        names: of the rules.
        theme: paper to draw on.
    """
    figure = go.Figure()
    values = [e.value for e in (*before, *after)]
    ends = float(np.nanmin(values)) - 0.05, float(np.nanmax(values)) + 0.05
    shifts = spread_labels([e.value for e in after], y_range=ends, height=HEIGHT - 90)
    for place, (group, one, two) in enumerate(zip(groups, before, after, strict=True)):
        mark = meaning_mark(place)
        figure.add_trace(
            go.Scatter(
                x=list(names), y=[one.value, two.value], mode="lines+markers", name=group,
                customdata=[[one.low, one.high, one.n], [two.low, two.high, two.n]],
                line={"color": mark.fill_on(theme), "width": 2},
                marker={"symbol": mark.symbol, "size": 9, "color": mark.fill_on(theme)},
                hovertemplate=f"{hover_text(group)}: %{{y:.2f}}, 95 % %{{customdata[0]:.2f}} to "
                "%{customdata[1]:.2f}, n = %{customdata[2]}<extra></extra>",
            )
        )  # fmt: skip
        figure.add_annotation(
            x=1, y=two.value, yshift=shifts[place], xshift=12, xanchor="left", showarrow=False,
            text=f"{mark.glyph} {short_text(group, 20)}",
            font={"size": 12, "color": mark.ink_on(theme)},
        )  # fmt: skip
    on_paper(figure, theme, x_title="", y_title="mean utility of the group", height=HEIGHT)
    figure.update_yaxes(range=list(ends), title_standoff=_STANDOFF)
    figure.update_xaxes(range=[-0.15, 1.55], showgrid=False)
    return figure


def aversion_figure(
    curve: NDArray[np.float64],
    aversions: Sequence[float],
    labels: Sequence[str],
    *,
    at: float,
    theme: Theme,
    most: int = 5,
) -> go.Figure:
    """Atkinson’s utility of the best options as the weight moves from the total to the worst-off.

    Args:
        curve: (aversions, options).
        aversions: along the axis; the last may be infinite.
        labels: of the options.
        at: where the slider stands.
        theme: paper to draw on.
        most: options to draw; those that are ever best come first.
    """
    ever = list(dict.fromkeys(int(i) for i in curve.argmax(axis=1)))
    others = [int(i) for i in np.argsort(-curve.max(axis=0)) if int(i) not in ever]
    words = ["∞" if np.isinf(a) else f"{a:g}" for a in aversions]
    figure = go.Figure()
    for place, i in enumerate((ever + others)[:most]):
        mark = meaning_mark(place)
        figure.add_trace(
            go.Scatter(
                x=words, y=curve[:, i], mode="lines+markers",
                name=f"{mark.glyph} {short_text(labels[i], _NAMED)}",
                line={"color": mark.fill_on(theme), "width": 2},
                marker={"symbol": mark.symbol, "size": 7, "color": mark.fill_on(theme)},
                hovertemplate=f"{hover_text(labels[i])}<br>%{{y:.3f}} at ε = %{{x}}<extra></extra>",
            )
        )  # fmt: skip
    place = list(aversions).index(at)
    figure.add_vline(x=place, line={"color": FAINT_INK[theme], "dash": "dot", "width": 1.5})
    title = "aversion to inequality ε: 0 only the total, ∞ only the worst-off group"
    on_paper(figure, theme, x_title=title, y_title="equally good equal utility", height=380)
    with_legend(figure)
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_standoff=_STANDOFF)
    return figure


def seats_figure(
    shares: NDArray[np.float64],
    seats: Sequence[str],
    labels: Sequence[str],
    *,
    theme: Theme,
) -> go.Figure:
    """What panels drawn from each group choose, as stacked bars; options seldom chosen share one.

    Args:
        shares: (seats, options) part of panels.
        seats: from whom panels are drawn.
        labels: of the options.
        theme: paper to draw on.
    """
    often = [int(i) for i in np.argsort(-shares.sum(axis=0)) if shares[:, i].max() >= 0.02][:7]
    figure = go.Figure()
    names = [axis_text(s, width=22) for s in seats]
    parts = [(labels[i], shares[:, i], meaning_mark(k)) for k, i in enumerate(often)]
    rest = 1 - shares[:, often].sum(axis=1)
    if rest.max() > 0.005:
        parts.append(("anything else", rest, meaning_mark(99)))
    for label, part, mark in parts:
        figure.add_trace(
            go.Bar(
                y=names, x=part, orientation="h", name=short_text(label, _NAMED),
                marker={"color": mark.fill_on(theme), "line": {"color": PAPER[theme], "width": 1}},
                hovertemplate=f"%{{y}}: {hover_text(label)} in %{{x:.0%}} of panels<extra></extra>",
            )
        )  # fmt: skip
    height = 130 + 34 * len(seats) + 22 * len(parts)
    on_paper(figure, theme, x_title="share of panels", y_title="", height=height)
    with_legend(figure)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _undominated(options: pd.DataFrame) -> pd.DataFrame:
    """Options that no other one betters in both, from the largest total down."""
    ordered = options.sort_values(["total", "worst group"], ascending=False)
    return ordered[ordered["worst group"] >= ordered["worst group"].cummax()]


def _rule(row: Mapping[Any, Any], place: int, theme: Theme) -> go.Scatter:
    mark = meaning_mark(place)
    colour = mark.fill_on(theme)
    arms = {
        side: {
            "type": "data", "symmetric": False, "thickness": 1.2, "width": 3,
            "array": [float(row[f"{name} high"]) - float(row[column])],
            "arrayminus": [float(row[column]) - float(row[f"{name} low"])],
            "color": tint(colour, 0.6),
        }
        for side, name, column in (("error_x", "total", "total"),
                                   ("error_y", "worst", "worst group"))
    }  # fmt: skip
    return go.Scatter(
        x=[row["total"]], y=[row["worst group"]], mode="markers", **arms,
        showlegend=False,
        marker={"symbol": mark.symbol, "size": 14, "color": colour,
                "line": {"color": PAPER[theme], "width": 1}},
        hovertemplate=f"<b>{hover_text(str(row['name']), width=40)}</b><br>"
        f"{hover_text(str(row['choice']))}<br>total %{{x:.3f}}, worst group %{{y:.3f}}"
        "<extra></extra>",
    )  # fmt: skip
