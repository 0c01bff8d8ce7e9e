"""Sensitivity: does a conclusion survive other thresholds, rules and orders?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from components.analysis import computed_once
from components.figures.sensitivity import (
    orders_description,
    orders_figure,
    orders_frame,
    threshold_description,
    threshold_figure,
    threshold_frame,
)
from components.findings import coloured
from components.layout import theme
from components.views.charts import chart, named, reasons_shared, spanned
from components.views.gate import Shown
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.grouping import EMBEDDING
from experiments.growth import DEPENDENT
from experiments.sensitivity import THRESHOLDS, Hanging, hangings, in_space, verdict
from metrics.partition import TFIDF_RAND_INDEX, TFIDF_THRESHOLD, TOWN_RAND_INDEX
from metrics.sensitivity import FLOOR, RULES
from models.embedding import SECOND_IDS, load_second_embedder

OWN = ""  # the embedder of the run
_UNGROUPED = (("effective number", ".2f"), ("mean distance", ".3f"))
_RULES = {
    "average": "Average linkage, as on the map",
    "greedy": "Greedy, as NoveltyBench",
    "union-find": "Chains (union-find), as DARLING",
}


@computed_once
def _vectors(data: RunData, space: str) -> NDArray[np.floating]:
    if space == OWN:
        return data.vectors
    return load_second_embedder(space).embed([sample.text for sample in data.samples])


@computed_once
def _hangings(data: RunData, analysis: Analysis, rule: str, space: str) -> dict[str, Hanging]:
    return hangings(
        data,
        n=analysis.common_n,
        threshold=_threshold(analysis, space),
        rule=rule,
        vectors=_vectors(data, space),
    )


def _threshold(analysis: Analysis, space: str) -> float:
    """The page's, for the embedder of the run; another embedder has a scale of its own."""
    return analysis.threshold if space == OWN else TFIDF_THRESHOLD


def sensitivity_view(shown: Shown, names: Mapping[str, str]) -> None:
    """The threshold sweep by one rule, and what the order of answers does."""
    if shown.analysis.common_n < FLOOR:
        st.caption(
            "How far the number of meanings hangs on the threshold, the rule and the order of "
            f"answers is shown here from {FLOOR} answers on."
        )
        return
    if shown.running:
        st.caption("This takes a moment, so it waits until the run has ended.")
        return
    if shown.analysis.grouping.means != EMBEDDING:
        st.caption(
            "The page groups by a judge’s verdicts. Here is how embeddings would fare, from whose "
            "likeness every threshold can be tried without asking again."
        )
    rule, space = _controls(shown.data)
    found = _hangings(shown.data, shown.analysis, rule, space)
    _thresholds(found, names, shown.analysis, space)
    _orders(found, names)
    _spaces(shown, names)


def _controls(data: RunData) -> tuple[str, str]:
    with st.container(horizontal=True, gap="small"):
        rule = st.selectbox(
            "Answers are grouped by",
            list(RULES),
            key="diversity.sensitivity.rule",
            format_func=lambda name: _RULES[name],
            persist_state="session",
        )
        space = st.selectbox(
            "Heard by",
            [OWN, *SECOND_IDS],
            key="diversity.sensitivity.space",
            format_func=lambda name: _space_name(name, data),
            help="TF-IDF hears words, not meanings, and so errs elsewhere: what both find does "
            "not hang on the embedder. Cosines of different embedders have different scales.",
            persist_state="session",
        )
    return str(rule), str(space)


def _space_name(space: str, data: RunData) -> str:
    if space == OWN:
        return f"{data.run.embedder or 'its embedder'}, as everywhere on this page"
    return "TF-IDF of words and word pairs, with SVD"


def _spaces(shown: Shown, names: Mapping[str, str]) -> None:
    """Measures that need no threshold, by both embedders."""
    st.caption(
        f"Measures that need no threshold, by both embedders, at {shown.analysis.common_n} "
        "answers. Compare the order of the conditions, not the numbers: each embedder has a scale "
        "of its own."
    )
    n = shown.analysis.common_n
    found = {
        space: in_space(shown.data, n=n, vectors=_vectors(shown.data, space))
        for space in (OWN, *SECOND_IDS)
    }
    frame = pd.DataFrame(
        {
            "condition": named(key, names),
            **{
                f"{label}, {shown.data.run.embedder if space == OWN else 'TF-IDF'}": spanned(
                    found[space][key][place], digits
                )
                for place, (label, digits) in enumerate(_UNGROUPED)
                for space in found
            },
        }
        for key in found[OWN]
    )
    st.dataframe(frame, hide_index=True, alt="Measures by both embedders")


def _thresholds(
    found: Mapping[str, Hanging], names: Mapping[str, str], analysis: Analysis, space: str
) -> None:
    reasons_shared({k: "" if one.sweep else DEPENDENT for k, one in found.items()}, names)
    sweeps = {key: one.sweep for key, one in found.items() if one.sweep is not None}
    if not sweeps:
        return
    st.caption(
        f"Meanings in {analysis.common_n} answers of each condition (where there were more, that "
        f"many at random), grouped by themselves. {steady_words(found, names)} Shaded: 95 % "
        f"interval at each threshold. {_default_words(space)}"
    )
    frame = threshold_frame(sweeps, THRESHOLDS)
    chart(
        threshold_figure(frame, names=names, theme=theme(), now=_threshold(analysis, space)),
        frame,
        key="thresholds",
        alt=threshold_description(frame, names),
    )


def _default_words(space: str) -> str:
    """How good the default threshold of another embedder is."""
    if space == OWN:
        return ""
    return (
        f"The line marks TF-IDF’s own default, {TFIDF_THRESHOLD:.2f}, chosen on half of the town’s "
        f"topics; on the others its groups reach an adjusted Rand index of {TFIDF_RAND_INDEX:.2f} "
        f"with the true ideas, where sentence embeddings reach {TOWN_RAND_INDEX:.2f}."
    )


def steady_words(found: Mapping[str, Hanging], names: Mapping[str, str]) -> str:
    """At how many of the thresholds each condition shows the most meanings, as Markdown."""
    told = [key for _, key in verdict(found) if key]
    if len(names) < 2 or not told:
        return ""
    counts = {key: told.count(key) for key in names if key in told}
    parts = [
        f"{coloured(names[key], key, theme())} shows the most at {count}"
        for key, count in counts.items()
    ]
    return f"Of {len(THRESHOLDS)} thresholds, {', '.join(parts)}."


def _orders(found: Mapping[str, Hanging], names: Mapping[str, str]) -> None:
    spreads = {key: one.shuffles for key, one in found.items()}
    if not spreads:
        return
    orders = len(next(iter(spreads.values())).meanings)
    agreement = min(spread.agreement for spread in spreads.values())
    st.caption(
        f"A greedy rule depends on which answer comes first. Here the same answers are grouped in "
        f"{orders} other orders, at that threshold: larger dots for more orders, a dash for "
        f"the order in which they came. Mean adjusted Rand index with that order at least "
        f"{agreement:.2f} (1: the order does nothing). The map’s own rule doesn’t depend on it."
    )
    frame = orders_frame(spreads)
    chart(
        orders_figure(frame, names=names, theme=theme()),
        frame,
        key="orders",
        alt=orders_description(frame, names),
    )
