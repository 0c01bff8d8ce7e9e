"""Mix while decoding: groups' rewards pull at each token, beside the same model as it is."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from components.controls.groups import Draft
from components.figures.mixing import mixing_figure
from components.layout import theme
from components.model_picker import chosen_model
from components.problems import problems_shown
from components.services import jobs, store
from components.state import State
from components.text import as_markdown, one_line, plural
from components.views.charts import chart, minus, numbers, spanned
from components.views.group_runs import run_on_show, watched
from data.schema import Condition
from experiments.groups.mixing import (
    MIXED,
    USUAL,
    Mixing,
    Side,
    mixes,
    mixing_experiment,
    mixing_of,
)
from experiments.groups.rewarding import GroupValues
from experiments.snapshot import Snapshot
from metrics.uncertainty import Estimate, difference
from models.server_address import is_server

ANSWERS, LONGEST = 64, 64
STRENGTH, STRONGEST = 6.0, 10.0
BESIDE = 5  # answers shown of each side
BROKEN = 0.9  # of the share of usual answers that reads back; below it, it is said
_PLACE = "mixed"  # in GroupsState.runs


def mixing_view(state: State, values: GroupValues, weights: np.ndarray, draft: Draft) -> None:
    """Ask for answers with rewards mixed in, and say what that brought."""
    earlier = {
        r.run.id: f"{one_line(r.run.prompt, limit=60)} · {one_line(r.run.conditions[1].name)}"
        for r in store().runs(state.owner)
        if r.run.kind == "sampling" and mixes(r.run.conditions)
    }
    snapshot = run_on_show(
        state,
        _PLACE,
        earlier,
        partial(_ask, state, values, weights, draft),
        label="Mixed answers",
        told="They stand among the runs of the Diversity page too, with all its measures.",
    )
    if snapshot is not None:
        watched(state, snapshot, partial(_found, values))


def _ask(state: State, values: GroupValues, weights: np.ndarray, draft: Draft) -> None:
    model = chosen_model()
    if is_server(model.id):
        st.info(
            "What a model on a server says next can’t be changed from here: choose a local model "
            "in the sidebar.",
            icon=":material/dns:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        question = st.text_input(
            "Question",
            draft.part if draft.items else "",
            placeholder="what the answers were about",
            key=f"groups.mix.ask.{draft.source.key}.{draft.part}",
            width=420,
        )
        count = st.number_input("Answers each", 8, 256, ANSWERS, key="groups.mix.n", width=120)
        strength = st.slider(
            "Strength (β)", 0.5, STRONGEST, STRENGTH, 0.5, key="groups.mix.strength", width=200,
            format="%.1f",
            help="What is strong depends on the model and the values; the paper’s example takes 3.",
        )  # fmt: skip
        if st.button("Mix", icon=":material/play_arrow:", type="primary"):
            with problems_shown():
                asked = mixing_experiment(
                    values, weights.tolist(), question=question, model=model,
                    strength=float(strength), n=int(count), limit=LONGEST,
                )  # fmt: skip
                state.groups.runs[_PLACE] = jobs().submit(asked, owner=state.owner)
                st.rerun()
    if _PLACE not in state.groups.runs:
        st.caption(
            "At each token, those of the 20 likeliest that lead to words the groups value become "
            "likelier. The same question is asked without that too (β = 0)."
        )


def _found(values: GroupValues, snapshot: Snapshot) -> None:
    conditions = {condition.key: condition for condition in snapshot.run.conditions}
    drawn = list(zip(snapshot.data.keys, snapshot.data.samples, strict=True))
    usual, mixed = ([s for key, s in drawn if key == side] for side in (USUAL, MIXED))
    found = mixing_of(values, usual, mixed, strength=_strength(conditions[MIXED]))
    usual_n, mixed_n = len(found.usual.texts), len(found.mixed.texts)
    name = as_markdown(conditions[MIXED].name.removeprefix("Mixed, "), limit=120)
    st.caption(
        f"“{as_markdown(snapshot.run.prompt, limit=80)}”: "
        f"{plural(usual_n, 'usual answer')}, {mixed_n} mixed at {name}."
    )
    _broken(found)
    _picture(found, values)
    _sides(found)
    _beside(found)


def _strength(condition: Condition) -> float:
    return float(str(dict(condition.strategy.options)["strength"]))


def _broken(found: Mixing) -> None:
    """Say it where mixing costs good answers."""
    usual, mixed = found.usual.read, found.mixed.read
    if usual is not None and mixed is not None and mixed.value < BROKEN * usual.value:
        st.warning(
            f"Mixing breaks answers: {mixed.value:.0%} read back as answers to this question, "
            f"without it {usual.value:.0%}. Take a smaller β.",
            icon=":material/warning:",
        )


def _picture(found: Mixing, values: GroupValues) -> None:
    gains: dict[str, list[tuple[float, float, float]]] = {
        "expected by the values": [(e.value, e.low, e.high) for e in found.gains]
    }
    told = ""
    if found.usual.taste is not None and found.mixed.taste is not None:
        true = [difference(b, a) for a, b in zip(found.usual.taste, found.mixed.taste, strict=True)]
        gains["true, by the town’s tastes"] = [(d.value, d.low, d.high) for d in true]
        told = " True gains are of the answers that read back."
    frame = pd.DataFrame(
        {"group": name, "gain": kind, "value": value, "low": low, "high": high, "n": e.n}
        for kind, rows in gains.items()
        for name, e, (value, low, high) in zip(values.names, found.gains, rows, strict=True)
    )
    chart(
        mixing_figure(values.names, gains, theme=theme()),
        frame.round(4),
        key="groups-mixing",
        alt="What mixing brings each group, with intervals.",
    )
    st.caption(
        "Gains are over the usual answers, 1 being the whole scale, with 95 % intervals over "
        f"answers (n = {found.gains[0].n} each) and, where expected, over raters too; one interval "
        f"in twenty misses by chance.{told} "
        "Answers were drawn by the same values that expect the gain, which flatters it."
    )


def _sides(found: Mixing) -> None:
    frame = pd.DataFrame(
        [
            _side("as usual, β = 0", found.usual),
            _side(f"mixed, β = {found.strength:g}", found.mixed),
        ]
    )
    st.dataframe(frame, hide_index=True, alt="Both kinds of answers")
    numbers(frame, key="groups-mixing-sides")
    st.caption(
        "Surprise is how unlikely an answer’s tokens are to the model without mixing, in nats per "
        "token: far above the usual, sentences break."
    )


def _side(name: str, side: Side) -> dict[str, object]:
    row: dict[str, object] = {"answers": name, "n": len(side.texts)}
    if side.read is not None:
        row["read back as answers"] = spanned(side.read, ".0%")
    row["surprise"] = spanned(side.nats, ".2f")
    row["different"] = f"{side.different:.0%}"
    if side.taste is not None:
        row["true taste, mean of groups"] = _mean_of([e for e in side.taste if e.is_defined])
        row["of the least content"] = _least_of([e for e in side.taste if e.is_defined])
    return row


def _mean_of(tastes: list[Estimate]) -> str:
    return minus(f"{np.mean([e.value for e in tastes]):.2f}") if tastes else "–"


def _least_of(tastes: list[Estimate]) -> str:
    return spanned(min(tastes, key=lambda e: e.value), ".2f") if tastes else "–"


def _beside(found: Mixing) -> None:
    with st.expander("Answers side by side", type="compact"):
        rows = zip(found.usual.texts[:BESIDE], found.mixed.texts[:BESIDE], strict=False)
        frame = pd.DataFrame(rows, columns=["as usual", f"mixed, β = {found.strength:g}"])
        st.table(frame.map(as_markdown), hide_index=True)
