"""Start, follow and stop a run from the screen."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import streamlit as st

from components.problems import problems_shown, show_problem
from components.services import jobs, store
from components.state import State, fill_widgets, session, widget_value
from components.text import as_markdown, duration, plural
from data.errors import ChoraleError, StoreError
from data.schema import Condition, RunState
from data.store import RunSummary
from experiments.base import Experiment
from experiments.snapshot import Phase, Snapshot
from experiments.strategies.registry import most_tokens
from experiments.sweep import swept_temperatures

POLL_S = 1.0  # between two looks at a run that is going on
_SEED = "run.seed"


class Draft(Protocol):
    """What a page's widgets ask for."""

    @property
    def prompt(self) -> str:
        """What is asked."""
        ...

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The ways of asking, in order."""
        ...

    def experiment(self, seed: int) -> Experiment:
        """The checked experiment; raises ChoraleError."""
        ...


def followed_run(state: State) -> Snapshot | None:
    """The run on show as it stands now; None where there is none but the recorded one.

    After a reload the address names it, or a run of this visitor's that is still going.
    """
    page = state.here
    if not page.run_id:
        page.run_id = _run_to_rejoin(state)
        if page.run_id:
            st.query_params["run"] = page.run_id
    if not page.run_id:
        return None
    try:
        snapshot = jobs().snapshot(page.run_id, owner=state.owner)
        if page.kind and snapshot.run.kind != page.kind:
            raise StoreError("That run belongs to another page.", "Open it there.")
    except StoreError as error:
        page.run_id = ""
        st.query_params.pop("run", None)
        st.warning(f"{error.what_happened} {error.what_to_do}", icon=":material/link_off:")
        return None
    return snapshot


def _run_to_rejoin(state: State) -> str:
    if named := st.query_params.get("run", ""):
        return named
    going = [jobs().snapshot(run_id, owner=state.owner) for run_id in jobs().active(state.owner)]
    shown = [found.run.id for found in going if state.here.kind in ("", found.run.kind)]
    return shown[-1] if shown else ""


def run_bar(
    state: State,
    draft: Draft,
    snapshot: Snapshot | None,
    *,
    more: Callable[[], None] | None = None,
    label: str = "Sample",
    noun: str = "answer",
) -> None:
    """The one primary button, what it will cost, and the visitor's earlier runs.

    Args:
        state: of the visitor.
        draft: what would be asked.
        snapshot: the run on show.
        more: draws other ways to start, where a run may be started.
        label: of the button.
        noun: what the run counts.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if snapshot is not None and snapshot.active:
            st.button(
                "Stop",
                icon=":material/stop:",
                key="run.stop",
                on_click=jobs().stop,
                args=(snapshot.run.id,),
                kwargs={"owner": state.owner},
                disabled=snapshot.phase is Phase.ANALYSING,
            )
        else:
            again = f"{label} again" if snapshot is not None else label
            if st.button(again, icon=":material/play_arrow:", type="primary", key="run.start"):
                _start(state, draft)
            if draft.conditions:
                st.caption(_cost(state, draft, noun), width="content")
            if more is not None:
                more()
        with st.popover("Run settings", icon=":material/tune:", type="tertiary"):
            st.text_input(
                "Seed",
                key=_SEED,
                placeholder="new for every run",
                help="The same seed, settings and device give the same answers again.",
                max_chars=18,
                persist_state="session",
            )
        earlier_runs(state)
    _undo_delete(state)
    if snapshot is None or snapshot.active:
        return
    if snapshot.error is not None:
        show_problem(snapshot.error)
    if snapshot.run.state is RunState.INCOMPLETE:
        _offer_resume(state, snapshot, noun)
    if (snapshot.run.prompt, snapshot.run.conditions) != (draft.prompt, draft.conditions):
        swept = len(swept_temperatures(snapshot.run))
        since = f"At {swept} temperatures." if swept else "Your settings have changed since."
        st.caption(f"Below: “{as_markdown(snapshot.run.prompt, limit=80)}”. {since}")


def _start(state: State, draft: Draft) -> None:
    with problems_shown():
        run_id = jobs().submit(draft.experiment(seed_wanted()), owner=state.owner)
        follow(state, run_id)
        st.rerun()


def seed_wanted() -> int:
    """The seed typed under “Run settings”, or a new one.

    Raises:
        ChoraleError: it is no number.
    """
    typed = str(widget_value(_SEED) or "").strip()
    if not typed:
        return secrets.randbits(31)
    if not (typed.isascii() and typed.isdecimal()):
        raise ChoraleError(
            f"The seed “{typed}” is not a whole number.", "Correct it, or leave it empty."
        )
    return int(typed)


