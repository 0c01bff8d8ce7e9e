"""How each group fares from round to round while they negotiate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from components.figures.labels import hover_text, short_text, spread_labels
from components.figures.palette import FAINT_INK, Theme, meaning_mark
from components.figures.paper import on_paper

HEIGHT = 360
_NAMED = 20


def course_figure(frame: pd.DataFrame, groups: Sequence[str], *, theme: Theme) -> go.Figure:
    """Utility of each group at the start and after each round, its floor as a dotted line.

    Args:
        frame: round, group, utility and floor.
        groups: in order, which fixes their marks.
        theme: paper to draw on.
    """
    figure = go.Figure()
    last = int(frame["round"].max())
    ends = float(frame[["utility", "floor"]].min().min()) - 0.08, float(frame["utility"].max())
    ends = ends[0], ends[1] + 0.08
    final = [float(_of(frame, group)["utility"].iloc[-1]) for group in groups]
    shifts = spread_labels(final, y_range=ends, height=HEIGHT - 80)
    for place, group in enumerate(groups):
        mark, own = meaning_mark(place), _of(frame, group)
        for column, mode in (("floor", "lines"), ("utility", "lines+markers")):
            figure.add_trace(
                go.Scatter(
                    x=own["round"], y=own[column], mode=mode, showlegend=False,
                    opacity=0.5 if column == "floor" else 1,
                    line={"color": mark.fill_on(theme), "width": 1 if column == "floor" else 2,
                          "dash": "dot" if column == "floor" else "solid"},
                    marker={"symbol": mark.symbol, "size": 9, "color": mark.fill_on(theme)},
                    hovertemplate=f"{hover_text(group)}: {column} %{{y:.2f}}, round %{{x}}"
                    "<extra></extra>",
                )
            )  # fmt: skip
        figure.add_annotation(
            x=last, y=final[place], yshift=shifts[place], xshift=12, xanchor="left",
            showarrow=False, text=f"{mark.glyph} {short_text(group, _NAMED)}",
            font={"size": 12, "color": mark.ink_on(theme)},
        )  # fmt: skip
    on_paper(figure, theme, x_title="round", y_title="utility of what is taken", height=HEIGHT)
    ticks = list(range(last + 1))
    figure.update_xaxes(
        range=[-0.15, last + max(0.7, 0.5 * last)], showgrid=False, tickvals=ticks,
        ticktext=["start", *map(str, ticks[1:])], tickcolor=FAINT_INK[theme],
    )  # fmt: skip
    figure.update_yaxes(range=list(ends), title_standoff=18)
    return figure


def _of(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    return frame[frame["group"] == group]
