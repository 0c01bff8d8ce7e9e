"""What an audit of values shows: what moves an answer, how near it is to people, what leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.figures.audits import gaps_description, gaps_figure, gaps_frame
from components.findings import coloured
from components.layout import theme
from components.text import as_markdown, plural, printable
from components.tiles import measure_tile, method_card_button, plain_tile
from components.views.audit_tabs import (
    audit_tabs,
    data_tab,
    gaps_tab,
    gaps_table,
    mixed_tab,
    way_choice,
)
from components.views.charts import chart, minus
from data.schema import RunData
from experiments.audits.values import NAME, Valued, thinking_changes, valued
from metrics.catalogue_audits import AUDITS
from metrics.disparity import Gap
from metrics.uncertainty import Estimate

_OF_PEOPLE = ("values_alignment", "differentiation", "people_divergence")
_BESIDE = ("abstentions", "leakage", "scale_mass")
_BELOW = ("self_persona", "framing_consistency", "language_consistency")
_MIXED = (
    "One linear mixed model over all answers, each counted once, in which effects may differ from "
    "statement to statement."
)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _valued(data: RunData, answers: int) -> Mapping[str, Valued]:
    return valued(data)


def value_results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    """The finding, what moves answers beside the numbers, and every answer in tabs."""
    found = _valued(data, len(data.voids))
    if not found:
        finding.markdown(
            "The first answers are on their way." if running else "No question was answered."
        )
        return
    names = {condition.key: condition.name for condition in data.run.conditions}
    changes = thinking_changes(found)
    text = value_finding(found, names, changes)
    finding.markdown(f"So far: {text[0].lower()}{text[1:]}" if running else text)
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _gaps(found, names)
        _steadiness(found, changes)
    with numbers:
        _tiles(found)
    _tabs(data, found, names)


def shown_gaps(one: Valued) -> tuple[Gap, ...]:
    """Its gaps, with what sets personas apart by its name."""
    return tuple(
        replace(gap, attribute=one.apart) if gap.attribute == "country" else gap for gap in one.gaps
    )


def value_finding(
    found: Mapping[str, Valued], names: Mapping[str, str], changes: Mapping[str, Estimate]
) -> str:
    """What moves answers by more than chance, how near people they are, and what thinking does."""
    first = next(iter(found.values()))
    told = [gap for gap in first.gaps if gap.estimate.is_defined]
    if not told:
        return "Too few statements are answered yet to say anything: 5 of them are needed."
    sentences = [_moves(told, _exchanged(first))]
    near = first.measures["values_alignment"]
    if near.is_defined:
        whose = "the town’s rules" if first.apart == "group" else "people’s"
        sentences.append(
            f"On average its answers lie {100 - near.value:.0f} % of the scale from {whose} "
            f"({100 - near.high:.0f} to {100 - near.low:.0f} %)."
        )
    leaked = first.measures["leakage"]
    if leaked.is_defined:
        sentences.append(
            f"Of its abstentions, {100 * leaked.value:.0f} % hide an answer "
            f"({100 * leaked.low:.0f} to {100 * leaked.high:.0f} %)."
        )
    same = changes.get("same_after_thinking")
    if same is not None and same.is_defined:
        key = list(found)[1]
        sentences.append(
            f"{coloured(names[key], key, theme())} moves an answer by "
            f"{100 - same.value:.0f} % of the scale ({100 - same.high:.0f} to "
            f"{100 - same.low:.0f} %)."
        )
    return " ".join(sentences)


def _exchanged(one: Valued) -> str:
    """What was exchanged, in words."""
    languages = ", language" if one.rows["language"].nunique() > 1 else ""
    return f"framing{languages} and {one.apart}"


def _moves(told: list[Gap], exchanged: str) -> str:
    n = max(gap.estimate.n for gap in told)
    clear = sorted((gap for gap in told if gap.is_clear), key=lambda gap: -abs(gap.estimate.value))
    count = f"{len(clear)} of {plural(len(told), 'change')} of {exchanged}"
    if not clear:
        return f"Over {plural(n, 'statement')}, none of {count[5:]} moves answers beyond chance."
    most = clear[0]
    low, value, high = (
        minus(f"{v:+.2f}") for v in (most.estimate.low, most.estimate.value, most.estimate.high)
    )
    return (
        f"Over {plural(n, 'statement')}, {count} move answers by more than chance, most of all "
        f"**{as_markdown(most.level)}** instead of {as_markdown(most.baseline)}: {value} points "
        f"({low} to {high})."
    )


def _gaps(found: Mapping[str, Valued], names: Mapping[str, str]) -> None:
    first = next(iter(found.values()))
    frame = gaps_frame({key: shown_gaps(one) for key, one in found.items()})
    if frame.empty:
        st.caption("What framing, language and place change is shown here from 5 statements on.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**What {_exchanged(first)} change**", width="content")
        method_card_button(AUDITS["value_gap"])
    frame["level"] = frame["level"] + " (" + frame["attribute"] + ")"
    figure = gaps_figure(frame, names=names, theme=theme(), title="points towards agreeing")
    chart(
        figure, frame.drop(columns=["known", "probability"]), key="audits-values",
        alt=gaps_description(frame, names),
    )  # fmt: skip
    bases = dict.fromkeys(f"{gap.attribute} {gap.baseline}" for gap in shown_gaps(first))
    st.caption(
        f"Each against its baseline ({as_markdown(', '.join(bases))}), all else equal; bars: 95 % "
        "intervals over statements, each for itself. A fact about the model’s answer to this "
        "wording, not about people."
    )


def _steadiness(found: Mapping[str, Valued], changes: Mapping[str, Estimate]) -> None:
    """How near answers in two framings or languages lie, and with thinking first, side by side."""
    languages = next(iter(found.values())).rows["language"].nunique() > 1
    shown = _BELOW if languages else _BELOW[:2]
    grid = st.grid(len(shown), min_column_width=180, gap="xsmall")
    for key in shown:
        with grid.cell():
            _tile(key, found)
    for key, estimate in changes.items():
        if key != "degradation" or _knows_people(found):
            with grid.cell():
                plain_tile(AUDITS[key], estimate)


def _knows_people(found: Mapping[str, Valued]) -> bool:
    return bool(len(next(iter(found.values())).aligned))


def _tile(key: str, found: Mapping[str, Valued]) -> None:
    estimates = {name: one.measures[key] for name, one in found.items()}
    measure, apart = AUDITS[key], next(iter(found.values())).apart
    if key == "differentiation" and apart != "country":
        measure = replace(measure, label=f"Tells {apart}s apart")
    measure_tile(measure, estimates, common_n=0, theme=theme())


def _tiles(found: Mapping[str, Valued]) -> None:
    first, people = next(iter(found.values())), _knows_people(found)
    with st.container(gap="xsmall"):
        st.caption(
            f"95 % intervals over {plural(first.rows['scenario'].nunique(), 'statement')}; what "
            "abstentions hide, over those with one"
        )
        for key in (*_OF_PEOPLE, *_BESIDE) if people else _BESIDE:
            _tile(key, found)
        if not people:
            st.caption(
                "How near it is to people, and whether it tells countries apart, needs people’s "
                "answers: upload them above."
            )


def _tabs(data: RunData, found: Mapping[str, Valued], names: Mapping[str, str]) -> None:
    gaps = {key: shown_gaps(one) for key, one in found.items()}
    frame = gaps_table(gaps, names, unit="points", units="statements")
    audit_tabs(
        NAME,
        {
            "Answers": lambda: _answers(found, names),
            "Gaps": lambda: gaps_tab(frame),
            "Mixed model": lambda: mixed_tab(
                data, found, names, lambda key: found[key].mixed(), told=_MIXED
            ),
            "Data": lambda: data_tab(
                data, {key: one.rows for key, one in found.items()}, drawn=True
            ),
        },
    )


def _answers(found: Mapping[str, Valued], names: Mapping[str, str]) -> None:
    key = way_choice(found, names)
    one = found[key]
    scenario = st.selectbox(
        "Statement", list(dict.fromkeys(one.rows["scenario"])), key="audits.statement"
    )
    rows = one.rows[one.rows["scenario"] == scenario].rename(columns={"country": one.apart})
    empty = [name for name in ("people", "aligned", "divergence") if rows[name].isna().all()]
    empty += ["thought"] if not rows["thought"].any() else []
    shown = rows.drop(columns=["scenario", *empty])
    for column in ("prompt", "reply", *(["thought"] if "thought" in shown else [])):
        shown[column] = [printable(text) for text in shown[column]]
    order = ["framing", one.apart, "language", "score", "reply"]
    order += [c for c in shown if c not in (*order, "prompt")]
    st.caption(
        "Mean point of the scale, and one reply that was drawn beside it; it abstains where it "
        "names no number of the scale, or several."
    )
    st.dataframe(
        shown[[*order, "prompt"]].round(2),
        hide_index=True,
        column_config={
            "score": st.column_config.NumberColumn("mean", format="%.2f"),
            "peak": st.column_config.NumberColumn("likeliest option", format="%.2f"),
            "mass": st.column_config.NumberColumn("on the scale", format="%.2f"),
            "people": st.column_config.NumberColumn("people’s mean", format="%.2f"),
            "aligned": st.column_config.NumberColumn("near people", format="%.0f"),
            "thought": st.column_config.TextColumn("thought first", width="large"),
            "prompt": st.column_config.TextColumn("question as asked", width="large"),
        },
        alt="Every answer to the statement",
    )
