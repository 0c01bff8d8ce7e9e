"""Numbers with their interval, their n and their card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from components.figures.palette import Theme, condition_mark
from metrics.catalogue import CATALOGUE, Measure
from metrics.uncertainty import Estimate


def measure_tile(
    measure: Measure, estimates: Mapping[str, Estimate], *, theme: Theme, label: str = ""
) -> None:
    """One measure for every condition, side by side, never without interval and n.

    Args:
        measure: its entry in the catalogue.
        estimates: per condition key.
        theme: paper to write on.
        label: replaces the catalogue's label where that depends on the run.
    """
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{label or measure.label}**", width="content")
            _card_button(measure)
        with st.container(horizontal=True, gap="medium"):
            for key, estimate in estimates.items():
                st.markdown(_number(measure, key, estimate, theme), width="content")


def _number(measure: Measure, key: str, estimate: Estimate, theme: Theme) -> str:
    mark = condition_mark(key)
    if not math.isfinite(estimate.value):
        value, below = "too few", f"n = {estimate.n} of {measure.floor}"
    else:
        value = measure.format(estimate.value)
        below = f"{measure.format(estimate.low)}–{measure.format(estimate.high)}, n = {estimate.n}"
    ink = mark.ink_on(theme)
    return f':color[{mark.glyph} **{value}**]{{foreground="{ink}"}}  \n:small[:gray[{below}]]'


def _card_button(measure: Measure) -> None:
    with st.popover("", icon=":material/info:", type="tertiary", key=f"card.{measure.key}"):
        method_card(measure)


def method_card(measure: Measure) -> None:
    """Formula, paper, and what the measure can't tell."""
    st.markdown(f"**{measure.name}** · {measure.unit} · {measure.range}")
    st.latex(measure.formula)
    st.markdown(f"{measure.tells} {measure.direction}")
    st.markdown(f"**It can’t tell:** {measure.cannot_tell}")
    st.caption(f"Shown from {measure.floor} answers on. {measure.reference}")


def diversity_tiles(
    panels: Mapping[str, Mapping[str, Estimate]],
    measures: Sequence[str],
    *,
    common_n: int,
    theme: Theme,
) -> None:
    """The default panel: one tile per measure."""
    for key in measures:
        measure = CATALOGUE[key]
        estimates = {condition: panel[key] for condition, panel in panels.items()}
        measure_tile(measure, estimates, theme=theme, label=measure.label.format(n=common_n))
