"""One conversation, turn by turn: styles as lines, and the instructions as they change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.figures.synchrony import trace_description, trace_figure
from components.layout import theme
from components.synchrony import balanced
from components.text import as_markdown, one_line
from components.views.charts import chart
from components.views.synchrony_shown import NAMELESS, Shown
from experiments.exchanges import Exchange
from experiments.mirroring import wording_for
from metrics.instructions import WORDING, instruction_lines

_FEW = 3  # policies drawn at first


def traces_view(shown: Shown) -> None:
    """User, target and reply of one conversation, feature by feature."""
    frontier = shown.frontier
    names = {policy.key: policy.label for policy in frontier.policies}
    features = frontier.speech.space.names
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        talk = _conversation(shown, "trace")
        feature = st.selectbox(
            "Feature", list(features), format_func=_words, key="synchrony.trace.feature",
            width=200, persist_state="session",
        )  # fmt: skip
        # Played alone, Uncapped is the user's own line.
        first = ("static", "uncapped", "hybrid") if shown.is_loop else ("static", "ema", "hybrid")
        preferred = [key for key in first if key in names] or list(names)
        keys = st.multiselect(
            "Policies", list(names), default=preferred[:_FEW],
            format_func=lambda key: names.get(key, key),
            wrap=True, key=f"synchrony.trace.policies.{'-'.join(names)}",
        )  # fmt: skip
    places = [place for place, key in enumerate(names) if key in keys]
    frame = trace_frame(shown, talk, list(features).index(feature), places)
    chart(
        trace_figure(frame, feature=_words(feature), theme=theme(), loop=shown.is_loop),
        frame,
        key="traces",
        alt=trace_description(frame, _words(feature)),
        page="synchrony",
    )
    st.caption(
        "The user’s style in each turn, what each policy asked for (dashed) and what the model "
        "then said (solid)."
        if shown.is_loop
        else "The user’s style in each turn, the style each policy asks for, and what was in fact "
        "replied in the corpus (dashed). 0 is the middle of both speakers."
    )
    if shown.texts(0):
        _reader(shown, talk, places)


def trace_frame(shown: Shown, talk: int, feature: int, places: list[int]) -> pd.DataFrame:
    """One row per turn and line."""
    frontier = shown.frontier
    users = frontier.speech.users
    turns = int(users.present[talk].sum())
    base = shown.texts(0)
    said = _of(base, users.ids[talk])
    rows = [
        *_rows("user", "User", "said", users.vectors[talk, :turns, feature],
               [e.said for e in said]),
    ]  # fmt: skip
    if not shown.is_loop:
        rows += _rows("reply", "Reply in the corpus", "said",
                      frontier.speech.replies.vectors[talk, :turns, feature],
                      [e.reply for e in said])  # fmt: skip
    for place in places:
        policy = frontier.policies[place]
        target = frontier.targets[place, talk, :turns, feature]
        label = f"{policy.label}: asked for" if shown.is_loop else policy.label
        rows += _rows(policy.key, label, "target", target, [""] * turns)
        if shown.is_loop:
            replies = [e.reply for e in _of(shown.texts(place), users.ids[talk])]
            state = frontier.simulation.states[place, talk, :turns, feature]
            rows += _rows(policy.key, f"{policy.label}: said", "reply", state, replies)
    return pd.DataFrame(rows)


def _rows(
    who: str, name: str, kind: str, values: np.ndarray, texts: list[str]
) -> list[dict[str, object]]:
    padded = [*texts, *[""] * (len(values) - len(texts))]
    return [
        {"turn": turn, "who": who, "name": name, "kind": kind, "value": value, "text": text}
        for turn, (value, text) in enumerate(zip(values.tolist(), padded, strict=True), start=1)
    ]


def _reader(shown: Shown, talk: int, places: list[int]) -> None:
    """The texts behind the lines."""
    with st.expander("What was said", key="synchrony.reader", on_change="rerun") as more:
        if not more.open:
            return
        name = shown.frontier.speech.users.ids[talk]
        columns = {"user": [e.said for e in _of(shown.texts(0), name)]}
        if shown.is_loop:
            for place in places:
                label = shown.frontier.policies[place].label
                columns[label] = [e.reply for e in _of(shown.texts(place), name)]
        else:
            columns["reply"] = [e.reply for e in _of(shown.texts(0), name)]
        frame = pd.DataFrame(columns)
        frame.insert(0, "turn", range(1, len(frame) + 1))
        st.table(frame.map(lambda cell: as_markdown(cell) if isinstance(cell, str) else cell))


def instructions_view(shown: Shown) -> None:
    """The lines that a policy writes for the model, what is new in each turn and what went."""
    frontier = shown.frontier
    if not frontier.speech.is_named:
        st.caption(NAMELESS)
        return
    names = {policy.key: policy.label for policy in frontier.policies}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        talk = _conversation(shown, "told")
        default = balanced(frontier) if frontier.stands.any() else 0
        key = st.selectbox(
            "Policy", list(names), index=default, format_func=lambda key: names.get(key, key),
            key=f"synchrony.told.policy.{'-'.join(names)}", width=220,
        )  # fmt: skip
    place = list(names).index(key)
    st.caption(
        "What stands behind the fixed prompt in each turn: a line for each feature in which the "
        "target is more than half a standard deviation off the bot’s own style. :green-badge[new] "
        "lines are marked, those that went are ~~struck out~~."
    )
    wording = wording_for(shown.data.run.conditions[place].model.id) if shown.data else WORDING
    users = frontier.speech.users
    exchanges = _of(shown.texts(place), users.ids[talk])
    before: tuple[str, ...] = ()
    for turn in range(int(users.present[talk].sum())):
        levels = frontier.levels[place, talk, turn]
        lines = instruction_lines(levels, frontier.speech.space.names, wording=wording)
        with st.container(border=True, gap="xxsmall"):
            said = f" “{as_markdown(exchanges[turn].said, limit=160)}”" if exchanges else ""
            st.markdown(f"**Turn {turn + 1}**{said}")
            st.markdown(_changes(before, lines))
            if shown.is_loop and exchanges:
                st.caption(f"Reply: {as_markdown(exchanges[turn].reply, limit=300)}")
        before = lines


def _changes(before: tuple[str, ...], lines: tuple[str, ...]) -> str:
    """The lines as Markdown, each change marked."""
    told = [
        f":green-background[{as_markdown(line)}]" if line not in before else as_markdown(line)
        for line in lines
    ]
    gone = [f":gray[~~{as_markdown(line)}~~]" for line in before if line not in lines]
    return " · ".join([*told, *gone]) or ":gray[No instruction: it speaks as itself.]"


def _conversation(shown: Shown, where: str) -> int:
    ids = shown.frontier.speech.users.ids
    return st.selectbox(
        "Conversation", range(len(ids)), format_func=lambda place: one_line(ids[place], limit=40),
        key=f"synchrony.{where}.talk.{len(ids)}", width=160,
    )  # fmt: skip


def _of(exchanges: tuple[Exchange, ...], conversation: str) -> list[Exchange]:
    return [each for each in exchanges if each.conversation == conversation]


def _words(feature: str) -> str:
    return feature.replace("_", " ")
