"""What is taken for style: eight named features, or what an embedder hears."""

from __future__ import annotations

import streamlit as st

from components.services import embedder
from components.settings import settings
from components.state import session
from data.dialogues import Corpus
from experiments.embedded_style import embedded_speech
from experiments.speech import Speech
from models.base import Embedder
from models.embedding import HASH_ID, load_embedder

FEATURES, EMBEDDING = "Eight features", "An embedding"
_OTHER = "Another one of the Hub …"
_KEPT = 4  # corpora of one session


def style_control() -> str | None:
    """Id of the embedder that hears the style; "" for eight features, None until one is named."""
    kind = st.segmented_control(
        "Style",
        [FEATURES, EMBEDDING],
        default=FEATURES,
        required=True,
        key="synchrony.style",
        help="**Eight features** have names, which instructions to a model are written from. **An "
        "embedding** hears more, but its directions have no names: policies, synchrony, stability "
        "and coherence are the same, and there are no instructions and no register flips.",
        persist_state="session",
    )
    return _which() if kind == EMBEDDING else ""


def _which() -> str | None:
    own = settings().embedder
    named = {own: f"{own}, as elsewhere in this app", HASH_ID: "hash: common words, no model"}
    choices = [*named] if settings().public else [*named, _OTHER]
    chosen = st.selectbox(
        "Embedder",
        choices,
        key="synchrony.embedder",
        format_func=lambda key: named.get(key, key),
        persist_state="session",
    )
    if chosen != _OTHER:
        return str(chosen)
    name = st.text_input(
        "Hugging Face id, or a folder",
        key="synchrony.embedder_id",
        placeholder="StyleDistance/styledistance",
        help="Of a sentence-transformers model. Style models, such as StyleDistance/styledistance "
        "and AnnaWegmann/Style-Embedding, are trained to hear how a text is put and not what of.",
        persist_state="session",
    ).strip()
    if not name:
        st.caption("Name a model, such as StyleDistance/styledistance.")
    return name or None


def heard_speech(
    embedder_id: str, digest: str, name: str, user: str, own: str, corpus: Corpus
) -> Speech:
    """A corpus as an embedder hears it; kept for the session, because embedding takes a while.

    Raises:
        ChoraleError: the embedder can't be loaded, or the corpus can't be measured.
    """
    kept = session().synchrony.heard
    key = (embedder_id, digest, name, user, own)
    if key not in kept:
        with st.spinner("Loading the embedder …"):
            loaded = _loaded(embedder_id)
        bar = st.progress(0.0, text="Embedding every turn …")

        def report(done: int, total: int) -> None:
            bar.progress(done / total, text=f"Embedding turns, {done:,} of {total:,}")

        try:
            made = embedded_speech(
                corpus,
                name,
                loaded,
                user=user,
                own=own.splitlines(),
                report=report,
            )
        finally:
            bar.empty()
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = made
    return kept[key]


def _loaded(embedder_id: str) -> Embedder:
    return embedder() if embedder_id == settings().embedder else _other(embedder_id)


@st.cache_resource(max_entries=2, show_spinner=False)
def _other(embedder_id: str) -> Embedder:
    return load_embedder(embedder_id)
