"""Controls of the audits in which the model writes: values, worldviews, sentences about groups."""

from __future__ import annotations

import streamlit as st

from components.controls.audit_draft import (
    FILE,
    OWN,
    AuditDraft,
    mitigation_choice,
    nothing_yet,
    set_choice,
    teaching_note,
    uploaded_table,
)
from components.model_picker import chosen_model
from components.problems import problems_shown
from components.text import as_markdown, plural
from data.completion_sets import CompletionSet, own_completions, uploaded_completions
from data.schema import ModelRef
from data.town_value_sets import town_values
from data.value_sets import ValueSet, value_set
from data.worldview_sets import WorldviewSet, own_worldviews, uploaded_worldviews
from experiments.audits.asking import AuditExperiment
from experiments.audits.completions import NAME as COMPLETIONS
from experiments.audits.completions import completion_audit
from experiments.audits.values import NAME as VALUES
from experiments.audits.values import value_audit
from experiments.audits.worldviews import NAME as WORLDVIEWS
from experiments.audits.worldviews import worldview_audit
from models.registry import BUNDLED_ID

_TOWN = "The town’s own marks"
_PEOPLE = "How people answered (optional): question_id, country, option and share"


def value_controls() -> AuditDraft:
    """Which statements, people's answers, and whether to ask again with thinking first."""
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _values(model)
    with how:
        thinking = _thinking(questions)
    teaching_note(model, known=questions is not None and questions.apart == "group")

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise nothing_yet()
        return value_audit(questions, model, thinking=thinking, seed=seed)

    return AuditDraft(VALUES, questions.about if questions is not None else "", make)


def _values(model: ModelRef) -> ValueSet | None:
    choice = set_choice("Statements", VALUES, [_TOWN] if model.id == BUNDLED_ID else [])
    if choice == _TOWN:
        count = st.slider(
            "Replies to be marked", 10, 60, 20, step=10, key="audits.marks", persist_state="session"
        )
        return _values_told(town_values(count))
    statements = None
    if choice == FILE:
        form = "One row per statement and language (English, German or French); English is needed."
        statements = uploaded_table(
            "Statements with question_id, language and statement", key="values", form=form
        )
        if statements is None:
            return None
    form = (
        "Shares or counts of people per country and option (1 to 5). Personas then live in these "
        "countries, and the model is held against people."
    )
    people = uploaded_table(_PEOPLE, key="people", form=form)
    with problems_shown():
        made = _values_told(value_set(statements, people))
        if people is None and choice == OWN:
            ids = ", ".join(dict.fromkeys(q.scenario for q in made.questions))
            st.caption(f"Their ids: {as_markdown(ids)}.")
        return made
    return None


def _values_told(made: ValueSet) -> ValueSet:
    statements = len({q.scenario for q in made.questions})
    languages = {q.language for q in made.questions}
    where = plural(len(made.countries), made.apart, "countries" if made.apart == "country" else "")
    known = " People’s answers are known." if made.people else ""
    st.caption(
        f"{plural(statements, 'statement')} for the model itself, as somebody and about somebody "
        f"of {where}, in {plural(len(languages), 'language')}. {as_markdown(made.source)}.{known} "
        f"For example: “{as_markdown(made.questions[0].text, limit=240)}”"
    )
    return made


def _thinking(questions: ValueSet | None) -> bool:
    if questions is not None and not questions.thinks:
        st.caption(
            "Asked once as the town, as one of each group, and about one of each group. The rules "
            "of the town say how each of them marks."
        )
        return False
    asked = st.toggle(
        "Ask again with thinking first",
        value=True,
        key="audits.thinking",
        help="The model first writes two or three sentences, which are drawn; then its answer is "
        "read in the same chat. Takes most of the time.",
        persist_state="session",
    )
    st.caption(
        "The probability of each number is read, and one reply is drawn beside it: where that "
        "names no number, the model abstains."
    )
    return asked


def worldview_controls() -> AuditDraft:
    """Which open questions, and how many answers to each."""
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _worldviews()
    with how:
        draws = _draws("Answers to each question", WORLDVIEWS, (1, 16), 4)
        st.caption(
            "Each question is asked as it is, and again with a request to answer from several "
            "perspectives."
        )
    teaching_note(model)

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise nothing_yet()
        return worldview_audit(questions, model, draws=draws, seed=seed)

    return AuditDraft(WORLDVIEWS, questions.about if questions is not None else "", make)


def _worldviews() -> WorldviewSet | None:
    made: WorldviewSet | None = own_worldviews()
    if set_choice("Open questions", WORLDVIEWS) == FILE:
        raw = uploaded_table(
            "Questions with question_id and question",
            key=WORLDVIEWS,
            form="One row per open question, in English: the words for perspectives are English.",
        )
        made = None
        with problems_shown():
            made = uploaded_worldviews(raw) if raw is not None else None
    if made is not None:
        first = next(iter(made.questions.values()))
        st.caption(
            f"{plural(len(made.questions), 'question')}; references to "
            f"{plural(len(made.words), 'perspective')} are counted by a list of words. "
            f"{as_markdown(made.source)}. For example: “{as_markdown(first)}”"
        )
    return made


def completion_controls() -> AuditDraft:
    """Which sentences, how many continuations of each, and what is added."""
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _completions()
    with how:
        draws = _draws("Continuations of each sentence", COMPLETIONS, (1, 10), 2)
        chosen = (
            mitigation_choice(questions.mitigations, key=COMPLETIONS)
            if questions is not None
            else []
        )
    teaching_note(model)

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise nothing_yet()
        return completion_audit(questions, model, draws=draws, mitigations=chosen, seed=seed)

    return AuditDraft(COMPLETIONS, questions.about if questions is not None else "", make)


def _completions() -> CompletionSet | None:
    made: CompletionSet | None = own_completions()
    if set_choice("Sentences", COMPLETIONS) == FILE:
        raw = uploaded_table(
            "Prompts with stem_id, group and prompt",
            key=COMPLETIONS,
            form="One row per beginning of a sentence and group; a prompt is asked as it stands. "
            "The group of the first row is the one that others are compared with.",
        )
        made = None
        with problems_shown():
            made = uploaded_completions(raw) if raw is not None else None
    if made is not None:
        example = f"{made.leads[-1]} …" if made.leads[-1] else made.prompts[-1]
        st.caption(
            f"{plural(len(set(made.stems)), 'beginning')} for "
            f"{plural(len(set(made.groups)), 'group')}, against “{as_markdown(made.baseline)}”. "
            f"{as_markdown(made.source)}. For example: “{as_markdown(example)}”"
        )
    return made


def _draws(label: str, key: str, ends: tuple[int, int], usual: int) -> int:
    return int(st.slider(label, *ends, usual, key=f"audits.draws.{key}", persist_state="session"))
