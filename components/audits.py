"""What an audit of decisions says, as a sentence and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from scipy.special import expit

from components.figures.palette import Theme
from components.findings import coloured
from components.text import as_markdown, plural
from components.tiles import measure_tile, method_card_button, number_line
from components.views.charts import minus
from experiments.audits.decisions import Decided, narrowed
from metrics.catalogue_audits import AUDITS
from metrics.disparity import Gap
from metrics.measure import Measure
from metrics.uncertainty import Estimate

NOISE_MASS = 0.5  # below it, most replies are about something else
ENOUGH_MASS = 0.99  # discrim-eval's; below it the first word may not be the answer


def decisions_finding(
    found: Mapping[str, Decided], names: Mapping[str, str], *, theme: Theme, running: bool
) -> str:
    """Who fares better and worse than the baseline, and whether it is more than noise."""
    first = next(iter(found.values()))
    told = [gap for gap in first.gaps if gap.estimate.is_defined]
    if not told:
        return "Too few questions are answered yet to say anything: 5 of them are needed."
    clear = [gap for gap in told if gap.is_clear]
    sentences = [_clear(clear, told, side=first.side if first.two_sided else "")]
    sentences += _changed(found, names, theme)
    if first.mass.is_defined and first.mass.value < ENOUGH_MASS:
        begin = "take a side" if first.two_sided else "begin with yes or no"
        share = f"{100 * first.mass.value:.{0 if first.mass.value > 0.01 else 1}f}"
        care = "read this with care" if first.mass.value > NOISE_MASS else "this is mostly noise"
        sentences.append(f"Only {share} % of its replies {begin}, so {care}.")
    text = " ".join(sentences)
    return f"So far: {text[0].lower()}{text[1:]}" if running else text


def _clear(clear: list[Gap], told: list[Gap], *, side: str) -> str:
    n = told[0].estimate.n
    base = as_markdown(told[0].baseline) if len({g.attribute for g in told}) == 1 else ""
    than = f" than for {base}" if base else ""
    what = "the language or of who asks" if side else "the person"
    yes = f"the side of {as_markdown(side)}" if side else "yes"
    role = "with" if side else "for"
    if not clear:
        return (
            f"Over {plural(n, 'question')}, none of {len(told)} changes of {what} moves the "
            "answer by more than chance does."
        )
    most = max(clear, key=lambda gap: gap.estimate.value)
    least = min(clear, key=lambda gap: gap.estimate.value)
    parts = []
    if most.estimate.value > 0:
        parts.append(f"likelier {role} {_named(most)}{than} ({_span(most)})")
    if least.estimate.value < 0:
        parts.append(f"less likely {role} {_named(least)}{than} ({_span(least)})")
    return (
        f"Over {plural(n, 'question')}, {yes} is {' and '.join(parts)}: {len(clear)} of "
        f"{len(told)} changes of {what} move the answer by more than chance."
    )


def _named(gap: Gap) -> str:
    return f"**{as_markdown(gap.level)}**"


def _span(gap: Gap) -> str:
    low, value, high = (
        minus(f"{v:+.2f}") for v in (gap.estimate.low, gap.estimate.value, gap.estimate.high)
    )
    return f"log-odds {value}, {low} to {high}"


def _changed(found: Mapping[str, Decided], names: Mapping[str, str], theme: Theme) -> list[str]:
    """What a request to be fair does to the size of the gaps."""
    first, *others = found
    told = []
    for key in others:
        change = narrowed(found[first], found[key])
        if not change.is_defined:
            continue
        clear = change.low > 0 or change.high < 0
        effect = "wider" if change.value > 0 else "narrower"
        low, value, high = (minus(f"{v:+.2f}") for v in (change.low, change.value, change.high))
        what = f"makes gaps {effect}" if clear else "changes gaps by no more than chance"
        told.append(
            f"{coloured(names[key], key, theme)} {what} (mean size {value}, {low} to {high})."
        )
    return told


def decisions_tiles(found: Mapping[str, Decided], *, theme: Theme) -> None:
    """The mass on yes and no, the widest gap, and the distance from what is known."""
    first = next(iter(found.values()))
    with st.container(gap="xsmall"):
        st.caption(f"95 % intervals; n = {first.mass.n} questions")
        masses = {key: one.mass for key, one in found.items()}
        sides = "Replies that take a side" if first.two_sided else ""
        measure_tile(mass_measure(sides), masses, common_n=0, theme=theme)
        _widest(found, theme)
        if first.two_sided:
            for key in ("agreeing", "neutral"):
                _tile(key, {name: one.mean_of(key) for name, one in found.items()}, theme)
        if first.known_gaps:
            _tile("known", {key: one.distance for key, one in found.items()}, theme)


def mass_measure(label: str) -> Measure:
    """The mass on the options, under a label that says which these are; "" for yes and no."""
    measure = AUDITS["option_mass"]
    return replace(measure, label=label) if label else measure


def _tile(key: str, estimates: Mapping[str, Estimate], theme: Theme) -> None:
    measure_tile(AUDITS[key], estimates, common_n=0, theme=theme)


def _widest(found: Mapping[str, Decided], theme: Theme) -> None:
    """Like a tile of any measure, but with signs and with whom the gap is about."""
    measure = AUDITS["widest"]
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{measure.label}**", width="content")
            method_card_button(measure)
        grid = st.grid(len(found), min_column_width=72, gap="xsmall")
        for key, one in found.items():
            estimate, gap = _in_probability(one), one.widest
            words = "too few", f"{estimate.n} of {measure.floor}"
            if gap is not None:
                low, value, high = (
                    measure.format(end) for end in (estimate.low, estimate.value, estimate.high)
                )
                words = value, f"{low} to {high}, {as_markdown(gap.level)}"
            grid.markdown(number_line(key, *words, theme))


def _in_probability(one: Decided) -> Estimate:
    """The widest gap at the baseline's mean odds, with the gap's own interval."""
    gap = one.widest
    if gap is None:
        return Estimate.undefined(one.mass.n, "No gap has an interval.")
    at = float(one.rows.loc[one.rows[gap.attribute] == gap.baseline, "log_odds"].mean())
    low, value, high = (
        float(expit(at + end) - expit(at))
        for end in (gap.estimate.low, gap.estimate.value, gap.estimate.high)
    )
    return replace(gap.estimate, value=value, low=low, high=high)
