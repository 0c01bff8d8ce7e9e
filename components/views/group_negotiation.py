"""Groups that negotiate what to take together within a budget, round by round."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.negotiation import course_figure
from components.layout import theme
from components.text import as_markdown, plural
from components.tiles import method_card_button
from components.views.charts import chart, numbers, spanned
from components.views.group_notes import one_group
from experiments.groups.ballots import Ballot
from experiments.groups.negotiating import (
    AGREED,
    FAIREST,
    PACKAGES,
    TOTAL,
    Agreement,
    course_frame,
    rounds_frame,
)
from metrics.catalogue_welfare import WELFARE

CONCESSION = 0.3
_SHARE = 3  # the budget pays for one in so many at first


def negotiation_view(draft: Draft) -> None:
    """Costs, a budget and what groups would give up; then the rounds and what they come to."""
    if one_group(draft):
        return
    ballot = polls.ballot(draft.source, draft.by, draft.items, by_size=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**Several answers at once, within a budget**", width="content")
        method_card_button(WELFARE["negotiated"])
    st.caption(
        "Inspired by negotiative alignment, whose published procedure was not found. The talks "
        "start from the best affordable total. Each round the group that is worst off proposes "
        "changes, any group may veto what takes it below its floor, and a mediator takes the "
        "change with the largest product of utilities, if it is larger than before."
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        costs = _costs(draft, ballot)
    with right:
        budget, concession = _terms(draft, costs)
    found = polls.agreement(draft.source, draft.by, draft.items, tuple(costs), budget, concession)
    st.markdown(_said(found, ballot))
    if found.talks.chosen != found.talks.start:
        _course(found, ballot)
    _rounds(found, ballot)
    _packages(found, ballot)


def _costs(draft: Draft, ballot: Ballot) -> list[float]:
    table = pd.DataFrame({"answer": ballot.labels, "cost": np.ones(len(ballot.labels))})
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["answer"],
        column_config={"cost": st.column_config.NumberColumn(min_value=0.1, max_value=1000.0)},
        key=f"groups.prices.{draft.source.key}.{draft.by}.{draft.part}",
        alt="What each answer costs",
    )
    return [float(c) if c and c > 0 else 1.0 for c in edited["cost"].fillna(1.0)]


def _terms(draft: Draft, costs: list[float]) -> tuple[float, float]:
    total = sum(costs)
    budget = st.number_input(
        "Budget",
        0.1,
        max(round(total, 1), 0.1),
        float(max(round(total / _SHARE), min(costs))),
        0.5,
        format="%g",
        key=f"groups.purse.{draft.source.key}.{draft.by}.{draft.part}.{total:g}",
        help="At first a third of what all answers cost together.",
    )
    concession = st.slider(
        "What each group would give up",
        0.0,
        1.0,
        CONCESSION,
        0.05,
        key="groups.concession",
        help="A group vetoes what takes it further below the best affordable total than this. One "
        "is an answer it likes best instead of one it likes least.",
        persist_state="session",
    )
    return float(budget), float(concession)


def _said(found: Agreement, ballot: Ballot) -> str:
    """What changed, or why nothing did."""
    least = dict(zip(PACKAGES, found.means.min(axis=1), strict=True))
    start = ballot.names[int(np.argmin(found.means[0]))]
    most = (
        f"No package within the budget would leave the worst-off group more than "
        f"{least[FAIREST]:.2f}."
    )
    if set(found.packages[AGREED]) == set(found.packages[TOTAL]):
        if set(found.packages[FAIREST]) == set(found.packages[TOTAL]):
            return f"**The best affordable total stands**, and nothing is fairer. {most}"
        return (
            f"**The best affordable total stands**, with {as_markdown(start)} at "
            f"{least[TOTAL]:.2f}: no change that it asks for is both free of a veto and fairer "
            f"in the mediator’s eyes. {most}"
        )
    total = dict(zip(PACKAGES, found.means.sum(axis=1), strict=True))
    changes = sum(one.accepted is not None for one in found.talks.rounds)
    return (
        f"**{plural(changes, 'change')}** moved the worst-off group from {least[TOTAL]:.2f} to "
        f"**{least[AGREED]:.2f}** and the sum over groups from {total[TOTAL]:.2f} to "
        f"**{total[AGREED]:.2f}**. {most}"
    )


def _course(found: Agreement, ballot: Ballot) -> None:
    frame = course_frame(found, ballot)
    chart(
        course_figure(frame, ballot.names, theme=theme()),
        frame.round(4),
        key="groups-negotiation",
        alt="Each group's utility at the start and after each round, above its floor.",
    )
    st.caption("Dotted: the floor below which a group vetoes.")


def _rounds(found: Agreement, ballot: Ballot) -> None:
    frame = rounds_frame(found, ballot)
    st.markdown("**Round by round**")
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"proposes": st.column_config.TextColumn(width="large")},
        alt="Who proposed what in each round, who vetoed it, and what the mediator took",
    )
    numbers(frame, key="groups-rounds")


def _packages(found: Agreement, ballot: Ballot) -> None:
    """What each package holds and what it means for people."""
    rows = []
    for name in PACKAGES:
        outcome = found.outcomes[name]
        row = {
            "package": name,
            "takes": ", ".join(ballot.labels[i] for i in found.packages[name]),
            "total": spanned(outcome.total, ".2f"),
            "worst group": spanned(outcome.worst, ".2f"),
            "20th percentile": spanned(outcome.low_percentile, ".2f"),
            "Gini": spanned(outcome.gini, ".3f"),
        }
        for group, gain in zip(ballot.names, outcome.gains, strict=True):
            row[f"{group}: gain"] = spanned(gain, "+.2f") if name != TOTAL else "–"
        rows.append(row)
    frame = pd.DataFrame(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**What each package means for people**", width="content")
        for key in ("total", "worst", "low_percentile", "gini"):
            method_card_button(WELFARE[key], place="negotiation")
    st.markdown(
        "\n".join(
            f"- **{name}:** {'; '.join(as_markdown(ballot.labels[i]) for i in taken)}"
            for name, taken in found.packages.items()
        )
    )
    st.dataframe(
        frame.drop(columns="takes"),
        hide_index=True,
        column_config={"package": st.column_config.TextColumn(pinned=True)},
        alt="What each package means for people",
    )
    numbers(frame, key="groups-packages")
    n = found.outcomes[TOTAL].total.n
    st.caption(
        f"Utility: the sum over the answers taken, each from 0 to 1. Of the {n:,} raters who "
        f"judged every answer of the three packages; 95 % intervals: people drawn anew within "
        f"groups, the packages kept. Gains are against the best affordable total. “{FAIREST}” is "
        "found by looking at every package, without talks."
    )
