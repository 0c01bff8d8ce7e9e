"""What groups prefer: the finding, the heat-map beside the numbers, and the rest in tabs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import polls
from components.controls.groups import Draft
from components.figures.groups import preference_description, preference_figure, preference_frame
from components.groups import groups_finding, groups_tiles
from components.layout import theme
from components.problems import show_problem
from components.views.charts import chart
from components.views.group_raw import raw_expander
from components.views.group_tabs import groups_tabs
from data.errors import UploadError
from experiments.groups.ballots import Ballot, favourite
from experiments.groups.deciding import Decision
from experiments.groups.options import Options
from metrics.group_means import GroupMeans

MEANS, STRENGTHS = "How much they like it", "Strength in choices (θ)"
MOST_ROWS = 20


def groups_headline(question: str) -> DeltaGenerator:
    """The page's question, and under it the place where its finding will stand."""
    st.title(question, anchor=False)
    return st.container(key="finding")


def groups_view(draft: Draft | None, finding: DeltaGenerator) -> None:
    """Everything below the controls."""
    if draft is None:
        finding.markdown(
            "Bring people’s ratings, comparisons, choices, rankings or votes, and see where groups "
            "split and who loses by each way of deciding."
        )
        return
    if not draft.grouping.shown:
        finding.markdown("Every group has fewer than ten raters, so all of them are hidden.")
        st.info("Group by a coarser attribute, or by fewer of them.", icon=":material/group:")
        return
    source, by, items = draft.source, draft.by, draft.items
    with st.spinner("Shuffling labels and resampling raters …", show_time=True):
        options = polls.options(source, items)
        means = polls.preferences(source, by, items, strengths=False)
        splits = polls.splits(source, by) if draft.grouping.compares else None
        ballot, decisions, problem = _decided(draft)
    finding.markdown(
        groups_finding(draft.grouping, means, options.labels, splits, decisions, ballot)
    )
    picture, numbers = st.columns([2, 1], gap="medium")
    with picture:
        _picture(draft, options, means)
    with numbers:
        groups_tiles(splits, decisions, ballot)
        if problem is not None:
            show_problem(problem)
    groups_tabs(draft, options)


def _decided(
    draft: Draft,
) -> tuple[Ballot | None, tuple[Decision, ...], UploadError | None]:
    """What can be decided, and what the rules choose; or why nothing can."""
    source, by, items = draft.source, draft.by, draft.items
    try:
        found = polls.ballot(source, by, items, by_size=False)
    except UploadError as problem:
        return None, (), problem
    made = polls.decisions(source, by, items, by_size=False, default=favourite(found), aversion=1.0)
    return found, made, None


def _picture(draft: Draft, options: Options, means: GroupMeans) -> None:
    measure = st.segmented_control(
        "What is shown",
        [MEANS, STRENGTHS],
        default=MEANS,
        required=True,
        key="groups.measure",
        label_visibility="collapsed",
        help="Strengths are of a Bradley–Terry or Plackett–Luce model, of mean zero in each group: "
        "one more is 2.7 times the odds of being chosen.",
        persist_state="session",
    )
    strengths = measure == STRENGTHS and len(options.choices.sets) > 0
    found = means
    if strengths:
        with st.spinner("Fitting a choice model to each group …"):
            found = polls.preferences(draft.source, draft.by, draft.items, strengths=True)
    for note in options.notes:
        st.caption(note)
    frame = preference_frame(found, draft.grouping.names, options.labels)
    if frame.empty:
        st.info(
            "No answer was judged by ten raters or more of one group, so all cells are hidden. "
            "Group by a coarser attribute, or see “Agreement” for all questions together.",
            icon=":material/visibility_off:",
        )
        return
    unit = "θ" if strengths else options.unit
    rows = MOST_ROWS * len(draft.grouping.shown)
    shown = frame.head(rows)
    chart(
        preference_figure(
            shown, unit=unit, theme=theme(), centred=strengths,
            span=None if strengths else options.span,
        ),
        frame,
        key="groups-preferences",
        alt=preference_description(frame, unit),
    )  # fmt: skip
    more = len(frame) // len(draft.grouping.shown) - MOST_ROWS
    further = f" {more} more answers are in the table." if more > 0 else ""
    st.caption(
        f"Cells: {unit}. Hover for the 95 % interval over raters and n; cells of fewer than ten "
        f"raters are hidden.{further}{_apart(found)}"
    )
    raw_expander(draft, key="picture")


def _apart(found: GroupMeans) -> str:
    """How wide intervals are, so that small differences are not taken for more."""
    half = (found.high - found.low) / 2
    return (
        f" Typical interval: ±{float(np.nanmedian(half)):.2f}." if np.isfinite(half).any() else ""
    )
