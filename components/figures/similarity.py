"""Answers against answers: how alike they are, within and between conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import hover_text
from components.figures.palette import FAINT_INK, PAPER, Theme, condition_mark
from components.figures.paper import on_paper

MATRIX_HEIGHT = 620
# One hue from paper to ink, so that more alike is further from the paper on either ground.
_SHADES = {
    "light": ((0.0, "#FCFAF6"), (0.35, "#C9DEE3"), (0.7, "#4C93A8"), (1.0, "#0A3F51")),
    "dark": ((0.0, "#15191C"), (0.35, "#1F4654"), (0.7, "#3C93AC"), (1.0, "#D9F1F7")),
}


def matrix_frame(
    cosines: NDArray[np.floating], keys: Sequence[str], indices: Sequence[int]
) -> pd.DataFrame:
    """The cosines with a row and a column per answer, named by condition and number."""
    names = [f"{key}{index + 1}" for key, index in zip(keys, indices, strict=True)]
    frame = pd.DataFrame(np.round(cosines, 4), columns=names)
    frame.insert(0, "answer", names)
    return frame


def matrix_figure(
    cosines: NDArray[np.floating],
    keys: Sequence[str],
    texts: Sequence[str],
    *,
    names: Mapping[str, str],
    theme: Theme,
) -> go.Figure:
    """Cosine of every answer with every other, as shades of one hue; lines part the conditions.

    Args:
        cosines: (k, k) in the order to draw.
        keys: (k,) condition of each answer, those of one condition together.
        texts: (k,) the answers.
        names: what each condition is called, per key.
        theme: paper to draw on.
    """
    told = [f"{place}. {hover_text(text, lines=3)}" for place, text in enumerate(texts, start=1)]
    figure = go.Figure(
        go.Heatmap(
            z=cosines,
            x=told,
            y=told,
            zmin=min(0.0, float(np.min(cosines, initial=0.0))),
            zmax=1,
            colorscale=[list(stop) for stop in _SHADES[theme]],
            colorbar={
                "title": {"text": "cosine", "side": "top"},
                "orientation": "h",
                "thickness": 10,
                "len": 0.5,
                "x": 1.0,
                "xanchor": "right",
                "y": -0.09,
                "yanchor": "top",
                "outlinewidth": 0,
            },
            hovertemplate="%{y}<br>and<br>%{x}<br><b>cosine %{z:.2f}</b><extra></extra>",
        )
    )
    on_paper(figure, theme, x_title="", y_title="", height=MATRIX_HEIGHT)
    bare = {"showticklabels": False, "showgrid": False, "type": "category", "ticks": ""}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare, autorange="reversed")
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 60})
    _part(figure, list(keys), names, theme)
    return figure


def matrix_description(keys: Sequence[str], means: Mapping[tuple[str, str], float]) -> str:
    """The matrix in words, for those who don't see it."""
    told = [
        f"within {a} {value:.2f}" if a == b else f"between {a} and {b} {value:.2f}"
        for (a, b), value in means.items()
    ]
    return f"Cosines of {len(keys)} answers with each other. On average: {'; '.join(told)}."


def _part(figure: go.Figure, keys: list[str], names: Mapping[str, str], theme: Theme) -> None:
    """A line before each condition but the first, and its name above its columns."""
    for key in dict.fromkeys(keys):
        start, count = keys.index(key), keys.count(key)
        mark = condition_mark(key)
        if start:
            line = {"color": PAPER[theme], "width": 3}
            figure.add_vline(x=start - 0.5, line=line)
            figure.add_hline(y=start - 0.5, line=line)
        figure.add_annotation(
            x=start + (count - 1) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"{mark.glyph} {hover_text(names.get(key, key), width=18, lines=1)}",
            showarrow=False,
            font={"size": 13, "color": mark.ink_on(theme) if key in names else FAINT_INK[theme]},
        )
