"""Reading one conversation, turn by turn, with the words at which it left its persona."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from components.shading import shaded
from components.text import as_markdown, plural
from components.views.tokens import reader_of
from data.divergences import Place, TokenDivergence
from data.schema import Condition, RunData, Sample
from experiments.chats import line_of, plan_of, reference_reply

_REFERENCES = {
    "alone": "To the persona and this line alone",
    "restated": "With the persona restated before this line",
    "larger": "By the larger model, in the same conversation",
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one conversation is read with.

    Attributes:
        replies: of its condition, by index.
        apart: divergences per token.
        most: nats that take the full shade.
    """

    condition: Condition
    replies: Mapping[int, Sample]
    apart: Mapping[Place, TokenDivergence]
    most: float


def conversation_reader(
    data: RunData, apart: Mapping[Place, TokenDivergence], names: Mapping[str, str]
) -> None:
    """Any replicate of any condition: what the user said, and every reply to it."""
    condition, replicate = _chosen(data, names)
    plan = plan_of(condition)
    rows = zip(data.keys, data.samples, strict=True)
    replies = {sample.index: sample for key, sample in rows if key == condition.key}
    reading = _Reading(condition, replies, apart, strongest(apart))
    if apart:
        st.caption(
            "The darker a word, the further the model’s choice there was from its choice in the "
            f"reference: full shade at {reading.most:.2g} nats. On the right, what it said there."
        )
    if condition.system:
        with st.chat_message("system", avatar=":material/theater_comedy:"):
            st.markdown(as_markdown(condition.system))
    for turn in range(len(plan.lines)):
        index = plan.index(replicate, turn, 0)
        if index not in replies:
            st.caption(f"Turn {turn + 1} has not been held yet.")
            return
        _turn(reading, turn, line_of(plan, turn, replicate, replies), index)


def strongest(apart: Mapping[Place, TokenDivergence]) -> float:
    """A divergence that few tokens of the run exceed, so that shades compare across replies."""
    known = [one.kl[np.isfinite(one.kl)] for one in apart.values()]
    together = np.concatenate(known) if known else np.zeros(0)
    return max(float(np.quantile(together, 0.98)), 0.01) if len(together) else 1.0


def _chosen(data: RunData, names: Mapping[str, str]) -> tuple[Condition, int]:
    conditions = {condition.key: condition for condition in data.run.conditions}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = st.segmented_control(
            "Condition",
            list(conditions),
            default=data.run.conditions[0].key,
            required=True,
            format_func=lambda key: names[key],
            key="drift.read.condition",
            persist_state="session",
        )
        condition = conditions.get(key, data.run.conditions[0])
        replicate = st.number_input(
            "Conversation",
            1,
            plan_of(condition).replicates,
            1,
            key="drift.read.replicate",
            width=140,
        )
    return condition, int(replicate) - 1


def _turn(reading: _Reading, turn: int, line: str, index: int) -> None:
    plan, reply = plan_of(reading.condition), reading.replies[index]
    reminder = ""
    if turn + 1 in plan.reminders:
        reminder = plan.reminder or "(The system prompt is restated.)"
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown((f"*{as_markdown(reminder)}* " if reminder else "") + as_markdown(line))
    with st.chat_message("assistant", avatar=":material/forum:"):
        reference = reference_reply(reply)
        if reference is None:
            st.markdown(_coloured(reading, reply))
        else:
            said, beside = st.columns([3, 2], gap="medium")
            said.markdown(_coloured(reading, reply))
            beside.markdown(f":small[:gray[{_REFERENCES[plan.reference]}]]")
            beside.markdown(as_markdown(reference))
        st.caption(_about(reading, turn, reply))
        _others(reading, index)


def _others(reading: _Reading, index: int) -> None:
    """The other replies of the turn, when they are asked for."""
    places = range(index + 1, index + plan_of(reading.condition).replies)
    others = [reading.replies[i] for i in places if i in reading.replies]
    if not others:
        return
    with st.expander(
        plural(len(others), "other reply", "other replies") + " drawn in this turn",
        key=f"drift.others.{index}",
        on_change="rerun",
        type="compact",
    ) as more:
        if more.open:
            for sample in others:
                st.markdown(f"- {_coloured(reading, sample)}")


def _coloured(reading: _Reading, sample: Sample) -> str:
    """The reply with its tokens shaded, where they and their divergences are known."""
    one = reading.apart.get((reading.condition.key, sample.index))
    reader = reader_of(reading.condition.model)
    if one is None or len(one.kl) != len(sample.token_ids):
        return as_markdown(sample.text)
    if reader is not None and min(sample.token_ids) >= 0:
        pieces = reader.pieces(sample.token_ids)
    else:  # one word per token, as far as that can be
        words = [f" {word}" for word in sample.text.split()]
        pieces = (*words, *[""] * (len(one.kl) - len(words)))
    if len(pieces) != len(one.kl) or "".join(pieces).split() != sample.text.split():
        return as_markdown(sample.text)
    return shaded(pieces, one.kl.tolist(), most=reading.most)


def _about(reading: _Reading, turn: int, sample: Sample) -> str:
    marks = plan_of(reading.condition).marks
    held = [mark for mark in marks if mark.casefold() in sample.text.casefold()]
    words = [f"turn {turn + 1}"]
    if marks:
        words.append(
            f"in character: “{as_markdown(held[0])}”" if held else "no mark of the persona"
        )
    one = reading.apart.get((reading.condition.key, sample.index))
    if one is not None and len(one.kl):
        words.append(f"{float(one.kl.mean()):.2f} nats per token from the persona’s own words")
    if "without" in sample.origin:
        words.append(sample.origin.partition(", ")[2])
    return " · ".join(words)
