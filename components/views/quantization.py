"""What a change of precision did: the finding, a curve beside the numbers, and the texts."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.analysis import analysis_of
from components.figures.quantization import (
    position_description,
    position_figure,
    position_frame,
)
from components.jobs import POLL_S, followed_run, progress
from components.layout import theme
from components.precision import precision_finding, precision_tiles
from components.problems import problems_shown, show_problem
from components.recorded import recorded_badge, recorded_divergences, recorded_run
from components.services import comparisons, divergences
from components.state import State
from components.text import plural
from components.views.precision_tabs import precision_tabs
from data.schema import RunData
from experiments.comparing import Comparison
from experiments.precision import PrecisionSummary, summarise
from experiments.snapshot import Snapshot
from metrics.partition import MEANING_THRESHOLD


def quantization_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def quantization_view(state: State, snapshot: Snapshot | None, finding: DeltaGenerator) -> None:
    """Everything below the controls; polls while answers are drawn or compared."""
    comparison = comparisons().shown(snapshot.run.id) if snapshot is not None else None
    compares = comparison is not None and comparison.active
    live = compares or (snapshot is not None and snapshot.active)
    st.fragment(_show, run_every=POLL_S if live else None)(state, finding, was_live=live)


def _show(state: State, finding: DeltaGenerator, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if snapshot is None:
        if was_live:
            st.rerun()
        _recorded(finding)
        return
    comparison = comparisons().shown(snapshot.run.id)
    busy = snapshot.active or (comparison is not None and comparison.active)
    if was_live and not snapshot.active:
        _go_on(state, snapshot, comparison)
    if snapshot.active:
        progress(snapshot)
    if comparison is not None:
        _comparing(snapshot.run.id, comparison)
    if not snapshot.data.keys:
        finding.markdown("The first answers are on their way." if busy else "No answers came.")
        return
    if not busy:
        _offer_comparison(state, snapshot.data)
    summary = _summary(snapshot.data, comparison.version if comparison else 0)
    _results(snapshot.data, summary, finding, running=busy)


def _go_on(state: State, snapshot: Snapshot, comparison: Comparison | None) -> None:
    """From drawing to comparing, the second half of what was asked for, and from that to the end.

    The whole page is drawn again at each step, for its buttons change too.
    """
    if comparison is None and snapshot.data.keys:
        comparisons().start(snapshot.run.id, owner=state.owner)
        st.rerun()
    if comparison is None or not comparison.active:
        st.rerun()


def _recorded(finding: DeltaGenerator) -> None:
    data = recorded_run("quantization")
    if data is None:
        _nothing_yet(finding)
        return
    recorded_badge(data)
    _results(data, _recorded_summary(data), finding, running=False)


def _nothing_yet(finding: DeltaGenerator) -> None:
    finding.markdown(
        "Choose two precisions and press **Sample**. The model in the sidebar answers in both, "
        "with the same random numbers; then each reads all answers, and what it would have said "
        "at every word is set against the other."
    )


def _comparing(run_id: str, comparison: Comparison) -> None:
    if comparison.error is not None:
        show_problem(comparison.error)
    if not comparison.active:
        return
    share = comparison.read / comparison.wanted if comparison.wanted else 0.0
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.progress(
            min(share, 1.0),
            text=f"Comparing word by word: {comparison.read:,} of "
            f"{plural(comparison.wanted, 'token')} read",
        )
        st.button(
            "Stop comparing",
            icon=":material/stop:",
            key="quantization.stop",
            on_click=comparisons().stop,
            args=(run_id,),
        )


def _offer_comparison(state: State, data: RunData) -> None:
    """Where answers are not compared yet: stopped, or opened after a restart."""
    known = divergences().load(data.run.id)
    missing = sum(
        (key, sample.index) not in known and len(sample.token_ids) > 0
        for key, sample in zip(data.keys, data.samples, strict=True)
    )
    if not missing:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{plural(missing, 'answer')} not compared word by word yet.", width="content")
        if st.button("Compare them", icon=":material/compare_arrows:", key="quantization.compare"):
            with problems_shown():
                comparisons().start(data.run.id, owner=state.owner)
                st.rerun()


@st.cache_resource(
    max_entries=16,
    show_spinner=False,
    hash_funcs={RunData: lambda data: (data.run.id, len(data.keys))},
)
def _summary(data: RunData, version: int) -> PrecisionSummary:
    return summarise(data, divergences().load(data.run.id))


@st.cache_resource(max_entries=1, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _recorded_summary(data: RunData) -> PrecisionSummary:
    return summarise(data, recorded_divergences("quantization"))


def _results(
    data: RunData, summary: PrecisionSummary, finding: DeltaGenerator, *, running: bool
) -> None:
    names = {condition.key: condition.name for condition in data.run.conditions}
    analysis = analysis_of(data, threshold=MEANING_THRESHOLD, running=running)
    finding.markdown(precision_finding(summary, analysis, names, theme=theme(), running=running))
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _curve(summary, names)
    with numbers:
        precision_tiles(summary, theme=theme())
    precision_tabs(data, summary, analysis, names=names)


def _curve(summary: PrecisionSummary, names: Mapping[str, str]) -> None:
    frame = position_frame(summary.curves)
    if frame.empty:
        st.caption("Where in the answers the change lies is shown here from 8 answers on.")
        return
    st.plotly_chart(
        position_figure(frame, names=names, theme=theme()),
        key="quantization.curve",
        config={"displaylogo": False, "toImageButtonOptions": {"filename": "chorale-precision"}},
        alt=position_description(frame, names),
    )
    st.caption(
        "Shaded: 95 % interval of the mean at each place, for that place alone. The curve ends "
        "where fewer than 8 answers reach."
    )
