"""Regard by a classifier: chosen, offered with its cost, followed and stopped."""

from __future__ import annotations

import streamlit as st

from components.controls.grouping import classifier_choice
from components.problems import problems_shown, show_problem
from components.services import assessments, bench, judgements
from components.state import State
from components.text import as_markdown, plural
from data.schema import ModelRef, RunData
from experiments.audits.regard import regard_work
from models.registry import display_name

_KNOWN = ("sasha/regardv3",)  # the one of Hugging Face's measurement of regard


def regard_offer(state: State, data: RunData, *, running: bool) -> tuple[str, int]:
    """Under which name regard is kept, and how many sentences have it; "" and 0 without.

    Args:
        state: of the visitor.
        data: of the audit.
        running: more sentences are to come.
    """
    with st.expander("Regard, by a classifier"):
        chosen = classifier_choice("Classifier of regard", _KNOWN, key="audits.regard")
        if not chosen:
            st.caption("This host offers no classifier of regard, so it isn’t available here.")
            return "", 0
        judge, source = ModelRef(chosen), f"regard {chosen}"
        read = len(judgements().scores(data.run.id, source))
        if not _going(f"{data.run.id} {source}"):
            _offer(state, data, judge, source, len(data.keys) - read, running=running)
    return (source, read) if read else ("", 0)


def _offer(
    state: State, data: RunData, judge: ModelRef, source: str, missing: int, *, running: bool
) -> None:
    name = as_markdown(display_name(judge.id))
    if not missing:
        st.caption(f"Read by {name}.")
        return
    if running:
        st.caption("It is read when all sentences are there.")
        return
    st.caption(
        f"Not available until {name} has read {plural(missing, 'sentence')}; it is downloaded "
        "when it is first needed. Any classifier with the labels positive and negative will do."
    )
    if st.button("Read regard", icon=":material/gavel:", key="audits.regard.start"):
        with problems_shown():
            work = regard_work(bench(), data, source, judge)
            assessments().start(
                f"{data.run.id} {source}", work, run_id=data.run.id, owner=state.owner
            )
            st.rerun()


def _going(task: str) -> bool:
    """Show how far it is; whether it goes on."""
    shown = assessments().shown(task)
    if shown is None:
        return False
    if shown.error is not None:
        show_problem(shown.error)
    if shown.active:
        st.progress(min(shown.done, 1.0), text=f"{shown.judged:,} sentences read")
        st.button(
            "Stop reading",
            icon=":material/stop:",
            key="audits.regard.stop",
            on_click=assessments().stop,
            args=(task,),
        )
    return shown.active
