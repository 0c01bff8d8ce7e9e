"""A model's own states while it reads the answers of a run: offered and followed."""

from __future__ import annotations

import streamlit as st

from components.problems import problems_shown, show_problem
from components.recorded import recorded_run
from components.services import followups, readings
from components.state import State
from components.text import plural
from components.views.gate import Shown
from experiments.answer_states import KIND, answer_pieces, model_of, states_of


def answers_read(state: State, shown: Shown, place: str, purpose: str) -> bool:
    """Whether the model's own states have been read; says how far that is, and offers it.

    Args:
        state: of the visitor.
        shown: what the page shows.
        place: where on the page this stands.
        purpose: what the states are for, in a sentence.
    """
    run, work = shown.data.run, followups()
    model = model_of(shown.whole)
    recorded = recorded_run()
    if model is None or shown.running or (recorded is not None and recorded.run.id == run.id):
        return False
    if states_of(readings().load(run.id, KIND), shown.data, "end") is not None:
        return True
    going = work.shown(run.id, KIND)
    if going is not None and going.error is not None:
        show_problem(going.error)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if going is not None and going.active:
            st.progress(
                going.done / max(going.wanted, 1),
                text=f"{going.done} of {plural(going.wanted, 'part')} read",
            )
            st.button("Stop reading", icon=":material/stop:", key=f"diversity.{place}.states.stop",
                      on_click=work.stop, args=(run.id, KIND))  # fmt: skip
        else:
            st.caption(purpose)
            if st.button("Read the model’s states", icon=":material/neurology:",
                         key=f"diversity.{place}.states.start", type="tertiary"):  # fmt: skip
                with problems_shown():
                    pieces = answer_pieces(shown.whole, model)
                    work.start(run.id, KIND, pieces, owner=state.owner)
                    st.rerun()
    return False
