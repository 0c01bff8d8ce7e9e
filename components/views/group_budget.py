"""Whom to ask next, and whether that would have paid on these data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.text import as_markdown, one_line
from components.views.charts import numbers
from components.views.group_notes import one_group
from experiments.groups.asking import REPLAYS, replay_frame
from experiments.groups.options import Options


def budget_view(draft: Draft, options: Options) -> None:
    """Costs in, the next group and a plan out; then plans replayed on these data."""
    if one_group(draft):
        return
    names = draft.grouping.names
    judged = (~np.isnan(options.scores)).sum(axis=0)
    option = st.selectbox(
        "What each group thinks of",
        [int(i) for i in np.argsort(-judged, kind="stable")],
        format_func=lambda i: one_line(options.labels[i], limit=90),
        key=f"groups.budget.option.{draft.source.key}.{draft.part}",
    )
    left, right = st.columns([1, 1], gap="medium")
    with left:
        costs = _costs(draft, names)
        budget = float(
            st.slider("Budget for asking anew", 20, 1000, 120, 10, key="groups.budget",
                      persist_state="session")
        )  # fmt: skip
    found = polls.asking(draft.source, draft.by, draft.items, option, costs, budget)
    if found is None:
        st.info("Fewer than ten raters of a group judged this answer.")
        return
    with right:
        frame = pd.DataFrame(
            {
                "group": names,
                "asked so far": found.asked,
                "spread": found.spreads.round(3),
                "cost of one": costs,
                "best use of the budget": found.share.round(1),
            }
        )
        st.dataframe(frame, hide_index=True, alt="Raters so far and the best use of the budget")
        st.markdown(f"Ask next: **{as_markdown(names[found.following])}**")
    st.caption(
        "For the smallest squared error of the groups’ means, all counting alike: raters in "
        "proportion to their spread over the root of their cost (Neyman 1934). Spreads are drawn "
        "towards their common value, as by ten raters more."
    )
    if not st.toggle(
        f"Replay it on these data, {REPLAYS} times", key="groups.replay", persist_state="session"
    ):
        return
    with st.spinner("Asking again and again …", show_time=True):
        told = polls.replays(draft.source, draft.by, draft.items, option, costs, budget)
    table = replay_frame(found, told).round(4)
    st.dataframe(table, hide_index=True, alt="Errors of three plans of asking")
    numbers(table, key="groups-replay")
    best, worst = table["error"].min(), table["error"].max()
    st.caption(
        f"Each plan begins with nothing and asks raters of these data, n = {found.asked.sum():,}, "
        f"without replacement. Error: root mean square over groups and {REPLAYS} replays, which "
        f"itself is uncertain by about ±{100 / np.sqrt(2 * REPLAYS * len(names)):.0f} %; the plans "
        f"differ by {(worst / best - 1):.0%}."
    )


def _costs(draft: Draft, names: tuple[str, ...]) -> tuple[float, ...]:
    table = pd.DataFrame({"group": names, "cost of one rater": np.ones(len(names))})
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["group"],
        column_config={
            "cost of one rater": st.column_config.NumberColumn(min_value=0.1, max_value=1000.0)
        },
        key=f"groups.costs.{draft.source.key}.{draft.by}",
        alt="The cost of asking one more rater of each group",
    )
    return tuple(float(c) if c and c > 0 else 1.0 for c in edited["cost of one rater"].fillna(1.0))
