"""What an audit of sentences about groups shows: refusals, tone and regard, group by group."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.figures.audits import gaps_description, gaps_figure, gaps_frame
from components.findings import coloured
from components.layout import theme
from components.services import judgements
from components.state import session
from components.teaching import off_topic_hint
from components.text import as_markdown, plural, printable
from components.tiles import measure_tile, method_card_button
from components.views.audit_regard import regard_offer
from components.views.audit_tabs import audit_tabs, data_tab, mixed_tab, way_choice
from components.views.charts import chart, minus, named, spanned
from data.schema import RunData
from experiments.audits.completions import NAME, OUTCOMES, Continued, continued
from metrics.catalogue_audits import AUDITS
from metrics.disparity import Gap

_CARDS = {
    "refusals": "completion_refusals",
    "sentiment": "completion_sentiment",
    "regard": "regard",
}
_TITLES = {
    "refusals": "share refused, against the baseline",
    "sentiment": "tone, against the baseline",
    "regard": "regard, against the baseline",
}
_MIXED = (
    "One linear mixed model over all continuations, in which a group’s effect may differ from "
    "beginning to beginning."
)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={RunData: lambda d: d.run.id})
def _continued(data: RunData, answers: int, source: str, read: int) -> Mapping[str, Continued]:
    regard = judgements().scores(data.run.id, source) if source else {}
    return continued(data, regard)


def completion_results(data: RunData, finding: DeltaGenerator, *, running: bool) -> None:
    """The finding, the groups beside the numbers, and every sentence in tabs."""
    if not data.keys:
        finding.markdown("The first sentences are on their way." if running else "Nothing came.")
        return
    names = {condition.key: condition.name for condition in data.run.conditions}
    place = st.container()  # regard is offered below the numbers, but decides what they hold
    picture, numbers = st.columns([2, 1], gap="medium")
    with numbers:
        tiles = st.container(gap="xsmall")
        source, read = regard_offer(session(), data, running=running)
    found = _continued(data, len(data.keys), source, read)
    text = completion_finding(found, names)
    finding.markdown(f"So far: {text[0].lower()}{text[1:]}" if running else text)
    with place:
        off_topic_hint(data)
    with picture:
        _groups(found, names)
    with tiles:
        _tiles(found)
    _tabs(data, found, names)


def completion_finding(found: Mapping[str, Continued], names: Mapping[str, str]) -> str:
    """Which groups are refused more, and spoken of worse or better, than the baseline."""
    told = [_told(one, names[key], key) for key, one in found.items()]
    return " ".join(told)


def _told(one: Continued, name: str, key: str) -> str:
    known = [gap for gap in one.gaps if gap.estimate.is_defined]
    who = coloured(name, key, theme())
    if not known:
        return f"{who}: too few sentences yet to say anything: 5 beginnings are needed."
    clear = [gap for gap in known if gap.is_clear]
    if not clear:
        return (
            f"{who}: none of {len(known)} differences from “{as_markdown(one.baseline)}” is more "
            "than chance."
        )
    parts = [_most(outcome, clear) for outcome in OUTCOMES]
    return (
        f"{who}: {len(clear)} of {len(known)} differences from “{as_markdown(one.baseline)}” are "
        f"more than chance; {'; '.join(filter(None, parts))}."
    )


def _most(outcome: str, clear: list[Gap]) -> str:
    own = [gap for gap in clear if gap.attribute == outcome]
    if not own:
        return ""
    most = max(own, key=lambda gap: abs(gap.estimate.value))
    measure = AUDITS[_CARDS[outcome]]
    digits = measure.digits if measure.digits.startswith("+") else f"+{measure.digits}"
    value, low, high = (
        minus(format(v, digits))
        for v in (most.estimate.value, most.estimate.low, most.estimate.high)
    )
    return (
        f"{measure.label.lower()} most for **{as_markdown(most.level)}**: {value} ({low} to {high})"
    )


def _groups(found: Mapping[str, Continued], names: Mapping[str, str]) -> None:
    first = next(iter(found.values()))
    offered = [outcome for outcome in OUTCOMES if first.known(outcome)]
    chosen = st.segmented_control(
        "What is compared",
        offered,
        default=offered[-1],
        required=True,
        format_func=lambda outcome: AUDITS[_CARDS[outcome]].label,
        key="audits.outcome",
        label_visibility="collapsed",
    )
    outcome = str(chosen) if chosen in offered else offered[-1]
    gaps = {key: [g for g in one.gaps if g.attribute == outcome] for key, one in found.items()}
    frame = gaps_frame(gaps).drop(columns=["known", "probability"])
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{AUDITS[_CARDS[outcome]].label}, by group**", width="content")
        method_card_button(AUDITS[_CARDS[outcome]], place="-groups")
    if frame.empty:
        st.caption("Groups are shown here from 5 beginnings of sentences on.")
        return
    figure = gaps_figure(frame, names=names, theme=theme(), title=_TITLES[outcome])
    chart(figure, frame, key="audits-sentences", alt=gaps_description(frame, names))
    st.caption(
        f"Each group against “{as_markdown(first.baseline)}” in the same beginnings; bars: 95 % "
        "intervals over beginnings, each for itself. A fact about this model and this wording, "
        "not about people."
    )


def _tiles(found: Mapping[str, Continued]) -> None:
    first = next(iter(found.values()))
    stems = plural(first.rows["scenario"].nunique(), "beginning")
    sentences = plural(sum(len(one.rows) for one in found.values()), "sentence")
    st.caption(f"All groups together; 95 % intervals over {stems}; {sentences}")
    for outcome in OUTCOMES:
        if first.known(outcome):
            estimates = {key: one.measures[outcome] for key, one in found.items()}
            measure_tile(AUDITS[_CARDS[outcome]], estimates, common_n=0, theme=theme())


def _tabs(data: RunData, found: Mapping[str, Continued], names: Mapping[str, str]) -> None:
    audit_tabs(
        NAME,
        {
            "Sentences": lambda: _sentences(found, names),
            "Groups": lambda: _table(found, names),
            "Mixed model": lambda: _mixed(data, found, names),
            "Data": lambda: data_tab(
                data, {key: one.rows for key, one in found.items()}, drawn=True
            ),
        },
    )


def _sentences(found: Mapping[str, Continued], names: Mapping[str, str]) -> None:
    one = found[way_choice(found, names)]
    groups = list(dict.fromkeys(one.rows["group"]))
    group = st.selectbox("Group", groups, key="audits.group")
    rows = one.rows[one.rows["group"] == group].sort_values("sentiment", na_position="first")
    shown = pd.DataFrame(
        {
            "beginning": rows["scenario"],
            "continuation": [printable(text) for text in rows["continuation"]],
            "refused": rows["refusals"] == 1,
            "tone": rows["sentiment"].round(2),
            **({"regard": rows["regard"].round(2)} if one.known("regard") else {}),
            "prompt": [printable(text) for text in rows["prompt"]],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "continuation": st.column_config.TextColumn(width="large"),
            "prompt": st.column_config.TextColumn("as asked", width="large"),
        },
        alt="Every sentence about the group",
    )


def groups_table(found: Mapping[str, Continued], names: Mapping[str, str]) -> pd.DataFrame:
    """One row per way of asking and group, with its means and differences."""
    rows = []
    for key, one in found.items():
        gaps = {(gap.attribute, gap.level): gap for gap in one.gaps}
        for group, means in one.by_group.items():
            row: dict[str, object] = {"asked": named(key, names), "group": group}
            for outcome in filter(one.known, OUTCOMES):
                measure = AUDITS[_CARDS[outcome]]
                row[measure.label] = spanned(means[outcome], measure.digits)
                gap = gaps.get((outcome, group))
                row[f"{measure.label}: q"] = round(gap.q_value, 4) if gap is not None else None
            rows.append(row)
    return pd.DataFrame(rows)


def _table(found: Mapping[str, Continued], names: Mapping[str, str]) -> None:
    st.caption(
        "Means over beginnings. q: of the difference from the baseline, Benjamini–Hochberg over "
        "all groups and columns; below 0.05 it is more than noise."
    )
    st.dataframe(groups_table(found, names), hide_index=True, alt="Every group with its means")


def _mixed(data: RunData, found: Mapping[str, Continued], names: Mapping[str, str]) -> None:
    first = next(iter(found.values()))
    offered = [outcome for outcome in OUTCOMES if first.known(outcome)]
    outcome = str(
        st.selectbox(
            "Of what",
            offered,
            format_func=lambda each: AUDITS[_CARDS[each]].label,
            key="audits.mixed",
        )
    )
    mixed_tab(data, found, names, lambda key: found[key].mixed(outcome), told=_MIXED, what=outcome)
