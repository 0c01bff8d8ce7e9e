"""What a model plays against what people of the same groups say."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from components.figures.labels import hover_text
from components.figures.palette import FAINT_INK, PAPER, Theme, meaning_mark
from components.figures.paper import on_paper, tint, with_legend

HEIGHT = 430


def people_figure(frame: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Each pair a point: people's share across, the model's probability up; equal on the line.

    Args:
        frame: group, first, second, people, people_low, people_high, raters, played and entropy.
        theme: paper to draw on.
    """
    figure = go.Figure(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", name="as people answer",
            line={"color": FAINT_INK[theme], "dash": "dot", "width": 1},
        )
    )  # fmt: skip
    for place, (group, own) in enumerate(frame.groupby("group", sort=False)):
        mark = meaning_mark(place)
        colour = mark.fill_on(theme)
        figure.add_trace(
            go.Scatter(
                x=own["people"], y=own["played"], mode="markers", name=f"{mark.glyph} {group}",
                error_x={
                    "type": "data", "symmetric": False, "thickness": 1, "width": 0,
                    "array": own["people_high"] - own["people"],
                    "arrayminus": own["people"] - own["people_low"], "color": tint(colour, 0.35),
                },
                marker={"symbol": mark.symbol, "size": 9, "color": colour,
                        "line": {"color": PAPER[theme], "width": 1}},
                customdata=[
                    [hover_text(str(a)), hover_text(str(b)), n, h]
                    for a, b, n, h in own[["first", "second", "raters", "entropy"]].to_numpy()
                ],
                hovertemplate=f"<b>{hover_text(str(group))}</b><br>%{{customdata[0]}}<br><i>rather "
                "than</i><br>%{customdata[1]}<br>people %{x:.0%} (n = %{customdata[2]}), model "
                "%{y:.0%}; human entropy %{customdata[3]:.2f}<extra></extra>",
            )
        )  # fmt: skip
    on_paper(
        figure, theme, x_title="share of people who choose the first answer",
        y_title="the model’s probability", height=HEIGHT,
    )  # fmt: skip
    with_legend(figure)
    figure.update_xaxes(tickformat=".0%", range=[-0.03, 1.03])
    figure.update_yaxes(tickformat=".0%", range=[-0.03, 1.03], title_standoff=18)
    return figure
