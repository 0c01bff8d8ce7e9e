"""Probe questions on copies of the conversations: asked on demand, read by rule and by odds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components.figures.drift import curve_description, curve_figure
from components.figures.palette import condition_mark
from components.layout import theme
from components.problems import problems_shown, show_problem
from components.services import followups, readings
from components.text import as_markdown, plural
from components.tiles import method_card_button
from components.views.charts import file_button
from data.probes import ProbeSet, example_probe_sets
from data.schema import Condition, RunData
from experiments.chats import plan_of
from experiments.probe_results import (
    SCORES,
    ByTurn,
    asker_effects,
    declined,
    stability,
    stance,
    usable,
)
from experiments.probing import ProbeAnswer, answers_of, kind_of, probe_pieces
from metrics.catalogue_probes import PROBES
from metrics.measure import Measure

_SETS = {
    "stability": "Still itself?",
    "stance": "Where it stands",
    "asker": "Who asks",
    "identity": "Knowing whom it talks to",
}
_INTRODUCES = re.compile(r"\bYou are ([A-Z][\w’'-]*)(?:, an? ([\w’' -]+?))?(?: of |[,.]|$)")
_CONFIG = {"displaylogo": False}


def probes_view(data: RunData, names: Mapping[str, str], *, owner: str | None) -> None:
    """Choose a set and turns, ask it, and see what it tells.

    Args:
        data: a run of conversations.
        names: of its conditions.
        owner: the visitor, who may ask; None where the run is a recording.
    """
    if owner is None:
        st.info(
            "Here the model is asked who it is and where it stands, on copies of conversations."
        )
        st.caption("That takes a run of your own: press Sample first.")
        return
    sets = example_probe_sets()
    name = st.segmented_control(
        "Probes",
        list(_SETS),
        default="stability",
        required=True,
        format_func=_SETS.__getitem__,
        key="drift.probes",
        label_visibility="collapsed",
        persist_state="session",
    )
    probes = sets[name]
    st.caption(
        f"{as_markdown(probes.about)} {plural(len(probes.probes), 'question')}"
        + (f" from {plural(len(probes.askers), 'asker')}" if probes.askers else "")
        + ", each asked on a copy of every conversation; the conversation itself never learns of "
        "it."
    )
    persona = _persona(data.run.conditions[0], probes)
    _ask(data, name, probes, owner)
    answers = answers_of(readings().load(data.run.id, kind_of(name)))
    if not answers:
        return
    shown: dict[str, list[ProbeAnswer]] = {
        key: [one for one in answers if one.condition == key] for key in names
    }
    if probes.kind == "stability":
        _stability(shown, probes, persona, names)
    elif probes.kind == "stance":
        _stance(shown, probes, names)
    else:
        _askers(data, shown, probes, names)
    _texts(data, answers, probes, persona, names)


def _persona(condition: Condition, probes: ProbeSet) -> dict[str, str]:
    """Name and trade that the rules look for, as the system prompt gives them."""
    if probes.kind != "stability":
        return {}
    found = _INTRODUCES.search(condition.system)
    known = found.groups(default="") if found else ("", "")
    with st.container(horizontal=True, gap="small"):
        values = {
            key: st.text_input(
                f"{label} that the rules look for", value=value, key=f"drift.probes.{key}",
                width=260,
            ).strip()
            for key, label, value in zip(("name", "trade"), ("Name", "Trade"), known, strict=True)
        }  # fmt: skip
    left = len(probes.probes) - len(usable(probes, values))
    if left:
        st.caption(f"{plural(left, 'probe')} can’t be judged without these.")
    return values


def _ask(data: RunData, name: str, probes: ProbeSet, owner: str) -> None:
    run, work = data.run, followups()
    last = max(len(plan_of(condition).lines) for condition in run.conditions)
    shown = work.shown(run.id, kind_of(name))
    going = shown is not None and shown.active
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        turns = st.multiselect(
            "After the turns (0 is before the first)",
            range(last + 1),
            default=sorted({0, 1, (last + 1) // 2, last}),
            key="drift.probes.turns",
            disabled=going,
            width=360,
        )
        if going:
            st.button("Stop", icon=":material/stop:", key="drift.probes.stop", on_click=work.stop,
                      args=(run.id, kind_of(name)))  # fmt: skip
        elif st.button("Ask", icon=":material/quiz:", key="drift.probes.ask", disabled=not turns):
            with problems_shown():
                pieces = probe_pieces(data, probes, turns)
                work.start(run.id, kind_of(name), pieces, owner=owner)
                st.rerun()
    if shown is not None and shown.error is not None:
        show_problem(shown.error)
    if shown is not None and going:
        st.progress(
            shown.done / max(shown.wanted, 1),
            text=f"{shown.done} of {plural(shown.wanted, 'group')} of conversations asked",
        )


def _stability(
    shown: Mapping[str, Sequence[ProbeAnswer]],
    probes: ProbeSet,
    persona: Mapping[str, str],
    names: Mapping[str, str],
) -> None:
    found = {key: stability(answers, probes, persona) for key, answers in shown.items()}
    _curve({k: f for k, f in found.items() if f is not None}, PROBES["stability"], names)


def _stance(
    shown: Mapping[str, Sequence[ProbeAnswer]], probes: ProbeSet, names: Mapping[str, str]
) -> None:
    topics = list(dict.fromkeys(probe.topic for probe in probes.probes))
    topic = st.segmented_control(
        "Topic", topics, default=topics[0], required=True, key="drift.probes.topic"
    )
    found = {key: stance(answers, probes, topic) for key, answers in shown.items()}
    there = {key: one for key, one in found.items() if one is not None}
    _curve({key: curve for key, (curve, _) in there.items()}, PROBES["stance"], names)
    if there:
        masses = ", ".join(f"{as_markdown(names[k])} {m:.1%}" for k, (_, m) in there.items())
        st.caption(
            f"Probability that a reply begins with one of {' or '.join(probes.options)} at all: "
            f"{masses}. Where it is small, the stance is that of an unlikely choice."
        )
    free = {key: declined(answers, probes) for key, answers in shown.items()}
    _curve({k: f for k, f in free.items() if f is not None}, PROBES["declined"], names)


def _askers(
    data: RunData,
    shown: Mapping[str, Sequence[ProbeAnswer]],
    probes: ProbeSet,
    names: Mapping[str, str],
) -> None:
    turns = sorted({one.turn for answers in shown.values() for one in answers})
    turn = st.segmented_control(
        "After turn", turns, default=turns[-1], required=True, key="drift.probes.turn"
    )
    rows = []
    for condition in data.run.conditions:
        answers = [one for one in shown[condition.key] if one.turn == turn]
        for found in asker_effects(answers, probes, plan_of(condition).marks) if answers else ():
            rows.append(
                {
                    "condition": names[condition.key],
                    "asker": found.asker,
                    "score": SCORES[found.score],
                    f"of “{next(iter(probes.askers))}”": found.plain,
                    "change": found.effect.value,
                    "low": found.effect.low,
                    "high": found.effect.high,
                    "questions": found.effect.n,
                    "clear": "yes" if found.effect.low > 0 or found.effect.high < 0 else "",
                }
            )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{PROBES['asker'].label}**", width="content")
        method_card_button(PROBES["asker"])
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame.round({c: 3 for c in frame.select_dtypes("number").columns}),
        hide_index=True,
        alt="What each asker changes in the answers, with intervals over questions",
    )
    st.caption(
        f"{plural(len(rows), 'comparison')}: about one in twenty looks clear by chance alone."
    )


def _curve(found: Mapping[str, ByTurn], measure: Measure, names: Mapping[str, str]) -> None:
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{measure.label}**", width="content")
        method_card_button(measure)
    frame = _frame(found)
    st.plotly_chart(
        curve_figure(frame, names=names, reminders={}, measure=measure, theme=theme()),
        key=f"drift.probes.{measure.key}.chart",
        config=_CONFIG,
        alt=curve_description(frame, names, measure),
    )
    reasons = {one.reason for curve in found.values() for one in curve.estimates if one.reason}
    counts = ", ".join(
        f"{condition_mark(key).glyph} n = {curve.conversations} conversations"
        for key, curve in found.items()
    )
    st.caption(" ".join([f"{counts}; shaded: 95 % interval at each turn alone.", *reasons]))


def _frame(found: Mapping[str, ByTurn]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "condition": key,
                    "turn": curve.turns,
                    "value": curve.means,
                    "low": [one.low for one in curve.estimates],
                    "high": [one.high for one in curve.estimates],
                    "conversations": curve.conversations,
                }
            )
            for key, curve in found.items()
        ],
        ignore_index=True,
    )


def _texts(
    data: RunData,
    answers: Sequence[ProbeAnswer],
    probes: ProbeSet,
    persona: Mapping[str, str],
    names: Mapping[str, str],
) -> None:
    """Every answer, to read and to take away."""
    rules = {probe.id: probe for probe in probes.probes}
    judged = {probe.id for probe in usable(probes, persona)}
    frame = pd.DataFrame(
        {
            "condition": [names[one.condition] for one in answers],
            "after turn": [one.turn for one in answers],
            "conversation": [one.replicate + 1 for one in answers],
            "question": [
                probes.asked(rules[one.probe], one.asker)
                if probes.askers
                else rules[one.probe].question
                for one in answers
            ],
            "answer": [one.text for one in answers],
        }
    )
    if probes.kind == "stability":
        frame["in character"] = [
            ("yes" if rules[one.probe].holds(one.text, persona) else "no")
            if one.probe in judged
            else "–"
            for one in answers
        ]
    with st.expander("Every answer", key="drift.probes.texts", on_change="rerun") as more:
        if more.open:
            st.dataframe(
                frame,
                hide_index=True,
                height=360,
                column_config={"answer": st.column_config.TextColumn(width="large")},
                alt=plural(len(frame), "answer"),
            )
    file_button(
        "Answers as CSV",
        lambda: str(frame.to_csv(index=False)),
        f"chorale-probes-{data.run.id[:8]}.csv",
    )
