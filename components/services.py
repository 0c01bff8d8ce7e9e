"""The shared machinery behind every session: one store, one model manager, one job manager."""

from __future__ import annotations

import gc
import logging
import threading

import streamlit as st

from components.settings import settings
from data.divergences import DivergenceStore
from data.judgements import JudgementStore
from data.readings import ReadingStore
from data.store import Store
from experiments.assessing import Assessments
from experiments.comparing import Comparisons
from experiments.followups import Followups
from experiments.jobs import JobManager
from experiments.judging import Bench, Classifiers
from models.base import Embedder
from models.manager import ModelManager

_log = logging.getLogger(__name__)
_warming = threading.Lock()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The process-wide store; what a crash cut off is marked incomplete first."""
    opened = Store()
    opened.recover()
    return opened


@st.cache_resource(show_spinner=False)
def jobs() -> JobManager:
    """The process-wide job manager."""
    return JobManager(store(), models(), embedder, divergences=divergences())


@st.cache_resource(show_spinner=False)
def divergences() -> DivergenceStore:
    """The process-wide store of divergences per token."""
    return DivergenceStore()


@st.cache_resource(show_spinner=False)
def comparisons() -> Comparisons:
    """The process-wide comparisons of precisions."""
    return Comparisons(store(), divergences(), models())


@st.cache_resource(show_spinner=False)
def readings() -> ReadingStore:
    """The process-wide store of what was found out about runs."""
    return ReadingStore()


@st.cache_resource(show_spinner=False)
def followups() -> Followups:
    """The process-wide work on runs that have ended."""
    return Followups(store(), readings(), models())


@st.cache_resource(show_spinner=False)
def judgements() -> JudgementStore:
    """The process-wide store of what was judged of answers."""
    return JudgementStore()


@st.cache_resource(show_spinner=False)
def assessments() -> Assessments:
    """The process-wide judgements that are going on."""
    return Assessments()


@st.cache_resource(show_spinner=False)
def bench() -> Bench:
    """Who judges in this process."""
    return Bench(judgements(), models(), Classifiers(), assessments().limits)


@st.cache_resource(show_spinner=False)
def models() -> ModelManager:
    """The process-wide model manager."""
    return ModelManager()


@st.cache_resource(show_spinner=False)
def embedder() -> Embedder:
    """The embedder of this process, loaded on first use."""
    from models.embedding import load_embedder

    return load_embedder(settings().embedder)


def warm_up() -> None:
    """Start loading, once and in the background, what the first run will need."""
    if _warming.acquire(blocking=False):
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    from experiments.layout import warm_up as warm_up_layout

    try:
        for load in (_load_embedder, _load_model, warm_up_layout):
            load()
            # Streamlit collects garbage after every script run, once a second while a run is
            # watched. What is frozen costs that nothing, so each step's objects are at once.
            gc.freeze()
    except Exception:
        # Nothing is lost: the first run loads the same and tells the visitor what went wrong.
        _log.warning("Warm-up failed.", exc_info=True)


def _load_embedder() -> None:
    embedder().embed(["warm-up"])


def _load_model() -> None:
    models().submit("", settings().model, lambda model: None).result()
