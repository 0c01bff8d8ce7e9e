"""Stars for answers: of the one that is picked, or one by one without knowing whence it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from components.services import judgements
from components.state import State, session, widget_value
from components.text import as_markdown, plural
from data.divergences import Place
from data.schema import RunData
from experiments.quality import STARS

_ONE_BY_ONE = "diversity.rate"


def own_stars(state: State, data: RunData) -> dict[Place, float]:
    """The stars that this visitor gave the answers of a run."""
    return judgements().scores(data.run.id, STARS, owner=state.owner)


def place_of(data: RunData, row: int) -> Place:
    """Condition key and sample index of a row."""
    return data.keys[row], data.samples[row].index


def stars_bar(
    state: State,
    data: RunData,
    rows: Sequence[int],
    stars: Mapping[Place, float],
) -> None:
    """Give stars one by one, and take them back.

    Args:
        state: of the visitor.
        data: answers.
        rows: those that may be rated.
        stars: given so far.
    """
    rated = sum(place_of(data, row) in stars for row in rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.toggle(
            "Rate one by one",
            key=_ONE_BY_ONE,
            help="In random order, and without its condition, so that this can’t sway you.",
            persist_state="session",
        )
        st.caption(f"{rated} of {plural(len(rows), 'answer')} have your stars.", width="content")
        if any(run == data.run.id for run, _, _ in state.diversity.starred):
            st.button("Undo", icon=":material/undo:", key="diversity.unstar", on_click=_undo)
    if rates_one_by_one():
        _next(state, data, rows, stars)


def rates_one_by_one() -> bool:
    """Whether the next answer is chosen for the visitor."""
    return bool(widget_value(_ONE_BY_ONE))


def _next(state: State, data: RunData, rows: Sequence[int], stars: Mapping[Place, float]) -> None:
    """The next answer that has no stars."""
    order = np.random.default_rng(data.run.seed % 2**64).permutation(len(data.keys))
    listed = set(rows)
    skipped = state.diversity.skipped
    waiting = [
        int(row)
        for row in order
        if row in listed
        and place_of(data, row) not in stars
        and (data.run.id, *place_of(data, row)) not in skipped
    ]
    if not waiting:
        st.caption("All of these answers have stars, or were passed over.")
        return
    with st.container(border=True, gap="xsmall"):
        st.caption(as_markdown(data.run.prompt))
        stars_of(state, data, waiting[0], stars)
        st.button(
            "Pass over",
            type="tertiary",
            key="diversity.pass_over",
            on_click=_pass_over,
            args=(data.run.id, *place_of(data, waiting[0])),
        )


def stars_of(state: State, data: RunData, row: int, stars: Mapping[Place, float]) -> None:
    """The stars of one answer, to be given or changed."""
    place = place_of(data, row)
    st.markdown(as_markdown(data.samples[row].text))
    given = stars.get(place)
    # After an undo the widget must show what is kept, not what was clicked: hence a key of its own.
    key = f"diversity.stars.{data.run.id}.{place[0]}.{place[1]}.{len(state.diversity.starred)}"
    st.feedback(
        "stars",
        key=key,
        default=None if given is None else int(given) - 1,
        on_change=_give,
        args=(key, data.run.id, place, given),
    )


def _give(widget: str, run_id: str, place: Place, before: float | None) -> None:
    state, chosen = session(), widget_value(widget)
    value = float(chosen) + 1 if isinstance(chosen, int) else None
    _keep(run_id, place, value)
    state.diversity.starred = (*state.diversity.starred, (run_id, place, before))


def _undo() -> None:
    state = session()
    *earlier, (run_id, place, before) = state.diversity.starred
    _keep(run_id, place, before)
    state.diversity.starred = tuple(earlier)


def _keep(run_id: str, place: Place, value: float | None) -> None:
    owner = session().owner
    if value is None:
        judgements().remove_score(run_id, STARS, place, owner=owner)
    else:
        judgements().add_scores(run_id, STARS, {place: value}, owner=owner)


def _pass_over(run_id: str, key: str, index: int) -> None:
    page = session().diversity
    page.skipped = page.skipped | {(run_id, key, index)}
