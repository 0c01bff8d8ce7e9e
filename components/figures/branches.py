"""All answers as one graph of tokens: stretches in common once, where they part and meet again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.figures.branch_places import LONGEST, Box, boxes
from components.figures.labels import hover_text
from components.figures.palette import FAINT_INK, INK, PAPER, Theme, condition_mark
from components.figures.paper import on_paper, tint

BRANCHES_HEIGHT = 600
_LETTER, _TEXT_LINE = 7.0, 14.0  # pixels
_NUMBER = 5  # letters that "1.8" and its dot take
_BEFORE = 1.0  # how far before its end a branch has its dot, in letters
_CURVE = np.linspace(0, 1, 9)


@dataclass(frozen=True, slots=True)
class BranchBar:
    """One branch as it is drawn.

    Attributes:
        id: what a click on it picks.
        column: stretches on the longest way to it, from 0.
        counts: answers per condition key, in the run's order.
        text: what it says.
        path: the first of its answers up to its end.
        entropy: of what comes next, nats; NaN where it doesn't part or it is unknown.
        parts: into how many branches it parts.
        others: how many small branches it stands for; 0 for itself.
        ways_in: branches that lead to it.
        goes_on: how many answers go on to which branch.
    """

    id: str
    column: int
    counts: Mapping[str, int]
    text: str
    path: str
    entropy: float
    parts: int
    others: int
    ways_in: int = 1
    goes_on: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Answers that go through it."""
        return sum(self.counts.values())

    @property
    def label(self) -> str:
        """What is written on it: its text, cut where it is very long."""
        text = " ".join(self.text.split())
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"

    @property
    def letters(self) -> int:
        """Room for that, and for its entropy where it parts."""
        return len(self.label) + 1 + (_NUMBER if _is_torn(self) else 0)


def branches_frame(bars: Sequence[BranchBar]) -> pd.DataFrame:
    """One row per branch: what it says, how often in each condition, and the entropy."""
    return pd.DataFrame(
        {
            "an answer so far": bar.path,
            "says": bar.text,
            "column": bar.column + 1,
            "answers": bar.size,
            **bar.counts,
            "ways to it": bar.ways_in,
            "parts into": bar.parts,
            "entropy there (nats)": bar.entropy,
        }
        for bar in bars
    )


def branches_figure(bars: Sequence[BranchBar], *, theme: Theme, picked: str = "") -> go.Figure:
    """Branches from left to right, each as high as its answers are many, coloured by condition.

    Args:
        bars: every branch behind those that lead to it.
        theme: paper to draw on.
        picked: id of the branch that is outlined.
    """
    figure, places = go.Figure(), boxes(bars)
    figure.add_shape(_ribbons(bars, places, theme))
    figure.add_trace(_ground(bars, places, theme))
    keys = dict.fromkeys(key for bar in bars for key, count in bar.counts.items() if count)
    for key in keys:
        figure.add_trace(_shares(bars, places, key, theme))
    figure.add_trace(_words(bars, places, theme, picked))
    figure.add_traces(_partings(bars, places, theme))
    on_paper(figure, theme, x_title="", y_title="", height=BRANCHES_HEIGHT)
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_yaxes(autorange="reversed", visible=False)
    width = max((box.right for box in places.values()), default=1.0)
    figure.update_xaxes(range=[0, width], visible=False)
    figure.update_layout(width=round(width * _LETTER) + 20)  # so that no word is cut
    return figure


def branches_description(bars: Sequence[BranchBar]) -> str:
    """The graph in words, for those who don't see it."""
    torn = [bar for bar in bars if bar.parts > 1]
    if not torn:
        return "Graph of answers: they do not part."
    told = "; ".join(
        f"after “{bar.path[-60:].strip()}” into {bar.parts}"
        + ("" if np.isnan(bar.entropy) else f" ({bar.entropy:.1f} nats)")
        for bar in sorted(torn, key=lambda bar: -bar.size)[:3]
    )
    met = sum(bar.ways_in > 1 for bar in bars)
    places = "1 place" if met == 1 else f"{met} places"
    again = f" At {places} ways come together again." if met else ""
    return f"Graph of {sum(b.size for b in bars if not b.column)} answers. They part {told}.{again}"


def _ribbons(bars: Sequence[BranchBar], places: Mapping[str, Box], theme: Theme) -> dict:
    """Bands from each branch to those that its answers go on to, as a shape below all branches."""
    arrived = {key: box.top for key, box in places.items()}
    path = []
    for bar in sorted(bars, key=lambda bar: places[bar.id].middle):
        box, left = places[bar.id], places[bar.id].top
        for later in sorted(bar.goes_on, key=lambda key: places[key].middle):
            count = bar.goes_on[later]
            right, end = arrived[later], places[later].left
            bend = (1 - np.cos(np.pi * _CURVE)) / 2
            across, down = box.right + _CURVE * (end - box.right), left + bend * (right - left)
            x, y = [*across, *across[::-1]], [*down, *(down + count)[::-1]]
            corners = [f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True)]
            path.append(f"M{' L'.join(corners)} Z")
            left, arrived[later] = left + count, right + count
    return {
        "type": "path",
        "path": " ".join(path) or "M0,0 Z",
        "layer": "below",
        "fillrule": "nonzero",
        "fillcolor": tint(FAINT_INK[theme], 0.16),
        "line": {"width": 0},
    }


