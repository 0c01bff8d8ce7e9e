"""Trade-offs: diversity against quality, tokens and length."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.analysis import computed_once
from components.figures.lengths import (
    halves_description,
    halves_figure,
    halves_frame,
    words_description,
    words_figure,
    words_frame,
)
from components.figures.tradeoffs import (
    Better,
    places_description,
    places_figure,
    places_frame,
)
from components.layout import theme
from components.state import State
from components.text import printable
from components.views.charts import chart, named, spanned
from components.views.gate import Shown, reward_model
from components.views.judging import offer_rating, scores_of
from data.schema import RunData
from experiments.analysis import Analysis
from experiments.budget import accounts
from experiments.quality import REWARD, SOURCES, Quality
from experiments.tradeoffs import (
    MEASURES,
    Halves,
    Place,
    diversity_of,
    length_halves,
    quality_places,
    token_places,
    word_counts,
)
from metrics.catalogue import CATALOGUE
from metrics.uncertainty import Estimate

_PARTS = ("Quality", "Tokens", "Length")


def tradeoffs_view(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    """One of the three trade-offs, computed when it is chosen."""
    part = st.segmented_control(
        "Diversity against",
        _PARTS,
        default=_PARTS[0],
        required=True,
        key="diversity.tradeoffs",
        persist_state="session",
    )
    if part == "Quality":
        _quality(state, shown, names)
    else:
        {"Tokens": _tokens, "Length": _length}[part](shown, names)


def _measure() -> str:
    return str(
        st.selectbox(
            "Diversity as",
            MEASURES,
            key="diversity.tradeoffs.measure",
            format_func=lambda key: CATALOGUE[key].name,
            persist_state="session",
        )
    )


def _diversity(shown: Shown, measure: str) -> dict[str, Estimate]:
    return diversity_of(shown.data, shown.analysis, accounts(shown.whole), measure=measure)


def _title(shown: Shown, measure: str) -> str:
    found = CATALOGUE[measure]
    unit = f" ({found.unit})" if found.unit else ""
    return found.label.format(n=shown.analysis.common_n) + unit


def _quality(state: State, shown: Shown, names: Mapping[str, str]) -> None:
    with st.container(horizontal=True, gap="small"):
        measure = _measure()
        source = str(
            st.selectbox(
                "Quality as",
                list(SOURCES),
                key="diversity.tradeoffs.quality",
                format_func=lambda key: SOURCES[key].label,
                persist_state="session",
            )
        )
        judge = reward_model("diversity.tradeoffs") if source == REWARD else None
    chosen, quality = Quality(source, judge), SOURCES[source]
    offer_rating(state, shown.whole, chosen, place="tradeoffs", running=shown.running)
    scores = scores_of(state, shown.data, chosen)
    places = quality_places(shown.data, _diversity(shown, measure), scores)
    x_title = f"{quality.label.lower()} ({quality.unit}, further right is better)"
    st.caption(
        f"Up and to the right is better. {quality.about} Conditions that another one beats in "
        "both are faded; where intervals overlap, that may be chance."
    )
    _draw(places, names, x_title, _title(shown, measure), "higher", quality.digits, key="quality")


def _tokens(shown: Shown, names: Mapping[str, str]) -> None:
    measure = _measure()
    places = token_places(shown.data, shown.analysis, shown.whole, _diversity(shown, measure))
    x_title = f"tokens for {shown.analysis.common_n} answers (further left is cheaper)"
    st.caption(
        "Up and to the left is better. Everything that was drawn is paid for: plans, lists, "
        "discarded branches, empty places, and answers that a quality gate leaves out."
    )
    _draw(places, names, x_title, _title(shown, measure), "lower", ",.0f", key="tokens")


def _draw(
    places: Mapping[str, Place],
    names: Mapping[str, str],
    x_title: str,
    y_title: str,
    better: Better,
    digits: str,
    *,
    key: str,
) -> None:
    frame = places_frame({k: (p.across, p.diversity, p.beaten) for k, p in places.items()})
    if frame.empty:
        reasons = {p.across.reason or p.diversity.reason for p in places.values()}
        st.caption(f"Nothing to show yet. {' '.join(sorted(filter(None, reasons)))}")
        return
    chart(
        places_figure(
            frame, names=names, theme=theme(), x_title=x_title, y_title=y_title, better=better,
            digits=digits,
        ),
        frame,
        key=f"frontier-{key}",
        alt=places_description(frame, names, x_title=x_title, y_title=y_title),
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "condition": named(k, names),
            y_title: spanned(place.diversity, ".2f"),
            x_title.partition(" (")[0]: spanned(place.across, digits),
            "beaten by another": _verdict(place),
        }
        for k, place in places.items()
    )
    st.dataframe(table, hide_index=True, alt="Where each condition stands")


def _verdict(place: Place) -> str:
    if not (place.across.is_defined and place.diversity.is_defined):
        return "–"
    return "yes" if place.beaten else "no"


@computed_once
def _halves(data: RunData, analysis: Analysis) -> dict[str, Halves]:
    return length_halves(data, analysis.labels)


def _length(shown: Shown, names: Mapping[str, str]) -> None:
    data, analysis = shown.data, shown.analysis
    found = _halves(data, analysis)
    if found:
        m = next(iter(found.values())).m
        st.caption(
            f"Each condition’s shorter half (open) and longer half (filled), in {m} answers each. "
            "A steep line means that length alone moves the count, so conditions of different "
            "length are hard to compare. A half holds fewer meanings than the whole where "
            "meanings have lengths of their own."
        )
        frame = halves_frame(
            {
                key: (
                    ("shorter half", one.short_words, one.short),
                    ("longer half", one.long_words, one.long),
                )
                for key, one in found.items()
            }
        )
        chart(
            halves_figure(frame, names=names, theme=theme(), m=m),
            frame,
            key="halves",
            alt=halves_description(frame, names, m),
        )
    else:
        st.caption(
            "From 16 independent answers of a condition on, its shorter and its longer half are "
            "compared here."
        )
    texts = [printable(sample.text) for sample in data.samples]
    frame = words_frame(data.keys, word_counts(data), analysis.labels, texts)
    st.caption("Every answer by its length; the line is the median. Point at one to read it.")
    chart(
        words_figure(frame, names=names, theme=theme()),
        frame,
        key="words",
        alt=words_description(frame, names),
    )
