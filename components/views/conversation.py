"""Reading one conversation, turn by turn, with the words at which it left its persona."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.text import as_markdown, plural
from data.divergences import Place
from data.schema import Condition, RunData, Sample
from experiments.conversation import plan_of
from experiments.drift import Divided


def conversation_reader(
    data: RunData, divided: Mapping[Place, Divided], names: Mapping[str, str]
) -> None:
    """Any replicate of any condition: what the user said, and every reply to it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.segmented_control(
            "Condition",
            [c.key for c in data.run.conditions],
            default=data.run.conditions[0].key,
            required=True,
            format_func=lambda key: names[key],
            key="drift.read.condition",
            persist_state="session",
        )
        condition = next(
            (c for c in data.run.conditions if c.key == chosen), data.run.conditions[0]
        )
        plan = plan_of(condition)
        replicate = st.number_input(
            "Conversation", 1, plan.replicates, 1, key="drift.read.replicate", width=140
        )
    replies = {
        s.index: s for k, s in zip(data.keys, data.samples, strict=True) if k == condition.key
    }
    if condition.system:
        with st.chat_message("system", avatar=":material/theater_comedy:"):
            st.markdown(as_markdown(condition.system))
    for turn, line in enumerate(plan.lines):
        index = plan.index(int(replicate) - 1, turn, 0)
        if index not in replies:
            st.caption(f"Turn {turn + 1} has not been held yet.")
            return
        _turn(condition, turn, line, replies, index, divided)


def _turn(
    condition: Condition,
    turn: int,
    line: str,
    replies: Mapping[int, Sample],
    index: int,
    divided: Mapping[Place, Divided],
) -> None:
    plan = plan_of(condition)
    reminder = ""
    if turn + 1 in plan.reminders:
        reminder = plan.reminder or "(The system prompt is restated.)"
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown((f"*{as_markdown(reminder)}* " if reminder else "") + as_markdown(line))
    with st.chat_message("assistant", avatar=":material/forum:"):
        st.markdown(as_markdown(replies[index].text))
        st.caption(_about(condition, turn, replies[index], divided))
        others = [replies[i] for i in range(index + 1, index + plan.replies) if i in replies]
        if others:
            with st.expander(
                plural(len(others), "other reply", "other replies") + " drawn in this turn",
                key=f"drift.others.{index}",
                on_change="rerun",
                type="compact",
            ) as more:
                if more.open:
                    for sample in others:
                        st.markdown(f"- {as_markdown(sample.text)}")


def _about(
    condition: Condition, turn: int, sample: Sample, divided: Mapping[Place, Divided]
) -> str:
    marks = [mark for mark in plan_of(condition).marks if mark.casefold() in sample.text.casefold()]
    words = [f"turn {turn + 1}"]
    if plan_of(condition).marks:
        words.append(
            f"in character: “{as_markdown(marks[0])}”" if marks else "no mark of the persona"
        )
    if (one := divided.get((condition.key, sample.index))) is not None:
        words.append(f"{one.kl:.3g} nats per token from the persona’s own words")
    if "without" in sample.origin:
        words.append(sample.origin.partition(", ")[2])
    return " · ".join(words)
