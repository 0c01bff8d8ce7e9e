"""The opinion map: people who vote alike, what each group says, and what all agree to."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.opinion import agreement_bars, opinion_figure
from components.layout import theme
from components.text import as_markdown, one_line, plural
from components.tiles import method_card_button
from components.views.charts import chart, csv_button
from experiments.groups.opinions import OpinionMap, statements_frame, why_no_map
from experiments.groups.questions import Questions
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.preference import FLOOR

_FOUND = "opinion group"
_WIDELY = 6


def opinion_view(draft: Draft) -> None:
    """People in a plane, and the statements that part or join them."""
    asked = polls.questions(draft.source)
    if why := why_no_map(draft.source, asked):
        st.info(why, icon=":material/how_to_vote:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        count = st.segmented_control(
            "Opinion groups", ["auto", 2, 3, 4, 5], default="auto", required=True,
            key="groups.opinions", persist_state="session",
        )  # fmt: skip
        colour = st.selectbox(
            "Colour by",
            [_FOUND, *draft.source.responses.raters.columns],
            key=f"groups.colour.{draft.source.key}",
            width=240,
        )
    with st.spinner("Placing people …", show_time=True):
        found = polls.opinion_map(draft.source, count if isinstance(count, int) else 0)
    _plane(draft, found, colour)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**What each group says more than the others**", width="content")
    columns = st.columns(min(len(found.said), 3), gap="medium")
    for g in range(len(found.said)):
        with columns[g % len(columns)]:
            _says(found, asked, g)
    st.caption(
        "Groups found in votes differ in these votes by construction: the statements are ranked "
        "by Polis’s statistic, they are not tested."
    )
    _consensus(found, asked)


def _plane(draft: Draft, found: OpinionMap, colour: str) -> None:
    rows = found.rows
    if colour == _FOUND:
        names = [f"group {g + 1}" for g in found.groups.labels]
    else:
        names = draft.source.responses.raters[colour].to_numpy()[rows].tolist()
    frame = pd.DataFrame(
        {
            "rater": draft.source.responses.raters.index[rows],
            "x": found.space.people[rows, 0].round(3),
            "y": found.space.people[rows, 1].round(3),
            "opinion group": found.groups.labels + 1,
            "colour": names,
        }
    )
    sizes = ", ".join(f"group {g + 1}: {n}" for g, n in enumerate(found.sizes))
    silhouettes = ", ".join(f"{k}: {v:.2f}" for k, v in found.groups.silhouettes.items())
    chart(
        opinion_figure(
            found.space.people[rows], names, found.groups.labels,
            explained=found.space.explained.tolist(), theme=theme(),
        ),
        frame,
        key="groups-opinions",
        alt=f"{plural(len(rows), 'person', 'people')} in a plane of opinions; {sizes}.",
    )  # fmt: skip
    out = len(found.space.voters) - len(rows)
    few = f" {plural(out, 'person', 'people')} voted too little to be placed." if out else ""
    st.caption(f"People: {sizes}.{few} Silhouette by number of groups: {silhouettes}.")


def _says(found: OpinionMap, asked: Questions, g: int) -> None:
    st.markdown(f"**Group {g + 1}** · {plural(int(found.sizes[g]), 'person', 'people')}")
    if not found.said[g]:
        st.caption("Nothing that passes both tests.")
    for one in found.said[g]:
        table = found.table
        counts = table.agree if one.agrees else table.disagree
        seen = int(table.seen[g, one.statement])
        share = counts[g, one.statement] / max(seen, 1)
        verb = "agree" if one.agrees else "disagree"
        st.markdown(
            f"{as_markdown(asked.labels[one.statement], limit=220)}  \n"
            f":small[:gray[{share:.0%} {verb}, n = {seen}]]"
        )


def _consensus(found: OpinionMap, asked: Questions) -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**What all groups agree to**", width="content")
        method_card_button(GROUP_CATALOGUE["consensus"])
    frame = statements_frame(found, asked)
    widely = frame[found.table.seen.min(axis=0)[frame.index] >= FLOOR].head(_WIDELY)
    if widely.empty:
        st.caption(f"No statement has the votes of {FLOOR} people of each group.")
    for row in widely.to_dict("records"):
        st.markdown(
            f"{as_markdown(str(row['statement']), limit=220)}  \n:small[:gray["
            f"{row['agreed to by all groups']:.0%}, n = {row['votes']:,} votes]]"
        )
    names = list(frame["statement"])
    shown = st.selectbox(
        "How each group voted on", names, format_func=lambda text: one_line(text, limit=120),
        key="groups.statement",
    )  # fmt: skip
    place = list(asked.labels).index(shown)
    chart(
        agreement_bars(_votes(found, place), theme=theme()),
        _votes(found, place).round(4),
        key="groups-statement",
        alt=f"Votes of each opinion group on “{one_line(shown, limit=80)}”.",
    )
    st.dataframe(frame.round(3), hide_index=True, height=260, alt="All statements")
    csv_button(frame, key="groups-statements")


def _votes(found: OpinionMap, place: int) -> pd.DataFrame:
    table = found.table
    seen = table.seen[:, place]
    agree, disagree = table.agree[:, place], table.disagree[:, place]
    frame = pd.DataFrame({"group": [f"group {g + 1}" for g in range(len(seen))], "votes": seen})
    for name, count in (
        ("agree", agree),
        ("pass", seen - agree - disagree),
        ("disagree", disagree),
    ):
        frame[name] = count / seen.clip(1)
    return frame
