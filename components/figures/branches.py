"""All answers as one tree of tokens: stretches in common once, and where they part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.figures.labels import hover_text
from components.figures.palette import INK, PAPER, Theme, condition_mark
from components.figures.paper import on_paper, tint

BRANCHES_HEIGHT = 600
_WIDTH, _CHARACTER = 640.0, 6.6  # pixels of a narrow desktop's picture, and of a letter
_NUMBER, _TEXT_LINE = 40.0, 14.0  # pixels that "1.8" and its dot take, and a line of text
_BEFORE = 0.012  # how far before its end a branch has its dot, of the whole width


@dataclass(frozen=True, slots=True)
class BranchBar:
    """One branch as it is drawn.

    Attributes:
        id: what a click on it picks.
        start: place of its first token, from 0.
        end: place behind its last.
        low: answers stacked below it.
        counts: answers per condition key, in the run's order.
        text: what it says.
        path: the answer up to its end.
        entropy: of what comes next, nats; NaN where it doesn't part or it is unknown.
        parts: into how many branches it parts.
        others: how many small branches it stands for; 0 for itself.
    """

    id: str
    start: int
    end: int
    low: int
    counts: Mapping[str, int]
    text: str
    path: str
    entropy: float
    parts: int
    others: int

    @property
    def size(self) -> int:
        """Answers that go through it."""
        return sum(self.counts.values())


def branches_frame(bars: Sequence[BranchBar]) -> pd.DataFrame:
    """One row per branch: what it says, where, how often in each condition, and the entropy."""
    return pd.DataFrame(
        {
            "text so far": bar.path,
            "says": bar.text,
            "from token": bar.start + 1,
            "to token": bar.end,
            "answers": bar.size,
            **bar.counts,
            "parts into": bar.parts,
            "entropy there (nats)": bar.entropy,
        }
        for bar in bars
    )


def branches_figure(
    bars: Sequence[BranchBar], *, theme: Theme, unit: str = "token", picked: str = ""
) -> go.Figure:
    """Branches from left to right, each as high as its answers are many, coloured by condition.

    Args:
        bars: parents before children.
        theme: paper to draw on.
        unit: what the pieces are, "token" or "word".
        picked: id of the branch that is outlined.
    """
    figure = go.Figure()
    keys = dict.fromkeys(key for bar in bars for key, count in bar.counts.items() if count)
    for key in keys:
        figure.add_trace(_shares(bars, key, theme))
    figure.add_trace(_words(bars, theme, picked))
    figure.add_traces(_partings(bars, theme))
    on_paper(
        figure,
        theme,
        x_title=f"{unit} of the answer",
        y_title="answers",
        height=BRANCHES_HEIGHT,
    )
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(range=[0, max((bar.end for bar in bars), default=1)], showgrid=False)
    return figure


def branches_description(bars: Sequence[BranchBar]) -> str:
    """The tree in words, for those who don't see it."""
    torn = [bar for bar in bars if bar.parts > 1]
    if not torn:
        return "Tree of answers: they do not part."
    told = "; ".join(
        f"after “{bar.path[-60:].strip()}” into {bar.parts}"
        + ("" if np.isnan(bar.entropy) else f" ({bar.entropy:.1f} nats)")
        for bar in sorted(torn, key=lambda bar: -bar.size)[:3]
    )
    return f"Tree of {sum(b.size for b in bars if b.start == 0)} answers. They part {told}."


def _shares(bars: Sequence[BranchBar], key: str, theme: Theme) -> go.Bar:
    """A condition's part of each branch."""
    own = [bar for bar in bars if bar.counts.get(key)]
    heights = [bar.counts[key] for bar in own]
    lows = [bar.low + _before(bar.counts, key) for bar in own]
    return _bar(
        own,
        [low + height / 2 for low, height in zip(lows, heights, strict=True)],
        heights,
        marker={"color": tint(condition_mark(key).fill_on(theme), 0.38), "line": {"width": 0}},
        hoverinfo="skip",
    )


def _words(bars: Sequence[BranchBar], theme: Theme, picked: str) -> go.Bar:
    """Every branch as a whole: what it says, what pointing at it tells, and what a click picks."""
    return _bar(
        bars,
        [bar.low + bar.size / 2 for bar in bars],
        [bar.size for bar in bars],
        customdata=[[bar.id] for bar in bars],
        text=[_fitted(bar, bars) for bar in bars],
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


def _partings(bars: Sequence[BranchBar], theme: Theme) -> list[go.Scatter]:
    """A dot where answers part, as large as the model's hesitation; large branches say it."""
    torn = [bar for bar in bars if _is_torn(bar)]
    if not torn:
        return []
    return [
        go.Scatter(
            x=[bar.end - _BEFORE * _last(bars) for bar in torn],
            y=[bar.low + bar.size / 2 for bar in torn],
            mode="markers+text",
            text=[f"{bar.entropy:.1f}" if _is_tall(bar, bars) else "" for bar in torn],
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


def _is_tall(bar: BranchBar, bars: Sequence[BranchBar]) -> bool:
    """Whether a line of text fits into its height."""
    answers = max(other.low + other.size for other in bars)
    return bar.size / answers * (BRANCHES_HEIGHT - 80) >= _TEXT_LINE


def _last(bars: Sequence[BranchBar]) -> int:
    return max(bar.end for bar in bars)


def _bar(
    bars: Sequence[BranchBar], middles: Sequence[float], heights: Sequence[float], **looks: object
) -> go.Bar:
    return go.Bar(
        orientation="h",
        base=[bar.start for bar in bars],
        x=[bar.end - bar.start for bar in bars],
        y=list(middles),
        width=list(heights),
        **looks,
    )


def _before(counts: Mapping[str, int], key: str) -> int:
    keys = list(counts)
    return sum(counts[other] for other in keys[: keys.index(key)])


def _fitted(bar: BranchBar, bars: Sequence[BranchBar]) -> str:
    """What fits into the branch's own length, before the number where it parts."""
    if not _is_tall(bar, bars):
        return ""
    width = (bar.end - bar.start) / _last(bars) * _WIDTH - (_NUMBER if _is_torn(bar) else 6)
    text, room = " ".join(bar.text.split()), int(width / _CHARACTER)
    if len(text) <= room:
        return hover_text(text, width=len(text) + 1, lines=1)
    return hover_text(f"{text[: room - 1].rstrip()}…", width=room, lines=1) if room > 2 else ""


def _told(bar: BranchBar) -> str:
    if bar.others:
        return f"{bar.size} answers in {bar.others} smaller branches"
    where = f"<br>then {bar.parts} ways" if bar.parts > 1 else ""
    torn = "" if np.isnan(bar.entropy) or bar.parts < 2 else f", {bar.entropy:.2f} nats"
    return f"{hover_text(bar.path)}<br><b>{bar.size} answers</b>{where}{torn}"
