"""Answers that the Groups page works on: of an earlier run, or asked for now, and watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import streamlit as st

from components.jobs import POLL_S, progress
from components.problems import problems_shown, show_problem
from components.services import jobs
from components.state import State
from data.errors import StoreError
from experiments.snapshot import Snapshot

_NEW = "Ask the model now"


def run_on_show(
    state: State,
    place: str,
    earlier: Mapping[str, str],
    ask: Callable[[], None],
    *,
    label: str,
    told: str,
) -> Snapshot | None:
    """An earlier run, or the one asked for now; None while there is none.

    Args:
        state: of the visitor.
        place: what its runs are for, as in `GroupsState.runs`.
        earlier: id → name of the runs to choose from.
        ask: draws what asks for a new one.
        label: of the choice.
        told: its help.
    """
    runs, chosen = state.groups.runs, _NEW
    if earlier:
        where = [_NEW, *earlier]
        chosen = st.selectbox(
            label,
            where,
            index=where.index(runs[place]) if runs.get(place) in earlier else 0,
            format_func=lambda key: earlier.get(key, key),
            help=told,
        )
    if chosen != _NEW:
        runs[place] = chosen
    else:
        ask()
    if place not in runs or (chosen == _NEW and runs[place] in earlier):
        return None
    with suppress(StoreError):
        return jobs().snapshot(runs[place], owner=state.owner)
    del runs[place]  # it was deleted
    return None


def watched(state: State, snapshot: Snapshot, show: Callable[[Snapshot], None]) -> None:
    """Progress and Stop until all answers are there, then what they show."""
    live = not _ready(snapshot)
    poll = st.fragment(_watched, run_every=POLL_S if live else None)
    poll(state, snapshot.run.id, show, was_live=live)


def _watched(
    state: State, run_id: str, show: Callable[[Snapshot], None], *, was_live: bool
) -> None:
    snapshot = jobs().snapshot(run_id, owner=state.owner)
    if not _ready(snapshot):
        progress(snapshot)
        st.button(
            "Stop",
            icon=":material/stop:",
            key="groups.stop",
            on_click=jobs().stop,
            args=(run_id,),
            kwargs={"owner": state.owner},
        )
        return
    if was_live:
        st.rerun()
    if snapshot.error is not None:
        show_problem(snapshot.error)
    if snapshot.data.keys:
        with problems_shown():
            show(snapshot)


def _ready(snapshot: Snapshot) -> bool:
    """Whether all answers are there; the map that is still drawn of them isn't needed here."""
    return not snapshot.active or snapshot.placed >= sum(snapshot.wanted.values())