def _ground(bars: Sequence[BranchBar], places: Mapping[str, Box], theme: Theme) -> go.Bar:
    """Paper under each branch, so that no band shines through it."""
    return _bar(
        [places[bar.id] for bar in bars],
        [places[bar.id].middle for bar in bars],
        [bar.size for bar in bars],
        marker={"color": PAPER[theme], "line": {"width": 0}},
        hoverinfo="skip",
    )


def _shares(bars: Sequence[BranchBar], places: Mapping[str, Box], key: str, theme: Theme) -> go.Bar:
    """A condition's part of each branch."""
    own = [bar for bar in bars if bar.counts.get(key)]
    heights = [bar.counts[key] for bar in own]
    tops = [places[bar.id].top + _before(bar.counts, key) for bar in own]
    return _bar(
        [places[bar.id] for bar in own],
        [top + height / 2 for top, height in zip(tops, heights, strict=True)],
        heights,
        marker={"color": tint(condition_mark(key).fill_on(theme), 0.38), "line": {"width": 0}},
        hoverinfo="skip",
    )


def _words(
    bars: Sequence[BranchBar], places: Mapping[str, Box], theme: Theme, picked: str
) -> go.Bar:
    """Every branch as a whole: what it says, what pointing at it tells, and what a click picks."""
    return _bar(
        [places[bar.id] for bar in bars],
        [places[bar.id].middle for bar in bars],
        [bar.size for bar in bars],
        customdata=[[bar.id] for bar in bars],
        text=[_written(bar, places) for bar in bars],
        textposition="inside",
        insidetextanchor="start",
        textangle=0,
        constraintext="none",
        textfont={"size": 12, "color": INK[theme]},
        hovertext=[_told(bar) for bar in bars],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "color": "rgba(0,0,0,0)",
            "line": {
                "width": [3 if bar.id == picked else 1 for bar in bars],
                "color": [INK[theme] if bar.id == picked else PAPER[theme] for bar in bars],
            },
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def _partings(
    bars: Sequence[BranchBar], places: Mapping[str, Box], theme: Theme
) -> list[go.Scatter]:
    """A dot where answers part, as large as the model's hesitation; large branches say it."""
    torn = [bar for bar in bars if _is_torn(bar)]
    if not torn:
        return []
    return [
        go.Scatter(
            x=[places[bar.id].right - _BEFORE for bar in torn],
            y=[places[bar.id].middle for bar in torn],
            mode="markers+text",
            text=[f"{bar.entropy:.1f}" if _is_tall(bar, places) else "" for bar in torn],
            textposition="middle left",
            textfont={"size": 11, "color": INK[theme]},
            marker={
                "color": INK[theme],
                "size": [3 + 4 * min(bar.entropy, 4) ** 0.5 for bar in torn],
                "line": {"width": 1, "color": PAPER[theme]},
            },
            hovertext=[
                f"{bar.entropy:.2f} nats here; {bar.size} answers part into {bar.parts}"
                for bar in torn
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    ]


def _is_torn(bar: BranchBar) -> bool:
    return bar.parts > 1 and not np.isnan(bar.entropy)


def _is_tall(bar: BranchBar, places: Mapping[str, Box]) -> bool:
    """Whether a line of text fits into its height."""
    ends = [end for box in places.values() for end in (box.top, box.bottom)]
    return bar.size / (max(ends) - min(ends)) * (BRANCHES_HEIGHT - 24) >= _TEXT_LINE


def _bar(
    places: Sequence[Box], middles: Sequence[float], heights: Sequence[float], **looks: object
) -> go.Bar:
    return go.Bar(
        orientation="h",
        base=[box.left for box in places],
        x=[box.right - box.left for box in places],
        y=list(middles),
        width=list(heights),
        **looks,
    )


def _before(counts: Mapping[str, int], key: str) -> int:
    keys = list(counts)
    return sum(counts[other] for other in keys[: keys.index(key)])


def _written(bar: BranchBar, places: Mapping[str, Box]) -> str:
    return hover_text(bar.label, width=LONGEST + 1, lines=1) if _is_tall(bar, places) else ""


def _told(bar: BranchBar) -> str:
    if bar.others:
        return f"{bar.size} answers in {bar.others} smaller branches"
    ways = f"{bar.ways_in} ways lead here, one of them:<br>" if bar.ways_in > 1 else ""
    where = f"<br>then {bar.parts} ways" if bar.parts > 1 else ""
    torn = "" if np.isnan(bar.entropy) or bar.parts < 2 else f", {bar.entropy:.2f} nats"
    return f"{ways}{hover_text(bar.path)}<br><b>{bar.size} answers</b>{where}{torn}"
