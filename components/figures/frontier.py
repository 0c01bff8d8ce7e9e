"""The frontier between staying oneself and following the user, and its cousins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.figures.labels import hover_text
from components.figures.leaders import leaders
from components.figures.palette import FAINT_INK, Theme
from components.figures.paper import FADED, HEIGHT, arms, on_paper, tint
from components.figures.policies import policy_mark
from metrics.policies import Policy
from metrics.uncertainty import Estimate

X_TITLE = "stability: how steady the bot is (cosine)"
Y_TITLE = "synchrony: how far it goes with the user (cosine)"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARGIN = 0.08
_HEIGHT = HEIGHT + 170
_PLOT = (420.0, _HEIGHT - 80.0)  # pixels within the axes, of a narrow window

Estimates = Mapping[str, Sequence[Estimate]]


def frontier_frame(
    policies: Sequence[Policy], estimates: Estimates, stands: NDArray[np.bool_]
) -> pd.DataFrame:
    """One row per policy: every measure with its interval, and whether another policy beats it."""
    rows = []
    for place, policy in enumerate(policies):
        row: dict[str, object] = {"policy": policy.key, "name": policy.label}
        for measure, found in estimates.items():
            one = found[place]
            row |= {measure: one.value, f"{measure} low": one.low, f"{measure} high": one.high}
        row |= {"n": estimates["synchrony"][place].n, "beaten": not stands[place]}
        rows.append(row)
    return pd.DataFrame(rows)


def frontier_figure(frame: pd.DataFrame, *, theme: Theme, picked: str = "") -> go.Figure:
    """A point per policy with both intervals; beaten ones fade, the others are joined.

    Args:
        frame: from `frontier_frame`.
        theme: paper to draw on.
        picked: key of the policy whose numbers stand beside the picture; it is ringed.
    """
    figure = go.Figure()
    shown = frame[np.isfinite(frame["stability"]) & np.isfinite(frame["synchrony"])]
    stand = shown[~shown["beaten"].astype(bool)].sort_values("stability")
    if len(stand) > 1:
        figure.add_trace(_line(stand, theme))
    for row in shown.to_dict("records"):
        figure.add_trace(_point(row, theme, ringed=row["policy"] == picked))
    on_paper(figure, theme, x_title=X_TITLE, y_title=Y_TITLE, height=_HEIGHT)
    if len(shown):
        x_range, y_range = _extent(shown, "stability"), _extent(shown, "synchrony")
        figure.update_xaxes(range=list(x_range))
        figure.update_yaxes(range=list(y_range))
        _names(figure, shown, theme, x_range, y_range)
    return figure


def frontier_description(frame: pd.DataFrame) -> str:
    """The points in words, for those who don't see them."""
    told = [
        f"{row['name']} at stability {row['stability']:.2f} and synchrony {row['synchrony']:.2f}"
        + (", which another policy beats" if row["beaten"] else "")
        for row in frame.to_dict("records")
    ]
    return f"Synchrony against stability: {'; '.join(told)}."


def several_figure(frames: Mapping[str, pd.DataFrame], *, theme: Theme) -> go.Figure:
    """The frontiers of several corpora or models: a line each, and its letter at its points.

    Args:
        frames: from `frontier_frame`, by name of the corpus or model.
        theme: paper to draw on.
    """
    figure = go.Figure()
    named: dict[str, str] = {}
    for place, (name, frame) in enumerate(frames.items()):
        letter = chr(ord("A") + place) if len(frames) > 1 else ""
        shown = frame[np.isfinite(frame["stability"]) & np.isfinite(frame["synchrony"])]
        stand = shown[~shown["beaten"].astype(bool)].sort_values("stability")
        label = hover_text(f"{letter}: {name}" if letter else name, width=60, lines=1)
        line = {"dash": DASHES[place % len(DASHES)]}
        figure.add_trace(_line(stand, theme).update(name=label, line=line, showlegend=True))
        for row in shown.to_dict("records"):
            point = _point({**row, "name": f"{row['name']}, {name}"}, theme, ringed=False)
            policy = str(row["policy"])
            named.setdefault(policy, str(row["name"]))
            figure.add_trace(
                point.update(
                    mode="markers+text", text=[letter], textposition="top right",
                    textfont={"color": FAINT_INK[theme], "size": 12},
                    showlegend=False, legendgroup=policy, marker={"size": 10},
                )
            )  # fmt: skip
    for policy, name in named.items():
        figure.add_trace(_key(policy, name, theme))
    on_paper(figure, theme, x_title=X_TITLE, y_title=Y_TITLE, height=_HEIGHT)
    flat = {"orientation": "h", "x": 0, "font": {"size": 12}}
    figure.update_layout(
        showlegend=True,
        legend={**flat, "y": 1.02, "yanchor": "bottom"},
        legend2={**flat, "y": -0.14, "yanchor": "top"},
    )
    return figure


