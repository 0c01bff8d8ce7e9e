"""The temperature sweep: started by one press, drawn as measures against temperature."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial

import streamlit as st

from components.controls.diversity import Draft
from components.figures.sweep import sweep_description, sweep_figure, sweep_frame
from components.jobs import follow
from components.layout import theme
from components.problems import show_problem
from components.services import jobs
from components.state import State, fill_widgets
from components.views.charts import numbers
from components.views.gate import Shown
from data.errors import ChoraleError
from experiments.sweep import LEAST, TEMPERATURES, swept_temperatures, temperature_sweep
from metrics.catalogue import CATALOGUE, DEFAULT_PANEL


def sweep_button(state: State, draft: Draft) -> None:
    """One press: the first condition at six temperatures."""
    n = 64
    st.button(
        "Sweep the temperature",
        icon=":material/device_thermostat:",
        type="tertiary",
        key="diversity.sweep",
        help=f"Asks as the first condition does, at temperatures "
        f"{', '.join(f'{t:g}' for t in TEMPERATURES)}: {len(TEMPERATURES)} × {n} answers in one "
        "run, drawn as curves.",
        on_click=partial(_start, state, draft, n),
    )
    if (problem := state.here.problem) is not None:
        state.here.problem = None
        show_problem(problem)


def _start(state: State, draft: Draft, n: int) -> None:
    try:
        asked = temperature_sweep(draft.prompt, draft.conditions[0], seed=secrets.randbits(31), n=n)
        run_id = jobs().submit(asked, owner=state.owner)
    except ChoraleError as error:
        state.here.problem = error
        return
    follow(state, run_id)
    fill_widgets({"diversity.curves": "Temperature"})  # the tabs open at the curves by themselves


def sweep_view(shown: Shown, names: Mapping[str, str]) -> None:
    """Each measure of the panel at each temperature."""
    temperatures = swept_temperatures(shown.data.run)
    if not temperatures:
        st.caption(
            f"Curves over temperature need a run of at least {LEAST} conditions that differ in "
            "nothing but their temperature. **Sweep the temperature**, beside the main button, "
            "makes one of your first condition. To expect: more different answers as it gets "
            "warmer, until they are different because they are broken; the quality gate shows "
            "which it is."
        )
        return
    panels = shown.analysis.panels
    estimates = {key: panel.estimates for key, panel in panels.items()}
    frame = sweep_frame(temperatures, estimates)
    if frame.empty:
        st.caption("The curves begin with the eighth answer at a temperature.")
        return
    m, measures = shown.analysis.common_n, [CATALOGUE[key] for key in DEFAULT_PANEL]
    st.caption(
        f"Everything that depends on the number of answers is for {m}. Shaded: 95 % interval at "
        "each temperature; between them the line only leads the eye."
    )
    grid = st.grid(2, min_column_width=300, gap="small")
    for measure in measures:
        with grid.cell():
            st.plotly_chart(
                sweep_figure(frame, measure, theme=theme(), m=m),
                key=f"diversity.sweep.{measure.key}",
                config={"displayModeBar": False},
                alt=sweep_description(frame, [measure], m=m),
            )
    numbers(frame, key="sweep")
