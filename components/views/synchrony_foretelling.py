"""How well users foretell themselves: predictive synchrony by window."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.figures.foretelling import (
    OTHERS,
    OWN,
    foretelling_description,
    foretelling_figure,
)
from components.layout import theme
from components.tiles import method_card_button
from components.views.charts import chart, spanned
from components.views.synchrony_shown import Shown
from experiments.foretelling import Foretold, foretold
from experiments.speech import Speech
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE
from metrics.uncertainty import Estimate

_LAST, _AHEAD = "The last w turns against the next", "One turn against the one w later"
_X = {
    _LAST: "window w: turns of the user that are looked back on",
    _AHEAD: "w: turns of the user ahead",
}


def foretelling_view(shown: Shown) -> None:
    """Cosine of earlier turns and the one that came, with what another user's would give."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reading = st.segmented_control(
            "What is held against what", list(_X), default=_LAST, required=True,
            key="synchrony.foretelling", persist_state="session",
        )  # fmt: skip
        same = st.toggle(
            "Same turns for every window", key="synchrony.foretelling.same",
            help="Longer windows can only be held against later turns. Switched on, all are "
            "compared on those turns that the longest one reaches.", persist_state="session",
        )  # fmt: skip
    key = "lagged_synchrony" if reading == _AHEAD else "predictive_synchrony"
    measure = SYNCHRONY_CATALOGUE[key]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{measure.label}**", width="content")
        method_card_button(measure)
    found = _found(shown.frontier.speech, lagged=reading == _AHEAD, same_turns=bool(same))
    if not any(each.own.is_defined for each in found):
        st.caption(
            f"These conversations are too few or too short: {found[0].own.reason} A window of one "
            "turn needs two turns of the user."
        )
        return
    st.markdown(_finding(found))
    frame = foretelling_frame(found)
    chart(
        foretelling_figure(frame, x_title=_X[reading], theme=theme()),
        frame,
        key="foretelling",
        alt=foretelling_description(frame),
        page="synchrony",
    )
    missing = [str(each.window) for each in found if not each.own.is_defined]
    st.caption(
        "Means over conversations with 95 % intervals. A bot could know as much of a user’s next "
        "style before it is written; only what lies above the dashed line is the user’s own, the "
        "rest is what all users of the corpus have in common."
        + (f" Too few conversations are long enough for w = {', '.join(missing)}."
           if missing else "")
    )  # fmt: skip


def foretelling_frame(found: tuple[Foretold, ...]) -> pd.DataFrame:
    """One row per window and line; the gain stands beside the user's own."""
    rows = []
    for each in found:
        for who, one in ((OWN, each.own), (OTHERS, each.others)):
            row: dict[str, object] = {
                "window": each.window, "who": who, "value": one.value, "low": one.low,
                "high": one.high, "n": one.n,
            }  # fmt: skip
            if who == OWN:
                gain = each.gain
                row |= {"above chance": gain.value, "above low": gain.low, "above high": gain.high}
            rows.append(row)
    return pd.DataFrame(rows)


def _finding(found: tuple[Foretold, ...]) -> str:
    told = [f"w = {each.window}: {_bold(each.gain)}" for each in found if each.gain.is_defined]
    n = next(each.gain.n for each in found if each.gain.is_defined)
    return f"Above chance, n = {n} conversations (w = {found[0].window}): {'; '.join(told)}."


def _bold(found: Estimate) -> str:
    value, span = spanned(found, "+.2f").split(" ", 1)
    return f"**{value}** {span}"


@st.cache_resource(
    max_entries=8, show_spinner=False, hash_funcs={Speech: lambda speech: speech.fingerprint}
)
def _found(speech: Speech, *, lagged: bool, same_turns: bool) -> tuple[Foretold, ...]:
    return foretold(speech.users, lagged=lagged, same_turns=same_turns)
