"""What best of n brings the groups, against how far it moves the model."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.palette import FAINT_INK, Theme, meaning_mark
from components.figures.paper import on_paper, with_legend

HEIGHT = 400


def best_figure(
    sizes: tuple[int, ...],
    divergence: NDArray,
    curves: Mapping[str, NDArray],
    *,
    y_title: str,
    theme: Theme,
) -> go.Figure:
    """Mean over groups (solid) and the group that gains least (dashed), by rule, as n grows.

    Args:
        sizes: n.
        divergence: (sizes,) nats.
        curves: rule → (sizes, groups) gain.
        y_title: what a gain is.
        theme: paper to draw on.
    """
    figure = go.Figure()
    for place, (rule, curve) in enumerate(curves.items()):
        mark = meaning_mark(place)
        for name, values, dash in (
            ("mean of groups", curve.mean(axis=1), "solid"),
            ("least of groups", curve.min(axis=1), "dash"),
        ):
            figure.add_trace(
                go.Scatter(
                    x=divergence, y=values, mode="lines+markers",
                    name=f"{mark.glyph} {rule}: {name}", customdata=list(sizes),
                    line={"color": mark.fill_on(theme), "width": 2, "dash": dash},
                    marker={"symbol": mark.symbol, "size": 8, "color": mark.fill_on(theme)},
                    hovertemplate=f"{rule}, {name}: %{{y:+.3f}} at n = %{{customdata}}"
                    "<extra></extra>",
                )
            )  # fmt: skip
    figure.add_hline(y=0, line={"color": FAINT_INK[theme], "dash": "dot", "width": 1})
    title = "most that the choice moves the model: ln n − (n − 1)/n, nats"
    on_paper(figure, theme, x_title=title, y_title=y_title, height=HEIGHT)
    with_legend(figure)
    figure.update_xaxes(
        tickvals=list(divergence), ticktext=[f"n = {n}<br>{d:.1f}" for n, d in
                                             zip(sizes, divergence, strict=True)],
    )  # fmt: skip
    figure.update_yaxes(title_standoff=18)
    return figure
