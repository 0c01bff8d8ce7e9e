"""Which model answers: the sidebar's choice, and what else a condition may take."""

from __future__ import annotations

import streamlit as st

from components.problems import problems_shown
from components.server_picker import server_fields, server_ref
from components.settings import settings
from components.state import session
from components.text import as_markdown
from data.errors import ModelError
from data.schema import ModelRef, Quantization
from models.registry import (
    BUNDLED_ID,
    KNOWN,
    available_memory,
    display_name,
    estimate_memory,
    resolve,
)
from models.server_address import is_server, own_models

_OTHER = "Another model …"
_SERVER = "A server …"
_PRECISIONS: dict[Quantization, str] = {
    "bf16": "bf16 (as published)",
    "int8": "int8 (half the memory)",
    "nf4": "NF4 (a quarter of the memory)",
    "fp32": "fp32 (twice the memory)",
}


def chosen_model() -> ModelRef:
    """The model that conditions use unless they name one of their own."""
    return session().model or settings().model


def offered_models() -> tuple[ModelRef, ...]:
    """The host's model and those picked in this session."""
    return tuple(dict.fromkeys((*session().models, settings().model)))


def model_name(ref: ModelRef) -> str:
    """A model as people call it, with its precision where that isn't the usual one."""
    name = display_name(ref.id)
    return name if ref.quantization == "bf16" else f"{name} · {ref.quantization}"


def model_sidebar() -> None:
    """Say which model answers, and offer others."""
    ref = chosen_model()
    st.caption("MODEL")
    st.markdown(f"**{as_markdown(model_name(ref), limit=60)}**")
    if ref.id == BUNDLED_ID:
        st.caption(
            "A teaching model of one small, made-up town. It comes with the app, runs anywhere and "
            "knows nothing else."
        )
    with st.popover("Choose another model", icon=":material/swap_horiz:", width="stretch"):
        with problems_shown():
            _picker()


def _picker() -> None:
    listed = {model.id: f"{model.summary} Licence: {model.licence}." for model in KNOWN}
    listed |= dict.fromkeys(own_models(), "On this host's own model server.")
    choice = st.selectbox(
        "Model",
        [*listed] if settings().public else [*listed, _OTHER, _SERVER],
        format_func=lambda i: i if i in (_OTHER, _SERVER) else display_name(i),
        key="model.choice",
        persist_state="session",
    )
    if choice in listed:
        st.caption(listed[choice])
    if choice == _SERVER:
        name, url = server_fields()
        st.caption("The server decides on precision and memory; nothing is downloaded here.")
        if _use_button():
            _use(server_ref(name, url))
        return
    ref = ModelRef(choice) if is_server(choice) else _local_model(choice)
    _memory_note(ref)
    if _use_button():
        _use(ref)


def _use_button() -> bool:
    return st.button("Use this model", type="primary", key="model.use", width="stretch")


def _local_model(choice: str) -> ModelRef:
    """A model that this machine loads, in a precision of choice."""
    model_id, revision = _any_model() if choice == _OTHER else (choice, "")
    precision = st.radio(
        "Precision of the weights",
        list(_PRECISIONS),
        format_func=_PRECISIONS.__getitem__,
        key="model.precision",
        persist_state="session",
    )
    return ModelRef(model_id, revision, precision)


def _any_model() -> tuple[str, str]:
    """Id or folder, and revision, as typed."""
    name = st.text_input(
        "Hugging Face id, or a folder",
        key="model.id",
        placeholder="owner/name",
        persist_state="session",
    )
    revision = st.text_input(
        "Revision (branch, tag or commit)",
        key="model.revision",
        placeholder="the default branch",
        persist_state="session",
    )
    return name.strip(), revision.strip()


def _memory_note(ref: ModelRef) -> None:
    """What it will need beside what is free, where that can be told before loading."""
    needed = estimate_memory(ref) if ref.id else None
    if not needed:
        return
    free = available_memory()
    words = f"Needs about {needed / 1e9:.2g} GB for 64 answers; {free / 1e9:.2g} GB are free."
    if needed > free:
        st.warning(f"{words} Choose a smaller model or precision.", icon=":material/memory:")
    else:
        st.caption(words)


def _use(ref: ModelRef) -> None:
    if not ref.id:
        raise ModelError("No model is named.", "Type a Hugging Face id such as owner/name.")
    resolve(ref)
    state = session()
    state.model = ref
    state.models = (ref, *(other for other in state.models if other != ref))
    st.rerun()
