"""The dynamics, the texts and the tables behind the curves: computed in the open tab only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from components.figures.drift import (
    curve_description,
    curve_figure,
    curve_frame,
    phase_description,
    phase_figure,
    phase_frame,
)
from components.findings import coloured
from components.layout import theme
from components.views.charts import file_button
from components.views.conversation import conversation_reader
from components.views.probes import probes_view
from components.views.states import states_view
from data.divergences import Place, TokenDivergence
from data.exports import to_csv
from data.schema import RunData
from experiments.drift import Divided, held, per_reply
from metrics.catalogue import Measure
from metrics.course import Course

_CONFIG = {"displaylogo": False}


def drift_tabs(
    data: RunData,
    apart: Mapping[Place, TokenDivergence],
    found: Mapping[str, Course],
    *,
    names: Mapping[str, str],
    measure: Measure,
    owner: str | None,
) -> None:
    """Conversations, dynamics, probes, inner states, the mean so far, data.

    Args:
        data: a run of conversations.
        apart: divergences per token, where there are any.
        found: every condition's course by the measure.
        names: of the conditions.
        measure: what is followed.
        owner: the visitor, where they may ask more of the run; None where not.
    """
    tabs = st.tabs(
        ["Conversations", "Does it settle?", "Probes", "Inside the model", "Mean so far", "Data"],
        key="drift.tabs",
        on_change="rerun",
    )
    shows: tuple[Callable[[], None], ...] = (
        lambda: conversation_reader(data, apart, names),
        lambda: _dynamics(found, names, measure),
        lambda: probes_view(data, names, owner=owner),
        lambda: states_view(data, names, owner=owner),
        lambda: _so_far(found, names, measure),
        lambda: _data(data, per_reply(apart), found, names),
    )
    for tab, show in zip(tabs, shows, strict=True):
        if tab.open:
            with tab:
                show()


def _dynamics(found: Mapping[str, Course], names: Mapping[str, str], measure: Measure) -> None:
    st.caption(
        "Each point is a turn of a conversation: how much drift there was, and by how much it "
        "changed until the next turn. Where drift is pulled back the points fall from left to "
        "right; but so do those of pure noise, and often those of a short random walk. So the fit "
        "stands beside what both would give at the same size."
    )
    for key, course in found.items():
        st.markdown(coloured(names[key], key, theme()))
        if course.dynamics.reason:
            st.caption(course.dynamics.reason)
        frame = phase_frame(course)
        if frame.empty:
            continue
        st.plotly_chart(
            phase_figure(frame, course, key=key, measure=measure, theme=theme()),
            key=f"drift.phase.{key}",
            config=_CONFIG,
            alt=phase_description(course, names[key], measure),
        )
    st.dataframe(
        _fits(found, names), hide_index=True, placeholder="–", alt="The fits and both nulls"
    )


def _fits(found: Mapping[str, Course], names: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for key, course in found.items():
        fit = course.dynamics
        rows.append(
            {
                "condition": names[key],
                "verdict": str(fit.verdict),
                "φ": fit.persistence.value,
                "φ low": fit.persistence.low,
                "φ high": fit.persistence.high,
                "φ of noise": f"{fit.noise.low:.2f} to {fit.noise.high:.2f}",
                "φ of a walk": f"{fit.walk.low:.2f} to {fit.walk.high:.2f}",
                "D*": fit.equilibrium.value,
                "half-life (turns)": fit.half_life.value,
                "step of a reminder": fit.reminder.value if fit.reminder else None,
                "reliability": fit.reliability,
                "conversations": fit.conversations,
                "turns": fit.turns,
                "reason": fit.reason,
            }
        )
    numbers = pd.DataFrame(rows)
    return numbers.round({c: 3 for c in numbers.select_dtypes("number").columns})


def _so_far(found: Mapping[str, Course], names: Mapping[str, str], measure: Measure) -> None:
    frame = curve_frame(found, so_far=True)
    st.plotly_chart(
        curve_figure(frame, names=names, reminders={}, measure=measure, theme=theme()),
        key="drift.so_far",
        config=_CONFIG,
        alt=curve_description(frame, names, measure),
    )
    st.caption("The mean over all turns up to each, as papers often show it. It hides late turns.")


def _data(
    data: RunData,
    divided: Mapping[Place, Divided],
    found: Mapping[str, Course],
    names: Mapping[str, str],
) -> None:
    run = data.run
    st.caption(f"Seed {run.seed}, the same in every condition; embedder {run.embedder}.")
    frame = curve_frame(found)
    st.dataframe(
        frame.assign(condition=frame["condition"].map(names)).round(4),
        hide_index=True,
        alt="The curves as a table",
    )
    places = list(zip(data.keys, (s.index for s in data.samples), strict=True))
    extra = {
        "kl": [divided[p].kl if p in divided else float("nan") for p in places],
        "js": [divided[p].js if p in divided else float("nan") for p in places],
        "held": held(data),
    }
    name = f"chorale-drift-{run.id[:8]}"
    with st.container(horizontal=True, gap="small"):
        file_button("Curves as CSV", lambda: str(frame.to_csv(index=False)), f"{name}-curves.csv")
        file_button("Replies as CSV", lambda: to_csv(data, extra), f"{name}.csv")
