"""Similarity: every answer against every other, and means within and between conditions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.figures.similarity import matrix_description, matrix_figure, matrix_frame
from components.layout import theme
from components.text import printable
from components.views.charts import csv_button, named, spanned
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.pairs import Pair, listed_pairs
from experiments.similarity import (
    MOST,
    SimilarityMatrix,
    pair_similarities,
    similarity_matrix,
)
from metrics.uncertainty import Estimate

_ORDERS = {
    "alike": "Most alike first",
    "unlike": "Least alike first",
    "border": "Closest to the threshold first",
}


@computed_once
def _matrix(data: RunData, analysis: Analysis) -> SimilarityMatrix:
    return similarity_matrix(data, analysis)


def similarity_view(data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    """The matrix, and its means as a table."""
    found = _matrix(data, analysis)
    shown = (
        f"{len(found.rows)} of {found.of} answers, drawn at random: more than {MOST} can’t be told "
        "apart on a screen. The means below are of all. "
        if len(found.rows) < found.of
        else ""
    )
    st.caption(
        f"{shown}Answers stand by condition, then by meaning. Dark squares on the diagonal are "
        "meanings; dark squares off it are meanings that two conditions share."
    )
    keys = [data.keys[row] for row in found.rows]
    samples = [data.samples[row] for row in found.rows]
    means = pair_similarities(data)
    told = {(names[a], names[b]): one.value for (a, b), one in means.items() if one.is_defined}
    st.plotly_chart(
        matrix_figure(
            found.cosines, keys, [printable(s.text) for s in samples], names=names, theme=theme()
        ),
        key="diversity.similarity.chart",
        config={"displaylogo": False, "toImageButtonOptions": {"filename": "chorale-similarity"}},
        alt=matrix_description(keys, told),
    )
    csv_button(matrix_frame(found.cosines, keys, [s.index for s in samples]), key="similarity")
    _means(means, names)
    _pairs(data, analysis, names)


@computed_once
def _listed(
    data: RunData, analysis: Analysis, order: str, conditions: tuple[str, str] | None
) -> list[Pair]:
    return listed_pairs(data, analysis, order=order, conditions=conditions)


def _pairs(data: RunData, analysis: Analysis, names: Mapping[str, str]) -> None:
    """Pair by pair, with the texts: what the numbers call alike, to be judged by reading."""
    keys = [key for key in names if key in data.keys]
    scopes = [None, *((key, key) for key in keys), *combinations(keys, 2)]
    with st.container(horizontal=True, gap="small"):
        order = str(
            st.selectbox(
                "Pairs of answers",
                list(_ORDERS),
                key="diversity.pairs.order",
                format_func=lambda name: _ORDERS[name],
                persist_state="session",
            )
        )
        scope = st.selectbox(
            "One answer of, another of",
            scopes if len(keys) > 1 else scopes[:1],
            key="diversity.pairs.scope",
            format_func=lambda pair: _scope(pair, names),
        )
    found = _listed(data, analysis, order, scope)
    if not found:
        st.caption("There are no two answers of different wording.")
        return
    st.caption(
        "The same wording twice is left out. Read them: where pairs of different meaning stand "
        "above the threshold, or pairs of one meaning below it, the embedder is mistaken."
    )
    frame = pd.DataFrame(
        {
            "cosine": round(pair.cosine, 3),
            "one": printable(data.samples[pair.first].text),
            "another": printable(data.samples[pair.second].text),
            "one meaning": "yes" if pair.together else "no",
            "of": f"{named(data.keys[pair.first], names)}, {named(data.keys[pair.second], names)}",
        }
        for pair in found
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "cosine": st.column_config.NumberColumn(format="%.3f"),
            "one": st.column_config.TextColumn(width="large"),
            "another": st.column_config.TextColumn(width="large"),
        },
        alt=f"{len(frame)} pairs of answers with their cosine",
    )
    csv_button(frame, key="pairs")


def _scope(pair: tuple[str, str] | None, names: Mapping[str, str]) -> str:
    if pair is None:
        return "all answers"
    first, second = (named(key, names) for key in pair)
    return f"{first}, twice" if pair[0] == pair[1] else f"{first}, {second}"


def _means(means: Mapping[tuple[str, str], Estimate], names: Mapping[str, str]) -> None:
    st.caption(
        "Mean cosine of two answers (Artificial Hivemind’s intra- and inter-model similarity; the "
        "latter’s formula is inferred). Where two conditions are as alike as each is within "
        "itself, they say the same things. It depends on the embedder, and rises with length."
    )
    frame = pd.DataFrame(
        {
            "one answer of": named(a, names),
            "another of": named(b, names),
            "mean cosine": spanned(one, ".3f"),
            "n": one.n,
        }
        for (a, b), one in means.items()
    )
    st.dataframe(frame, hide_index=True, alt="Mean cosines within and between conditions")
