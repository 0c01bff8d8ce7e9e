"""Sensitivity: does a conclusion survive other thresholds, rules and orders?"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

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
from components.views.charts import chart
from components.views.gate import Shown
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.growth import DEPENDENT
from experiments.sensitivity import THRESHOLDS, Hanging, hangings, verdict
from metrics.sensitivity import FLOOR, RULES

_RULES = {
    "average": "Average linkage, as on the map",
    "greedy": "Greedy, as NoveltyBench",
    "union-find": "Chains (union-find), as DARLING",
}


@computed_once
def _hangings(data: RunData, analysis: Analysis, rule: str) -> dict[str, Hanging]:
    return hangings(
        data,
        n=analysis.common_n,
        threshold=analysis.threshold,
        rule=rule,
        vectors=data.vectors,
    )


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
    rule = str(
        st.selectbox(
            "Answers are grouped by",
            list(RULES),
            key="diversity.sensitivity.rule",
            format_func=lambda name: _RULES[name],
            persist_state="session",
        )
    )
    found = _hangings(shown.data, shown.analysis, rule)
    _thresholds(found, names, shown.analysis)
    _orders(found, names)


def _thresholds(found: Mapping[str, Hanging], names: Mapping[str, str], analysis: Analysis) -> None:
    for key, one in found.items():
        if one.sweep is None:
            st.caption(f"{coloured(names[key], key, theme())}: {DEPENDENT}")
    sweeps = {key: one.sweep for key, one in found.items() if one.sweep is not None}
    if not sweeps:
        return
    st.caption(
        f"Meanings in {analysis.common_n} answers of each condition (where there were more, that "
        f"many at random), grouped by themselves. {steady_words(found, names)} Shaded: 95 % "
        "interval at each threshold."
    )
    frame = threshold_frame(sweeps, THRESHOLDS)
    chart(
        threshold_figure(frame, names=names, theme=theme(), now=analysis.threshold),
        frame,
        key="thresholds",
        alt=threshold_description(frame, names),
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
        f"{orders} other orders, at the page’s threshold: larger dots for more orders, a dash for "
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
