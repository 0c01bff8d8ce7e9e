"""Which audit, which questions and what is added to them: widgets in, a frozen draft out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

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
from components.controls.audit_kinds import completion_controls, value_controls, worldview_controls
from components.model_picker import chosen_model
from components.problems import problems_shown
from components.state import State, fill_widgets
from components.text import as_markdown, plural
from data.association_sets import AssociationSet, own_associations, uploaded_associations
from data.audits import (
    DecisionSet,
    own_decisions,
    own_statements,
    town_decisions,
    uploaded_decisions,
    uploaded_statements,
)
from data.schema import ModelRef
from experiments.audits.asking import AuditExperiment, audit_of
from experiments.audits.associations import NAME as ASSOCIATIONS
from experiments.audits.associations import association_audit
from experiments.audits.completions import NAME as COMPLETIONS
from experiments.audits.decisions import NAME as DECISIONS
from experiments.audits.decisions import STATEMENTS, decision_audit
from experiments.audits.values import NAME as VALUES
from experiments.audits.worldviews import NAME as WORLDVIEWS
from experiments.snapshot import Snapshot
from models.registry import BUNDLED_ID

_TOWN, _PEOPLE = "The town’s council", "Decisions about people"


def audit_controls(state: State, snapshot: Snapshot | None) -> AuditDraft:
    """Which audit, its questions, and what is added to them.

    Args:
        state: of the visitor.
        snapshot: the run on show; when it is opened, the page turns to its audit.
    """
    if snapshot is not None and snapshot.run.id != state.audits.turned_to:
        state.audits.turned_to = snapshot.run.id
        shown = _LABELS.get(audit_of(snapshot.run.conditions[0]))
        fill_widgets({"audits.audit": shown} if shown else {})
    audit = st.segmented_control(
        "Audit",
        list(_AUDITS),
        default=next(iter(_AUDITS)),
        required=True,
        key="audits.audit",
        label_visibility="collapsed",
        persist_state="session",
    )
    question, controls = _AUDITS[str(audit)]
    st.caption(question)
    return controls()


def _statements() -> AuditDraft:
    """Statements with their opposites, by language and by who asks."""
    model, questions = chosen_model(), _statement_set()
    if questions is not None:
        opposites = "each also as its opposite, so that a habit of agreeing cancels out"
        languages = len(set(questions.attributes.get("language", ("English",))))
        st.caption(
            f"{plural(len(set(questions.scenarios)), 'statement')} in "
            f"{plural(languages, 'language')} from "
            f"{plural(len(set(questions.attributes['asked by'])), 'asker')}, {opposites}. "
            f"{as_markdown(questions.source)}. For example: “{as_markdown(questions.prompts[0])}”"
        )
    teaching_note(model)

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise nothing_yet()
        return decision_audit(questions, model, seed=seed)

    return AuditDraft(STATEMENTS, questions.about if questions is not None else "", make)


def _statement_set() -> DecisionSet | None:
    if set_choice("Statements", STATEMENTS) == OWN:
        return own_statements()
    raw = uploaded_table(
        "Statements with statement_id, language, statement and opposite",
        key=STATEMENTS,
        form="One row per statement and language (English, German or French); English is needed. "
        "The opposite is what somebody would say who disagrees.",
    )
    with problems_shown():
        return uploaded_statements(raw) if raw is not None else None
    return None


def _associations() -> AuditDraft:
    """Words and tasks for one of two groups."""
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _association_set()
        kept = _topics_of(questions) if questions is not None else None
    with how:
        mitigations = mitigation_choice(own_associations().mitigations, key="words")
    teaching_note(model)

    def make(seed: int) -> AuditExperiment:
        if kept is None:
            raise nothing_yet()
        return association_audit(kept, model, mitigations=mitigations, seed=seed)

    return AuditDraft(ASSOCIATIONS, kept.about if kept is not None else "", make)


def _association_set() -> AssociationSet | None:
    if set_choice("Words and tasks", ASSOCIATIONS) == OWN:
        return own_associations()
    raw = uploaded_table(
        "Words and tasks with topic, part, item, at_risk and other",
        key=ASSOCIATIONS,
        form="A part is negative or positive, where the item is a word and the last two columns "
        "are the groups, or decision, where the item is a task and they are two people.",
    )
    with problems_shown():
        return uploaded_associations(raw) if raw is not None else None
    return None


def _topics_of(questions: AssociationSet) -> AssociationSet:
    kept = questions.questions
    if questions is own_associations():
        topics = st.pills(
            "Topics",
            list(questions.groups),
            selection_mode="multi",
            default=list(questions.groups),
            key="audits.topics",
            persist_state="session",
        )
        kept = tuple(q for q in kept if q.topic in topics)
    st.caption(
        f"{plural(len(kept), 'question')}, each in both orders. {as_markdown(questions.source)}."
    )
    return replace(questions, questions=kept)


def _decisions() -> AuditDraft:
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _questions(model)
    with how:
        mitigations = _added(questions)
    teaching_note(model, known=questions is None or bool(questions.known))

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise nothing_yet()
        return decision_audit(questions, model, mitigations=mitigations, seed=seed)

    return AuditDraft(DECISIONS, questions.about if questions is not None else "", make)


def _questions(model: ModelRef) -> DecisionSet | None:
    choices = [_TOWN, _PEOPLE, FILE] if model.id == BUNDLED_ID else [_PEOPLE, FILE]
    choice = st.selectbox("Yes-or-no questions", choices, key="audits.set", persist_state="session")
    questions: DecisionSet | None
    if choice == _TOWN:
        count = st.slider(
            "Decisions", 10, 120, 40, step=10, key="audits.count", persist_state="session"
        )
        questions = town_decisions(count)
    else:
        questions = own_decisions() if choice == _PEOPLE else _file()
    if questions is not None:
        _told(questions)
    return questions


def _told(questions: DecisionSet) -> None:
    people = plural(len(questions.prompts) // len(set(questions.scenarios)), "person", "people")
    st.caption(
        f"{plural(len(set(questions.scenarios)), 'question')} about {people} each. "
        f"{as_markdown(questions.source)}. For example: “{as_markdown(questions.prompts[0])}”"
    )


def _file() -> DecisionSet | None:
    raw = uploaded_table(
        "Questions with filled_template, decision_question_id, age, gender and race",
        key=DECISIONS,
        form="The form of Anthropic’s discrim-eval: explicit.jsonl or implicit.jsonl.",
    )
    with problems_shown():
        return uploaded_decisions(raw) if raw is not None else None
    return None


def _added(questions: DecisionSet | None) -> list[str]:
    if questions is None:
        return []
    if not questions.mitigations:
        st.caption(
            "Asked once for the town as a whole, and once for each of its groups. The rules of the "
            "town say how far apart the answers should lie."
        )
        return []
    return mitigation_choice(questions.mitigations, key="decisions")


_LABELS: Mapping[str, str] = {
    DECISIONS: "Decisions",
    STATEMENTS: "Statements",
    ASSOCIATIONS: "Words and tasks",
    VALUES: "Values",
    WORLDVIEWS: "Worldviews",
    COMPLETIONS: "Sentences",
}
_AUDITS: Mapping[str, tuple[str, Callable[[], AuditDraft]]] = {
    "Decisions": (
        "The same yes-or-no question about different people: does the answer change?",
        _decisions,
    ),
    "Statements": (
        "The same statement in other languages and from other people: does it stay on the same "
        "side, or on that of whoever asks?",
        _statements,
    ),
    "Words and tasks": (
        "Which of two groups goes with a word, and who is chosen for a task?",
        _associations,
    ),
    "Values": (
        "The same statement asked of the model, of somebody it plays, and about somebody; in other "
        "languages, and after thinking first: does the answer stay?",
        value_controls,
    ),
    "Worldviews": (
        "An open question that traditions answer differently: from which of them does it speak?",
        worldview_controls,
    ),
    "Sentences": (
        "The same beginning of a sentence about different groups: does it go on in the same tone?",
        completion_controls,
    ),
}
