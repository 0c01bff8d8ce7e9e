"""The quality gate: which answers count in everything that the page shows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.figures.palette import condition_mark
from components.layout import theme
from components.text import plural
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.quality import SOURCES, Passed, passed, quality_scores

_SOURCE = "diversity.gate"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes:
        whole: the run with every answer.
        data: the answers that count.
        analysis: of those.
        running: more answers are to come.
    """

    whole: RunData
    data: RunData
    analysis: Analysis
    running: bool = False


@dataclass(frozen=True, slots=True)
class GateChoice:
    """What the visitor asks of an answer.

    Attributes:
        source: a key of `SOURCES`; "" lets everything pass.
        threshold: least score that passes.
    """

    source: str = ""
    threshold: float = 0.0


def gate_control() -> GateChoice:
    """Choose by what quality answers are let through, and how much of it is asked."""
    with st.popover("Quality gate", icon=":material/filter_alt:", type="tertiary"):
        source = str(
            st.selectbox(
                "Which answers count",
                ["", *SOURCES],
                key=_SOURCE,
                format_func=lambda key: SOURCES[key].label if key else "All of them",
                persist_state="session",
            )
        )
        if not source:
            st.caption(
                "Broken answers are different too, and count as diverse. A gate lets only answers "
                "of some quality count, in every number and figure of this page."
            )
            return GateChoice()
        quality = SOURCES[source]
        threshold = st.slider(
            f"Leave out answers below ({quality.unit})",
            quality.low,
            quality.high,
            step=quality.step,
            key=f"{_SOURCE}.{source}",
            persist_state="session",
        )
        st.caption(quality.about)
    return GateChoice(source, threshold)


def let_through(data: RunData, choice: GateChoice) -> RunData:
    """The answers that count; says how many do not."""
    if not choice.source:
        return data
    scores = quality_scores(data, choice.source)
    found = passed(data, scores, threshold=choice.threshold)
    st.caption(gate_note(found, data))
    return found.data


def gate_note(found: Passed, whole: RunData) -> str:
    """How many answers the gate leaves out, and of which conditions, as Markdown."""
    shares = []
    for key, share in found.shares.items():
        mark = condition_mark(key)
        told = f"{share.value:.0%} pass ({share.low:.0%}–{share.high:.0%})"
        words = f"{mark.glyph} {told if share.is_defined else 'not scored'}"
        shares.append(f':color[{words}]{{foreground="{mark.ink_on(theme())}"}}')
    unscored = f", {found.unscored} of them without a score" if found.unscored else ""
    return (
        f"The quality gate leaves out {found.left_out} of {plural(len(whole.keys), 'answer')}"
        f"{unscored}; everything here is of the others. {', '.join(shares)}"
    )
