"""A model on a server: where the server is, what it lists, and which name is chosen."""

from __future__ import annotations

import streamlit as st

from components.problems import problems_shown
from components.state import session
from data.errors import ModelError
from data.schema import ModelRef
from models.server_address import own_url, server_id

_HOW = "vLLM, SGLang, llama.cpp, transformers serve, or any other server of the OpenAI API."


def server_fields() -> tuple[str, str]:
    """Name of a model and address of its server, as chosen or typed."""
    url = st.text_input(
        "Address of the server",
        own_url(),
        key="model.server.url",
        placeholder="http://localhost:8000/v1",
        help=_HOW,
        persist_state="session",
    ).strip()
    if st.button("List its models", key="model.server.list", icon=":material/list:"):
        with problems_shown(), st.spinner("Asking the server …"):
            _ask(url)
    names = session().served.get(url, ())
    if not names:
        name = st.text_input(
            "Model, as the server calls it",
            key="model.server.typed",
            placeholder="the name it was started with",
            persist_state="session",
        )
        return name.strip(), url
    name = st.selectbox(
        "Model on the server",
        names,
        key="model.server.name",
        accept_new_options=True,
        persist_state="session",
    )
    return (name or "").strip(), url


def server_ref(name: str, url: str) -> ModelRef:
    """The model of this name on the server at this address.

    Raises:
        ModelError: a field is empty or can't be right.
    """
    if not name:
        raise ModelError(
            "No model of the server is chosen.", "List its models and choose one, or type its name."
        )
    return ModelRef(server_id(name, url))


def _ask(url: str) -> None:
    from models.server import list_models

    session().served.pop(url, None)
    names = list_models(url)
    if not names:
        raise ModelError(
            "The server lists no models.", "Type the name with which it was started below."
        )
    session().served[url] = names
