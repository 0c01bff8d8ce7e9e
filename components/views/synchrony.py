"""Where policies land: the finding, the frontier beside the numbers, and the rest in tabs."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.controls.synchrony import Chosen
from components.figures.frontier import frontier_description, frontier_figure, frontier_frame
from components.jobs import POLL_S, followed_run, progress
from components.layout import theme
from components.problems import show_problem
from components.recorded import recorded_badge, recorded_run
from components.state import State, fill_widgets, has_widget
from components.synchrony import balanced, synchrony_finding, synchrony_tiles
from components.teaching import off_topic_hint
from components.text import plural
from components.views.charts import chart
from components.views.synchrony_shown import Shown
from components.views.synchrony_tabs import synchrony_tabs
from data.errors import ChoraleError
from data.schema import RunData
from experiments.loop_results import finished_turns, loop_frontier, obedience
from experiments.snapshot import Snapshot
from experiments.speech import Speech
from experiments.synchrony import Frontier, play
from metrics.policies import Policy

_LOOK = "synchrony.look"
POLICIES, REPLIES = "What the policies ask for", "What a model then says"


def synchrony_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def synchrony_view(
    state: State, chosen: Chosen, snapshot: Snapshot | None, finding: DeltaGenerator
) -> None:
    """Everything below the controls; polls once a second while a model answers."""
    live = snapshot is not None and snapshot.active
    if not has_widget(_LOOK):
        fill_widgets({_LOOK: POLICIES})
    if snapshot is not None and state.synchrony.turned_to != snapshot.run.id:
        state.synchrony.turned_to = snapshot.run.id
        fill_widgets({_LOOK: REPLIES})
    look = st.segmented_control(
        "What is measured",
        [POLICIES, REPLIES],
        required=True,
        key=_LOOK,
        label_visibility="collapsed",
        persist_state="session",
    )
    if look == POLICIES:
        _played(chosen, finding)
    else:
        st.fragment(_show, run_every=POLL_S if live else None)(state, finding, was_live=live)


def _played(chosen: Chosen, finding: DeltaGenerator) -> None:
    """The styles that policies ask for: no model is needed."""
    if chosen.speech is None:
        finding.markdown("Give or fetch some conversations to play the policies on.")
        return
    if not chosen.policies:
        finding.markdown("Choose a policy.")
        return
    frontier = _play(chosen.speech, chosen.policies)
    _results(Shown(frontier, "What the policies ask for"), finding, "The styles asked for")


def _fingerprint(speech: Speech) -> str:
    return speech.fingerprint


def _settings(policy: Policy) -> tuple[object, ...]:
    """Everything that tells two policies apart; a rule by its text."""
    return (
        policy.key, policy.follow, policy.cap, policy.dead_band, policy.radius, policy.cache,
        getattr(policy.rule, "text", ""),
    )  # fmt: skip


@st.cache_resource(
    max_entries=16, show_spinner=False, hash_funcs={Speech: _fingerprint, Policy: _settings}
)
def _play(speech: Speech, policies: tuple[Policy, ...]) -> Frontier:
    return play(speech, policies)


def _show(state: State, finding: DeltaGenerator, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if was_live and (snapshot is None or not snapshot.active):
        st.rerun()
    if snapshot is None:
        data = recorded_run("synchrony")
        if data is None:
            finding.markdown("Press **Sample** to let a model follow the policies.")
            return
        recorded_badge(data, how="answered by")
        _replies(data, finding, running=False)
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot)
    _replies(snapshot.data, finding, running=snapshot.active)


@st.cache_resource(
    max_entries=16, show_spinner=False, hash_funcs={RunData: lambda data: data.run.id}
)
def _loop(data: RunData, turns: int) -> Frontier | None:
    """The finished turns determine the frontier of a run."""
    return loop_frontier(data)


def _replies(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    off_topic_hint(data)
    try:
        frontier = _loop(data, finished_turns(data))
    except ChoraleError as error:
        show_problem(error)
        return
    if frontier is None:
        finding.markdown(
            "The first two turns are on their way: in the first the model speaks as it does."
            if running
            else "Too little of this run was finished to compare anything."
        )
        return
    turns = frontier.simulation.states.shape[2]
    st.caption(
        f"{plural(turns, 'turn')} after the first, in which the model spoke as it does. "
        f"{_followed(frontier)}"
    )
    shown = Shown(frontier, "What the model said", data)
    _results(shown, finding, "So far: replies" if running else "Replies")


def _followed(frontier: Frontier) -> str:
    """How far replies go with what was asked for, where that varied."""
    rhos = [
        found.rho
        for place in range(len(frontier.policies))
        for found in obedience(frontier, place)
        if found.rho == found.rho
    ]
    if not rhos:
        return ""
    return (
        "Rank correlation of what was asked for with what was said, by feature and policy: "
        f"{min(rhos):.2f} to {max(rhos):.2f}."
    )


def _results(shown: Shown, finding: DeltaGenerator, who: str) -> None:
    frontier = shown.frontier
    finding.markdown(synchrony_finding(frontier, theme=theme(), who=who))
    picture, numbers = st.columns([2, 1], gap="medium")
    with numbers:
        names = {policy.key: policy.label for policy in frontier.policies}
        default = frontier.policies[balanced(frontier)].key
        picked = st.selectbox(
            "Numbers of",
            list(names),
            index=list(names).index(default),
            format_func=lambda key: names.get(key, key),
            key=f"synchrony.picked.{'-'.join(names)}",
        )
        place = list(names).index(picked)
        synchrony_tiles(frontier, place)
    with picture:
        frame = frontier_frame(frontier.policies, frontier.estimates, frontier.stands)
        chart(
            frontier_figure(frame, theme=theme(), picked=picked),
            frame,
            key="frontier",
            alt=frontier_description(frame),
            page="synchrony",
        )
        n = max(found.n for found in frontier.estimates["synchrony"])
        st.caption(
            f"Means over {plural(n, 'conversation')} with 95 % intervals. The dotted line joins "
            "policies that no other one beats at both; those it beats are faded."
        )
    synchrony_tabs(shown)
