"""The texts and tables behind a comparison of precisions: computed in the open tab only."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.figures.quantization import position_frame
from components.text import one_line, plural, printable
from components.views.charts import file_button
from components.views.compare import differences_table
from data.exports import to_csv
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.precision import PrecisionSummary


def precision_tabs(
    data: RunData, summary: PrecisionSummary, analysis: Analysis, *, names: Mapping[str, str]
) -> None:
    """Answers side by side, measures of diversity, data."""
    tabs = st.tabs(["Answers", "Diversity", "Data"], key="quantization.tabs", on_change="rerun")
    shows = (_answers, _diversity, _data)
    for tab, show in zip(tabs, shows, strict=True):
        if tab.open:
            with tab:
                show(data, summary, analysis, names)


def _answers(
    data: RunData, summary: PrecisionSummary, analysis: Analysis, names: Mapping[str, str]
) -> None:
    st.caption(
        "Both answers of each pair were drawn with the same random numbers; those that parted "
        "first stand first."
    )
    st.dataframe(
        _side_by_side(summary.pairs, names),
        hide_index=True,
        height=420,
        column_config={
            one_line(name): st.column_config.TextColumn(width="large") for name in names.values()
        }
        | {
            "parted after": st.column_config.TextColumn(
                help="Tokens that both answers have in common before they part."
            )
        },
        alt=f"{plural(len(summary.pairs), 'pair')} of answers side by side",
    )


def _side_by_side(pairs: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    ordered = pairs.sort_values("common", na_position="last", kind="stable")
    same = ordered["common"].isna()
    counts = ordered["common"].fillna(0).astype(int)
    parted = [
        "the same" if alike else plural(count, "token")
        for alike, count in zip(same, counts, strict=True)
    ]
    table: dict[str, object] = {"draw": ordered["index"] + 1, "parted after": parted}
    for key, name in names.items():
        table[f"nats per token, {one_line(name)}"] = ordered[f"kl {key}"].astype(float).round(4)
    for key, name in names.items():
        table[one_line(name)] = [printable(text) for text in ordered[f"text {key}"]]
    return pd.DataFrame(table)


def _diversity(
    data: RunData, summary: PrecisionSummary, analysis: Analysis, names: Mapping[str, str]
) -> None:
    if len(analysis.panels) < 2:
        st.caption("With answers in both precisions, the differences stand here.")
        return
    st.caption(
        "The first precision minus the second. The intervals take the two sets of answers for "
        "independent; as they share their random numbers, they are rather too wide than too "
        "narrow where the answers go together."
    )
    st.dataframe(
        differences_table(analysis, names), hide_index=True, alt="Differences in diversity"
    )


def _data(
    data: RunData, summary: PrecisionSummary, analysis: Analysis, names: Mapping[str, str]
) -> None:
    st.caption(f"Seed {data.run.seed} for both precisions; embedder {data.run.embedder}.")
    name = f"chorale-{data.run.id[:8]}"
    with st.container(horizontal=True, gap="small"):
        file_button("Pairs as CSV", lambda: _csv(summary.pairs), f"{name}-pairs.csv")
        file_button(
            "The curve as CSV", lambda: _csv(position_frame(summary.curves)), f"{name}-curve.csv"
        )
        file_button("Answers as CSV", lambda: to_csv(data, {}), f"{name}.csv")


def _csv(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False))