def follow(state: State, run_id: str) -> None:
    """Put a run on show, also after a reload."""
    state.here.run_id = run_id
    state.here.selection = frozenset()
    st.query_params["run"] = run_id


def _cost(state: State, draft: Draft, noun: str) -> str:
    total = sum(condition.n for condition in draft.conditions)
    rates = [state.rates.get(condition.model.id, 0.0) for condition in draft.conditions]
    words = plural(total, noun)
    with suppress(ChoraleError):  # said when the run is started
        if tokens := sum(map(most_tokens, draft.conditions)):
            words += f" · at most {tokens:,} tokens"
    if not all(rates):
        return words
    seconds = sum(c.n / rate for c, rate in zip(draft.conditions, rates, strict=True))
    return f"{words} · about {duration(max(seconds, 1))}"


def _offer_resume(state: State, snapshot: Snapshot, noun: str) -> None:
    drawn = sum(snapshot.drawn.values())
    words = [] if snapshot.error is not None else [as_markdown(snapshot.run.note)]
    if drawn:
        missing = sum(snapshot.wanted.values()) - drawn
        lean = "; as short ones finish first, the numbers lean towards them"
        lean = lean if noun == "answer" else ""
        words.append(f"What came is kept; {plural(missing, noun)} missing{lean}.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if words:
            st.caption(" ".join(words), width="content")
        label = "Draw the rest" if drawn else "Try again"
        if st.button(label, icon=":material/resume:", key="run.resume"):
            _resume(state, snapshot.run.id)


def _resume(state: State, run_id: str) -> None:
    with problems_shown():
        jobs().resume(run_id, owner=state.owner)
        follow(state, run_id)
        st.rerun()


def progress(snapshot: Snapshot, *, noun: str = "answer") -> None:
    """How far the run is, how fast, and how long it will take."""
    drawn, wanted = sum(snapshot.drawn.values()), sum(snapshot.wanted.values())
    words = [f"{drawn} of {plural(wanted, noun)}"]
    if snapshot.rate > 0:
        words.append(f"{snapshot.rate:.3g} per second")
    left = duration(snapshot.seconds_left)
    if snapshot.active and left:
        words.append(f"{left} left")
    if snapshot.message:
        words.append(as_markdown(snapshot.message))
    st.progress(min(drawn / max(wanted, 1), 1.0), text=" · ".join(words))


def earlier_runs(state: State) -> None:
    """The visitor's runs: open, delete."""
    with st.popover(
        "Earlier runs", icon=":material/history:", type="tertiary", key="runs", on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        own = [r for r in store().runs(state.owner) if r.run.owner == state.owner]
        runs = [r for r in own if state.here.kind in ("", r.run.kind)]
        if not runs:
            st.caption("None yet. Every run you start is kept here.")
        for summary in runs[:20]:
            _run_line(state, summary)


def _run_line(state: State, summary: RunSummary) -> None:
    run = summary.run
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            as_markdown(run.prompt, limit=48),
            key=f"run.open.{run.id}",
            type="tertiary",
            on_click=follow,
            args=(state, run.id),
        )
        st.caption(
            f"{summary.drawn} of {summary.wanted} · {run.created:%-d %b %H:%M} UTC", width="content"
        )
        st.button(
            "Delete this run",
            icon=":material/delete:",
            key=f"icon.delete.{run.id}",
            help="Delete this run; you can undo it.",
            type="tertiary",
            on_click=_delete,
            args=(run.id,),
        )


def _delete(run_id: str) -> None:
    state = session()
    jobs().stop(run_id, owner=state.owner)
    jobs().delete(run_id, owner=state.owner)
    state.here.deleted = run_id
    if state.here.run_id == run_id:
        state.here.run_id = ""
        st.query_params.pop("run", None)


def _undo_delete(state: State) -> None:
    if not state.here.deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("The run was deleted.", width="content")
        st.button("Undo", icon=":material/undo:", key="run.undo", on_click=_restore)


def _restore() -> None:
    state = session()
    run_id, state.here.deleted = state.here.deleted, ""
    jobs().restore(run_id, owner=state.owner)
    follow(state, run_id)


def prefill_seed(seed: int) -> None:
    """Fix the seed of the next run, to draw the same answers again."""
    fill_widgets({_SEED: str(seed)})
