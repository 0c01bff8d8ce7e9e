"""Ways of deciding: what each chooses, who gains, who loses, and who was asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.palette import meaning_mark
from components.figures.welfare import (
    aversion_figure,
    frontier_description,
    frontier_figure,
    frontier_frame,
    seats_figure,
    slope_figure,
)
from components.layout import theme
from components.text import as_markdown, one_line
from components.tiles import method_card_button
from components.views.charts import chart, numbers, spanned
from experiments.groups.ballots import Ballot, favourite
from experiments.groups.deciding import AVERSIONS, MIXED, RULES, Decision, aversion_curve
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.group_means import GroupMeans, group_means

EQUAL, BY_SIZE = "Groups count alike", "Groups count by size"
PANELS = (10, 20, 50, 100)


def deciding_view(draft: Draft) -> None:
    """The rules as a table and as a frontier; then between rules, majorities, and seats."""
    by_size, ballot = _weights(draft)
    if ballot.left_out:
        st.caption(
            f"{len(ballot.left_out)} answers that fewer than ten raters of some group judged can’t "
            "be chosen."
        )
    default, aversion = _settings(draft, ballot)
    where = (draft.source, draft.by, draft.items)
    with st.spinner("Resampling people …", show_time=True):
        found = polls.decisions(*where, by_size=by_size, default=default, aversion=aversion)
    _frontier(ballot, found)
    _rules(ballot, found, default)
    st.divider()
    left, right = st.columns(2, gap="medium")
    with left:
        _between(ballot, found)
    with right:
        _aversion(ballot, aversion)
    st.divider()
    _majorities(draft, ballot, by_size=by_size)
    st.divider()
    _seats(draft, by_size=by_size)


def _weights(draft: Draft) -> tuple[bool, Ballot]:
    weights = st.segmented_control(
        "Weights", [EQUAL, BY_SIZE], default=EQUAL, required=True, key="groups.weights",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    by_size = weights == BY_SIZE
    return by_size, polls.ballot(draft.source, draft.by, draft.items, by_size=by_size)


def _settings(draft: Draft, ballot: Ballot) -> tuple[int, float]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        default = st.selectbox(
            "Gains and losses against",
            range(len(ballot.labels)),
            index=favourite(ballot),
            format_func=lambda i: one_line(ballot.labels[i], limit=70),
            key=f"groups.default.{draft.source.key}.{draft.by}.{draft.part}",
            help="At first the answer that most people like best.",
            width=360,
        )
        aversion = st.select_slider(
            "From the total to the worst-off (Atkinson’s ε)",
            AVERSIONS,
            value=1.0,
            format_func=lambda e: "∞" if np.isinf(e) else f"{e:g}",
            key="groups.aversion",
            width=360,
            persist_state="session",
        )
    return int(default), float(aversion)


def _choice(ballot: Ballot, one: Decision) -> str:
    """What it chooses; a mixture with its largest parts."""
    if not one.mixes:
        return ballot.labels[one.choice]
    largest = np.argsort(-one.shares)[:3]
    parts = [f"{one.shares[i]:.0%} {ballot.labels[i]}" for i in largest if one.shares[i] >= 0.01]
    return ", ".join(parts)


def _by_choice(ballot: Ballot, found: tuple[Decision, ...]) -> Mapping[str, list[Decision]]:
    """Decisions that come to the same, together."""
    same: dict[str, list[Decision]] = {}
    for one in found:
        same.setdefault(_choice(ballot, one), []).append(one)
    return same


def _frontier(ballot: Ballot, found: tuple[Decision, ...]) -> None:
    chosen, rules = {}, {}
    for choice, decisions in _by_choice(ballot, found).items():
        names = ", ".join(RULES[one.rule][0] for one in decisions)
        outcome = decisions[0].outcome
        if outcome.total.is_defined:
            chosen[f"{one_line(choice, limit=60)}: {names}"] = (
                outcome.total,
                outcome.worst,
                choice,
            )
            rules[choice] = names
    totals, worst = ballot.weights @ ballot.means, ballot.means.min(axis=0)
    frame = frontier_frame(ballot.labels, totals, worst, chosen)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**What each way of deciding costs the worst-off**", width="content")
        for key in ("total", "worst"):
            method_card_button(GROUP_CATALOGUE[key], place="deciding")
    chart(
        frontier_figure(frame, theme=theme()),
        frame.round(4),
        key="groups-frontier",
        alt=frontier_description(frame),
    )
    for place, (choice, names) in enumerate(rules.items()):
        mark = meaning_mark(place)
        told = f"{mark.glyph} **{as_markdown(choice, limit=90)}**"
        ink = mark.ink_on(theme())
        st.markdown(f':color[{told}]{{foreground="{ink}"}} :small[:gray[{names}]]')


def _rules(ballot: Ballot, found: tuple[Decision, ...], default: int) -> None:
    rows = []
    for one in found:
        outcome = one.outcome
        row = {
            "rule": RULES[one.rule][0],
            "chooses": _choice(ballot, one),
            "total": spanned(outcome.total, ".2f"),
            "worst group": spanned(outcome.worst, ".2f"),
            "20th percentile": spanned(outcome.low_percentile, ".2f"),
            "Gini": spanned(outcome.gini, ".3f"),
        }
        for name, gain, losing in zip(ballot.names, outcome.gains, outcome.losing, strict=True):
            row[f"{name}: gain"] = spanned(gain, "+.2f")
            row[f"{name}: lose"] = spanned(losing, ".0%")
        rows.append(row)
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame,
        hide_index=True,
        height=36 * (len(frame) + 1) + 4,
        column_config={"rule": st.column_config.TextColumn(pinned=True)},
        alt="What each rule chooses and what it means for people",
    )
    numbers(frame, key="groups-rules")
    gainers = _gainers(ballot, found)
    st.caption(
        f"Gains are against “{as_markdown(ballot.labels[default], limit=60)}”; “lose” is the part "
        "of a group that would be better off with it. 95 % intervals: people drawn anew within "
        f"groups, the choice kept.{gainers}"
    )
    with st.expander("What the rules are", type="compact"):
        st.markdown("\n".join(f"- **{name}:** {told}" for name, told in RULES.values()))


def _gainers(ballot: Ballot, found: tuple[Decision, ...]) -> str:
    """Who clearly gains and who loses by the rule for the worst-off."""
    rule = next(one for one in found if one.rule == "maximin")
    up = [n for n, e in zip(ballot.names, rule.outcome.gains, strict=True) if e.low > 0]
    down = [n for n, e in zip(ballot.names, rule.outcome.gains, strict=True) if e.high < 0]
    if not up and not down:
        return ""
    words = [f"{', '.join(map(as_markdown, up))} gain" if up else "",
             f"{', '.join(map(as_markdown, down))} lose" if down else ""]  # fmt: skip
    return f" By the rule for the worst-off, {' and '.join(w for w in words if w)} clearly."


def _between(ballot: Ballot, found: tuple[Decision, ...]) -> None:
    st.markdown("**From one rule to another**")
    rules = list(RULES)
    one, two = st.columns(2)
    first = one.selectbox("From", rules, format_func=_rule, key="groups.from")
    second = two.selectbox("To", rules, index=1, format_func=_rule, key="groups.to")
    by_rule = {d.rule: d for d in found}
    means = _under(ballot, [by_rule[first], by_rule[second]])
    groups = range(len(ballot.names))
    before, after = ([means.estimate(g, at) for g in groups] for at in (0, 1))
    frame = pd.DataFrame(
        {"group": ballot.names, _rule(first): [spanned(e, ".2f") for e in before],
         f"{_rule(second)} ": [spanned(e, ".2f") for e in after]}
    )  # fmt: skip
    if not all(e.is_defined for e in (*before, *after)):
        st.caption("Fewer than ten raters of a group judged all that the mixture holds.")
        return
    chart(
        slope_figure(
            ballot.names, before, after, names=(_rule(first), f"{_rule(second)} "), theme=theme()
        ),
        frame,
        key="groups-slope",
        alt=f"Each group’s utility under {_rule(first)} and under {_rule(second)}.",
    )


def _rule(rule: str) -> str:
    return RULES[rule][0]


def _under(ballot: Ballot, decisions: list[Decision]) -> GroupMeans:
    """(groups, decisions) mean utility under each."""
    columns = []
    for one in decisions:
        share = one.shares if one.rule in MIXED else np.eye(len(one.shares))[one.choice]
        named = share >= 0.01
        columns.append(ballot.utilities[:, named] @ (share[named] / share[named].sum()))
    scores = np.stack(columns, axis=1)
    return group_means(scores, ballot.groups, groups=len(ballot.names), span=(0.0, 1.0))


def _aversion(ballot: Ballot, aversion: float) -> None:
    st.markdown("**From the total to the worst-off**")
    curve = aversion_curve(ballot)
    best = int(curve[AVERSIONS.index(aversion)].argmax())
    words = ["∞" if np.isinf(e) else f"{e:g}" for e in AVERSIONS]
    frame = pd.DataFrame(curve.round(4), columns=list(ballot.labels))
    frame.insert(0, "ε", words)
    chart(
        aversion_figure(curve, AVERSIONS, ballot.labels, at=aversion, theme=theme()),
        frame,
        key="groups-aversion",
        alt=f"At the slider’s ε the best is “{one_line(ballot.labels[best], limit=80)}”.",
    )
    changes = np.flatnonzero(np.diff(curve.argmax(axis=1)))
    if len(changes):
        at = words[changes[0] + 1]
        st.caption(f"The choice changes at ε = {at}; the slider above chooses where you stand.")
    else:
        st.caption("One answer is best wherever you stand between the total and the worst-off.")


def _majorities(draft: Draft, ballot: Ballot, *, by_size: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**Majorities**", width="content")
        method_card_button(GROUP_CATALOGUE["exploitability"])
    found = polls.majorities(draft.source, draft.by, draft.items, by_size=by_size)
    if found.winner is not None:
        told = f"“{as_markdown(ballot.labels[found.winner], limit=70)}” beats every other answer."
    else:
        top = ", ".join(f"“{as_markdown(ballot.labels[i], limit=40)}”" for i in found.top[:6])
        told = f"No answer beats every other; none outside these beats one of them: {top}."
    cycle = found.cycle_share
    stands = "" if not found.cycle or cycle.value >= 0.5 else " Fewer than half: that is noise."
    st.markdown(
        f"{told} Majorities run in a circle in **{cycle.value:.0%}** ({cycle.low:.0%} to "
        f"{cycle.high:.0%}, n = {cycle.n} raters) of resamples.{stands} Always choosing the "
        f"largest total, the best reply wins {found.exploitability:.3f} over an even chance; "
        f"against the Nash equilibrium {found.game:.3f}."
    )


def _seats(draft: Draft, *, by_size: bool) -> None:
    st.markdown("**Who is asked decides who is served**")
    size = st.segmented_control(
        "Raters on a panel", PANELS, default=20, required=True, key="groups.panel",
        persist_state="session",
    )  # fmt: skip
    found = polls.seats(draft.source, draft.by, draft.items, by_size=by_size, size=int(size))
    ballot = polls.ballot(draft.source, draft.by, draft.items, by_size=by_size)
    rows = []
    for s, seat in enumerate(found.names):
        row: dict[str, object] = {"asked": seat}
        for g, group in enumerate(ballot.names):
            low, high = found.spread[s, g]
            row[group] = f"{found.welfare[s, g]:.2f} ({low:.2f} to {high:.2f})"
        rows.append(row)
    frame = pd.DataFrame(rows)
    chart(
        seats_figure(found.shares, found.names, ballot.labels, theme=theme()),
        pd.DataFrame(found.shares.round(4), columns=list(ballot.labels)).assign(asked=found.names),
        key="groups-seats",
        alt="What panels drawn from everyone and from each group choose.",
    )
    st.caption(
        f"1,000 panels of {found.size} raters, drawn with replacement from those asked, each "
        "choosing what it likes best on average. Below: each group’s mean utility under these "
        "choices, and between which values 95 % of panels leave it."
    )
    st.dataframe(frame, hide_index=True, alt="Each group’s utility by who was asked")
