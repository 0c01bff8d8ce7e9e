"""Matching of function words: LSM, reciprocal LSM, and coordination beside its null."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.layout import theme
from components.synchrony import coloured_policy
from components.text import as_markdown
from components.tiles import method_card_button, plain_tile
from components.views.charts import minus, numbers, spanned
from components.views.synchrony_shown import Shown
from experiments.accommodation import Accommodation, accommodation, chance
from experiments.exchanges import Exchange
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE
from metrics.markers import MARKERS


def accommodation_view(shown: Shown) -> None:
    """The classical measures of the texts themselves, per policy where a model spoke."""
    if not shown.texts(0):
        st.caption("Only styles were published of these conversations, and no texts to measure.")
        return
    st.caption(
        "Who takes up whose small words (pronouns, articles, conjunctions …), in the texts "
        "themselves: this doesn’t depend on the eight features."
    )
    if not shown.is_loop:
        _one(_measured(shown.texts(0)))
        return
    _coordination_head()
    rows = []
    for place, policy in enumerate(shown.frontier.policies):
        found = _measured(shown.texts(place))
        rows.append(_row(policy.label, found))
        st.markdown(coloured_policy(policy, theme()))
        _coordination(found)
    numbers(pd.DataFrame(rows), key="accommodation", page="synchrony")


@st.cache_resource(max_entries=16, show_spinner="Shuffling replies …", hash_funcs={Exchange: repr})
def _measured(exchanges: tuple[Exchange, ...]) -> Accommodation:
    return accommodation(exchanges)


def _one(found: Accommodation) -> None:
    sides = st.columns(2, gap="medium")
    with sides[0]:
        plain_tile(SYNCHRONY_CATALOGUE["lsm"], found.lsm)
    with sides[1]:
        plain_tile(SYNCHRONY_CATALOGUE["rlsm"], found.rlsm)
    st.markdown(
        f"The bot’s replies match the user’s turns by **{spanned(found.bot_follows, '.2f')}**, the "
        f"user’s turns the bot’s replies by **{spanned(found.user_follows, '.2f')}**."
    )
    with st.container(border=True, gap="xxsmall", key="tile-coordination"):
        _coordination_head()
        _coordination(found)
    numbers(_classes(found), key="accommodation", page="synchrony")
    _formality(found)


def _formality(found: Accommodation) -> None:
    """The F-score of both speakers, where the corpus brings parts of speech."""
    if found.formality is None:
        st.caption(
            "Formality by word classes (F-score) isn’t defined here: it needs parts of speech, in "
            "a column **tags** of the corpus (PRON VERB … or PRP VBP …, one for each word)."
        )
        return
    measure = SYNCHRONY_CATALOGUE["formality"]
    with st.container(border=True, gap="xxsmall", key="tile-formality"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{measure.label}**", width="content")
            method_card_button(measure)
        for who, one in zip(("The user", "The bot"), found.formality, strict=True):
            told = f", n = {one.n:,} words" if one.is_defined else ""
            st.markdown(f"{who}: **{spanned(one, '.0f')}**:small[:gray[{told}]]")
        if found.unknown_tags:
            some = ", ".join(found.unknown_tags[:3])
            st.caption(f"Turns with unknown tags are left out: {as_markdown(some, limit=80)}.")


def _coordination_head() -> None:
    """The measure's label and card, once for all that follow."""
    measure = SYNCHRONY_CATALOGUE["coordination"]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{measure.label}**", width="content")
        method_card_button(measure)


def _coordination(found: Accommodation) -> None:
    told = found.coordination
    low, high = chance(told)
    if not np.isfinite(told.aggregate_3):
        st.markdown("**too few**  \n:small[:gray[no class of words occurs often enough]]")
        return
    st.markdown(
        f"**{minus(f'{told.aggregate_3:+.3f}')}**  \n:small[:gray[shuffled replies "
        f"{minus(f'{low:+.3f}')} to {minus(f'{high:+.3f}')}, p = {told.p_value:.3f}, "
        f"n = {told.n} replies]]"
    )


def _row(name: str, found: Accommodation) -> dict[str, object]:
    low, high = chance(found.coordination)
    return {
        "policy": name,
        "LSM": spanned(found.lsm, ".2f"),
        "rLSM": spanned(found.rlsm, ".2f"),
        "coordination": found.coordination.aggregate_3,
        "chance low": low,
        "chance high": high,
        "p": found.coordination.p_value,
        "n": found.coordination.n,
    }


def _classes(found: Accommodation) -> pd.DataFrame:
    """Coordination by speaker and class of words."""
    scores = pd.DataFrame(found.coordination.scores, columns=list(MARKERS)).round(4)
    scores.insert(0, "who replies", list(found.coordination.speakers))
    return scores
