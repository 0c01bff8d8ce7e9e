"""Similarity: every answer against every other, and means within and between conditions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.figures.similarity import matrix_description, matrix_figure, matrix_frame
from components.layout import theme
from components.text import printable
from components.views.charts import csv_button, named, spanned
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.similarity import (
    MOST,
    SimilarityMatrix,
    pair_similarities,
    similarity_matrix,
)
from metrics.uncertainty import Estimate


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
