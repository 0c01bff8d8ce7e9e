"""What an audit shows: the finding, the gaps beside the numbers, and every question in tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.audits import decisions_finding, decisions_tiles
from components.figures.audits import gaps_description, gaps_figure, gaps_frame
from components.jobs import POLL_S, followed_run, progress
from components.layout import theme
from components.recorded import recorded_badge, recorded_run
from components.services import assessments
from components.state import State
from components.tiles import method_card_button
from components.views.associations import association_results
from components.views.audit_completions import completion_results
from components.views.audit_tabs import decisions_tabs
from components.views.audit_values import value_results
from components.views.audit_worldviews import worldview_results
from components.views.charts import chart
from data.schema import RunData
from experiments.audits.asking import audit_of
from experiments.audits.associations import NAME as ASSOCIATIONS
from experiments.audits.completions import NAME as COMPLETIONS
from experiments.audits.decisions import NAME as DECISIONS
from experiments.audits.decisions import STATEMENTS, Decided, decided
from experiments.audits.values import NAME as VALUES
from experiments.audits.worldviews import NAME as WORLDVIEWS
from experiments.snapshot import Snapshot
from metrics.catalogue_audits import AUDITS

BUTTON = "Ask the model"
_YES = "log-odds of yes, against the baseline"
_RECORDED = {DECISIONS: "audits", VALUES: "audits_values"}  # → name of the bundled file
_WILL = {
    STATEMENTS: "a gap for each language and each asker: how far the model leans to whoever asks, "
    "with its habit of agreeing taken away.",
    ASSOCIATIONS: "per topic, which group the model gives the good and the bad words, and whom it "
    "chooses for a task.",
    WORLDVIEWS: "how answers spread over nine traditions of thought, how evenly, and what a "
    "request for several perspectives changes.",
    COMPLETIONS: "per group, how often the model refuses to go on, and in which tone it does "
    "otherwise, against the same sentence about nobody in particular.",
}


class Results(Protocol):
    """Shows what a run of one audit came to."""

    def __call__(self, data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
        """Draws the finding, the picture, the numbers and the tabs."""
        ...


def audits_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def audits_view(
    state: State, snapshot: Snapshot | None, finding: DeltaGenerator, audit: str
) -> None:
    """Everything below the controls; polls once a second while questions are asked.

    Args:
        state: of the visitor.
        snapshot: the run on show.
        finding: where its finding stands.
        audit: the one that was chosen, of which a recorded run is shown where there is none.
    """
    live = _is_live(snapshot)
    show = st.fragment(_show, run_every=POLL_S if live else None)
    show(state, finding, audit, was_live=live)


def _is_live(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and (snapshot.active or assessments().active(snapshot.run.id))


def _show(state: State, finding: DeltaGenerator, audit: str, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if was_live and not _is_live(snapshot):
        st.rerun()
    if snapshot is None:
        _recorded(finding, audit)
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot, noun="question")
    _results(snapshot.data, finding, running=snapshot.active)


def _recorded(finding: DeltaGenerator, audit: str) -> None:
    data = recorded_run(_RECORDED[audit]) if audit in _RECORDED else None
    if data is None:
        finding.markdown(f"Choose questions and press **{BUTTON}**.")
        if audit in _WILL:
            st.info(f"You will see {_WILL[audit]}", icon=":material/insights:")
        return
    recorded_badge(data, label=f"“{BUTTON}”")
    _results(data, finding, running=False)


def _results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    show = _VIEWS.get(audit_of(data.run.conditions[0]), _decisions)
    show(data, finding, running=running)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _decided(data: RunData, answers: int) -> Mapping[str, Decided]:
    return decided(data)


def _decisions(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
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
        label = "What language and asker change" if first.two_sided else AUDITS["gap"].label
        st.markdown(f"**{label}**", width="content")
        method_card_button(AUDITS["gap"])
    title = f"log-odds of {first.side}" if first.two_sided else _YES
    chart(
        gaps_figure(frame, names=names, theme=theme(), title=title),
        frame,
        key="audits",
        alt=gaps_description(frame, names),
    )
    against = ", ".join(f"{name} {base}" for name, base in first.baselines.items())
    gap = "A gap" if first.two_sided else "In made-up cases: a gap"
    st.caption(
        f"Each against the baseline ({against}), all else equal; bars: 95 % intervals over "
        f"questions, each for itself. {gap} is a fact about the model’s answer to this wording, "
        "not about people."
    )


_VIEWS: Mapping[str, Results] = {
    ASSOCIATIONS: association_results,
    VALUES: value_results,
    WORLDVIEWS: worldview_results,
    COMPLETIONS: completion_results,
}
