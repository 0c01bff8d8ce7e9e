"""A play beside people who compared the same answers: never mixed, always with their entropy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.figures.raters import people_figure
from components.layout import theme
from components.text import plural, printable
from components.tiles import plain_tile
from components.views.charts import chart, spanned
from experiments.groups.sources import Source
from experiments.play_and_people import PlayAgainstPeople, against_people, shared_attribute
from experiments.played import Played
from metrics.catalogue_audits import AUDITS


def people_view(shown: Played, people: Source) -> None:
    """How far the play is from people, pair by pair; or why that can't be said."""
    st.markdown("**Beside those who compared the same answers**")
    if people.simulated:
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.badge("stand-ins for people", icon=":material/groups:", color="orange")
            st.caption(people.simulated, width="content")
    by = shared_attribute(shown, people.responses)
    if shown.mode != "pairs":
        st.caption("Scores are not held to people: let the model compare pairs.")
        return
    found = against_people(shown, people, by=by) if by else None
    if found is None:
        st.caption(
            "Nothing to hold it to: no pair of these answers was compared by ten people of a group "
            "that the model played. Groups and answers must have the same names in the file."
        )
        return
    _shown(found, shown, people)


def _shown(found: PlayAgainstPeople, shown: Played, people: Source) -> None:
    frame = _frame(found, shown)
    who = "stand-ins" if people.simulated else "people"
    picture, told = st.columns([3, 2], gap="medium")
    with picture:
        chart(
            people_figure(frame, theme=theme()),
            frame.rename(columns=str.capitalize).round(3),
            key="groups-people",
            alt=f"The model's probability of the first answer against the share of {who} who "
            "choose it, by group.",
        )
    with told:
        plain_tile(AUDITS["simbench"], found.score.score, place="-people")
        st.caption(
            f"Over {plural(len(frame), 'pair')} of a group, each compared by {_range(frame)} "
            f"{who}. Their own entropy is {frame['entropy'].mean():.2f} on average (0 all alike, 1 "
            "evenly split): a play is judged hardest where people agree least."
        )
        st.dataframe(_by_group(found), hide_index=True, alt="The score of each group")
    st.dataframe(
        _table(frame, who),
        hide_index=True,
        height=300,
        column_config={
            "rather": st.column_config.TextColumn(width="large"),
            "than": st.column_config.TextColumn(width="large"),
        },
        alt="Every pair: what people chose, what the model would, and how far people agree",
    )


def _frame(found: PlayAgainstPeople, shown: Played) -> pd.DataFrame:
    """The pairs with their texts, those on which people agree least first."""
    rows = found.rows.sort_values("entropy", ascending=False, kind="stable")
    items = np.array([printable(item) for item in shown.items], dtype=object)
    named = rows.assign(first=items[rows["low"]], second=items[rows["high"]])
    columns = ["group", "first", "second", "people", "people_low", "people_high", "raters",
               "played", "entropy", "score"]  # fmt: skip
    return named[columns].reset_index(drop=True)


def _range(frame: pd.DataFrame) -> str:
    least, most = int(frame["raters"].min()), int(frame["raters"].max())
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _by_group(found: PlayAgainstPeople) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": group,
            "SimBench score": spanned(one.score, ".0f"),
            "pairs": len(one.by_question),
            "human entropy": round(float(one.human_entropy.mean()), 2),
        }
        for group, one in found.by_group.items()
    )


def _table(frame: pd.DataFrame, who: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": frame["group"],
            "rather": frame["first"],
            "than": frame["second"],
            who: [
                f"{share:.0%} ({low:.0%} to {high:.0%}, n = {n})"
                for share, low, high, n in zip(
                    frame["people"], frame["people_low"], frame["people_high"], frame["raters"],
                    strict=True,
                )
            ],
            "model": [f"{p:.0%}" for p in frame["played"]],
            "human entropy": frame["entropy"].round(2),
            "SimBench": frame["score"].round(0),
        }
    )  # fmt: skip
