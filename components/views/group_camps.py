"""Hidden camps: kinds of taste among raters, whatever they are labelled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.groups import preference_figure
from components.figures.opinion import camps_figure
from components.layout import theme
from components.text import plural, printable
from components.tiles import method_card_button
from components.views.charts import chart, spanned
from experiments.groups.options import Options
from experiments.groups.searching import (
    MOST_CAMPS,
    FoundCamps,
    camps_by_label,
    search_frame,
    why_no_camps,
)
from metrics.catalogue_groups import GROUP_CATALOGUE


def camps_view(draft: Draft) -> None:
    """How many camps, what each likes, and how far labels tell them."""
    options = polls.options(draft.source, ())
    if why := why_no_camps(options):
        st.info(why, icon=":material/group_off:")
        return
    with st.spinner(
        f"Fitting mixtures of one to {MOST_CAMPS} camps; this takes a while …", show_time=True
    ):
        found = polls.camps(draft.source, ())
    _headline(found)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        frame = search_frame(found)
        chart(
            camps_figure(frame, chosen=found.chosen, theme=theme()),
            frame.round(3),
            key="groups-camps",
            alt=f"AIC3 is smallest at {plural(found.chosen, 'camp')}.",
        )
    with right:
        _labels(draft, found)
    if found.chosen > 1:
        _tastes(draft, options, found)
    _router(draft)


def _headline(found: FoundCamps) -> None:
    others = f"{len(found.search.by_bic.shares)} by BIC"
    others += f", {len(found.search.by_held_out.shares)} by raters who were left out"
    shares = ", ".join(f"{share:.0%}" for share in found.search.by_aic3.shares)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(
            f"**{plural(found.chosen, 'camp')}** by AIC3 ({shares} of raters); {others}.",
            width="content",
        )
        method_card_button(GROUP_CATALOGUE["camps"])
    if found.chosen == MOST_CAMPS:
        st.caption(f"More than {MOST_CAMPS} were not tried: there may be more.")
    if found.sampled:
        st.caption(f"Looked for among {len(found.raters):,} of {found.sampled:,} raters.")


def _labels(draft: Draft, found: FoundCamps) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**How far labels explain camps**", width="content")
        method_card_button(GROUP_CATALOGUE["explained"])
    frame = pd.DataFrame(
        {
            "label": name,
            "adjusted mutual information": one.value,
            "p": one.p_value,
            "q": found.q_values[name],
            "raters": one.raters,
        }
        for name, one in found.explained.items()
    )
    if frame.empty or found.chosen < 2:
        st.caption("With one camp, or without labels, there is nothing to explain.")
        return
    frame = frame.sort_values("adjusted mutual information", ascending=False)
    st.dataframe(frame.round(4), hide_index=True, alt="How far each label tells the camp")
    names = [str(name) for name in frame["label"]]
    shown = st.selectbox("Camps by", names, key=f"groups.camps.by.{draft.source.key}")
    table = camps_by_label(found, draft.source.responses, shown)
    st.dataframe(table, alt=f"Raters of each {shown} in each camp")


def _tastes(draft: Draft, options: Options, found: FoundCamps) -> None:
    """θ of each camp, centred over the answers to the question that the page shows."""
    shown = polls.options(draft.source, draft.items).names
    places = [i for i, name in enumerate(options.names) if name in shown]
    theta = found.search.by_aic3.strengths[:, places]
    theta = theta - theta.mean(axis=1, keepdims=True)
    sizes = np.bincount(found.search.by_aic3.members, minlength=len(theta))
    order = np.argsort(-theta.mean(axis=0))
    frame = pd.DataFrame(
        {
            "option": options.labels[places[i]], "group": f"camp {k + 1}", "value": theta[k, i],
            "low": np.nan, "high": np.nan, "raters": sizes[k],
        }
        for i in order
        for k in range(len(theta))
    )  # fmt: skip
    st.markdown("**What each camp likes** (θ, no intervals: camps were found in the same answers)")
    chart(
        preference_figure(frame, unit="θ", theme=theme(), centred=True, span=None),
        frame.drop(columns=["low", "high"]).round(3),
        key="groups-tastes",
        alt="Strengths of the answers in each camp.",
    )


def _router(draft: Draft) -> None:
    """A mixture that goes by the question and not by the rater, held to the same new raters."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        asked = st.toggle(
            "Compare with a router, which goes by the question", key="groups.router",
            persist_state="session",
        )  # fmt: skip
        method_card_button(GROUP_CATALOGUE["router"])
    if not asked:
        return
    with st.spinner("Fitting both without some raters …", show_time=True):
        found = polls.routed(draft.source)
    if found is None:
        st.caption("All choices are about one question, so a router has nothing to go by.")
        return
    rows = [{"mixture": f"{found.tastes} camps of raters", "per rater left out":
             spanned(found.camps), "gain over camps": "–"}]  # fmt: skip
    rows += [
        {
            "mixture": f"{found.tastes} tastes by a router, λ = {penalty:g}",
            "per rater left out": spanned(found.router[penalty]),
            "gain over camps": spanned(gain, "+.1f"),
        }
        for penalty, gain in found.gains.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Camps and routers on raters left out")
    weights = pd.DataFrame(
        found.weights.round(2), columns=[f"taste {k + 1}" for k in range(found.tastes)]
    )
    weights.insert(0, "question", [printable(q) for q in found.questions])
    st.dataframe(weights, hide_index=True, alt="What the router gives each taste, by question")
    st.caption(
        "Log-likelihood in nats of the choices of a rater who was left out, n = "
        f"{found.camps.n:,}, 95 %: nearer to 0 is better. Camps use that a rater’s choices go "
        "together; a router uses the question alone. The second table shows how it weighs the "
        "tastes at λ = 0.5."
    )
