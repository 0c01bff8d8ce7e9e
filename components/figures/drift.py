"""Pictures of the Drift page: curves over turns, and how far a turn's drift goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.figures.palette import FAINT_INK, Theme, condition_mark
from components.figures.paper import band, on_paper, with_legend
from metrics.catalogue import Measure
from metrics.course import Course
from metrics.measure import ROUNDING

HEIGHT = 430
NULLS = (
    ("walk", "if nothing pulled back", "dot"),
    ("noise", "if every turn were new", "dash"),
)


def curve_frame(courses: Mapping[str, Course], *, so_far: bool = False) -> pd.DataFrame:
    """One row per condition and turn: the mean, its interval, and where two nulls would lie.

    Numbers smaller than `ROUNDING` are 0.

    Args:
        courses: per condition key.
        so_far: the mean over all turns so far instead of each turn's; without nulls.
    """
    parts = []
    for key, course in courses.items():
        estimates = course.curve.so_far if so_far else course.curve.by_turn
        turns = len(estimates)
        means = course.values.mean(axis=(0, 2))
        if so_far:
            means = np.cumsum(means) / np.arange(1, turns + 1)
        part = pd.DataFrame(
            {
                "condition": key,
                "turn": np.arange(1, turns + 1),
                "value": means,
                "low": [e.low for e in estimates],
                "high": [e.high for e in estimates],
                "between replies": course.curve.between_replies,
                "conversations": len(course.values),
            }
        )
        for name, ends in (("walk", course.walk), ("noise", course.noise)):
            shown = ends if ends is not None and not so_far else np.full((2, turns), np.nan)
            part[f"{name} low"], part[f"{name} high"] = shown
        parts.append(part)
    found = pd.concat(parts, ignore_index=True)
    numbers = found.select_dtypes("number").columns
    found[numbers] = (
        found[numbers].where(found[numbers].abs() >= ROUNDING, 0.0).where(found[numbers].notna())
    )
    return found


def curve_figure(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str],
    reminders: Mapping[str, Sequence[int]],
    measure: Measure,
    theme: Theme,
    null: str = "",
    known: Mapping[str, Sequence[float]] | None = None,
) -> go.Figure:
    """The measure by turn with its interval, reminders marked on the axis.

    Args:
        frame: from `curve_frame`.
        names: what each condition is called, in order, per key.
        reminders: turns with a reminder per key.
        measure: what is drawn.
        theme: paper to draw on.
        null: condition key whose null bands are drawn; "" for none.
        known: the true curve per key, where it is known.
    """
    figure = go.Figure()
    if null:
        figure.add_traces(_nulls(frame[frame["condition"] == null], theme))
    for key, name in names.items():
        part = frame[frame["condition"] == key]
        if len(part):
            figure.add_traces(_curve(part, name, key, measure, theme))
        if len(part) and known and key in known:
            figure.add_trace(_known(part, known[key], name, key, theme))
        for turn in reminders.get(key, ()):
            if turn <= len(part):
                figure.add_annotation(_reminder(turn, key, theme))
    with_legend(on_paper(figure, theme, x_title="turn", y_title=_axis(measure), height=HEIGHT))
    first, last = int(frame["turn"].min()), int(frame["turn"].max())
    figure.update_xaxes(range=[first - 0.3, last + 0.3], dtick=max(1, last // 12))
    figure.update_yaxes(tickformat=_ticks(measure))
    if measure.maximum == 1 and measure.key != "js":
        figure.update_yaxes(range=[min(0, measure.minimum) - 0.02, 1.02])
    else:
        figure.update_yaxes(rangemode="tozero")
    return figure


def curve_description(frame: pd.DataFrame, names: Mapping[str, str], measure: Measure) -> str:
    """The curves in words, for those who don't see them."""
    told = []
    for key, name in names.items():
        part = frame[frame["condition"] == key]
        if len(part):
            first, last = part["value"].iloc[0], part["value"].iloc[-1]
            told.append(
                f"{name} goes from {measure.format(first)} at turn 1 to {measure.format(last)} at "
                f"turn {len(part)}"
            )
    return f"{measure.name} by turn: " + ("; ".join(told) or "no turn is finished") + "."


def phase_frame(course: Course) -> pd.DataFrame:
    """One row per conversation and turn: drift, and by how much it changed until the next."""
    means = course.values.mean(axis=2)
    replicate, turn = np.indices(means[:, :-1].shape)
    return pd.DataFrame(
        {
            "conversation": replicate.ravel() + 1,
            "turn": turn.ravel() + 1,
            "drift": means[:, :-1].ravel(),
            "change": np.diff(means, axis=1).ravel(),
        }
    )


