"""Where groups split: the questions, their answers, and what tells that they will split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.groups import pairs_figure, shares_figure, splits_figure
from components.layout import theme
from components.text import one_line
from components.tiles import method_card_button
from components.views.charts import chart
from components.views.group_notes import one_group
from experiments.groups.splitting import ENOUGH_ITEMS, answer_shares, spread_frame
from metrics.catalogue_groups import GROUP_CATALOGUE


def splits_view(draft: Draft) -> None:
    """Ranked questions, the answers of one, distances between groups, and what predicts splits."""
    if one_group(draft):
        return
    asked = polls.questions(draft.source)
    splits = polls.splits(draft.source, draft.by)
    for note in asked.notes:
        st.caption(note)
    frame = spread_frame(asked, draft.grouping, splits, asked.labels)
    if len(frame) < len(asked.names):
        st.caption(
            f"{len(frame):,} of {len(asked.names):,} questions were answered by ten raters or "
            "more, of two groups."
        )
    if frame.empty:
        st.info("No question was answered by ten raters of two groups: nothing to compare.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**The questions on which groups split most**", width="content")
        method_card_button(GROUP_CATALOGUE["choice_spread"], place="splits")
    chart(
        splits_figure(frame, theme=theme()),
        frame.drop(columns="place").round(4),
        key="groups-splits",
        alt=_told(frame),
    )
    st.caption(
        "The bar is what groups of these sizes differ by when labels are shuffled among raters. "
        "q adjusts for looking at all questions (Benjamini–Hochberg). A difference between groups "
        "is never shown to be caused by what the groups are called."
    )
    _one(draft, frame)
    parts = {
        "How far each two groups are apart": _distances,
        "What tells how people answer": _predictors,
        "What goes with a split": _texts,
    }
    for title, show in parts.items():
        with st.expander(title, key=f"groups.splits.{title}", on_change="rerun") as expander:
            if expander.open:
                show(draft)


def _told(frame: pd.DataFrame) -> str:
    clear = int((frame["q"] < 0.05).sum())
    first = frame.iloc[0]
    return (
        f"{clear} of {len(frame)} questions split groups more than chance; most of all "
        f"“{one_line(str(first['text']), limit=80)}” with {first['spread (bits)']:.2f} bits."
    )


def _one(draft: Draft, frame: pd.DataFrame) -> None:
    texts = dict(zip(frame["place"], frame["text"], strict=True))
    place = st.selectbox(
        "How each group answered",
        list(texts)[:300],
        format_func=lambda i: one_line(texts[i], limit=110),
        key=f"groups.split.{draft.source.key}.{draft.by}",
    )
    shares = answer_shares(polls.questions(draft.source), draft.grouping, place)
    if shares.empty:
        st.caption("Each group has fewer than ten answers to it, so they are hidden.")
        return
    alt = f"Answers to “{one_line(texts[place], limit=80)}” in each group."
    chart(shares_figure(shares, theme=theme()), shares, key="groups-shares", alt=alt)


def _distances(draft: Draft) -> None:
    with st.spinner("Shuffling labels …"):
        found = polls.distances(draft.source, draft.by)
    names = draft.grouping.names
    rows = [
        {
            "groups": f"{names[i]} and {names[j]}",
            "divergence (bits)": found.divergence[i, j],
            "by chance": found.by_chance[i, j],
            "p": found.p_value[i, j],
            "q": found.q_value[i, j],
        }
        for i, j in zip(*np.triu_indices(len(names), 1), strict=True)
    ]
    frame = pd.DataFrame(rows).sort_values("divergence (bits)", ascending=False)
    farthest = frame.iloc[0]
    chart(
        pairs_figure(found.divergence, names, told="bits", theme=theme()),
        frame.round(4),
        key="groups-distances",
        alt=f"Jensen–Shannon divergence of each two groups; farthest: {farthest['groups']}.",
    )
    clear = int((frame["q"] < 0.05).sum())
    st.caption(
        f"Mean Jensen–Shannon divergence over questions, base 2; {clear} of {len(frame)} pairs are "
        "further apart than chance (q < 0.05)."
    )


def _predictors(draft: Draft) -> None:
    with st.spinner("Shuffling attributes …"):
        found = polls.predictors(draft.source)
    frame = pd.DataFrame(
        {
            "attribute": one.name,
            "part of the uncertainty explained": one.value,
            "p": one.p_value,
            "q": one.q_value,
            "raters": one.raters,
            "hidden groups": len(one.hidden),
        }
        for one in found
    )
    st.dataframe(frame.round(4), hide_index=True, alt="How far each attribute tells answers")
    st.caption("Beyond what a shuffled attribute of the same sizes explains.")


def _texts(draft: Draft) -> None:
    with st.spinner("Reading the texts …", show_time=True):
        texts = polls.text_predictors(draft.source, draft.by)
    if not texts:
        st.caption(f"Said from {ENOUGH_ITEMS} questions on.")
        return
    table = pd.DataFrame(
        {
            "of the text": one.name.replace("_", " "),
            "ρ with the split": one.value,
            "p": one.p_value,
            "q": one.q_value,
            "questions": one.items,
        }
        for one in texts
    )
    st.dataframe(table.round(4), hide_index=True, alt="Properties of texts against splits")
    st.caption(
        "Spearman’s ρ between a property of the text and the split beyond chance; for clusters of "
        "meaning, η² of ranks (Kruskal and Wallis)."
    )
