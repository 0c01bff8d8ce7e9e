"""What an audit of words and tasks shows: per topic, in words and in decisions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.audits import mass_measure
from components.figures.audits import estimates_frame, gaps_description, gaps_figure
from components.findings import coloured
from components.layout import theme
from components.text import as_markdown, printable
from components.tiles import measure_tile, method_card_button
from components.views.charts import chart, file_button, minus, named
from data.exports import table_to_csv
from data.schema import RunData
from experiments.audits.asking import labels_of
from experiments.audits.associations import Associated, associated
from metrics.catalogue_audits import AUDITS
from metrics.measure import Measure
from metrics.uncertainty import Estimate, benjamini_hochberg, difference

_PICTURES = (
    ("words", "association", "group at risk with negative words", 0.0),
    ("decisions", "decision_bias", "share as the stereotype has it", 0.5),
)


def association_results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    """The finding, both pictures beside the numbers, and every question."""
    found = _associated(data, len(data.voids))
    if not found:
        finding.markdown(
            "The first questions are on their way." if running else "No question was answered."
        )
        return
    names = {condition.key: condition.name for condition in data.run.conditions}
    text = association_finding(found, names)
    finding.markdown(f"So far: {text[0].lower()}{text[1:]}" if running else text)
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        for part, measure, title, even in _PICTURES:
            _picture(found, names, part, measure, title, even)
    with numbers:
        _tiles(found)
    _questions(data, found, names)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _associated(data: RunData, answers: int) -> Mapping[str, Associated]:
    return associated(data)


def association_finding(found: Mapping[str, Associated], names: Mapping[str, str]) -> str:
    """Which topics lean which way by more than noise, all topics being looked at."""
    told = [_leans(one, names[key], key) for key, one in found.items()]
    text = " ".join(filter(None, told))
    return text or "Too few words and tasks are answered yet to say anything."


def _leans(one: Associated, name: str, key: str) -> str:
    known = {topic: e for topic, e in one.words.items() if e.is_defined}
    if not known:
        return ""
    nothing = Estimate(0.0, 0.0, 0.0, 0)
    tested = benjamini_hochberg({t: difference(e, nothing) for t, e in known.items()})
    clear = {t: e for t, e in known.items() if tested[t].is_clear}
    who = coloured(name, key, theme())
    if not clear:
        return f"{who}: in none of {len(known)} topics do words lean by more than chance."
    parts = [
        f"{as_markdown(topic)} {minus(f'{e.value:+.2f}')} "
        f"({minus(f'{e.low:.2f}')} to {minus(f'{e.high:.2f}')}, n = {e.n} words)"
        for topic, e in sorted(clear.items(), key=lambda each: -abs(each[1].value))
    ]
    return (
        f"{who}: words lean by more than chance in {len(clear)} of {len(known)} topics: "
        f"{'; '.join(parts)}."
    )


def _picture(
    found: Mapping[str, Associated],
    names: Mapping[str, str],
    part: str,
    measure: str,
    title: str,
    even: float,
) -> None:
    estimates = {key: getattr(one, part) for key, one in found.items()}
    frame = estimates_frame(estimates, attribute=part, even="none")
    if frame.empty:
        st.caption(f"{AUDITS[measure].label}: too few answers yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{AUDITS[measure].label}**", width="content")
        method_card_button(AUDITS[measure])
    figure = gaps_figure(frame, names=names, theme=theme(), title=title, even=even)
    chart(figure, frame, key=f"audits-{part}", alt=gaps_description(frame, names))


def _tiles(found: Mapping[str, Associated]) -> None:
    def tile(measure: Measure, estimates: Mapping[str, Estimate]) -> None:
        measure_tile(measure, estimates, common_n=0, theme=theme())

    with st.container(gap="xsmall"):
        st.caption("95 % intervals over questions, each asked in both orders")
        tile(
            mass_measure("Replies that choose A or B"),
            {key: one.mass for key, one in found.items()},
        )
        tile(AUDITS["shown_first"], {key: one.shown_first for key, one in found.items()})


def _questions(data: RunData, found: Mapping[str, Associated], names: Mapping[str, str]) -> None:
    rows = questions_table(found, names)
    source = labels_of(data.run.conditions[0]).get("source", ("",))[0]
    st.markdown("**Every question**")
    st.caption(
        f"{as_markdown(source)}. Both orders were asked; the pull of the place is taken away. "
        "Nothing is drawn: the same questions give the same answers again."
    )
    st.dataframe(
        rows,
        hide_index=True,
        height=320,
        column_config={
            "about": st.column_config.TextColumn(width="medium"),
            "question": st.column_config.TextColumn("question as asked", width="large"),
        },
        alt="Every question with its answer",
    )
    file_button(
        "Every question as CSV",
        lambda: table_to_csv({str(name): rows[name].tolist() for name in rows}),
        f"chorale-audit-{data.run.id[:8]}.csv",
    )


def questions_table(found: Mapping[str, Associated], names: Mapping[str, str]) -> pd.DataFrame:
    """One row per way of asking and question, the most stereotyped first."""
    parts = []
    for key, one in found.items():
        rows = one.rows.sort_values("stereotyped", ascending=False, kind="stable")
        parts.append(
            pd.DataFrame(
                {
                    "asked": named(key, names),
                    "topic": rows["topic"],
                    "part": rows["part"],
                    "about": [printable(item) for item in rows["item"]],
                    "as the stereotype has it": rows["stereotyped"].round(3),
                    "pull of the first": rows["shown_first"].round(3),
                    "chooses nothing": rows["abstained"].round(3),
                    "question": [printable(text) for text in rows["question"]],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
