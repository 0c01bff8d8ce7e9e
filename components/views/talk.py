"""The visitor talks to the persona: the chat, and beside it the drift of every turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from components.controls.drift import Draft
from components.figures.talk import talk_description, talk_figure, talk_frame
from components.jobs import POLL_S, earlier_runs, follow, followed_run, seed_wanted
from components.layout import theme
from components.problems import problems_shown, show_problem
from components.services import jobs
from components.state import State
from components.text import as_markdown
from components.tiles import method_card_button, number_line
from components.views.drift import SHORT, apart_of
from data.divergences import Place
from data.schema import Condition, RunState
from experiments.chats import plan_of
from experiments.conversation import ConversationExperiment
from experiments.drift import LIMITS, Divided, measures_of, per_reply, scores_of, values_of
from experiments.snapshot import Snapshot
from metrics.catalogue import Measure
from metrics.catalogue_drift import DRIFT
from metrics.drift import MIN_REPLIES
from metrics.turns import mean_estimate
from metrics.uncertainty import Estimate

MAX_LETTERS = 4000


def talk_view(
    state: State, draft: Draft, snapshot: Snapshot | None, finding: DeltaGenerator
) -> None:
    """The chat and its panel; polls once a second while the model answers."""
    chat = snapshot if is_talk(snapshot) else None
    answers = chat is not None and chat.active
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _buttons(state, chat)
        earlier_runs(state)
    st.fragment(_show, run_every=POLL_S if answers else None)(state, draft, finding, was=answers)
    text = st.chat_input(
        f"Say something to {draft.prompt or 'the model'}",
        key="drift.say",
        disabled=answers,
        max_chars=MAX_LETTERS,
    )
    if text and text.strip():
        with problems_shown():
            _say(state, draft, chat, text.strip())


def is_talk(snapshot: Snapshot | None) -> bool:
    """Whether a run is one in which the visitor talks."""
    return snapshot is not None and plan_of(snapshot.run.conditions[0]).live


def _buttons(state: State, chat: Snapshot | None) -> None:
    if chat is None:
        return
    ref, owner = chat.run.id, state.owner
    if chat.active:
        st.button("Stop", icon=":material/stop:", key="run.stop", on_click=jobs().stop,
                  args=(ref,), kwargs={"owner": owner})  # fmt: skip
        return
    st.button("New conversation", icon=":material/add:", key="drift.new", on_click=_new,
              args=(state,))  # fmt: skip
    if chat.run.state is RunState.INCOMPLETE and st.button(
        "Answer again", icon=":material/resume:", key="run.resume"
    ):
        with problems_shown():
            jobs().resume(ref, owner=owner)
            st.rerun()


def _new(state: State) -> None:
    state.here.run_id = ""
    st.query_params.pop("run", None)


def _say(state: State, draft: Draft, chat: Snapshot | None, text: str) -> None:
    """Go on with the conversation on show, or begin one."""
    if chat is None:
        asked = _with_lines(draft.conditions[0], (text,))
        experiment = ConversationExperiment(draft.prompt, (asked,), seed_wanted())
        follow(state, jobs().submit(experiment, owner=state.owner))
    else:
        condition = chat.run.conditions[0]
        asked = _with_lines(condition, (*plan_of(condition).lines, text))
        experiment = ConversationExperiment(chat.run.prompt, (asked,), chat.run.seed)
        jobs().go_on(chat.run.id, experiment, owner=state.owner)
    st.rerun()


def _with_lines(condition: Condition, lines: Sequence[str]) -> Condition:
    plan = replace(plan_of(condition), lines=tuple(lines))
    return replace(condition, plan=plan, n=plan.draws)


def _show(state: State, draft: Draft, finding: DeltaGenerator, *, was: bool) -> None:
    snapshot = followed_run(state)
    chat = snapshot if is_talk(snapshot) else None
    if was and (chat is None or not chat.active):
        st.rerun()
    if chat is None:
        finding.markdown(
            "Say something to it in the box below: each turn shows at once how far its replies "
            "have moved from the persona."
        )
        return
    if chat.error is not None:
        show_problem(chat.error)
    if not chat.active and _differs(chat.run.conditions[0], draft.conditions[0]):
        st.caption("Your settings have changed since; a new conversation will have them.")
    talk, panel = st.columns([3, 2], gap="medium")
    divided = per_reply(apart_of(chat.data, len(chat.data.keys)))
    with panel:
        _panel(chat, divided, finding)
    with talk:
        _chat(chat)


def _differs(held: Condition, drafted: Condition) -> bool:
    return _with_lines(held, ()) != _with_lines(drafted, ())


def _chat(chat: Snapshot) -> None:
    condition, plan = chat.run.conditions[0], plan_of(chat.run.conditions[0])
    replies = {sample.index: sample for sample in chat.data.samples}
    if condition.system:
        with st.chat_message("system", avatar=":material/theater_comedy:"):
            st.markdown(as_markdown(condition.system))
    for turn, line in enumerate(plan.lines):
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(as_markdown(line))
        reply = replies.get(plan.index(0, turn, 0))
        with st.chat_message("assistant", avatar=":material/forum:"):
            if reply is None:
                st.caption("It is thinking …" if chat.active else "No answer came.")
                continue
            st.markdown(as_markdown(reply.text))
            if "without" in reply.origin:
                st.caption(f"It didn’t see {reply.origin.partition('without ')[2]} turns any more.")


def _panel(chat: Snapshot, divided: Mapping[Place, Divided], finding: DeltaGenerator) -> None:
    """Every measure at the latest turn, and one of them over all turns."""
    condition, data = chat.run.conditions[0], chat.data
    offered = measures_of(data, divided)
    found = {key: values_of(condition, scores_of(data, divided, key))[0] for key in offered}
    found = {key: values for key, values in found.items() if len(values)}
    if not found:
        finding.markdown("Your first line is being answered." if chat.active else "No answer yet.")
        return
    estimates = {key: _over_replies(key, values) for key, values in found.items()}
    first = next(iter(found))
    finding.markdown(_told(DRIFT[first], found[first], estimates[first][-1]))
    key = st.selectbox(  # buttons in a row don't fit the panel
        "What is followed",
        list(found),
        key="drift.talk.measure",
        format_func=SHORT.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
    )
    key = key if key in found else first
    frame = talk_frame(found[key], estimates[key])
    st.plotly_chart(
        talk_figure(frame, found[key], key=condition.key, measure=DRIFT[key], theme=theme()),
        key="drift.talk.chart",
        config={"displaylogo": False, "displayModeBar": False},
        alt=talk_description(frame, DRIFT[key]),
    )
    replies = plan_of(condition).replies
    st.caption(
        f"Rings: the {replies} replies of each turn; line: their mean with its 95 % interval. "
        "It is one conversation: others on the same lines may go elsewhere."
    )
    for name, values in found.items():
        _tile(DRIFT[name], values, estimates[name][-1], condition.key)


def _over_replies(key: str, values: NDArray[np.float64]) -> tuple[Estimate, ...]:
    limits = LIMITS[key]
    return tuple(
        mean_estimate(turn, limits=limits, least=MIN_REPLIES, units="replies") for turn in values
    )


def _told(measure: Measure, values: NDArray[np.float64], found: Estimate) -> str:
    unit = f" {measure.unit}" if measure.unit else ""
    return (
        f"Your turn {len(values)}: {measure.label[0].lower()}{measure.label[1:]}, "
        f"**{measure.format(found.value)}**{unit} ({measure.span(found.low, found.high)}"
        f", n = {found.n} replies)"
        + (
            f"; at your first {measure.format(float(values[0].mean()))}."
            if len(values) > 1
            else "."
        )
    )


def _tile(measure: Measure, values: NDArray[np.float64], found: Estimate, key: str) -> None:
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{measure.label}**", width="content")
            method_card_button(measure)
        span = f"{measure.span(found.low, found.high)}, n = {found.n} replies"
        spread = f"SD between them {measure.format(float(values[-1].std(ddof=1)))}"
        st.markdown(number_line(key, measure.format(found.value), f"{span} · {spread}", theme()))
