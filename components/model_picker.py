"""Which model answers: the sidebar's choice, and what else a condition may take."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components.hub_picker import any_model
from components.model_memory import memory_table
from components.model_status import model_status
from components.problems import problems_shown
from components.server_picker import server_fields, server_ref
from components.settings import settings
from components.state import session
from components.text import as_markdown
from data.errors import ModelError
from data.schema import ModelRef, Quantization
from models.budget import find_shape
from models.known import KNOWN, KnownModel, known
from models.loading import check_files
from models.registry import BUNDLED_ID, display_name, model_name, offered_ids, resolve
from models.server_address import is_server, own_models
from models.shape import ModelShape

_OTHER = "Another model …"
_SERVER = "A server …"
_WIDTH = 480  # pixels of the picker at first; a visitor may widen it
_PRECISIONS: dict[Quantization, str] = {
    "bf16": "bf16: as published",
    "int8": "int8: half the memory, hardly changed",
    "nf4": "NF4: a quarter of the memory, a little changed",
    "fp32": "fp32: twice the memory, no better",
}


def chosen_model() -> ModelRef:
    """The model that conditions use unless they name one of their own."""
    return session().model or settings().model


def offered_models() -> tuple[ModelRef, ...]:
    """The host's model and those picked in this session."""
    return tuple(dict.fromkeys((*session().models, settings().model)))


def model_sidebar() -> None:
    """Say which model answers and how it stands, and offer others."""
    ref = chosen_model()
    st.caption("MODEL")
    st.markdown(f"**{as_markdown(model_name(ref), limit=60)}**")
    if ref.id == BUNDLED_ID:
        st.caption(
            "A teaching model of one small, made-up town. It comes with the app, runs anywhere and "
            "knows nothing else."
        )
    st.button(
        "Choose another model",
        icon=":material/swap_horiz:",
        width="stretch",
        key="model.open",
        on_click=_open,
    )
    if session().picking:
        _picker()
    model_status(ref)


def _open() -> None:
    session().picking = True


def _close() -> None:
    session().picking = False


@st.dialog("Choose a model", width=_WIDTH, position="left", on_dismiss=_close)
def _picker() -> None:
    with problems_shown():
        _choose()


def _choose() -> None:
    listed = _listed()
    choice = st.selectbox(
        "Model",
        [*listed] if settings().public else [*listed, _OTHER, _SERVER],
        format_func=_option,
        key="model.choice",
        persist_state="session",
    )
    if choice == _SERVER:
        name, url = server_fields()
        st.caption("The server decides on precision and memory; nothing is downloaded here.")
        if _use_button():
            _use(server_ref(name, url))
        return
    if is_server(choice):
        st.caption("On this host’s own model server.")
        ref = ModelRef(choice)
    else:
        ref = _local_model(choice)
    if _use_button():
        _use(ref)


def _listed() -> tuple[str, ...]:
    """Ids that this host offers by name: on a public one its operator's list."""
    listed = (*(model.id for model in KNOWN), *own_models())
    if not settings().public:
        return listed
    offered = offered_ids()
    own = [i for i in sorted(offered) if i not in listed and i != "echo"]
    return (*(i for i in listed if i in offered), *own)


def _option(choice: str) -> str:
    model = known(choice)
    if model is None:
        return choice if choice in (_OTHER, _SERVER) else display_name(choice)
    return f"{model.name} (base)" if model.kind == "base" else model.name


def _use_button() -> bool:
    return st.button("Use this model", type="primary", key="model.use", width="stretch")


def _local_model(choice: str) -> ModelRef:
    """A model that this machine loads, in a precision of choice."""
    model_id, revision, shape = choice, "", None
    if choice == _OTHER:
        model_id, revision, shape = any_model()
    elif (model := known(choice)) is not None:
        _facts(model)
    precision = st.radio(
        "Precision of the weights",
        list(_PRECISIONS),
        format_func=_PRECISIONS.__getitem__,
        key="model.precision",
        persist_state="session",
    )
    ref = ModelRef(model_id, revision, precision)
    _memory(ref, shape)
    return ref


def _facts(model: KnownModel) -> None:
    """What a newcomer wants to know of a listed model."""
    st.caption(model.summary)
    context = f"reads up to {model.shape.context:,} tokens" if model.shape else ""
    kind = "Base model, not a chat model" if model.kind == "base" else "Chat model"
    words = (kind, model.languages, context, f"licence: {model.licence}")
    st.caption(" · ".join(filter(None, words)))
    if model.gated:
        st.caption(
            f":material/lock: Gated: accept its licence at "
            f"[huggingface.co/{model.id}](https://huggingface.co/{model.id}), then start Chorale "
            "with your `HF_TOKEN`."
        )


def _memory(ref: ModelRef, shape: ModelShape | None) -> None:
    if not ref.id:
        return
    if known(ref.id) is None and isinstance(folder := resolve(ref), Path):
        check_files(folder, display_name(ref.id))
    if (found := shape or find_shape(ref)) is not None:
        memory_table(ref, found)


def _use(ref: ModelRef) -> None:
    if not ref.id:
        raise ModelError("No model is named.", "Type a Hugging Face id such as owner/name.")
    resolve(ref)
    state = session()
    state.model = ref
    state.models = (ref, *(other for other in state.models if other != ref))
    state.picking = False
    st.rerun()
