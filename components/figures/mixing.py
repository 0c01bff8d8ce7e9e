"""What mixing brings each group: expected by the values, and in truth where that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, Theme, meaning_mark
from components.figures.paper import on_paper, with_legend

_ROW, _AROUND = 44, 120  # pixels


def mixing_figure(
    names: Sequence[str],
    gains: Mapping[str, Sequence[tuple[float, float, float]]],
    *,
    theme: Theme,
) -> go.Figure:
    """One row per group; each kind of gain with its interval, and a line at none.

    Args:
        names: of the groups.
        gains: kind → (value, low, high) of each group; NaN where unknown.
        theme: paper to draw on.
    """
    figure = go.Figure()
    rows = list(range(len(names)))
    for place, (kind, found) in enumerate(gains.items()):
        mark = meaning_mark(place)
        colour = mark.fill_on(theme)
        away = 0.14 * (2 * place - len(gains) + 1)
        figure.add_trace(
            go.Scatter(
                x=[value for value, _, _ in found], y=[row + away for row in rows],
                mode="markers", name=kind,
                marker={"symbol": mark.symbol, "size": 10, "color": colour},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                    "color": colour, "array": [high - value for value, _, high in found],
                    "arrayminus": [value - low for value, low, _ in found],
                },
                customdata=[[name, low, high] for name, (_, low, high) in
                            zip(names, found, strict=True)],
                hovertemplate="%{customdata[0]}: %{x:+.3f} (%{customdata[1]:+.3f} to "
                f"%{{customdata[2]:+.3f}})<extra>{kind}</extra>",
            )
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": FAINT_INK[theme], "dash": "dot", "width": 1})
    height = _ROW * len(names) + _AROUND
    on_paper(figure, theme, x_title="gain in utility by mixing", y_title="", height=height)
    with_legend(figure)
    figure.update_xaxes(tickformat="+.2f")
    figure.update_yaxes(
        tickvals=rows, ticktext=list(names), range=[len(names) - 0.5, -0.5], showgrid=False
    )
    return figure
