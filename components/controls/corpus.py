"""Whose conversations policies are played on: bundled, pasted, from a file or from the Hub."""

from __future__ import annotations

import hashlib

import streamlit as st

from components.controls.hub_corpus import ANY, hub_corpus
from components.controls.style_space import heard_speech, style_control
from components.problems import problems_shown
from components.text import as_markdown, plural
from data.dialogues import Corpus, StyleLog, read_corpus, read_style_log
from data.dialogues.hub import HUB_CORPORA
from data.dialogues.tables import PARQUET, decoded
from data.errors import CorpusError
from data.examples.dialogues import town_corpora
from experiments.speech import Speech, speech_of, speech_of_log

PASTE, FILE = "Pasted text …", "A file …"
_FIRST = "whoever speaks first"
_PASTED = """conversation_id,speaker,text
1,user,hey!! can u help me??
1,bot,Certainly. What is it about?"""
_COLUMNS = (
    "One row per turn, as CSV, JSON lines or parquet, with the columns **conversation_id**, "
    "**speaker** and **text**, a number **turn** if the rows aren’t in order, and if there are any "
    "parts of speech as **tags** (PRON VERB … or PRP VBP …). Other names are understood too "
    "(dialogue_id, role, utterance …), and so are the files of DailyDialog, PersonaChat and "
    "EmpatheticDialogues, and the published log of styles (participant_id, session_id, "
    "turn_number, user_style_vector …)."
)
_PROBLEMS_SHOWN = 20

Read = Corpus | StyleLog


def corpus_controls() -> Speech | None:
    """Choose a corpus; None while there is none to play."""
    source = st.selectbox(
        "Conversations",
        [*town_corpora(), *HUB_CORPORA, PASTE, FILE, ANY],
        key="synchrony.corpus",
        persist_state="session",
    )
    found = None
    with problems_shown():
        found = _read(source)
    embedder_id = style_control()
    if found is None or embedder_id is None:
        return None
    with problems_shown():
        return _spoken(*found, embedder_id)
    return None


def _read(source: str) -> tuple[str, str, Read] | None:
    """Name, fingerprint and content of what was chosen."""
    if source in town_corpora():
        return source, source, town_corpora()[source]
    if source in HUB_CORPORA or source == ANY:
        return hub_corpus(source)
    if source == FILE:
        upload = st.file_uploader(
            "A file of conversations",
            type=["csv", "tsv", "jsonl", "json", "txt", "parquet"],
            max_upload_size=50,
            key="synchrony.file",
            help=_COLUMNS,
        )
        if upload is None:
            st.caption(_COLUMNS)
            return None
        return _parsed(upload.name, upload.getvalue())
    text = st.text_area(
        "Turns, one row each",
        key="synchrony.paste",
        height=150,
        placeholder=_PASTED,
        help=_COLUMNS,
        persist_state="session",
    )
    return _parsed("Pasted text", text.encode()) if text.strip() else None


def _parsed(name: str, content: bytes) -> tuple[str, str, Read]:
    digest = hashlib.sha256(content).hexdigest()
    return name, digest, _parse(digest, content)


@st.cache_resource(max_entries=4, show_spinner="Reading …", hash_funcs={bytes: len})
def _parse(digest: str, content: bytes) -> Read:
    """The digest determines the content, which is so not hashed again."""
    if content.startswith(PARQUET):
        return read_corpus(content)
    header = decoded(content).lstrip().split("\n", 1)[0]
    if "user_style_vector" in header:
        return read_style_log(content)
    return read_corpus(content)


def _spoken(name: str, digest: str, read: Read, embedder_id: str) -> Speech:
    if isinstance(read, StyleLog):
        if embedder_id:
            raise CorpusError(
                "Only styles were published of these conversations, and no texts to embed.",
                "Choose the eight features.",
            )
        speech = _log_speech(digest, name, read)
    else:
        _problems(read)
        user, own = ("", "") if name in town_corpora() else _who(read)
        if embedder_id:
            speech = heard_speech(embedder_id, digest, name, user, own, read)
        else:
            speech = _speech(digest, name, user, own, read)
    _about(speech)
    return speech


@st.cache_resource(
    max_entries=8, show_spinner="Measuring the style of every turn …",
    hash_funcs={Corpus: lambda corpus: None},
)  # fmt: skip
def _speech(digest: str, name: str, user: str, own: str, corpus: Corpus) -> Speech:
    return speech_of(corpus, name, user=user, own=own.splitlines())


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs={StyleLog: lambda log: None})
def _log_speech(digest: str, name: str, log: StyleLog) -> Speech:
    return speech_of_log(log, name)


def _who(corpus: Corpus) -> tuple[str, str]:
    """Which speaker is the user, and how the bot itself writes."""
    speakers = list(dict.fromkeys(s for d in corpus.dialogues for s in d.speakers))
    with st.popover("Who is who", icon=":material/group:", type="tertiary"):
        user = st.selectbox(
            "The user is",
            [_FIRST, *speakers[:50]],
            key="synchrony.user",
            help="All others are taken for the bot.",
            persist_state="session",
        )
        own = st.text_area(
            "How the bot itself writes (optional, one text per line)",
            key="synchrony.own",
            help="Its own style is the middle of these texts; without any, of its replies.",
            persist_state="session",
        )
    return ("" if user == _FIRST or user not in speakers else user), own


def _about(speech: Speech) -> None:
    """How much there is, on which scale, and what should be known."""
    turns = int(speech.users.present.sum())
    size = len(speech.space.names)
    what = (
        plural(size, "feature of style", "features of style")
        if speech.is_named
        else plural(size, "direction of an embedding", "directions of an embedding")
    )
    st.caption(
        f"{plural(len(speech.users.ids), 'conversation')}, {plural(turns, 'user turn')}. "
        f"{what}, scaled on "
        f"{as_markdown(speech.space.reference)}; the median step between two turns of a user is "
        f"{speech.unit:.2f} standard deviations."
    )
    for note in speech.notes:
        st.caption(f":material/info: {as_markdown(note)}")


def _problems(corpus: Corpus) -> None:
    """Rows that couldn't be used, none of them lost."""
    if not corpus.problems:
        return
    with st.expander(
        f"{plural(len(corpus.problems), 'place')} in the file that "
        f"{'needs' if len(corpus.problems) == 1 else 'need'} a look",
        icon=":material/warning:",
        type="compact",
    ):
        for each in corpus.problems[:_PROBLEMS_SHOWN]:
            st.markdown(f"- {as_markdown(each.what)}")
            if each.content:
                st.code(each.content[:400], language=None, wrap_lines=True)
        if len(corpus.problems) > _PROBLEMS_SHOWN:
            st.caption(f"And {len(corpus.problems) - _PROBLEMS_SHOWN} more.")
