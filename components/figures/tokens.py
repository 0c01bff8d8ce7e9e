"""One answer token by token: how torn the model was, and how unlikely what it took."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from components.figures.labels import hover_text
from components.figures.palette import INK, Theme, condition_mark
from components.figures.paper import on_paper, tint

TOKENS_HEIGHT = 340
_SHADE = {"light": "#0B6E8A", "dark": "#2FA5C6"}
_MOST_NAMED = 48  # tokens whose texts stand under the axis


def tokens_frame(pieces: Sequence[str], entropies: ArrayLike, logprobs: ArrayLike) -> pd.DataFrame:
    """One row per token: its place, text, entropy, surprise and probability."""
    surprise = -np.asarray(logprobs, dtype=float)
    return pd.DataFrame(
        {
            "token": np.arange(1, len(pieces) + 1),
            "text": list(pieces),
            "entropy (nats)": np.asarray(entropies, dtype=float),
            "surprise (nats)": surprise,
            "probability": np.exp(-surprise),
        }
    )


def tokens_figure(frame: pd.DataFrame, *, key: str, theme: Theme) -> go.Figure:
    """Entropy at each token as a line, surprise at the token taken as points.

    Args:
        frame: from `tokens_frame`.
        key: the answer's condition, whose colour the line takes.
        theme: paper to draw on.
    """
    mark = condition_mark(key)
    told = [hover_text(text, width=30, lines=1) or "␣" for text in frame["text"]]
    data = np.stack([frame["surprise (nats)"], frame["probability"]], axis=1)
    line = go.Scatter(
        x=frame["token"],
        y=frame["entropy (nats)"],
        mode="lines+markers",
        text=told,
        customdata=data,
        hovertemplate="<b>%{text}</b><br>entropy %{y:.2f} nats<br>probability "
        "%{customdata[1]:.3g}<extra></extra>",
        line={"color": mark.fill_on(theme), "width": 2},
        marker={"symbol": mark.symbol, "size": 7},
    )
    taken = go.Scatter(
        x=frame["token"],
        y=frame["surprise (nats)"],
        mode="markers",
        text=told,
        customdata=data,
        hovertemplate="<b>%{text}</b><br>surprise %{y:.2f} nats<br>probability "
        "%{customdata[1]:.3g}<extra></extra>",
        marker={"symbol": "line-ew-open", "size": 11, "color": INK[theme], "line": {"width": 2}},
    )
    figure = go.Figure([line, taken])
    on_paper(figure, theme, x_title="token of the answer", y_title="nats", height=TOKENS_HEIGHT)
    figure.update_yaxes(rangemode="tozero")
    if len(frame) <= _MOST_NAMED:
        figure.update_xaxes(tickvals=frame["token"], ticktext=told, tickangle=-90, showgrid=False)
    return figure


def tokens_description(frame: pd.DataFrame) -> str:
    """The lines in words, for those who don't see them."""
    known = frame.dropna(subset=["entropy (nats)"])
    if not len(known):
        return "Entropy by token: unknown."
    top = known.iloc[int(known["entropy (nats)"].to_numpy().argmax())]
    return (
        f"Entropy at {len(known)} tokens: on average {known['entropy (nats)'].mean():.2f} nats, "
        f"most at token {top['token']} “{str(top['text']).strip()}” with "
        f"{top['entropy (nats)']:.2f}."
    )


def shade_of(entropy: float, *, theme: Theme, most: float) -> str:
    """Background of a token: the more torn the model was, the stronger; "" where it is unknown.

    Args:
        entropy: nats.
        theme: paper behind it.
        most: entropy that gets the full shade.
    """
    if np.isnan(entropy) or entropy <= 0.02 * most:
        return ""
    return tint(_SHADE[theme], round(0.55 * min(entropy / most, 1.0) ** 0.7, 3))
