"""What the role, the wording or the model has to do with the answers of a condition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components.findings import coloured
from components.layout import theme
from components.text import one_line
from data.schema import Condition, RunData
from experiments.strategies.registry import voice_of
from metrics.sources import explained_share, source_contributions
from models.registry import display_name

_SHUFFLES = 60


def source_notes(data: RunData, names: Mapping[str, str]) -> None:
    """For each condition whose answers have sources that recur: what these explain, and add."""
    for condition in data.run.conditions:
        rows = [row for row, key in enumerate(data.keys) if key == condition.key]
        if words := explained_words(data, rows):
            st.caption(f"{coloured(names[condition.key], condition.key, theme())}: {words}")
        if condition.choir:
            _choir_table(data, condition, rows)


def explained_words(data: RunData, rows: list[int]) -> str:
    """How much of the distances the sources explain; "" where there is nothing to compare.

    Only for independent answers: those of one call would be alike, or apart, for other reasons.
    """
    samples = [data.samples[row] for row in rows]
    sources = [sample.origin for sample in samples]
    independent = len({sample.call_id for sample in samples}) == len(samples)
    if not independent or not 1 < len(set(sources)) <= len(sources) / 2:
        return ""
    found = explained_share(data.vectors[rows], sources)
    if not found.is_defined:
        return ""
    low, value, high = (f"{100 * v:.0f}" for v in (found.low, found.value, found.high))
    return (
        f"how it was asked, or whom, explains {value} % ({low} to {high} %, n = {found.n}) of how "
        "far answers lie apart (adjusted R²; Anderson 2001). Around 0: it makes no difference."
    )


def _choir_table(data: RunData, condition: Condition, rows: list[int]) -> None:
    voices = [display_name(voice_of(condition, data.samples[row].index).id) for row in rows]
    if len(set(voices)) < 2:
        return
    found = source_contributions(
        data.vectors[rows],
        voices,
        rng=np.random.default_rng(data.run.seed % 2**64),
        shuffles=_SHUFFLES,
    )
    st.caption(
        "What each model adds to the effective number of answers (leave-one-out ΔK*, the Vendi "
        "score of order 1), beside what leaving out as many answers at random costs."
    )
    frame = pd.DataFrame(
        {
            "model": one_line(name),
            "answers": each.n,
            "adds": f"{each.value:.2f}",
            "by chance": f"{each.low:.2f} to {each.high:.2f}",
        }
        for name, each in found.items()
    )
    st.dataframe(frame, hide_index=True, alt="What each model of the choir adds")
