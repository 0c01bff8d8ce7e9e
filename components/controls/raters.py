"""Who is played, what is judged and how often: widgets in, a frozen draft out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components import polls
from components.controls.group_files import uploaded_source
from components.model_picker import chosen_model
from components.services import store
from components.state import State
from components.teaching import teaching_banner
from components.text import as_markdown, plural
from data.errors import ChoraleError
from data.examples.raters import Mode, example_groups, town_answers, town_groups
from data.schema import MAX_CONDITIONS, Condition, ModelRef
from data.store import RunSummary
from data.town.town import load_town
from experiments.groups.grouping import attributes_of, grouping_of
from experiments.groups.sources import Source
from experiments.play_and_people import COMPARES
from experiments.raters import (
    MAX_ITEMS,
    MAX_RATERS,
    MIN_ITEMS,
    MIN_RATERS,
    RatersExperiment,
    played_by,
    units_of,
)
from models.registry import BUNDLED_ID

_TOWN, _RUN, _OWN = "Answers of the town", "A run of the Diversity page", "Answers of my own"
_PEOPLE = "Answers that people compared"
_SAME_AS = 60  # made-up raters of each group whom a play of the town is held to
_MODES: Mapping[Mode, str] = {"pairs": "Compare pairs", "scores": "Score each, 1 to 5"}
MOST_OF_RUN = 16  # answers of a run that are judged unless more are asked for
USUAL = 14  # judgements per rater: six groups of twelve then stay within a public host's limit


@dataclass(frozen=True, slots=True)
class RatersDraft:
    """What the widgets ask for; checked when it becomes an experiment.

    Attributes:
        people: who compared the same answers; None for nobody.
    """

    model: ModelRef
    groups: Mapping[str, str]
    prompt: str
    items: tuple[str, ...]
    mode: Mode
    raters: int
    each: int
    people: Source | None

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
    with what:
        judged = _answers(state, model)
    with who:
        groups = _groups(model, judged)
    with how:
        mode, raters, each = _size(len(set(judged.items)))
    teaching_banner([model])
    question, items = judged.question, tuple(judged.items)
    return RatersDraft(model, groups, question, items, mode, raters, each, judged.people)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What is judged, and who else judged it; `by` is the attribute whose groups are played."""

    question: str = ""
    items: Sequence[str] = ()
    people: Source | None = None
    by: str = ""


def _groups(model: ModelRef, judged: _Judged) -> Mapping[str, str]:
    if model.id == BUNDLED_ID:
        known = town_groups()
        chosen = st.pills(
            "Groups that the model plays",
            list(known),
            wrap=True,
            selection_mode="multi",
            default=list(known),
            key="raters.groups",
            persist_state="session",
        )
        return {name: known[name] for name in chosen}
    usual, key = example_groups(), "raters.lines"
    if judged.people is not None and judged.by:
        found = grouping_of(judged.people.responses, (judged.by,))
        usual = {n: f"a person whose {judged.by} is {n}" for n in found.names[:MAX_CONDITIONS]}
        key = f"raters.lines.{judged.people.key}.{judged.by}"
    lines = st.text_area(
        "Groups that the model plays, one per line",
        value="\n".join(f"{name.replace(':', ' ')}: {who}" for name, who in usual.items()),
        height=150,
        key=key,
        help="A name, a colon, and what a member is: “Nurses: a nurse of about forty”. A group is "
        "held to people of the same name.",
        persist_state="session",
    )
    parts = [line.partition(":") for line in lines.splitlines() if line.strip()]
    return {name.strip(): who.strip() for name, _, who in parts}


def _answers(state: State, model: ModelRef) -> _Judged:
    own = [_RUN, _PEOPLE, _OWN]
    sources = [_TOWN, *own] if model.id == BUNDLED_ID else own
    source = st.selectbox("What they judge", sources, key="raters.source", persist_state="session")
    if source == _TOWN:
        return _of_town()
    if source == _PEOPLE:
        return _of_people(state)
    return _Judged(*(_of_run(state) if source == _RUN else _own()))


def _of_people(state: State) -> _Judged:
    """Answers of a file in which people compared them, so that a play can be held to theirs."""
    source = uploaded_source(state)
    if source is None:
        return _Judged()
    if source.responses.kind not in COMPARES:
        st.info("Votes compare no answers. Bring pairs, choices, rankings or ratings.")
        return _Judged()
    parts, attributes = polls.parts(source), list(attributes_of(source.responses))
    part = st.selectbox("Question", list(parts)[:200], key=f"raters.part.{source.key}")
    by = ""
    if attributes:
        by = st.selectbox("Groups by", attributes, key=f"raters.by.{source.key}")
    found = polls.options(source, parts[part])
    count = st.slider("Answers", MIN_ITEMS, MAX_ITEMS, 8, key="raters.of_people")
    items = list(dict.fromkeys(found.labels))[:count]
    st.caption(f"{plural(len(items), 'answer')} that people compared.")
    return _Judged(part, items, source, by)


def _of_town() -> _Judged:
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
    people = polls.town("pairs", _SAME_AS, 0, (topic,))
    return _Judged(topics[topic].questions[0], items, people, "group")


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
        key=f"raters.each.{mode}.{most}",  # another number of answers has a default of its own
        help="A pair is asked in both orders, which counts as one judgement.",
        persist_state="session",
    )
    st.caption(as_markdown(f"Of {most} that there are."))
    return mode, raters, int(each)
