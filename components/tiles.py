"""Numbers with their interval, their n and their card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
        with tile_heading(measure):
            label = measure.label if common_n else measure.label.removesuffix(" in {n}")
            st.markdown(f"**{label.format(n=common_n)}**", width="stretch")
            method_card_button(measure)
        grid = st.grid(len(estimates), min_column_width=72, gap="xsmall")
        for key, estimate in estimates.items():
            grid.markdown(_number(measure, key, estimate, theme))


def tile_heading(measure: Measure, place: str = "") -> DeltaGenerator:
    """The line on top, which the style sheet keeps from breaking before the card's button."""
    return st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        key=f"head-{measure.key}{place}",
    )


def plain_tile(measure: Measure, estimate: Estimate, *, place: str = "") -> None:
    """One measure of a run as a whole, with its interval and n.

    Args:
        measure: its entry in the catalogue.
        estimate: its value.
        place: where it stands, if the page shows the same measure twice.
    """
    with st.container(border=True, gap="xxsmall", key=f"tile-{measure.key}{place}"):
        with tile_heading(measure, place):
            st.markdown(f"**{measure.label}**", width="stretch")
            method_card_button(measure, place=place)
        value, span = _words(measure, estimate)
        n = f", n = {estimate.n}" if estimate.is_defined else ""
        st.markdown(f"**{value}**  \n:small[:gray[{span}{n}]]")


def _words(measure: Measure, estimate: Estimate) -> tuple[str, str]:
    """A value and its interval, or why there is none."""
    if estimate.calls:
        return "too few", f"{estimate.calls} of {measure.floor} calls"
    if not estimate.is_defined and estimate.n < measure.floor:
        return "too few", f"{estimate.n} of {measure.floor}"
    if not estimate.is_defined:
        return "–", estimate.reason.rstrip(".") or "not defined here"
    return measure.format(estimate.value), measure.span(estimate.low, estimate.high)


def _number(measure: Measure, key: str, estimate: Estimate, theme: Theme) -> str:
    return number_line(key, *_words(measure, estimate), theme)


def number_line(key: str, value: str, span: str, theme: Theme) -> str:
    """A condition's value in its ink over a small line about it, as Markdown."""
    mark = condition_mark(key)
    head = f':color[{mark.glyph} **{value}**]{{foreground="{mark.ink_on(theme)}"}}'
    return f"{head}  \n:small[:gray[{span}]]"


def method_card_button(measure: Measure, *, place: str = "") -> None:
    """Opens the measure's card.

    Args:
        measure: what it is about.
        place: where it stands, if the page shows the same card twice.
    """
    with st.popover(
        f"About {measure.name}",
        icon=":material/info:",
        type="tertiary",
        key=f"icon.card.{measure.key}{place}",
    ):
        method_card(measure)


def method_card(measure: Measure) -> None:
    """Formula, papers, and what the measure can't tell."""
    unit = f" · {measure.unit}" if measure.unit else ""
    st.markdown(f"**{measure.name}**{unit} · {measure.range}")
    st.latex(measure.formula)
    st.markdown(f"{measure.tells} {measure.direction}")
    st.markdown(f"**It can’t tell:** {measure.cannot_tell}")
    if measure.differs:
        st.markdown(f"**It differs:** {measure.differs}")
    st.caption(f"Interval: {measure.interval} Shown from {measure.floor} {measure.counted} on.")
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
    """The default panel: how many answers it rests on, then one tile per measure."""
    with st.container(gap="xsmall"):
        st.caption(f"95 % intervals from {_counts(panels, theme)}")
        for key in measures:
            estimates = {condition: panel[key] for condition, panel in panels.items()}
            measure_tile(CATALOGUE[key], estimates, common_n=common_n, theme=theme)


def _counts(panels: Mapping[str, Mapping[str, Estimate]], theme: Theme) -> str:
    """The n of each condition beside its symbol."""
    words = []
    for key, panel in panels.items():
        mark = condition_mark(key)
        n = next(iter(panel.values())).n
        words.append(
            f':color[{mark.glyph}]{{foreground="{mark.ink_on(theme)}"}}\u00a0n\u00a0=\u00a0{n}'
        )
    return ", ".join(words)
