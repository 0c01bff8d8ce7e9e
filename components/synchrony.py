"""What a frontier says, as sentences and as numbers."""

from __future__ import annotations

import streamlit as st

from components.figures.palette import Theme
from components.figures.policies import policy_mark
from components.text import as_markdown
from components.tiles import method_card_button
from components.views.charts import minus
from experiments.synchrony import Frontier, by_chance
from metrics.catalogue import Measure
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE
from metrics.policies import Policy
from metrics.uncertainty import Estimate

_PAIRS = (
    ("synchrony", "distance_to_user"),
    ("stability", "step_size"),
    ("coherence", "distance_to_persona"),
)
_RESTLESS = ("register_flips", "legibility")


def coloured_policy(policy: Policy, theme: Theme) -> str:
    """A policy's name with its symbol, in its ink, as Markdown."""
    mark = policy_mark(policy.key)
    words = f"{mark.glyph} **{as_markdown(policy.label)}**"
    return f':color[{words}]{{foreground="{mark.ink_on(theme)}"}}'


def balanced(frontier: Frontier) -> int:
    """The policy whose lesser one of stability and synchrony is greatest, among the best."""
    steady, close = (frontier.estimates[name] for name in ("stability", "synchrony"))
    worth = [
        min(a.value, b.value) if stands else float("-inf")
        for a, b, stands in zip(steady, close, frontier.stands, strict=True)
    ]
    return worth.index(max(worth))


def synchrony_finding(frontier: Frontier, *, theme: Theme, who: str) -> str:
    """Which policy holds the balance, and what the two ends cost, as Markdown.

    Args:
        frontier: what was measured.
        theme: paper the words stand on.
        who: whose styles these are, as the subject of a sentence.
    """
    if not frontier.stands.any():
        n = max(found.n for found in frontier.estimates["synchrony"])
        return f"{n} conversations are too few for an interval: 8 or more are needed."
    best = balanced(frontier)
    steady, close = (frontier.estimates[name][best] for name in ("stability", "synchrony"))
    sentences = [
        f"{who} under {coloured_policy(frontier.policies[best], theme)} hold the best balance: "
        f"stability **{_value(steady)}** {_span(steady)}, synchrony **{_value(close)}** "
        f"{_span(close)}; n = {close.n} conversations."
    ]
    for key, measure, told in (
        ("uncapped", "stability", "Following wholly leaves a stability of"),
        ("static", "synchrony", "never following leaves a synchrony of"),
    ):
        place = next((i for i, p in enumerate(frontier.policies) if p.key == key), None)
        if place is not None and place != best:
            found = frontier.estimates[measure][place]
            sentences.append(f"{told} {_value(found)} {_span(found)}")
    ends = "; ".join(sentences[1:])
    return f"{sentences[0]} {ends[:1].upper()}{ends[1:]}{'.' if ends else ''}"


def synchrony_tiles(frontier: Frontier, place: int) -> None:
    """One policy's numbers: each cosine with the distance that belongs to it, n and card."""
    with st.container(gap="xsmall"):
        for pair in (*_PAIRS, _RESTLESS):
            found = [
                (SYNCHRONY_CATALOGUE[key], frontier.estimates[key][place])
                for key in pair
                if key in frontier.estimates
            ]
            if found:
                _tile(found, chance=_chance(frontier, place) if pair[0] == "synchrony" else "")
        _tile([(SYNCHRONY_CATALOGUE["hypervolume"], frontier.hypervolume)])


def _chance(frontier: Frontier, place: int) -> str:
    found = by_chance(frontier, place)
    return f"with other users {_value(found)} {_span(found)}" if found.is_defined else ""


def _tile(entries: list[tuple[Measure, Estimate]], *, chance: str = "") -> None:
    """Measures that belong together; what chance gives stands under the first."""
    with st.container(border=True, gap="xxsmall", key=f"tile-{entries[0][0].key}"):
        for place, (measure, found) in enumerate(entries):
            value, about = _words(measure, found)
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.markdown(f"**{measure.label}**", width="content")
                method_card_button(measure)
            more = f"; {chance}" if chance and not place else ""
            st.markdown(f"**{value}** :small[:gray[{about}{more}]]")


def _words(measure: Measure, found: Estimate) -> tuple[str, str]:
    if not found.is_defined:
        few = found.n < measure.floor
        return ("too few", f"{found.n} of {measure.floor} conversations") if few else ("–", "")
    low, value, high = map(measure.format, (found.low, found.value, found.high))
    unit = f" {measure.unit}" if measure.unit else ""
    return value, f"{low} to {high}{unit}, n = {found.n}"


def _value(found: Estimate) -> str:
    return minus(f"{found.value:.2f}") if found.is_defined else "–"


def _span(found: Estimate) -> str:
    return f"({minus(f'{found.low:.2f}')} to {minus(f'{found.high:.2f}')})"
