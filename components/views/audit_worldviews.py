"""What an audit of worldviews shows: shares of perspectives, their entropy, and every answer."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.figures.audits import estimates_frame, gaps_description, gaps_figure
from components.findings import coloured
from components.layout import theme
from components.teaching import off_topic_hint
from components.text import as_markdown, plural, printable
from components.tiles import measure_tile, method_card_button
from components.views.audit_tabs import audit_tabs, data_tab, way_choice
from components.views.charts import chart, minus, named, spanned
from data.schema import RunData
from experiments.audits.worldviews import NAME, Viewed, viewed, viewed_changes
from metrics.catalogue_audits import AUDITS
from metrics.uncertainty import Difference

_TILES = ("perspective_entropy", "perspectives_named", "no_perspective")
_LONG = 0.2  # of the answers: cut ones are said from here on


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _viewed(data: RunData, answers: int) -> Mapping[str, Viewed]:
    return viewed(data)


def worldview_results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    """The finding, shares beside the numbers, and every answer in tabs."""
    found = _viewed(data, len(data.keys))
    if not found:
        finding.markdown("The first answers are on their way." if running else "Nothing came.")
        return
    names = {condition.key: condition.name for condition in data.run.conditions}
    changes = viewed_changes(*list(found.values())[:2]) if len(found) > 1 else {}
    text = worldview_finding(found, names, changes)
    finding.markdown(f"So far: {text[0].lower()}{text[1:]}" if running else text)
    off_topic_hint(data)
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _shares(found, names)
    with numbers:
        _tiles(found)
    audit_tabs(
        NAME,
        {
            "Answers": lambda: _answers(found, names),
            "Perspectives": lambda: _perspectives(found, names, changes),
            "What counts": lambda: _words(next(iter(found.values()))),
            "Data": lambda: data_tab(
                data, {key: one.rows for key, one in found.items()}, drawn=True
            ),
        },
    )


def worldview_finding(
    found: Mapping[str, Viewed], names: Mapping[str, str], changes: Mapping[str, Difference]
) -> str:
    """Where references go, and what asking for several perspectives changes."""
    key, first = next(iter(found.items()))
    entropy = first.spread.entropy
    who = coloured(names[key], key, theme())
    if not entropy.is_defined:
        none = first.measures["no_perspective"]
        without = f" {none.value:.0%} of its answers name none." if none.is_defined else ""
        return f"{who}: too few references to say anything. {entropy.reason}{without}"
    shares = dict(zip(first.words, first.spread.shares, strict=True))
    name, most = max(shares.items(), key=lambda each: each[1].value)
    text = (
        f"{who}, most references are **{as_markdown(name)}**: {most.value:.0%} "
        f"({most.low:.0%} to {most.high:.0%}). Evenness is **{entropy.value:.2f}** "
        f"({entropy.low:.2f} to {entropy.high:.2f}, over {plural(entropy.n, 'question')})."
    )
    change = changes.get("entropy")
    if change is None or not change.n or pd.isna(change.value):
        return text
    other = list(found)[1]
    verdict = "more than chance" if change.is_clear else "no more than chance"
    low, value, high = (minus(f"{v:+.2f}") for v in (change.low, change.value, change.high))
    changed = f"{coloured(names[other], other, theme())} changes it by {value} ({low} to {high})"
    return f"{text} {changed}, {verdict}."


def _shares(found: Mapping[str, Viewed], names: Mapping[str, str]) -> None:
    estimates = {
        key: dict(zip(one.words, one.spread.shares, strict=True)) for key, one in found.items()
    }
    k = len(next(iter(found.values())).words)
    frame = estimates_frame(estimates, attribute="perspective", even="equal shares")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{AUDITS['perspective_share'].label}**", width="content")
        method_card_button(AUDITS["perspective_share"])
    if frame.empty:
        st.caption("Shares are shown here from 10 references in 5 questions on.")
        return
    figure = gaps_figure(
        frame, names=names, theme=theme(), title="share of all references", even=1 / k
    )
    chart(figure, frame, key="audits-worldviews", alt=gaps_description(frame, names))
    st.caption(
        f"The line is an equal share, 1 of {k}. References are counted by words: a list can’t tell "
        "praise from blame, nor what goes without saying."
    )


def _tiles(found: Mapping[str, Viewed]) -> None:
    first = next(iter(found.values()))
    with st.container(gap="xsmall"):
        answers = plural(sum(len(one.rows) for one in found.values()), "answer")
        st.caption(f"95 % intervals over {plural(len(first.counts), 'question')}; {answers}")
        for key in _TILES:
            estimates = {name: one.measures[key] for name, one in found.items()}
            measure_tile(AUDITS[key], estimates, common_n=0, theme=theme())
        cut = sum(one.rows["cut"].sum() for one in found.values())
        total = sum(len(one.rows) for one in found.values())
        if cut > _LONG * total:
            st.caption(
                f"{plural(int(cut), 'answer')} ran out of tokens: later references are lost."
            )


def _answers(found: Mapping[str, Viewed], names: Mapping[str, str]) -> None:
    one = found[way_choice(found, names)]
    asked = list(dict.fromkeys(one.rows["question"]))
    question = st.selectbox("Question", asked, key="audits.worldview")
    rows = one.rows[one.rows["question"] == question]
    st.caption(f"“{as_markdown(rows['prompt'].iloc[0])}”")
    shown = pd.DataFrame(
        {
            "refers to": rows["names"].replace("", "none"),
            "answer": [printable(text) for text in rows["answer"]],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        row_height=96,
        column_config={"answer": st.column_config.TextColumn(width="large")},
        alt="Every answer with the perspectives that it refers to",
    )


def _perspectives(
    found: Mapping[str, Viewed], names: Mapping[str, str], changes: Mapping[str, Difference]
) -> None:
    st.caption(
        "Shares of all references. q: Benjamini–Hochberg over all perspectives and the evenness; "
        "below 0.05 a change is more than noise."
    )
    first = next(iter(found.values()))
    rows = []
    for place, name in enumerate(first.words):
        row: dict[str, object] = {"perspective": name}
        for key, one in found.items():
            row[named(key, names)] = spanned(one.spread.shares[place], ".0%")
        if name in changes:
            change = changes[name]
            row["change"] = (
                "–"
                if pd.isna(change.value)
                else minus(f"{change.value:+.0%} ({change.low:+.0%} to {change.high:+.0%})")
            )
            row["q"] = round(change.p_value, 4)
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Share of every perspective")


def _words(one: Viewed) -> None:
    st.caption(
        "An answer refers to a perspective when it holds one of its words, in any case; * stands "
        "for any ending. Each counts once per answer."
    )
    rows = {"perspective": list(one.words), "words": [", ".join(own) for own in one.words.values()]}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"words": st.column_config.TextColumn(width="large")},
        alt="The words of every perspective",
    )
