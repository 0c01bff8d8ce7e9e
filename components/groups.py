"""What groups prefer, as a sentence and as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from components.text import as_markdown, plural
from components.tiles import method_card_button, plain_tile
from experiments.groups.ballots import Ballot
from experiments.groups.deciding import RULES, Decision
from experiments.groups.grouping import Grouping
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.group_means import GroupMeans
from metrics.splits import ItemSplits
from metrics.uncertainty import Estimate

CLEAR = 0.05
_TILES = ("total", "worst", "low_percentile", "gini")


def groups_finding(
    grouping: Grouping,
    preferences: GroupMeans,
    labels: Sequence[str],
    splits: ItemSplits | None,
    decisions: tuple[Decision, ...],
    ballot: Ballot | None,
) -> str:
    """How many favourites there are, where groups split, and what the total costs; as Markdown."""
    sentences = [_favourites(grouping, preferences, labels)]
    if splits is not None:
        sentences.append(_splits(splits))
    if ballot is not None and decisions and grouping.compares:
        sentences.append(_cost(decisions, ballot))
    return " ".join(filter(None, sentences)) or "Too few raters to say anything."


def _favourites(grouping: Grouping, found: GroupMeans, labels: Sequence[str]) -> str:
    known = ~np.isnan(found.values)
    rows = [g for g in range(len(grouping.shown)) if known[g].any()]
    if not rows or len(labels) < 2:
        return ""
    if len(rows) > 1 and known.sum(axis=0).max() < 2:
        return ""  # no two of them judged the same, so that their favourites don't compare
    best = [int(np.nanargmax(found.values[g])) for g in rows]
    if len(set(best)) == 1:
        who = "everybody likes" if len(rows) == 1 else f"all {len(rows)} groups like"
        return f"On the whole {who} {_named(labels[best[0]])} best."
    top = max(set(best), key=best.count)
    return (
        f"{len(rows)} groups have **{len(set(best))} different favourites**; {_named(labels[top])} "
        f"is that of {best.count(top)}."
    )


def _splits(splits: ItemSplits) -> str:
    known = ~np.isnan(splits.q_value)
    if not known.any():
        return "No question was answered by enough of two groups to say where they split."
    clear = int((splits.q_value[known] < CLEAR).sum())
    total = int(known.sum())
    if not clear:
        return (
            f"They split on none of {plural(total, 'question')} more than chance would make them."
        )
    return f"They split on **{clear} of {plural(total, 'question')}** more than chance would."


def _cost(decisions: tuple[Decision, ...], ballot: Ballot) -> str:
    by_rule = {one.rule: one for one in decisions}
    total, least = by_rule["utilitarian"], by_rule["maximin"]
    worst = _spanned(total.outcome.worst)
    if total.choice == least.choice:
        return (
            f"{_named(ballot.labels[total.choice])} serves both the total and the worst-off group "
            f"best ({worst} of 1)."
        )
    loser = ballot.names[int(np.argmin(ballot.means[:, total.choice]))]
    return (
        f"The largest total, {_named(ballot.labels[total.choice])}, leaves {as_markdown(loser)} at "
        f"{worst} of 1; {_named(ballot.labels[least.choice])} would leave no group below "
        f"{_spanned(least.outcome.worst)}."
    )


def _named(label: str) -> str:
    return f"“{as_markdown(label, limit=70)}”"


def _spanned(found: Estimate) -> str:
    if not found.is_defined:
        return "–"
    return f"**{found.value:.2f}** ({found.low:.2f}–{found.high:.2f}, n = {found.n})"


def groups_tiles(
    splits: ItemSplits | None, decisions: tuple[Decision, ...], ballot: Ballot | None
) -> None:
    """How many questions split, and how people fare under the largest total."""
    with st.container(gap="xsmall"):
        if splits is not None:
            _splits_tile(splits)
        if ballot is None or not decisions:
            return
        first = decisions[0]
        st.caption(
            f"If the {RULES[first.rule][0].lower()} decides: "
            f"{_named(ballot.labels[first.choice])}. Utility from 0, the lowest score, to 1, the "
            "highest; 95 % intervals."
        )
        for key in _TILES:
            plain_tile(GROUP_CATALOGUE[key], getattr(first.outcome, key))


def _splits_tile(splits: ItemSplits) -> None:
    measure = GROUP_CATALOGUE["choice_spread"]
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{measure.label}**", width="content")
            method_card_button(measure)
        known = ~np.isnan(splits.spread)
        if not known.any():
            st.markdown("**too few**  \n:small[:gray[answers of two groups to one question]]")
            return
        mean, chance = splits.spread[known].mean(), splits.by_chance[known].mean()
        clear = int((splits.q_value[known] < CLEAR).sum())
        st.markdown(
            f"**{mean:.3f} bits**  \n:small[:gray[mean of {plural(int(known.sum()), 'question')}; "
            f"by chance alone {chance:.3f}; {clear} beyond chance (q < {CLEAR})]]"
        )
