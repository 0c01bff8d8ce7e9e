"""What a diversity run shows: its finding, the map beside the numbers, and the rest in tabs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.analysis import analysis_by
from components.findings import diversity_finding, sweep_finding
from components.jobs import POLL_S, followed_run, progress
from components.layout import theme
from components.recorded import recorded_badge, recorded_run
from components.services import assessments, followups
from components.state import State
from components.teaching import off_topic_hint
from components.tiles import diversity_tiles
from components.views.accounts import account_notes, asks_differently, for_the_same_tokens, wordless
from components.views.gate import Shown, let_through
from components.views.judging import settled_grouping
from components.views.map import map_controls, map_view
from components.views.tabs import diversity_tabs
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.quality import Quality
from experiments.snapshot import Snapshot
from experiments.sweep import swept_temperatures
from metrics.catalogue import DEFAULT_PANEL, FLOOR


def diversity_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def diversity_view(state: State, snapshot: Snapshot | None, finding: DeltaGenerator) -> None:
    """Everything below the controls; polls once a second while the run is going."""
    live = (snapshot is not None and snapshot.active) or _judging(snapshot)
    st.fragment(_show, run_every=POLL_S if live else None)(state, finding, was_live=live)


def _judging(snapshot: Snapshot | None) -> bool:
    """Whether the answers on show are being judged, or read again."""
    data = snapshot.data if snapshot is not None else recorded_run()
    return data is not None and (assessments().active(data.run.id) or followups().busy(data.run.id))


def _show(state: State, finding: DeltaGenerator, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if was_live and not (snapshot is not None and snapshot.active) and not _judging(snapshot):
        st.rerun()
    if snapshot is None:
        _recorded(state, finding)
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot)
    _results(state, snapshot.data, finding, running=snapshot.active)


def _recorded(state: State, finding: DeltaGenerator) -> None:
    data = recorded_run()
    if data is None:
        finding.markdown("Ask something, and press **Sample**.")
        return
    recorded_badge(data)
    _results(state, data, finding, running=False)


def _results(state: State, data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    names = {condition.key: condition.name for condition in data.run.conditions}
    if not data.keys:
        account_notes(data, names)
        _nothing_yet(finding, running=running)
        return
    off_topic_hint(data)
    account_notes(data, names)
    picture, numbers = st.columns([5, 3], gap="medium")
    with picture:
        chosen, colour_by, gate = map_controls(data)
        counted = let_through(state, data, gate, running=running)
        grouping = settled_grouping(state, data, chosen, running=running)
        analysis = analysis_by(counted, data, grouping, running=running)
        if counted.keys:
            map_view(state, counted, analysis, names=names, colour_by=colour_by)
    shown = Shown(data, counted, analysis, running, gate.quality or Quality())
    finding.markdown(_finding(shown, names, gated=counted is not data))
    with numbers:
        if counted.keys:
            diversity_tiles(
                _estimates(analysis), DEFAULT_PANEL, common_n=analysis.common_n, theme=theme()
            )
    diversity_tabs(state, shown, names=names)


def _finding(shown: Shown, names: Mapping[str, str], *, gated: bool) -> str:
    if wordless(shown.data) == len(shown.data.samples):
        return "No answer holds a word, so there is nothing to tell apart."
    if temperatures := swept_temperatures(shown.data.run):
        text = sweep_finding(shown.analysis, temperatures, running=shown.running)
    else:
        text = diversity_finding(
            shown.analysis,
            names,
            theme=theme(),
            running=shown.running,
            at_tokens=for_the_same_tokens(shown, least=FLOOR)
            if asks_differently(shown.data.run)
            else None,
            gated=gated,
        )
    return f"Of the answers that pass the quality gate: {text}" if gated else text


def _nothing_yet(finding: DeltaGenerator, *, running: bool) -> None:
    if running:
        finding.markdown("The first answers are on their way.")
        st.skeleton(height=420)
    else:
        finding.markdown("This run has no answers yet.")


def _estimates(analysis: Analysis) -> Mapping[str, Mapping]:
    return {key: panel.estimates for key, panel in analysis.panels.items()}
