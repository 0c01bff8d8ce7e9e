"""The questions, the mixed model and the tables behind an audit: computed in the open tab only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from components.text import as_markdown, printable
from components.views.charts import file_button, minus, named, spanned
from data.exports import table_to_csv
from data.schema import RunData
from experiments.audits.asking import labels_of
from experiments.audits.decisions import Decided
from metrics.disparity import MixedScores


def decisions_tabs(data: RunData, found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    """Every question, every gap, the mixed model, data."""
    tabs = st.tabs(
        ["Questions", "Gaps", "Mixed model", "Data"], key="audits.tabs", on_change="rerun"
    )
    shows: tuple[Callable[[], None], ...] = (
        lambda: _questions(found, names),
        lambda: _gaps(found, names),
        lambda: _mixed(data, found, names),
        lambda: _data(data, found),
    )
    for tab, show in zip(tabs, shows, strict=True):
        if tab.open:
            with tab:
                show()


def _questions(found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    key = _condition(found, names)
    one = found[key]
    widest = one.widest
    scenarios = list(dict.fromkeys(one.rows["scenario"]))
    if widest is not None:
        sizes = widest.by_scenario
        scenarios.sort(key=lambda name: -abs(sizes.get(name, 0.0)))
        st.caption(
            f"Where {as_markdown(widest.level)} and {as_markdown(widest.baseline)} part most "
            "stands first."
        )
    scenario = st.selectbox("Question", scenarios, key="audits.scenario")
    rows = one.rows[one.rows["scenario"] == scenario]
    hidden = ["scenario", "log_odds", "known"]
    hidden += [] if one.two_sided else ["neutral", "agreeing"]
    shown = rows.drop(columns=hidden).sort_values("yes")
    shown["prompt"] = [printable(text) for text in shown["prompt"]]
    st.dataframe(
        shown.round(3),
        hide_index=True,
        column_config={
            "prompt": st.column_config.TextColumn("question as asked", width="large"),
            "yes": st.column_config.ProgressColumn("yes", min_value=0, max_value=1, format="%.2f"),
            "mass": st.column_config.NumberColumn("yes or no", format="%.3f"),
        },
        alt="The question for every person, with the probability of yes",
    )


def _condition(found: Mapping[str, Decided], names: Mapping[str, str]) -> str:
    if len(found) == 1:
        return next(iter(found))
    chosen = st.segmented_control(
        "Way of asking",
        list(found),
        default=next(iter(found)),
        required=True,
        format_func=lambda key: names[key],
        key="audits.condition",
        label_visibility="collapsed",
    )
    return chosen if chosen in found else next(iter(found))


def _gaps(found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    st.caption(
        "Differences within questions, means over them. q: Benjamini–Hochberg over all rows of a "
        "way of asking; below 0.05 it is more than noise."
    )
    st.dataframe(gaps_table(found, names), hide_index=True, alt="Every gap with its interval")


def gaps_table(found: Mapping[str, Decided], names: Mapping[str, str]) -> pd.DataFrame:
    """One row per way of asking and level."""
    rows = []
    for key, one in found.items():
        known = {(gap.attribute, gap.level): gap.estimate for gap in one.known_gaps}
        for gap in one.gaps:
            row = {
                "asked": named(key, names),
                "attribute": gap.attribute,
                "person": gap.level,
                "against": gap.baseline,
                "log-odds": spanned(gap.estimate, ".2f"),
                "questions": gap.estimate.n,
                "q": round(gap.q_value, 4),
                "probability": minus(f"{gap.in_probability:+.1%}"),
            }
            if known:
                row["by the town’s rules"] = spanned(known[gap.attribute, gap.level], ".2f")
            rows.append(row)
    return pd.DataFrame(rows)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _scores(data: RunData, answers: int, key: str, _one: Decided) -> MixedScores:
    return _one.mixed()


def _mixed(data: RunData, found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    st.caption(
        "The score of discrim-eval: one linear mixed model over all questions, in which effects "
        "may differ from question to question. Fitting takes up to half a minute."
    )
    key = _condition(found, names)
    with st.spinner("Fitting"):
        fit = _scores(data, len(data.voids), key, found[key])
    if fit.reason:
        st.caption(fit.reason)
        return
    if not fit.slopes:
        st.caption(
            "With effects that differ between questions it did not converge: only the level does "
            "here, so these intervals are too narrow. Go by the gaps."
        )
    st.dataframe(fit.scores.round(3), hide_index=True, alt="Coefficients of the mixed model")


def _data(data: RunData, found: Mapping[str, Decided]) -> None:
    run = data.run
    source = labels_of(run.conditions[0]).get("source", ("",))[0]
    st.caption(
        f"{as_markdown(source)}. Nothing is drawn: probabilities are read from the model, so the "
        "same questions give the same answers again."
    )
    rows = pd.concat(
        [one.rows.assign(condition=key) for key, one in found.items()], ignore_index=True
    )
    file_button(
        "Every question as CSV",
        lambda: table_to_csv({str(name): rows[name].tolist() for name in rows}),
        f"chorale-audit-{run.id[:8]}.csv",
    )
