"""The analysis of a run, computed once per state of its data and shared by every session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.services import judgements
from data.schema import RunData
from experiments.analysis import FINAL_RESAMPLES, LIVE_RESAMPLES, Analysis, analyse_groups
from experiments.grouping import (
    EMBEDDING,
    Grouping,
    in_subset,
    labels_by_embedding,
    labels_by_verdicts,
)
from metrics.partition import MeaningTree, meaning_tree

Result = TypeVar("Result")


def _state_of(data: RunData) -> tuple[str, int]:
    """What determines a run's rows: which of its draws they are."""
    return data.run.id, hash((data.keys, tuple(sample.index for sample in data.samples)))


def _meanings_of(analysis: Analysis) -> tuple[Grouping, int, int]:
    """What determines how answers are grouped, and how finely they were measured."""
    return analysis.grouping, analysis.resamples, hash(analysis.labels.tobytes())


BY_STATE: dict[str | type[Any], Callable[[Any], Any]] = {
    RunData: _state_of,
    Analysis: _meanings_of,
    Grouping: lambda grouping: repr(grouping),
}


def computed_once(function: Callable[..., Result]) -> Callable[..., Result]:
    """Keep what a pure function of a run and its analysis returns, for every session.

    The result must not be changed by anyone.
    """
    keep = st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
    return cast("Callable[..., Result]", keep(function))


def analysis_of(data: RunData, *, threshold: float, running: bool) -> Analysis:
    """Meanings by embeddings and measures; fewer resamples while more answers are to come."""
    return analysis_by(data, data, Grouping(threshold=threshold), running=running)


def analysis_by(data: RunData, whole: RunData, grouping: Grouping, *, running: bool) -> Analysis:
    """Meanings by any means and measures; fewer resamples while more answers are to come.

    Args:
        data: the answers that count.
        whole: the run with every answer: a judge groups all of them.
        grouping: if it is a judge's, `judged_labels` has found that nothing is missing.
        running: more answers are to come.
    """
    resamples = LIVE_RESAMPLES if running else FINAL_RESAMPLES
    if grouping.means == EMBEDDING:
        return _analysis(data, grouping, resamples)
    return _judged(data, whole, grouping, resamples)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_STATE)
def _analysis(data: RunData, grouping: Grouping, resamples: int) -> Analysis:
    rule, threshold = grouping.rule, grouping.threshold
    labels = labels_by_embedding(data, _tree(data), rule=rule, threshold=threshold)
    return analyse_groups(data, labels, grouping, resamples=resamples)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
def _judged(data: RunData, whole: RunData, grouping: Grouping, resamples: int) -> Analysis:
    verdicts = judgements().verdicts(whole.run.id, grouping.judge_id)
    labels = labels_by_verdicts(whole, verdicts, grouping)
    assert labels is not None  # as `analysis_by` asks
    return analyse_groups(data, in_subset(labels, whole, data), grouping, resamples=resamples)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
def judged_labels(whole: RunData, grouping: Grouping, known: int) -> NDArray[np.int64] | None:
    """Groups by what was judged so far; None while verdicts are missing.

    Args:
        whole: a run with every answer.
        grouping: of a judge.
        known: verdicts that there are.
    """
    verdicts = judgements().verdicts(whole.run.id, grouping.judge_id)
    return labels_by_verdicts(whole, verdicts, grouping)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_STATE)
def _tree(data: RunData) -> MeaningTree:
    return meaning_tree(data.vectors)
