"""Which model answers: the sidebar's choice, and what else a condition may take."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components.problems import problems_shown
from components.settings import settings
from components.state import session
from components.text import as_markdown
from data.errors import ModelError
from data.schema import ModelRef
from models.registry import BUNDLED_ID, KNOWN, display_name

_OTHER = "Another model …"
_PRECISIONS = {
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
            "A teaching model of one small, made-up town. It runs anywhere and knows nothing else: "
            "choose another model for any other question."
        )
    with st.popover("Choose another model", icon=":material/swap_horiz:", width="stretch"):
        with problems_shown():
            _picker()


def _picker() -> None:
    listed = {model.id: model for model in KNOWN}
    ids = [*listed] if settings().public else [*listed, _OTHER]
    choice = st.selectbox(
        "Model",
        ids,
        format_func=lambda i: i if i == _OTHER else listed[i].name,
        key="model.choice",
        persist_state="session",
    )
    revision = ""
    if choice == _OTHER:
        choice = st.text_input(
            "Hugging Face id, or a folder",
            key="model.id",
            placeholder="owner/name",
            persist_state="session",
        ).strip()
        revision = st.text_input(
            "Revision (branch, tag or commit)",
            key="model.revision",
            placeholder="the default branch",
            persist_state="session",
        ).strip()
    else:
        st.caption(listed[choice].summary)
    precision = st.radio(
        "Precision of the weights",
        list(_PRECISIONS),
        format_func=_PRECISIONS.__getitem__,
        key="model.precision",
        persist_state="session",
    )
    if st.button("Use this model", type="primary", key="model.use", width="stretch"):
        _use(ModelRef(choice, revision, precision))


def _use(ref: ModelRef) -> None:
    if not ref.id:
        raise ModelError("No model is named.", "Type a Hugging Face id such as owner/name.")
    if _looks_like_folder(ref.id) and not Path(ref.id).expanduser().is_dir():
        raise ModelError(f"There is no folder {ref.id}.", "Check the path, or type a Hub id.")
    state = session()
    state.model = ref
    state.models = (ref, *(known for known in state.models if known != ref))
    st.rerun()


def _looks_like_folder(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or name.count("/") > 1
