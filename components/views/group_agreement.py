"""Who agrees with whom: within groups, across groups, and by how much their scores differ."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.groups import cohesion_figure, cohesion_frame, pairs_figure
from components.layout import theme
from components.text import as_markdown
from components.tiles import method_card_button
from components.views.charts import chart
from components.views.group_notes import one_group
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.uncertainty import Difference


def agreement_view(draft: Draft) -> None:
    """α, xRR and GRASP’s index of each group; then the difference of two groups’ answers."""
    if one_group(draft):
        return
    with st.spinner("Shuffling labels …", show_time=True):
        found = polls.cohesion(draft.source, draft.by)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**Within each group, and with all others**", width="content")
        for key in ("alpha", "xrr", "cohesion"):
            method_card_button(GROUP_CATALOGUE[key])
    frame = cohesion_frame(found, draft.grouping.names)
    told = frame.sort_values("difference", ascending=False)
    best = told.iloc[0]
    chart(
        cohesion_figure(frame, theme=theme()),
        frame.round(4),
        key="groups-cohesion",
        alt=f"Agreement within and across groups; largest difference: {best['group']}, "
        f"{best['difference']:+.2f}.",
    )
    clear = [str(row["group"]) for row in told.to_dict("records") if row["q"] < 0.05]
    said = ", ".join(as_markdown(name) for name in clear)
    st.caption(
        (f"More of one mind than with others, beyond chance (q < 0.05): {said}. " if clear else
         "No group differs from shuffled ones (q ≥ 0.05). ")
        + "GRASP’s ratio is in the table; it means nothing where agreement with others is not "
        "positive, so the difference is tested."
    )  # fmt: skip
    _cross(draft)
    if draft.source.responses.kind in {"ratings", "votes", "ranking"}:
        _gap(draft)


def _cross(draft: Draft) -> None:
    table = polls.cross_table(draft.source, draft.by)
    names = draft.grouping.names
    frame = pd.DataFrame(table, columns=list(names)).round(3)
    frame.insert(0, "group", list(names))
    with st.expander("Each two groups (normalised xRR)", type="compact"):
        chart(
            pairs_figure(table, names, told="normalised xRR", theme=theme()),
            frame,
            key="groups-xrr",
            alt="Normalised cross-agreement of each two groups.",
        )
        st.caption(
            "xRR over the root of both groups’ α: 1 where two groups differ from each other no "
            "more than each within itself. Empty where an α is not positive."
        )


def _gap(draft: Draft) -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown("**Difference of two groups over all questions**", width="content")
        method_card_button(GROUP_CATALOGUE["gap"])
    names = list(draft.grouping.names)
    key = f"{draft.source.key}.{draft.by}"
    one, two = st.columns(2)
    first = one.selectbox("First", names, key=f"groups.gap.first.{key}")
    second = two.selectbox("minus", names, index=1, key=f"groups.gap.second.{key}")
    if first == second:
        st.caption("Choose two different groups.")
        return
    with st.spinner("Resampling raters and questions …", show_time=True):
        found = polls.gaps(draft.source, draft.by, names.index(first), names.index(second))
    told = ("Raters and questions resampled", "Mixed model: raters and questions as random effects")
    frame = pd.DataFrame(
        {"way": way, "difference": _said(gap), "p": gap.p_value, "raters": gap.n}
        for way, gap in zip(told, found, strict=True)
    )
    st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        column_config={"p": st.column_config.NumberColumn(format="%.3g")},
        alt="The difference by two ways",
    )
    st.caption(
        "n is the smaller group. The first way allows questions on which the groups differ more "
        "or less, as if these questions were a sample; the second takes their difference to be the "
        "same on each, and is narrower."
    )


def _said(gap: Difference) -> str:
    if gap.reason:
        return gap.reason
    return f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})".replace("-", "−")
