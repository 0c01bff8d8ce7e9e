"""Any model of the Hugging Face Hub, or one in a folder: what it is called and what it takes."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components.problems import problems_shown
from components.state import session
from components.text import as_markdown
from models.fitting import gigabytes, parameter_count
from models.loading_hub import HubFacts, look_up
from models.registry import HUB_ID
from models.shape import ModelShape


def any_model() -> tuple[str, str, ModelShape | None]:
    """Id or folder, revision, and the sizes that the Hub told of it, if it was asked."""
    name = st.text_input(
        "Hugging Face id, or a folder",
        key="model.id",
        placeholder="owner/name",
        help="A folder is one that transformers’ save_pretrained wrote, with safetensors.",
        persist_state="session",
    ).strip()
    revision = st.text_input(
        "Revision (branch, tag or commit)",
        key="model.revision",
        placeholder="the default branch",
        persist_state="session",
    ).strip()
    if not HUB_ID.fullmatch(name) or Path(name).is_dir():
        return name, revision, None
    if st.button("Look it up", key="model.lookup", icon=":material/search:"):
        with problems_shown(), st.spinner("Asking Hugging Face …"):
            session().looked_up.pop((name, revision), None)
            session().looked_up[name, revision] = look_up(name, revision)
    facts = session().looked_up.get((name, revision))
    if facts is None:
        st.caption("Look it up to see what it needs before anything is downloaded.")
        return name, revision, None
    _show(name, facts)
    return name, revision, facts.shape


def _show(name: str, facts: HubFacts) -> None:
    words = (
        "Chat model" if facts.chat else "No chat template found: it goes on writing your text",
        parameter_count(facts.shape.parameters),
        f"a download of {gigabytes(facts.download)}",
        f"licence: {as_markdown(facts.licence or 'not named', limit=60)}",
    )
    st.caption(" · ".join(words))
    if facts.gated:
        st.caption(
            f":material/lock: Gated: accept its licence at huggingface.co/{as_markdown(name)}, "
            "then start Chorale with your `HF_TOKEN`."
        )
