"""Who is played, what is judged and how often: widgets in, a frozen draft out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.model_picker import chosen_model
from components.services import store
from components.state import State
from components.teaching import teaching_banner
from components.text import as_markdown, plural
from data.errors import ChoraleError
from data.examples.raters import Mode, example_groups, town_answers, town_groups
from data.schema import Condition, ModelRef
from data.store import RunSummary
from data.town.town import load_town
from experiments.raters import MAX_RATERS, MIN_RATERS, RatersExperiment, played_by, units_of
from models.registry import BUNDLED_ID

_TOWN, _RUN, _OWN = "Answers of the town", "A run of the Diversity page", "Answers of my own"
_MODES: Mapping[Mode, str] = {"pairs": "Compare pairs", "scores": "Score each, 1 to 5"}
MOST_OF_RUN = 16  # answers of a run that are judged unless more are asked for
USUAL = 14  # judgements per rater: six groups of twelve then stay within a public host's limit


@dataclass(frozen=True, slots=True)
class RatersDraft:
    """What the widgets ask for; checked when it becomes an experiment."""

    model: ModelRef
    groups: Mapping[str, str]
    prompt: str
    items: tuple[str, ...]
    mode: Mode
    raters: int
    each: int

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """One per group; none where the draft asks for something that can't be."""
        try:
            return self.experiment(0).conditions
        except ChoraleError:
            return ()

    def experiment(self, seed: int) -> RatersExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return played_by(
            self.model,
            self.groups,
            self.prompt,
            self.items,
            mode=self.mode,
            raters=self.raters,
            each=self.each,
            seed=seed,
        )


def raters_controls(state: State) -> RatersDraft:
    """Groups beside the answers that they judge, and how many judgements are asked for."""
    model = chosen_model()
    who, what, how = st.columns([1, 1.4, 0.8], gap="medium")
    with who:
        groups = _groups(model)
    with what:
        question, items = _answers(state, model)
    with how:
        mode, raters, each = _size(len(set(items)))
    teaching_banner([model])
    return RatersDraft(model, groups, question, tuple(items), mode, raters, each)


def _groups(model: ModelRef) -> Mapping[str, str]:
    if model.id == BUNDLED_ID:
        known = town_groups()
        chosen = st.pills(
            "Groups that the model plays",
            list(known),
            selection_mode="multi",
            default=list(known),
            key="raters.groups",
            persist_state="session",
        )
        return {name: known[name] for name in chosen}
    lines = st.text_area(
        "Groups that the model plays, one per line",
        value="\n".join(f"{name}: {who}" for name, who in example_groups().items()),
        height=150,
        key="raters.lines",
        help="A name, a colon, and what a member is: “Nurses: a nurse of about forty”.",
        persist_state="session",
    )
    parts = [line.partition(":") for line in lines.splitlines() if line.strip()]
    return {name.strip(): who.strip() for name, _, who in parts}


def _answers(state: State, model: ModelRef) -> tuple[str, Sequence[str]]:
    sources = [_TOWN, _RUN, _OWN] if model.id == BUNDLED_ID else [_RUN, _OWN]
    source = st.selectbox("What they judge", sources, key="raters.source", persist_state="session")
    if source == _TOWN:
        return _of_town()
    return _of_run(state) if source == _RUN else _own()


def _of_town() -> tuple[str, Sequence[str]]:
    topics = load_town().topics
    topic = st.selectbox(
        "Question",
        list(topics),
        format_func=lambda key: topics[key].questions[0],
        key="raters.topic",
        persist_state="session",
    )
    count = st.slider("Ideas, the most popular first", 2, 10, 8, key="raters.ideas")
    items = town_answers(topic, count)
    st.caption(f"{plural(len(items), 'answer')}, one per idea, in the town’s words.")
    return topics[topic].questions[0], items


def _of_run(state: State) -> tuple[str, Sequence[str]]:
    runs = {r.run.id: r for r in store().runs(state.owner) if r.run.kind == "sampling" and r.drawn}
    if not runs:
        st.caption("There is no run yet: draw some answers on the Diversity page first.")
        return "", ()

    def told(run_id: str) -> str:
        return _line(runs[run_id])

    run_id = st.selectbox("Run", list(runs), format_func=told, key="raters.run")
    count = st.number_input(
        "Different answers", 2, 64, MOST_OF_RUN, key="raters.count", persist_state="session"
    )
    found = store().load(run_id)
    different = dict.fromkeys(sample.text.strip() for sample in found.samples)
    items = [text for text in different if text][: int(count)]
    st.caption(f"The first {len(items)} of {plural(len(different), 'different answer')}.")
    return found.run.prompt, items


def _line(summary: RunSummary) -> str:
    run = summary.run
    return f"{run.prompt[:60]} ({plural(summary.drawn, 'answer')}, {run.created:%-d %b %H:%M} UTC)"


def _own() -> tuple[str, Sequence[str]]:
    question = st.text_input("Question", key="raters.question", persist_state="session")
    lines = st.text_area(
        "Answers, one per line", height=110, key="raters.items", persist_state="session"
    )
    return question, [line.strip() for line in lines.splitlines() if line.strip()]


def _size(items: int) -> tuple[Mode, int, int]:
    mode: Mode = st.radio(
        "How they judge",
        list(_MODES),
        format_func=_MODES.__getitem__,
        key="raters.mode",
        persist_state="session",
    )
    raters = st.slider(
        "Raters per group",
        MIN_RATERS,
        MAX_RATERS,
        12,
        key="raters.raters",
        help="Each is a wording of the persona of its own. More of them show how much the play "
        "hangs on the wording; they never become people.",
        persist_state="session",
    )
    most = max(units_of(items, mode), 1)
    each = st.number_input(
        "Judgements per rater",
        1,
        200,
        min(USUAL, most),
        key=f"raters.each.{mode}",
        help="A pair is asked in both orders, which counts as one judgement.",
        persist_state="session",
    )
    st.caption(as_markdown(f"Of {most} that there are."))
    return mode, raters, int(each)
