"""What an audit shows: the finding, the gaps beside the numbers, and every question in tabs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.audits import decisions_finding, decisions_tiles
from components.figures.audits import gaps_description, gaps_figure, gaps_frame
from components.jobs import followed_run, progress
from components.layout import theme
from components.recorded import recorded_badge, recorded_run
from components.state import State
from components.tiles import method_card_button
from components.views.associations import association_results
from components.views.audit_tabs import decisions_tabs
from components.views.charts import chart
from data.schema import RunData
from experiments.audits.asking import audit_of
from experiments.audits.associations import NAME as ASSOCIATIONS
from experiments.audits.decisions import Decided, decided
from experiments.snapshot import Snapshot
from metrics.catalogue_audits import AUDITS

POLL_S = 1.0
BUTTON = "Ask the model"
_YES = "log-odds of yes, against the baseline"
_TWO_SIDED = "log-odds of the side of more rights and help, against the baseline"


def audits_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def audits_view(state: State, snapshot: Snapshot | None, finding: DeltaGenerator) -> None:
    """Everything below the controls; polls once a second while questions are asked."""
    live = snapshot is not None and snapshot.active
    st.fragment(_show, run_every=POLL_S if live else None)(state, finding, was_live=live)


def _show(state: State, finding: DeltaGenerator, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if was_live and (snapshot is None or not snapshot.active):
        st.rerun()
    if snapshot is None:
        _recorded(finding)
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot, noun="question")
    _results(snapshot.data, finding, running=snapshot.active)


def _recorded(finding: DeltaGenerator) -> None:
    data = recorded_run("audits")
    if data is None:
        finding.markdown(f"Choose questions and press **{BUTTON}**.")
        return
    recorded_badge(data, label=f"“{BUTTON}”")
    _results(data, finding, running=False)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _decided(data: RunData, answers: int) -> Mapping[str, Decided]:
    return decided(data)


def _results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    if audit_of(data.run.conditions[0]) == ASSOCIATIONS:
        association_results(data, finding, running=running)
        return
    names = {condition.key: condition.name for condition in data.run.conditions}
    found = _decided(data, len(data.voids))
    if not found:
        finding.markdown(
            "The first questions are on their way." if running else "No question was answered."
        )
        return
    finding.markdown(decisions_finding(found, names, theme=theme(), running=running))
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _gaps(found, names)
    with numbers:
        decisions_tiles(found, theme=theme())
    decisions_tabs(data, found, names)


def _gaps(found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    first = next(iter(found.values()))
    frame = gaps_frame({key: one.gaps for key, one in found.items()}, first.known_gaps)
    if frame.empty:
        st.caption("What each person changes is shown here from 5 questions on.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{AUDITS['gap'].label}**", width="content")
        method_card_button(AUDITS["gap"])
    title = _TWO_SIDED if first.two_sided else _YES
    chart(
        gaps_figure(frame, names=names, theme=theme(), title=title),
        frame,
        key="audits",
        alt=gaps_description(frame, names),
    )
    against = ", ".join(f"{name} {base}" for name, base in first.baselines.items())
    st.caption(
        f"Each against the baseline ({against}), all else equal; bars: 95 % intervals over "
        "questions, each for itself. In made-up cases: a gap is a fact about the model’s answer to "
        "this wording, not about people."
    )
