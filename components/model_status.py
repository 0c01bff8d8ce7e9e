"""How the chosen model stands: in memory, on its way, or not yet; and what it can't do."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future

import streamlit as st

from components.problems import show_problem
from components.services import models
from components.settings import settings
from components.state import session
from components.text import as_markdown, plural
from data.errors import ChoraleError
from data.schema import ModelRef
from models.budget import Resident, fit_together
from models.chat_template import BAD_TEMPLATE
from models.fitting import gigabytes
from models.loading_watch import LoadingCancelled, Stage
from models.memory import PeakMemory
from models.registry import display_name, model_name
from models.server_address import is_server

POLL_S = 1.0  # seconds between two looks at a loading
GONE_S = 2.0  # that a click on Unload waits at most
_ON_THIS_MACHINE = (
    "Not in memory yet: the first run loads it.",
    "Load now",
    ":material/memory:",
    "Downloads it if need be, so that the first run begins at once.",
)
_ON_A_SERVER = (
    "On a server, not asked yet: the first run asks it.",
    "Ask it now",
    ":material/dns:",
    "Sees whether the server answers, and what it can do.",
)


def model_status(ref: ModelRef) -> None:
    """Whether the model is in memory, its limits, and buttons to load it and let it go.

    Follows a loading on its own, and draws the page anew when the model is there. A click on a
    button here draws this part alone.
    """
    st.fragment(_show)(ref)


def _is_loading(ref: ModelRef) -> bool:
    future = session().loads.get(ref)
    return models().loading(ref) is not None or (future is not None and not future.done())


def _show(ref: ModelRef) -> None:
    mine = _resident(ref)
    if mine is None:
        st.fragment(_follow, run_every=POLL_S)(ref)
        return
    _in_memory(mine)
    _others(ref)


def _resident(ref: ModelRef) -> Resident | None:
    """The model, once it is wholly in memory."""
    if _is_loading(ref):
        return None
    found = (one for one in models().residents() if one.ref == ref and one.info is not None)
    return next(found, None)


def _follow(ref: ModelRef) -> None:
    """Looks again every second: somebody else, or the start of the app, may load it."""
    if _resident(ref) is not None:
        st.rerun(scope="app")
    elif _is_loading(ref):
        _on_its_way(ref)
    else:
        _not_in_memory(ref)
    _others(ref)


def _on_its_way(ref: ModelRef) -> None:
    state = models().loading(ref)
    words = state.words if state else "waiting until another model makes room"
    st.progress(state.part if state else 0.0, text=words[0].upper() + words[1:])
    stopping = state is not None and state.stage is Stage.STOPPING
    if not settings().public and not stopping:
        st.button(
            "Cancel",
            icon=":material/close:",
            key="model.cancel",
            width="stretch",
            on_click=_cancel,
            args=(ref,),
        )


def _in_memory(resident: Resident) -> None:
    info = resident.info
    assert info is not None
    if not resident.size:
        words = "Ready."
    else:
        place = "the GPU" if info.device.startswith("cuda") else "the CPU"
        words = f"In memory: {gigabytes(resident.size)} on {place}."
    context = f" Reads up to {plural(info.context, 'token')}." if info.context else ""
    st.caption(f":material/check_circle: {words}{context}{_most(resident.peak)}")
    if BAD_TEMPLATE in info.notes:
        st.warning(BAD_TEMPLATE, icon=":material/warning:")
    if notes := [note for note in info.notes if note != BAD_TEMPLATE]:
        with st.expander(f"What to know about it ({len(notes)})"):
            st.markdown("\n".join(f"- {as_markdown(note)}" for note in notes))
    if resident.size and not settings().public:
        _unload_button(resident.ref, "Unload", key="model.unload")


def _most(peak: PeakMemory | None) -> str:
    """The most memory that was in use, once it has answered."""
    if peak is None:
        return ""
    if peak.whole_process:
        return f" At most {gigabytes(peak.bytes)} in use by all of Chorale since it was started."
    return f" At most {gigabytes(peak.bytes)} in use on the GPU while it answered."


def _not_in_memory(ref: ModelRef) -> None:
    failed = _failure(ref)
    words, label, icon, why = _ON_A_SERVER if is_server(ref.id) else _ON_THIS_MACHINE
    if failed is not None:
        show_problem(failed)
    else:
        st.caption(words)
    if not settings().public:
        st.button(
            "Try again" if failed else label,
            icon=icon,
            key="model.load",
            help=why,
            width="stretch",
            on_click=_load,
            args=(ref,),
        )


def _others(ref: ModelRef) -> None:
    """The other models that take memory here."""
    others = [one for one in models().residents() if one.ref != ref and one.size]
    for place, other in enumerate(others):
        name = as_markdown(model_name(other.ref), limit=40)
        if other.loading is not None:
            st.caption(f"Also on its way: {name}")
            continue
        with st.container(gap="xxsmall"):
            st.caption(f"Also in memory: {name}, {gigabytes(other.size)}")
            if not settings().public:
                _unload_button(other.ref, f"Unload {name}", key=f"model.unload.{place}")


def _unload_button(ref: ModelRef, label: str, *, key: str) -> None:
    st.button(
        label,
        icon=":material/eject:",
        key=key,
        type="tertiary",
        help="Frees its memory as soon as no run uses it.",
        on_click=_unload,
        args=(ref,),
    )


def _unload(ref: ModelRef) -> None:
    """Let it go; mostly it is gone before this part is drawn again."""
    models().unload(ref)
    until = time.monotonic() + GONE_S
    while any(one.ref == ref for one in models().residents()) and time.monotonic() < until:
        time.sleep(0.05)


def _load(ref: ModelRef) -> None:
    state = session()
    state.loads[ref] = models().submit(state.owner, ref, lambda model: None)


def _cancel(ref: ModelRef) -> None:
    state = session()
    models().cancel_loading(state.owner, ref)
    state.loads.pop(ref, None)


def _failure(ref: ModelRef) -> ChoraleError | None:
    """Why "Load now" came to nothing; None where it didn't, or was cancelled."""
    future: Future[None] | None = session().loads.get(ref)
    if future is None or not future.done() or future.cancelled():
        return None
    error = future.exception()
    if error is None or isinstance(error, LoadingCancelled):
        return None
    if isinstance(error, ChoraleError):
        return error
    return ChoraleError(
        f"Loading {display_name(ref.id)} broke something in Chorale.",
        "Choose another model, or look into the log if it happens again.",
    )


def choir_note(refs: Iterable[ModelRef]) -> None:
    """Say whether several models of a run stay in memory at once or take turns."""
    chosen = tuple(dict.fromkeys(refs))
    if len(chosen) < 2:
        return
    names = " and ".join(as_markdown(model_name(ref), limit=40) for ref in chosen)
    if fit_together(chosen, models().residents()):
        words = f"{names} answer side by side: both fit into memory."
        words = words if len(chosen) == 2 else words.replace("both", "all")
    else:
        words = (
            f"{names} don’t fit into memory together, so they take turns: each is loaded when its "
            "turn comes, which takes longer."
        )
    st.caption(f":material/groups: {words}")
