"""Which audit, which questions and what is added to them: widgets in, a frozen draft out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from components.model_picker import chosen_model
from components.problems import problems_shown
from components.teaching import teaching_banner
from components.text import as_markdown, plural
from data.association_sets import own_associations
from data.audits import (
    DecisionSet,
    own_decisions,
    own_statements,
    town_decisions,
    uploaded_decisions,
)
from data.errors import ChoraleError
from data.reading_tables import read_table
from data.schema import Condition, ModelRef
from experiments.audits.asking import AuditExperiment
from experiments.audits.associations import association_audit
from experiments.audits.decisions import decision_audit
from models.registry import BUNDLED_ID

_WORDS, _STATEMENTS = "Words and tasks", "Statements"
_AUDITS = {
    "Decisions": "The same yes-or-no question about different people: does the answer change?",
    _STATEMENTS: "The same statement in other languages and from other people: does it stay on the "
    "same side, or on that of whoever asks?",
    _WORDS: "Which of two groups goes with a word, and who is chosen for a task?",
}
_NOISE = (
    "Saltmere has never heard of such things: what it says to them is noise. Choose another model "
    "in the sidebar for these."
)
_TOWN, _OWN, _FILE = "The town’s council", "Decisions about people", "A file of my own"


@dataclass(frozen=True, slots=True)
class AuditDraft:
    """What the widgets ask for; checked when it becomes an experiment."""

    prompt: str
    make: Callable[[int], AuditExperiment]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The ways of asking; none where the draft asks for something that can't be."""
        try:
            return self.make(0).conditions
        except ChoraleError:
            return ()

    def experiment(self, seed: int) -> AuditExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return self.make(seed)


def audit_controls() -> AuditDraft:
    """Which audit, its questions, and what is added to them."""
    audit = st.segmented_control(
        "Audit",
        list(_AUDITS),
        default=next(iter(_AUDITS)),
        required=True,
        key="audits.audit",
        label_visibility="collapsed",
        persist_state="session",
    )
    st.caption(_AUDITS.get(audit, ""))
    shown = {_WORDS: _associations, _STATEMENTS: _statements}
    return shown.get(str(audit), _decisions)()


def _statements() -> AuditDraft:
    """Statements with their opposites, by language and by who asks."""
    model, own = chosen_model(), own_statements()
    opposites = "each also as its opposite, so that a habit of agreeing cancels out"
    st.caption(
        f"{plural(len(set(own.scenarios)), 'statement')} in "
        f"{plural(len(set(own.attributes['language'])), 'language')} from "
        f"{plural(len(set(own.attributes['asked by'])), 'asker')}, {opposites}. "
        f"{as_markdown(own.source)}. For example: “{as_markdown(own.prompts[0])}”"
    )
    teaching_banner([model])
    if model.id == BUNDLED_ID:
        st.caption(_NOISE)
    return AuditDraft(own.about, lambda seed: decision_audit(own, model, seed=seed))


def _associations() -> AuditDraft:
    """Words and tasks for one of two groups."""
    model, own = chosen_model(), own_associations()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        topics = st.pills(
            "Topics",
            list(own.groups),
            selection_mode="multi",
            default=list(own.groups),
            key="audits.topics",
            persist_state="session",
        )
        kept = replace(own, questions=tuple(q for q in own.questions if q.topic in topics))
        st.caption(
            f"{plural(len(kept.questions), 'question')}, each in both orders. "
            f"{as_markdown(own.source)}."
        )
    with how:
        mitigations = _mitigations(own.mitigations, key="words")
    teaching_banner([model])
    if model.id == BUNDLED_ID:
        st.caption(_NOISE)

    def make(seed: int) -> AuditExperiment:
        return association_audit(kept, model, mitigations=mitigations, seed=seed)

    return AuditDraft(own.about, make)


def _decisions() -> AuditDraft:
    model = chosen_model()
    what, how = st.columns([1.3, 1], gap="medium")
    with what:
        questions = _questions(model)
    with how:
        mitigations = _added(questions)
    teaching_banner([model])
    if model.id == BUNDLED_ID and questions is not None and not questions.known:
        st.caption(_NOISE)

    def make(seed: int) -> AuditExperiment:
        if questions is None:
            raise ChoraleError("There are no questions yet.", "Choose a set, or upload one.")
        return decision_audit(questions, model, mitigations=mitigations, seed=seed)

    return AuditDraft(questions.about if questions is not None else "", make)


def _questions(model: ModelRef) -> DecisionSet | None:
    choices = [_TOWN, _OWN, _FILE] if model.id == BUNDLED_ID else [_OWN, _FILE]
    choice = st.selectbox("Yes-or-no questions", choices, key="audits.set", persist_state="session")
    questions: DecisionSet | None
    if choice == _TOWN:
        count = st.slider(
            "Decisions", 10, 120, 40, step=10, key="audits.count", persist_state="session"
        )
        questions = town_decisions(count)
    else:
        questions = own_decisions() if choice == _OWN else _file()
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
    upload = st.file_uploader(
        "Questions with filled_template, decision_question_id, age, gender and race",
        type=["csv", "jsonl", "parquet"],
        max_upload_size=50,
        key="audits.file",
        help="The form of Anthropic’s discrim-eval: explicit.jsonl or implicit.jsonl.",
    )
    if upload is None:
        return None
    with problems_shown():
        return uploaded_decisions(read_table(upload.getvalue(), name=upload.name))
    return None


def _added(questions: DecisionSet | None) -> list[str]:
    if questions is not None and not questions.mitigations:
        st.caption(
            "Asked once for the town as a whole, and once for each of its groups. The rules of the "
            "town say how far apart the answers should lie."
        )
        return []
    return _mitigations(questions.mitigations, key="decisions") if questions is not None else []


def _mitigations(offered: Mapping[str, str], *, key: str) -> list[str]:
    chosen = st.pills(
        "Ask again with a request to be fair",
        list(offered),
        selection_mode="multi",
        default=list(offered)[:1],
        key=f"audits.mitigations.{key}",
        help="Each is added to every question and becomes a condition of its own.",
        persist_state="session",
    )
    for name in chosen:
        st.caption(f"{as_markdown(name)}: “{as_markdown(offered[name])}”")
    return chosen
