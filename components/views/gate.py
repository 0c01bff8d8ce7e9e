"""The quality gate: which answers count in everything that the page shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from components.controls.grouping import classifier_choice
from components.figures.palette import condition_mark
from components.layout import theme
from components.state import State
from components.text import plural
from components.views.judging import offer_rating, rated, scores_of
from data.schema import ModelRef, RunData
from experiments.analysis import Analysis
from experiments.quality import REWARD, SOURCES, STARS, Passed, Quality, passed

_SOURCE = "diversity.gate"
REWARD_MODELS = ("OpenAssistant/reward-model-deberta-v3-large-v2",)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes:
        whole: the run with every answer.
        data: the answers that count.
        analysis: of those.
        running: more answers are to come.
        quality: by which answers are judged where a measure needs that.
    """

    whole: RunData
    data: RunData
    analysis: Analysis
    running: bool = False
    quality: Quality = field(default_factory=Quality)


@dataclass(frozen=True, slots=True)
class GateChoice:
    """What the visitor asks of an answer.

    Attributes:
        quality: by which answers are let through; None lets everything pass.
        threshold: least score that passes.
    """

    quality: Quality | None = None
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
        judge = reward_model(_SOURCE) if source == REWARD else None
        threshold = st.slider(
            f"Leave out answers below ({quality.unit})",
            quality.low,
            quality.high,
            step=quality.step,
            key=f"{_SOURCE}.{source}",
            persist_state="session",
        )
        st.caption(quality.about)
    return GateChoice(Quality(source, judge), threshold)


def reward_model(place: str) -> ModelRef | None:
    """Choose a reward model; `place` is what its widget's key begins with."""
    chosen = classifier_choice("Reward model", REWARD_MODELS, key=f"{place}.reward_model")
    return ModelRef(chosen) if chosen else None


def let_through(state: State, data: RunData, choice: GateChoice, *, running: bool) -> RunData:
    """The answers that count; says how many do not."""
    if choice.quality is None:
        return data
    offer_rating(state, data, choice.quality, place="gate", running=running)
    scores = scores_of(state, data, choice.quality)
    if np.isnan(scores).all():
        st.caption(_open(choice.quality, asked=rated(data, choice.quality)))
        return data
    found = passed(data, scores, threshold=choice.threshold)
    st.caption(gate_note(found, data))
    return found.data


def _open(quality: Quality, *, asked: bool) -> str:
    """Why a gate stays open."""
    if asked:
        return (
            "Asked about all answers, the model gave none a score: hardly any of its replies "
            "would say true or false. So the gate stays open; choose another source of quality."
        )
    advice = " Give stars in the tab Answers." if quality.source == STARS else ""
    return f"No answer has a score yet, so the gate stays open.{advice}"


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