def phase_figure(
    frame: pd.DataFrame, course: Course, *, key: str, measure: Measure, theme: Theme
) -> go.Figure:
    """Change until the next turn against drift, with the fitted line and the equilibrium.

    Args:
        frame: from `phase_frame`.
        course: whose fit is drawn, if there is one.
        key: of the condition.
        measure: what was followed.
        theme: paper to draw on.
    """
    mark = condition_mark(key)
    figure = go.Figure(
        go.Scatter(
            x=frame["drift"],
            y=frame["change"],
            mode="markers",
            customdata=frame[["conversation", "turn"]],
            hovertemplate="conversation %{customdata[0]}, turn %{customdata[1]}<br>"
            "%{x:.3g}, then %{y:+.3g}<extra></extra>",
            marker={"symbol": mark.symbol, "size": 7, "opacity": 0.6, "color": mark.fill_on(theme)},
            showlegend=False,
        )
    )
    figure.add_hline(y=0, line={"color": FAINT_INK[theme], "width": 1})
    fit = course.dynamics
    if fit.persistence.is_defined and len(frame):
        ends = np.array([frame["drift"].min(), frame["drift"].max()])
        line = fit.intercept + (fit.persistence.value - 1) * ends
        figure.add_trace(
            go.Scatter(
                x=ends, y=line, mode="lines", hoverinfo="skip", showlegend=False,
                line={"color": mark.ink_on(theme), "width": 2},
            )
        )  # fmt: skip
    if fit.equilibrium.is_defined:
        figure.add_vline(
            x=fit.equilibrium.value,
            line={"color": mark.ink_on(theme), "dash": "dot"},
            annotation={"text": f"D* = {measure.format(fit.equilibrium.value)}"},
        )
    x_title, y_title = f"at a turn: {_axis(measure)}", "change until the next turn"
    return on_paper(figure, theme, x_title=x_title, y_title=y_title, height=HEIGHT)


def phase_description(course: Course, name: str, measure: Measure) -> str:
    """The picture of changes in words."""
    fit = course.dynamics.persistence
    told = (
        f"φ = {fit.value:.2f} ({fit.low:.2f} to {fit.high:.2f})" if fit.is_defined else fit.reason
    )
    return f"Change until the next turn against {measure.name} in {name}: {told}."


def _curve(
    part: pd.DataFrame, name: str, key: str, measure: Measure, theme: Theme
) -> list[go.Scatter]:
    mark = condition_mark(key)
    colour = mark.fill_on(theme)
    line = go.Scatter(
        x=part["turn"],
        y=part["value"],
        mode="lines+markers",
        name=name,
        legendgroup=key,
        customdata=part[["low", "high", "conversations"]],
        hovertemplate=f"turn %{{x}}: %{{y:{_ticks(measure)}}} {measure.unit}<br>"
        f"%{{customdata[0]:{_ticks(measure)}}} to %{{customdata[1]:{_ticks(measure)}}}, "
        "n = %{customdata[2]} conversations<extra></extra>",
        line={"color": colour, "width": 2.5},
        marker={"symbol": mark.symbol, "size": 8, "color": colour},
    )
    if part["low"].isna().any():
        return [line]
    limits = part["turn"].tolist(), part["low"].tolist(), part["high"].tolist()
    return [band(*limits, colour=colour, group=key), line]


def _nulls(part: pd.DataFrame, theme: Theme) -> list[go.Scatter]:
    """Where the curve would lie as a random walk, and as noise around its level."""
    if not len(part) or part["walk low"].isna().any():
        return []
    bands = []
    for kind, told, dash in NULLS:
        for end, shown in (("low", True), ("high", False)):
            bands.append(
                go.Scatter(
                    x=part["turn"], y=part[f"{kind} {end}"], mode="lines", hoverinfo="skip",
                    name=told, legendgroup=kind, showlegend=shown,
                    line={"color": FAINT_INK[theme], "width": 1.2, "dash": dash},
                )
            )  # fmt: skip
    return bands


def _known(
    part: pd.DataFrame, curve: Sequence[float], name: str, key: str, theme: Theme
) -> go.Scatter:
    return go.Scatter(
        x=part["turn"],
        y=list(curve)[: len(part)],
        mode="lines",
        name=f"{name}, by the town’s rules",
        legendgroup=f"known {key}",
        hovertemplate="turn %{x}: %{y:.0%} by the town’s rules<extra></extra>",
        line={"color": condition_mark(key).ink_on(theme), "width": 1.5, "dash": "longdashdot"},
    )


def _reminder(turn: int, key: str, theme: Theme) -> dict[str, object]:
    mark = condition_mark(key)
    return {
        "x": turn, "y": 0, "yref": "paper", "yanchor": "bottom", "showarrow": False,
        "text": "▾ reminder", "textangle": -90, "xshift": -9,
        "font": {"color": mark.ink_on(theme), "size": 12},
    }  # fmt: skip


def _axis(measure: Measure) -> str:
    return f"{measure.label[0].lower()}{measure.label[1:]}" + (
        f" ({measure.unit})" if measure.unit else ""
    )


def _ticks(measure: Measure) -> str:
    return ".0%" if measure.digits.endswith("%") else ".3~g"
