"""What groups are expected to like, chosen from a model's answers or mixed into them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from components import polls
from components.controls.groups import Draft
from components.figures.rewards import best_figure
from components.layout import theme
from components.model_picker import chosen_model
from components.problems import problems_shown
from components.services import jobs, store
from components.state import State, session
from components.text import as_markdown, one_line, plural
from components.tiles import method_card_button
from components.views.charts import chart, minus, numbers, spanned
from components.views.group_mixing import mixing_view
from components.views.group_runs import run_on_show, watched
from data.schema import Condition, Decoding
from experiments.groups.rewarding import RULES, BestOfN, GroupValues, best_of, rule_scores
from experiments.sampling import SamplingExperiment
from experiments.snapshot import Snapshot
from metrics.catalogue_welfare import WELFARE

USUAL, LONGEST = 64, 64
_PLACE = "best"  # in GroupsState.runs
_CHOOSE, _MIX = "Best of n", "Mix while decoding"
_TITLES = {  # → heading, and the card of what is shown
    _CHOOSE: ("Of n answers, the one that groups should like best", "reward"),
    _MIX: ("At each token, a pull towards what groups like", "mixed"),
}


def rewards_view(draft: Draft) -> None:
    """Values of words, and either the best of some answers or answers that lean towards them."""
    way = st.segmented_control(
        "How", [_CHOOSE, _MIX], default=_CHOOSE, required=True,
        key="groups.rewarding", label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    title, card = _TITLES[str(way)]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{title}**", width="content")
        method_card_button(WELFARE[card])
    values = polls.values(draft.source, draft.by)
    st.caption(
        f"What each group likes is learned from {plural(values.function.texts, 'answer')} that ten "
        "or more of every group judged; a model’s new answers are then valued by their words."
    )
    _values(values)
    state, weights = session(), _weights(draft, values)
    if way == _MIX:
        mixing_view(state, values, weights, draft)
        return
    earlier = {
        r.run.id: f"{one_line(r.run.prompt, limit=60)} ({plural(r.drawn, 'answer')})"
        for r in store().runs(state.owner)
        if r.run.kind == "sampling" and r.drawn > 1
    }
    snapshot = run_on_show(
        state,
        _PLACE,
        earlier,
        partial(_ask, state, draft),
        label="Answers to choose among",
        told="Runs of the Diversity page, and those asked for here.",
    )
    if snapshot is not None:
        watched(state, snapshot, partial(_chosen, values, weights))


def _values(values: GroupValues) -> None:
    """How far to trust the values, and the words that make them."""
    rows = []
    for g, name in enumerate(values.names):
        up, down = values.told(g)
        skill = values.function.skill[g]
        rows.append(
            {
                "group": name,
                "held-out texts told (r)": "–" if np.isnan(skill) else minus(f"{skill:.2f}"),
                "texts": values.function.texts,
                "words that add": up,
                "words that take away": down,
            }
        )
    with st.expander("What words are worth to each group", type="compact"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Values of words by group")
        st.caption(
            "r is the correlation of values with judgements of texts that the values were not "
            f"learned from (n = {values.function.texts}). Near 0 the values hold for answers like "
            "those that were judged, and for no others."
        )


def _ask(state: State, draft: Draft) -> None:
    model = chosen_model()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        question = st.text_input(
            "Question",
            draft.part if draft.items else "",
            placeholder="what the answers were about",
            key=f"groups.ask.{draft.source.key}.{draft.part}",
            width=420,
        )
        count = st.number_input("Answers", 2, 256, USUAL, key="groups.answers", width=110)
        if st.button("Ask the model", icon=":material/play_arrow:", type="primary"):
            with problems_shown():
                condition = Condition(
                    key="a", name="Best of n", model=model, n=int(count),
                    decoding=Decoding(max_new_tokens=LONGEST),
                )  # fmt: skip
                asked = SamplingExperiment(question, (condition,), seed=0)
                state.groups.runs[_PLACE] = jobs().submit(asked, owner=state.owner)
                st.rerun()
    if _PLACE not in state.groups.runs:
        st.caption(
            "Draw answers to a question like those that were judged; each group then values them, "
            "and the best for all together and the best for the least content are shown."
        )


def _chosen(values: GroupValues, weights: np.ndarray, snapshot: Snapshot) -> None:
    asked, data = snapshot.run.conditions, snapshot.data
    first = asked[0]
    if len(asked) > 1:
        first = st.selectbox("Answers of", asked, format_func=lambda c: one_line(c.name))
    drawn = zip(data.keys, data.samples, strict=True)
    texts = [s.text.strip() for key, s in drawn if key == first.key and s.text.strip()]
    found = best_of(values, texts, weights.tolist())
    st.caption(
        f"“{as_markdown(snapshot.run.prompt, limit=80)}”: {plural(len(texts), 'answer')} of "
        f"{as_markdown(first.name)}, {plural(len(set(texts)), 'different one')}."
    )
    _picture(found, weights)
    _table(found, values)


def _weights(draft: Draft, values: GroupValues) -> np.ndarray:
    with st.popover("Weights of groups", icon=":material/balance:", type="tertiary"):
        given = [
            st.slider(name, 0.0, 1.0, 1.0, 0.1, key=f"groups.weight.{draft.by}.{name}")
            for name in values.names
        ]
    return np.array(given)


def _picture(found: BestOfN, weights: np.ndarray) -> None:
    curves, title, told = found.curves, "expected gain in utility", ""
    if found.truth is not None:
        scores = rule_scores(found.rewards, weights)
        show = st.segmented_control(
            "Gains", ["True gains", "Expected gains"], default="True gains", required=True,
            key="groups.gains", label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        if show == "True gains":
            curves = {rule: found.true_curve(rule, scores[rule]) for rule in RULES}
            title = "true gain in utility"
            told = " True gains are by the tastes that are written down for the town."
    frame = pd.DataFrame(
        {"rule": rule, "n": n, "nats": found.divergence[i], "mean of groups": row.mean(),
         "least of groups": row.min()}
        for rule, curve in curves.items()
        for i, (n, row) in enumerate(zip(found.sizes, curve, strict=True))
    )  # fmt: skip
    chart(
        best_figure(found.sizes, found.divergence, curves, y_title=title, theme=theme()),
        frame.round(4),
        key="groups-best-of-n",
        alt="Gains of the groups by two rules, as the best of more answers is taken.",
    )
    st.caption(
        f"Gains are over the mean of all {len(found.texts)} answers, 1 being the whole scale; "
        f"for each n, averaged over all sets of n of them.{told}"
    )


def _table(found: BestOfN, values: GroupValues) -> None:
    rows = []
    for rule in RULES:
        at = found.chosen[rule]
        row: dict[str, object] = {"rule": rule, "chooses": found.texts[at]}
        for g, name in enumerate(values.names):
            row[name] = spanned(found.gains[rule][g], "+.2f")
            if found.truth is not None:
                true = found.truth[g, at]
                row[f"{name}, true"] = "–" if np.isnan(true) else minus(f"{true:+.2f}")
        rows.append(row)
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"chooses": st.column_config.TextColumn(width="large")},
        alt="What each rule chooses, and what each group is expected to gain",
    )
    numbers(frame, key="groups-chosen")
    told = _told(found, values)
    st.caption(
        f"Each group’s expected gain with a 95 % interval: its raters (n = {min(values.sizes):,} "
        "or more) drawn anew, the choice kept. "
        "The choice is made by the same values, which flatters it; what words can’t tell is not "
        f"in the intervals.{told}"
    )


def _told(found: BestOfN, values: GroupValues) -> str:
    """How far the values agree with the town's truth over these answers."""
    if found.truth is None:
        return ""
    known = ~np.isnan(found.truth).any(axis=0)
    if known.sum() < 3:
        return ""
    pairs = zip(found.rewards[:, known], found.truth[:, known], strict=True)
    rs = [float(np.corrcoef(a, b)[0, 1]) for a, b in pairs if a.std() > 0 and b.std() > 0]
    if not rs:
        return ""
    return (
        f" Over these answers the values correlate with the town’s true tastes by {min(rs):.2f} to "
        f"{max(rs):.2f} (n = {int(known.sum())} answers)."
    )
