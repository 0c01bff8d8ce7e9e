"""Which model answers: the sidebar's choice, and what else a condition may take."""

from __future__ import annotations

import streamlit as st

from components.problems import problems_shown
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

_OTHER = "Another model …"
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
    listed = {model.id: model for model in KNOWN}
    choice = st.selectbox(
        "Model",
        [*listed] if settings().public else [*listed, _OTHER],
        format_func=lambda i: i if i == _OTHER else listed[i].name,
        key="model.choice",
        persist_state="session",
    )
    revision = ""
    if choice == _OTHER:
        choice, revision = _any_model()
    else:
        st.caption(f"{listed[choice].summary} Licence: {listed[choice].licence}.")
    precision = st.radio(
        "Precision of the weights",
        list(_PRECISIONS),
        format_func=_PRECISIONS.__getitem__,
        key="model.precision",
        persist_state="session",
    )
    ref = ModelRef(choice, revision, precision)
    _memory_note(ref)
    if st.button("Use this model", type="primary", key="model.use", width="stretch"):
        _use(ref)


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
    if needed is None:
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
