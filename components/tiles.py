"""Numbers with their interval, their n and their card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.figures.palette import Theme, condition_mark
from metrics.catalogue import CATALOGUE, Measure
from metrics.uncertainty import Estimate


def measure_tile(
    measure: Measure, estimates: Mapping[str, Estimate], *, common_n: int, theme: Theme
) -> None:
    """One measure for every condition, side by side, never without interval and n.

    Args:
        measure: its entry in the catalogue.
        estimates: per condition key.
        common_n: number of answers at which conditions are compared.
        theme: paper to write on.
    """
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{measure.label.format(n=common_n)}**", width="content")
            _card_button(measure)
        grid = st.grid(len(estimates), min_column_width=72, gap="xsmall")
        for key, estimate in estimates.items():
            grid.markdown(_number(measure, key, estimate, theme))


def _number(measure: Measure, key: str, estimate: Estimate, theme: Theme) -> str:
    mark = condition_mark(key)
    if estimate.is_defined:
        value = measure.format(estimate.value)
        span = f"{measure.format(estimate.low)}–{measure.format(estimate.high)}"
    else:
        value, span = "too few", f"from {measure.floor} on"
    head = f':color[{mark.glyph} **{value}**]{{foreground="{mark.ink_on(theme)}"}}'
    return f"{head}  \n:small[:gray[{span}]]  \n:small[:gray[n = {estimate.n}]]"


def _card_button(measure: Measure) -> None:
    with st.popover("", icon=":material/info:", type="tertiary", key=f"card.{measure.key}"):
        method_card(measure)


def method_card(measure: Measure) -> None:
    """Formula, papers, and what the measure can't tell."""
    unit = f" · {measure.unit}" if measure.unit else ""
    st.markdown(f"**{measure.name}**{unit} · {measure.range}")
    st.latex(measure.formula)
    st.markdown(f"{measure.tells} {measure.direction}")
    st.markdown(f"**It can’t tell:** {measure.cannot_tell}")
    st.caption(f"Interval: {measure.interval} Shown from {measure.floor} answers on.")
    if measure.references:
        st.caption(f"{measure.reference}.")
    if measure.reconstructed:
        st.caption("Reconstructed from secondary sources: the original was not found.")


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
        measure_tile(measure, estimates, common_n=common_n, theme=theme)
