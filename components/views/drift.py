"""What held conversations show: the finding, curves beside the numbers, and the rest in tabs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.drift import drift_finding, drift_tiles
from components.figures.drift import curve_description, curve_figure, curve_frame
from components.jobs import POLL_S, followed_run, progress
from components.layout import theme
from components.recorded import recorded_badge, recorded_divergences, recorded_run
from components.services import divergences, followups
from components.state import State
from components.teaching import off_topic_hint
from components.text import plural
from components.views.drift_tabs import drift_tabs
from data.divergences import Place, TokenDivergence
from data.examples.plans import known_hold
from data.schema import RunData
from experiments.chats import plan_of
from experiments.drift import Divided, courses, measures_of, per_reply
from experiments.snapshot import Snapshot
from metrics.catalogue_drift import DRIFT
from metrics.course import Course
from models.registry import BUNDLED_ID

DRAW_S = (
    3.0  # curves are redrawn that often: it takes half as long as what the model does meanwhile
)
LIVE_NULLS, FINAL_NULLS = 200, 1000
SHORT = {
    "held": "In character",
    "kl": "Next words (KL)",
    "js": "Next words (JS)",
    "style": "Style",
    "meaning": "Meaning",
}


def drift_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def drift_view(state: State, snapshot: Snapshot | None, finding: DeltaGenerator) -> None:
    """Everything below the controls; watches the conversations while they are held."""
    live = _is_busy(snapshot)
    if live:
        st.fragment(_watch, run_every=POLL_S)(state)
    st.fragment(_show, run_every=DRAW_S if live else None)(state, finding)


def _is_busy(snapshot: Snapshot | None) -> bool:
    """Whether more is to come: of the run itself, or of what is looked into after it."""
    return snapshot is not None and (snapshot.active or followups().busy(snapshot.run.id))


def _watch(state: State) -> None:
    """How far it is; all is drawn once more when it is over."""
    snapshot = followed_run(state)
    if not _is_busy(snapshot):
        st.rerun()
    if snapshot is None:
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot)


def _show(state: State, finding: DeltaGenerator) -> None:
    snapshot = followed_run(state)
    if snapshot is None:
        _recorded(finding)
        return
    apart = apart_of(snapshot.data, len(snapshot.data.keys))
    _results(snapshot.data, apart, finding, snapshot=snapshot, owner=state.owner)


def _recorded(finding: DeltaGenerator) -> None:
    data = recorded_run("drift")
    if data is None:
        finding.markdown("Choose a persona and what the user says, and press **Sample**.")
        return
    recorded_badge(data, how="played by")
    _results(data, recorded_divergences("drift"), finding)


@st.cache_resource(
    max_entries=8, show_spinner=False, hash_funcs={RunData: lambda data: data.run.id}
)
def apart_of(data: RunData, rows: int) -> Mapping[Place, TokenDivergence]:
    """Divergences per token; they are in the store before a reply has its row."""
    return divergences().load(data.run.id)


@st.cache_resource(
    max_entries=32,
    show_spinner=False,
    hash_funcs={RunData: lambda data: (data.run.id, len(data.keys))},
)
def _courses(
    data: RunData, _divided: Mapping[Place, Divided], measure: str, null_runs: int
) -> Mapping[str, Course]:
    return courses(data, _divided, measure, null_runs=null_runs)


def _results(
    data: RunData,
    apart: Mapping[Place, TokenDivergence],
    finding: DeltaGenerator,
    *,
    snapshot: Snapshot | None = None,
    owner: str = "",
) -> None:
    running = snapshot is not None and snapshot.active
    divided = per_reply(apart)
    names = {condition.key: condition.name for condition in data.run.conditions}
    nothing = "The first turn is on its way." if running else "No turn of this run was finished."
    if not data.keys:
        finding.markdown(nothing)
        return
    off_topic_hint(data)
    offered = measures_of(data, divided)
    key = st.segmented_control(
        "What is followed",
        offered,
        default=offered[0],
        required=True,
        key="drift.measure",
        format_func=SHORT.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
    )
    key = key if key in offered else offered[0]
    found = _courses(data, divided, key, LIVE_NULLS if running else FINAL_NULLS)
    if not found:
        finding.markdown(nothing)
        return
    measure = DRIFT[key]
    finding.markdown(drift_finding(found, names, measure, theme=theme(), running=running))
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _curve(data, found, names, key)
    with numbers:
        drift_tiles(found, measure, theme=theme())
    asks = owner if snapshot is not None and not running else None
    drift_tabs(data, apart, found, names=names, measure=measure, owner=asks)


def _curve(data: RunData, found: Mapping[str, Course], names: Mapping[str, str], key: str) -> None:
    frame, measure = curve_frame(found), DRIFT[key]
    reminders = {
        c.key: plan_of(c).reminders
        for c in data.run.conditions
        if len(plan_of(c).reminders) < len(plan_of(c).lines) - 1
    }
    known = {}
    if key == "held":
        told = {c.key: known_hold(c) for c in data.run.conditions if c.model.id == BUNDLED_ID}
        known = {name: curve for name, curve in told.items() if curve is not None}
    nulls = st.toggle(
        f"Show what chance alone would do to {names[next(iter(found))]}",
        key="drift.nulls",
        persist_state="session",
        disabled=next(iter(found.values())).walk is None,
    )
    figure = curve_figure(
        frame,
        names=names,
        reminders=reminders,
        measure=measure,
        theme=theme(),
        null=next(iter(found)) if nulls else "",
        known=known,
    )
    st.plotly_chart(
        figure,
        key="drift.curve",
        config={"displaylogo": False, "toImageButtonOptions": {"filename": "chorale-drift"}},
        alt=curve_description(frame, names, measure),
    )
    count = len(next(iter(found.values())).values)
    st.caption(
        f"Means over {plural(count, 'conversation')}; shaded: 95 % interval at each turn alone."
    )
