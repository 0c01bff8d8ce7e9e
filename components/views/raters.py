"""Groups played by a model: asked for, followed while it goes, and handed on as answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.controls.raters import raters_controls
from components.jobs import POLL_S, followed_run, progress, run_bar
from components.state import State
from components.text import plural, printable
from components.tiles import plain_tile
from components.views.charts import file_button, spanned
from components.views.raters_people import people_view
from data.errors import ChoraleError
from data.exports import table_to_csv
from data.importers import Responses
from data.schema import RunData
from experiments.played import (
    Played,
    TownTruth,
    play_checks,
    played,
    played_choices,
    played_responses,
    town_truth,
)
from metrics.catalogue_audits import AUDITS
from metrics.preference import luce_strengths

MOSTLY = 0.5  # of the mass of replies


def simulated_raters(state: State) -> Responses | None:
    """Everything about played raters, on any page whose runs are of the kind "raters".

    Returns:
        What was judged, once the run on show has ended with something; else None.
    """
    draft = raters_controls(state)
    snapshot = followed_run(state)
    run_bar(state, draft, snapshot, label="Ask the model", noun="judgement")
    live = snapshot is not None and snapshot.active
    st.fragment(_show, run_every=POLL_S if live else None)(state, was_live=live)
    if snapshot is None or live or not snapshot.data.voids:
        return None
    if draft.people is not None:
        people_view(_played(snapshot.data, len(snapshot.data.voids)), draft.people)
    return _responses(snapshot.data, len(snapshot.data.voids))


def _show(state: State, *, was_live: bool) -> None:
    snapshot = followed_run(state)
    if was_live and (snapshot is None or not snapshot.active):
        st.rerun()
    if snapshot is None:
        return
    if snapshot.rate > 0:
        state.rates[snapshot.run.conditions[0].model.id] = snapshot.rate
    if snapshot.active:
        progress(snapshot, noun="judgement")
    if snapshot.data.voids:
        played_view(_played(snapshot.data, len(snapshot.data.voids)))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _played(data: RunData, judgements: int) -> Played:
    return played(data)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _responses(data: RunData, judgements: int) -> Responses | None:
    try:
        return played_responses(_played(data, judgements), rng=np.random.default_rng(data.run.seed))
    except ChoraleError:  # no judgement had any mass on an option
        return None


def played_view(shown: Played) -> None:
    """What the play says, how far it hangs on the order, and how far it is from what is known."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.badge("simulated raters", icon=":material/smart_toy:", color="gray")
        st.caption(
            f"{shown.model} plays every group: {plural(len(shown.rows), 'judgement')}. Not people: "
            "models caricature groups, and vary less than people do.",
            width="content",
        )
    checks = play_checks(shown)
    truth = town_truth(shown)
    grid = st.grid(4, min_column_width=190, gap="small")
    with grid.cell():
        plain_tile(AUDITS["shown_first"], checks.shown_first)
    with grid.cell():
        plain_tile(AUDITS["consistent"], checks.consistent)
    with grid.cell():
        plain_tile(AUDITS["abstained"], checks.abstained)
    if truth is not None and truth.score is not None:
        with grid.cell():
            plain_tile(AUDITS["simbench"], truth.score.score)
    if truth is not None:
        st.caption(_against_rules(truth))
    if checks.abstained.is_defined and checks.abstained.value > MOSTLY:
        st.warning(
            "Most replies would choose neither: what follows rests on the little that is left.",
            icon=":material/warning:",
        )
    st.caption(_unit(shown))
    st.dataframe(strengths_table(shown), hide_index=True, alt="What each group prefers")
    with st.expander("Judgements", key="raters.rows", on_change="rerun") as expander:
        if expander.open:
            rows = judgements_table(shown)
            st.dataframe(rows, hide_index=True, height=300, alt="Every judgement")
            file_button(
                "Judgements as CSV",
                lambda: table_to_csv({str(c): rows[c].tolist() for c in rows}),
                "chorale-judgements.csv",
            )


def _unit(shown: Played) -> str:
    raters = shown.rows.groupby("group")["rater"].nunique().min()
    if shown.mode == "scores":
        return f"Mean score from 1 to 5; {plural(raters, 'simulated rater')} per group."
    return (
        "How strongly each answer is preferred (Bradley–Terry, 0 is the mean of all, +1 is 2.7 "
        f"times the odds), with 95 % intervals over {plural(raters, 'simulated rater')} per group: "
        "they say how much the play hangs on the wording of the persona."
    )


def _against_rules(truth: TownTruth) -> str:
    words = "Against the town’s own rules, which stand in for people here: "
    parts = [f"mean distance {spanned(truth.gap, '.2f')}, n = {truth.gap.n}"]
    if truth.right.is_defined:
        parts.append(f"on the right side of even in {spanned(truth.right, '.0%')}")
    if not np.isnan(truth.correlation):
        parts.append(f"correlation {truth.correlation:.2f} over {len(truth.rows)} rows")
    if truth.score is not None:
        spread = float(np.mean(truth.score.human_entropy))
        parts.append(f"known choices have {spread:.2f} of the entropy of an even split")
    return words + "; ".join(parts) + "."


def strengths_table(shown: Played) -> pd.DataFrame:
    """One row per answer, one column per group: log-strength, or mean score, with its interval."""
    columns: dict[str, list[str]] = {"answer": [printable(item) for item in shown.items]}
    for group in shown.groups:
        columns[group] = _column(shown, group)
    return pd.DataFrame(columns)


def _column(shown: Played, group: str) -> list[str]:
    own = shown.rows[shown.rows["group"] == group]
    if own.empty:
        return ["–"] * len(shown.items)
    if shown.mode == "scores":
        return [_mean_score(own[own["item"] == i]["score"]) for i in range(len(shown.items))]
    choices = played_choices(shown, group).choices
    if not len(choices.sets):
        return ["–"] * len(shown.items)
    found = luce_strengths(choices)
    return [spanned(found.estimate(item), ".1f") for item in range(len(shown.items))]


def _mean_score(scores: pd.Series) -> str:
    known = scores.dropna()
    return f"{known.mean():.2f} (n = {len(known)})" if len(known) else "–"


def judgements_table(shown: Played) -> pd.DataFrame:
    """Every judgement with the texts it is about."""
    rows = shown.rows.copy()
    for name in {"first", "second", "item"} & set(rows):
        rows[name] = [printable(shown.items[i]) for i in rows[name]]
    rows["rater"] += 1
    return rows.round(3)
