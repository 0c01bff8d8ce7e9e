"""Frontiers by model: earlier closed loops on one scale."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.figures.frontier import frontier_frame, several_figure
from components.layout import theme
from components.problems import problems_shown
from components.recorded import recorded_run
from components.services import store
from components.state import session
from components.text import plural
from components.views.charts import chart, spanned
from data.schema import Run, RunData, RunState
from experiments.loop_models import AXES, Loops, compared_loops, costs
from models.registry import model_name

_MOST = 6  # runs in one picture
_OFFERED = 40
_RECORDED = "recorded"
_PAIR = ("hybrid", "uncapped")  # whose difference the study publishes by model


def models_view() -> None:
    """Where the replies of different models land."""
    offered = _offered()
    st.caption(
        "Closed loops that you have held, each with the model that answered. All are put on one "
        "scale, that of what their users say and of all first replies, so that places compare; so "
        "they differ a little from a run’s own picture. To add a model, choose it in the sidebar "
        "and press **Sample**."
    )
    if not offered:
        st.caption("None yet.")
        return
    names = {key: _label(run) for key, run in offered.items()}
    chosen = st.multiselect(
        "Runs", list(names), default=_one_of_each_model(offered), max_selections=_MOST,
        format_func=lambda key: names.get(key, key), wrap=True,
        key=f"synchrony.models.{len(names)}",
    )  # fmt: skip
    if not chosen:
        st.caption("Choose a run.")
        return
    with problems_shown():
        drawn = tuple((key, _counted(key)) for key in chosen)
        _compared_view(_compared(drawn), {key: names[key] for key in chosen})


def _compared_view(loops: Loops, names: Mapping[str, str]) -> None:
    frames = {
        name: frontier_frame(f.policies, f.estimates, f.stands)
        for name, f in zip(_distinct(list(names.values())), loops.frontiers, strict=True)
    }
    chart(
        several_figure(frames, theme=theme()),
        pd.concat([frame.assign(model=name) for name, frame in frames.items()]),
        key="models",
        alt=f"Frontiers of {', '.join(frames)}.",
        page="synchrony",
    )
    about = f"{plural(loops.turns - 1, 'turn')} after the first. "
    if len(frames) > 1 and not loops.same_users:
        about += (
            "These runs don’t answer the same lines of users, so differences between models are "
            "differences between users too. "
        )
    st.caption(about + _undefined(frames))
    _costs(loops, list(frames))


def _undefined(frames: Mapping[str, pd.DataFrame]) -> str:
    few = [name for name, frame in frames.items() if frame["stability"].isna().all()]
    return f"Too few conversations for a place: {', '.join(few)}." if few else ""


def _costs(loops: Loops, names: list[str]) -> None:
    """What following less costs and gains, by model."""
    found = costs(loops, *_PAIR)
    rows = []
    for place, name in enumerate(names):
        mine = {each.measure: each.difference for each in found if each.place == place}
        if mine:
            n = mine[AXES[0]].n
            rows.append({"model": name, **{a: spanned(mine[a], "+.2f") for a in AXES}, "n": n})
    if rows:
        st.markdown("**Hybrid minus Uncapped**, in pairs of conversations, with 95 % intervals")
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Hybrid minus Uncapped by model")


def _offered() -> dict[str, Run]:
    """The recorded run and this visitor's closed loops that have ended, newest first."""
    state = session()
    kept = [s.run for s in store().runs(state.owner) if s.run.kind == "closed_loop" and s.drawn]
    ended = [run for run in kept if run.state in (RunState.DONE, RunState.INCOMPLETE)]
    recorded = recorded_run("synchrony")
    found = {run.id: run for run in ended[:_OFFERED]}
    return found | ({} if recorded is None else {_RECORDED: recorded.run})


def _one_of_each_model(offered: Mapping[str, Run]) -> list[str]:
    latest: dict[str, str] = {}
    for key, run in offered.items():
        latest.setdefault(_models(run), key)
    return list(latest.values())[:_MOST]


def _models(run: Run) -> str:
    return ", ".join(dict.fromkeys(model_name(c.model) for c in run.conditions))


def _label(run: Run) -> str:
    return f"{_models(run)}, {run.created:%-d %b %H:%M}"


def _distinct(labels: list[str]) -> list[str]:
    """Models alone where that tells runs apart, else with their time, else numbered too."""
    alone = [label.rsplit(", ", 1)[0] for label in labels]
    if len(set(alone)) == len(alone):
        return alone
    return [
        f"{each} ({n})" if labels.count(each) > 1 else each
        for n, each in enumerate(labels, start=1)
    ]


def _counted(key: str) -> int:
    """Replies of a run: it changes what is shown when a run goes on."""
    return 0 if key == _RECORDED else sum(map(len, store().drawn(key).values()))


@st.cache_resource(max_entries=8, show_spinner="Measuring every reply …")
def _compared(drawn: tuple[tuple[str, int], ...]) -> Loops:
    return compared_loops([_loaded(key) for key, _ in drawn])


def _loaded(key: str) -> RunData:
    recorded = recorded_run("synchrony")
    return recorded if key == _RECORDED and recorded is not None else store().load(key)