def _key(policy: str, name: str, theme: Theme) -> go.Scatter:
    """A policy's mark in the legend, in full colour: it may be beaten in one corpus only."""
    mark = policy_mark(policy)
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=name,
        legend="legend2",
        legendgroup=policy,
        marker={"symbol": mark.symbol, "size": 10, "color": tint(mark.fill_on(theme), 1)},
    )


def _line(stand: pd.DataFrame, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=stand["stability"],
        y=stand["synchrony"],
        mode="lines",
        line={"color": FAINT_INK[theme], "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )


def _point(row: dict, theme: Theme, *, ringed: bool) -> go.Scatter:
    mark = policy_mark(str(row["policy"]))
    opacity = FADED if row["beaten"] else 1.0
    colour = mark.fill_on(theme)
    told = (
        f"<b>{hover_text(str(row['name']), lines=1)}</b><br>"
        f"stability {_spanned(row, 'stability')}<br>synchrony {_spanned(row, 'synchrony')}<br>"
        f"n = {row['n']} conversations"
    )
    return go.Scatter(
        x=[row["stability"]],
        y=[row["synchrony"]],
        mode="markers",
        name=str(row["name"]),
        marker={
            "symbol": mark.symbol,
            "size": 17 if ringed else 13,
            "color": tint(colour, opacity),
            "line": {"width": 2, "color": tint(colour, opacity)},
        },
        error_x=_arms(row, "stability", colour, opacity),
        error_y=_arms(row, "synchrony", colour, opacity),
        hovertemplate=f"{told.replace('%', '&#37;')}<extra></extra>",
    )


def _arms(row: dict, axis: str, colour: str, opacity: float) -> dict | None:
    low, high = row[f"{axis} low"], row[f"{axis} high"]
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    return arms(row[axis], low, high, colour=colour, opacity=0.6 * opacity)


def _spanned(row: dict, axis: str) -> str:
    return f"{row[axis]:.2f} ({row[f'{axis} low']:.2f} to {row[f'{axis} high']:.2f})"


def _extent(frame: pd.DataFrame, axis: str) -> tuple[float, float]:
    low, high = float(frame[f"{axis} low"].min()), float(frame[f"{axis} high"].max())
    margin = _MARGIN * (high - low) or 0.1
    return low - 1.5 * margin, high + 1.5 * margin


def _names(
    figure: go.Figure,
    frame: pd.DataFrame,
    theme: Theme,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> None:
    """Each name by its point, those of the best policies first; none over another."""
    ordered = frame.sort_values("beaten", kind="stable")
    points = ordered[["stability", "synchrony"]].to_numpy(float)
    rows = ordered.to_dict("records")
    texts = [str(row["name"]) for row in rows]
    ends = [f"{axis} {end}" for axis in ("stability", "synchrony") for end in ("low", "high")]
    found = leaders(
        points, texts, x_range=x_range, y_range=y_range, size=_PLOT, arms=ordered[ends].to_numpy()
    )
    for row, text, leader in zip(rows, texts, found, strict=True):
        mark = policy_mark(str(row["policy"]))
        figure.add_annotation(
            x=row["stability"],
            y=row["synchrony"],
            ax=leader.right,
            ay=-leader.up,
            text=hover_text(text, width=40, lines=1),
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=FAINT_INK[theme] if leader.is_far else "rgba(0,0,0,0)",
            standoff=7,
            opacity=0.75 if row["beaten"] else 1.0,
            font={"size": 13, "color": mark.ink_on(theme)},
        )
