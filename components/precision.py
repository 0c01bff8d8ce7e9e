"""What a change of precision did, as a sentence and as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.figures.palette import Theme
from components.findings import coloured
from components.tiles import measure_tile, plain_tile
from experiments.analysis import Analysis
from experiments.precision import PrecisionSummary
from metrics.precision import PRECISION
from metrics.uncertainty import Estimate


def precision_finding(
    summary: PrecisionSummary,
    analysis: Analysis,
    names: Mapping[str, str],
    *,
    theme: Theme,
    running: bool,
) -> str:
    """How many answers stayed, how far the words moved, and whether diversity did; as Markdown."""
    sentences = [
        _identical(summary.identical, names, theme),
        _moved(summary.kl, names, theme),
        _diversity(analysis),
    ]
    text = " ".join(filter(None, sentences))
    if not text:
        return "Too few answers yet to say anything: 8 of each precision are needed."
    return f"So far: {text[0].lower()}{text[1:]}" if running else text


def _identical(share: Estimate, names: Mapping[str, str], theme: Theme) -> str:
    if not share.is_defined:
        return ""
    first, second = (coloured(name, key, theme) for key, name in names.items())
    same = round(share.value * share.n)
    count = {0: "none", share.n: "all"}.get(same, str(same))
    return (
        f"Of {share.n} answers with the same random numbers, **{count}** stayed the same to the "
        f"last word between {first} and {second} "
        f"({100 * share.low:.0f}–{100 * share.high:.0f} %)."
    )


def _moved(kl: Mapping[str, Estimate], names: Mapping[str, str], theme: Theme) -> str:
    key, estimate = next(iter(kl.items()))
    if not estimate.is_defined:
        return ""
    if estimate.high == 0:
        return "At no word of them did the model’s choice change at all."
    measure = PRECISION["kl"]
    low, value, high = map(measure.format, (estimate.low, estimate.value, estimate.high))
    return (
        f"At each word of {coloured(names[key], key, theme)}’s answers the choice of the next one "
        f"moved by **{value} nats** ({low}–{high}, n = {estimate.n})."
    )


def _diversity(analysis: Analysis) -> str:
    if len(analysis.panels) < 2:
        return ""
    (differences,) = analysis.differences.values()
    told = [found for found in differences.values() if not found.reason]
    clear = sum(found.is_clear for found in told)
    if not told:
        return ""
    if not clear:
        return f"None of {len(told)} measures of diversity differs by more than chance."
    verb = "differs" if clear == 1 else "differ"
    return f"{clear} of {len(told)} measures of diversity {verb} by more than chance."


def precision_tiles(summary: PrecisionSummary, *, theme: Theme) -> None:
    """The numbers, each with interval, n and card."""
    with st.container(gap="xsmall"):
        st.caption("95 % intervals; n is the number of answers or pairs of answers")
        plain_tile(PRECISION["identical"], summary.identical)
        plain_tile(PRECISION["common"], summary.common)
        measure_tile(PRECISION["kl"], summary.kl, common_n=0, theme=theme)
        measure_tile(PRECISION["js"], summary.js, common_n=0, theme=theme)
