"""Pictures of the Audits page: what each person changes, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, GRID, Theme, condition_mark
from components.figures.paper import arms, on_paper, with_legend
from metrics.disparity import Gap
from metrics.uncertainty import Estimate

_ROW, _LEAST = 34.0, 220.0  # pixels of a row, and of the whole picture at least


def gaps_frame(gaps: Mapping[str, Sequence[Gap]], known: Sequence[Gap] = ()) -> pd.DataFrame:
    """One row per condition and level that has an interval.

    Args:
        gaps: per condition key.
        known: the true gaps, where they are known.
    """
    true = {(gap.attribute, gap.level): gap.estimate.value for gap in known}
    columns = ["condition", "attribute", "level", "baseline", "gap", "low", "high", "n"]
    columns += ["q", "probability", "known"]
    rows = [
        (
            key, gap.attribute, gap.level, gap.baseline, gap.estimate.value, gap.estimate.low,
            gap.estimate.high, gap.estimate.n, gap.q_value, gap.in_probability,
            true.get((gap.attribute, gap.level)),
        )
        for key, found in gaps.items()
        for gap in found
        if gap.estimate.is_defined
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def estimates_frame(
    found: Mapping[str, Mapping[str, Estimate]], *, attribute: str, even: str
) -> pd.DataFrame:
    """A frame of the same form, for estimates by name and condition.

    Args:
        found: condition key → name → estimate.
        attribute: what the names are of.
        even: what stands at the line, in words.
    """
    columns = ["condition", "attribute", "level", "baseline", "gap", "low", "high", "n"]
    rows = [
        (key, attribute, name, even, one.value, one.low, one.high, one.n)
        for key, by_name in found.items()
        for name, one in by_name.items()
        if one.is_defined
    ]
    return pd.DataFrame(rows, columns=columns)


def gaps_figure(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str],
    theme: Theme,
    title: str = "log-odds of yes, against the baseline",
    even: float = 0.0,
) -> go.Figure:
    """A row per level, a point per condition, and a line where nothing is changed.

    Args:
        frame: from `gaps_frame` or `estimates_frame`.
        names: what each condition is called, in order, per key.
        theme: paper to draw on.
        title: of the horizontal axis.
        even: where the line stands.
    """
    rows = list(dict.fromkeys(zip(frame["attribute"], frame["level"], strict=True)))
    places = {row: len(rows) - 1 - number for number, row in enumerate(rows)}
    shown = [key for key in names if (frame["condition"] == key).any()]
    figure = go.Figure()
    for number, key in enumerate(shown):
        shift = (len(shown) - 1) / 2 - number
        own = frame[frame["condition"] == key]
        figure.add_trace(_points(own, key, names[key], places, 0.22 * shift, theme))
    first = frame[frame["condition"] == shown[0]] if shown else frame
    if len(first) and "known" in first and first["known"].notna().all():
        figure.add_trace(_known(first, places, theme))
    height = int(max(_LEAST, 96 + len(rows) * _ROW * (1 + 0.25 * (len(shown) - 1))))
    with_legend(on_paper(figure, theme, x_title=title, y_title="", height=height))
    figure.update_layout(margin={"t": 40})
    figure.add_vline(x=even, line={"color": FAINT_INK[theme], "width": 1})
    figure.update_xaxes(gridcolor=GRID[theme])
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(places.values()),
        ticktext=[escape(level) for _, level in places],
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
    )
    return figure


def gaps_description(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The points in words, for those who don't see them."""
    told = [
        f"{names[row['condition']]}, {row['level']}: {row['gap']:+.2f} "
        f"({row['low']:.2f} to {row['high']:.2f})"
        for row in frame.to_dict("records")
    ]
    return "What each changes: " + ("; ".join(told) or "too few answers") + "."


def _points(
    own: pd.DataFrame,
    key: str,
    name: str,
    places: Mapping[tuple[str, str], int],
    shift: float,
    theme: Theme,
) -> go.Scatter:
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    at = [places[row] + shift for row in zip(own["attribute"], own["level"], strict=True)]
    bars = [
        arms(*ends, colour=colour) for ends in own[["gap", "low", "high"]].itertuples(index=False)
    ]
    joined = {**bars[0]} if bars else {}
    for side in ("array", "arrayminus"):
        joined[side] = [bar[side][0] for bar in bars]
    return go.Scatter(
        x=own["gap"],
        y=at,
        mode="markers",
        name=name,
        error_x=joined,
        marker={"symbol": mark.symbol, "size": 11, "color": colour},
        customdata=own[["level", "baseline", "low", "high", "n"]],
        hovertemplate="%{customdata[0]} against %{customdata[1]}<br>%{x:+.2f} "
        "(%{customdata[2]:.2f} to %{customdata[3]:.2f}), n = %{customdata[4]} questions"
        "<extra></extra>",
    )


def _known(first: pd.DataFrame, places: Mapping[tuple[str, str], int], theme: Theme) -> go.Scatter:
    rows = zip(first["attribute"], first["level"], strict=True)
    return go.Scatter(
        x=first["known"],
        y=[places[row] for row in rows],
        mode="markers",
        name="by the town’s rules",
        hovertemplate="%{x:+.2f} by the town’s rules<extra></extra>",
        marker={
            "symbol": "line-ns",
            "size": 20,
            "line": {"width": 2.5, "color": FAINT_INK[theme]},
        },
    )
