"""The analysis of a run, computed once per state of its data and shared by every session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import streamlit as st

from data.schema import RunData
from experiments.analysis import FINAL_RESAMPLES, LIVE_RESAMPLES, Analysis, analyse
from metrics.partition import MeaningTree, meaning_tree

Result = TypeVar("Result")


def _state_of(data: RunData) -> tuple[str, int]:
    """What determines a run's rows: which of its draws they are."""
    return data.run.id, hash((data.keys, tuple(sample.index for sample in data.samples)))


def _meanings_of(analysis: Analysis) -> tuple[float, int, int]:
    """What determines how answers are grouped, and how finely they were measured."""
    return analysis.threshold, analysis.resamples, hash(analysis.labels.tobytes())


BY_STATE: dict[str | type[Any], Callable[[Any], Any]] = {
    RunData: _state_of,
    Analysis: _meanings_of,
}


def computed_once(function: Callable[..., Result]) -> Callable[..., Result]:
    """Keep what a pure function of a run and its analysis returns, for every session.

    The result must not be changed by anyone.
    """
    keep = st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
    return cast("Callable[..., Result]", keep(function))


def analysis_of(data: RunData, *, threshold: float, running: bool) -> Analysis:
    """Meanings and measures; with fewer resamples while more answers are to come."""
    resamples = LIVE_RESAMPLES if running else FINAL_RESAMPLES
    return _analysis(data, threshold, resamples)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_STATE)
def _analysis(data: RunData, threshold: float, resamples: int) -> Analysis:
    return analyse(data, _tree(data), threshold=threshold, resamples=resamples)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
def _tree(data: RunData) -> MeaningTree:
    return meaning_tree(data.vectors)
