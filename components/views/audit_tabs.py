"""What audits show in tabs: gaps, the mixed model and data, computed in the open tab only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from components.text import as_markdown, one_line, printable
from components.views.charts import file_button, minus, named, spanned
from data.exports import table_to_csv
from data.schema import RunData
from experiments.audits.asking import labels_of
from experiments.audits.decisions import Decided
from metrics.disparity import Gap, MixedScores

Tabs = Mapping[str, Callable[[], None]]


def audit_tabs(audit: str, tabs: Tabs) -> None:
    """Tabs of which only the open one is computed.

    Args:
        audit: whose they are.
        tabs: name → what it draws.
    """
    shown = st.tabs(list(tabs), key=f"audits.tabs.{audit}", on_change="rerun")
    for tab, show in zip(shown, tabs.values(), strict=True):
        if tab.open:
            with tab:
                show()


def decisions_tabs(data: RunData, found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    """Every question, every gap, the mixed model, data."""
    first = next(iter(found.values()))
    known = {(gap.attribute, gap.level): spanned(gap.estimate, ".2f") for gap in first.known_gaps}
    frame = gaps_table({key: one.gaps for key, one in found.items()}, names, known=known)
    audit_tabs(
        "decisions",
        {
            "Questions": lambda: _questions(found, names),
            "Gaps": lambda: gaps_tab(frame),
            "Mixed model": lambda: mixed_tab(
                data,
                found,
                names,
                lambda key: found[key].mixed(),
                told="The score of discrim-eval: one linear mixed model over all questions, in "
                "which effects may differ from question to question.",
            ),
            "Data": lambda: data_tab(data, {key: one.rows for key, one in found.items()}),
        },
    )


def _questions(found: Mapping[str, Decided], names: Mapping[str, str]) -> None:
    key = way_choice(found, names)
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
    side = f"for {one.side}" if one.two_sided else "yes"
    st.dataframe(
        shown.round(3),
        hide_index=True,
        column_config={
            "prompt": st.column_config.TextColumn("question as asked", width="large"),
            "yes": st.column_config.ProgressColumn(side, min_value=0, max_value=1, format="%.2f"),
            "mass": st.column_config.NumberColumn(
                "takes a side" if one.two_sided else "yes or no", format="%.3f"
            ),
            "neutral": st.column_config.NumberColumn("takes none", format="%.3f"),
            "agreeing": st.column_config.NumberColumn("agrees whatever it says", format="%.3f"),
        },
        alt="The question for every person, with the probability of yes",
    )


def way_choice(found: Mapping[str, object], names: Mapping[str, str]) -> str:
    """The key of the way of asking that a tab shows."""
    if len(found) == 1:
        return next(iter(found))
    chosen = st.segmented_control(
        "Way of asking",
        list(found),
        default=next(iter(found)),
        required=True,
        format_func=lambda key: names.get(key, key),
        key="audits.condition",
        label_visibility="collapsed",
    )
    return chosen if chosen in found else next(iter(found))


def gaps_tab(frame: pd.DataFrame) -> None:
    """Every gap, from `gaps_table`."""
    st.caption(
        "Differences within questions, means over them. q: Benjamini–Hochberg over all rows of a "
        "way of asking; below 0.05 it is more than noise."
    )
    st.dataframe(frame, hide_index=True, alt="Every gap with its interval")


def gaps_table(
    found: Mapping[str, Sequence[Gap]],
    names: Mapping[str, str],
    *,
    unit: str = "log-odds",
    units: str = "questions",
    known: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """One row per way of asking and level.

    Args:
        found: condition key → its gaps.
        names: of the conditions.
        unit: of a gap.
        units: what n counts.
        known: (attribute, level) → the true gap in words, where there is one.
    """
    rows = []
    for key, own in found.items():
        for gap in own:
            row = {
                "asked": named(key, names),
                "changed": gap.attribute,
                "to": one_line(gap.level),
                "against": one_line(gap.baseline),
                unit: spanned(gap.estimate, ".2f"),
                units: gap.estimate.n,
                "q": round(gap.q_value, 4),
            }
            if not np.isnan(gap.in_probability):
                row["probability"] = minus(f"{gap.in_probability:+.1%}")
            if known:
                row["by the town’s rules"] = known[gap.attribute, gap.level]
            rows.append(row)
    return pd.DataFrame(rows)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _scores(
    data: RunData, answers: int, key: str, what: str, _fit: Callable[[str], MixedScores]
) -> MixedScores:
    return _fit(key)


def mixed_tab(
    data: RunData,
    found: Mapping[str, object],
    names: Mapping[str, str],
    fit: Callable[[str], MixedScores],
    *,
    told: str,
    what: str = "",
) -> None:
    """A mixed model's coefficients, or why there are none.

    Args:
        data: of the audit.
        found: its ways of asking.
        names: of these.
        fit: the model of one of them; takes seconds.
        told: what it is, sentences.
        what: is modelled, where an audit has several.
    """
    st.caption(f"{told} Fitting takes up to half a minute.")
    key = way_choice(found, names)
    with st.spinner("Fitting"):
        scores = _scores(data, len(data.voids) + len(data.keys), key, what, fit)
    if scores.reason:
        st.caption(scores.reason)
        return
    if not scores.slopes:
        st.caption(
            "With effects that differ between questions it did not converge: only the level does "
            "here, so these intervals are too narrow. Go by the gaps."
        )
    st.dataframe(scores.scores.round(3), hide_index=True, alt="Coefficients of the mixed model")


def data_tab(data: RunData, rows: Mapping[str, pd.DataFrame], *, drawn: bool = False) -> None:
    """All rows as a file.

    Args:
        data: of the audit.
        rows: condition key → one per question or reply.
        drawn: whether replies were drawn, rather than probabilities read alone.
    """
    run = data.run
    source = labels_of(run.conditions[0]).get("source", ("",))[0]
    how = (
        f"Replies were drawn with seed {run.seed}: the same seed, settings and device give the "
        "same again."
        if drawn
        else "Nothing is drawn: probabilities are read from the model, so the same questions give "
        "the same answers again."
    )
    st.caption(f"{as_markdown(source)}. {how}")
    together = pd.concat(
        [own.assign(condition=key) for key, own in rows.items()], ignore_index=True
    )
    file_button(
        "Everything as CSV" if drawn else "Every question as CSV",
        lambda: table_to_csv({str(name): together[name].tolist() for name in together}),
        f"chorale-audit-{run.id[:8]}.csv",
    )
