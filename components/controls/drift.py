"""Persona, plan and conditions of the Drift page: widgets in, a frozen draft out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from components.controls.plan import persona_choice
from components.controls.user_side import UserSide, begin_user_side, is_live, user_side
from components.findings import coloured
from components.layout import theme
from components.model_picker import chosen_model, offered_models
from components.teaching import teaching_banner
from components.text import plural
from data.examples.plans import REMINDERS, Persona
from data.schema import Condition, Decoding, ModelRef, Plan, Reference
from experiments.conversation import ConversationExperiment
from experiments.conversation_checks import MAX_REPLICATES, MIN_REPLICATES, REPLIES
from experiments.strategies.base import MAX_NEW_TOKENS
from metrics.turns import MIN_CONVERSATIONS, MIN_TURNS
from models.registry import model_name

COOLER, SPLIT = 0.5, 0.5
_REMINDED, _EVERY, _COOLER, _SPLIT = "Reminded", "Every turn", "Cooler", "Held up"
_WAYS = {
    _REMINDED: "The user reminds the model of its persona at some turns.",
    _EVERY: "The system prompt is restated before every line.",
    _COOLER: f"The same conversation, drawn at temperature {COOLER:g}.",
    _SPLIT: f"Split-softmax (k = {SPLIT:g}): while the model speaks, its attention to the system "
    "prompt is held up. Reconstructed from secondary accounts; local models only.",
}
_REFERENCES: dict[Reference, str] = {
    "alone": "the persona and the last line",
    "restated": "the chat, persona restated",
    "larger": "a larger model’s choice in the same chat",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the page's widgets ask for; checked when it becomes an experiment."""

    prompt: str
    conditions: tuple[Condition, ...]

    @property
    def live(self) -> bool:
        """Whether the visitor talks."""
        plan = self.conditions[0].plan
        return plan is not None and plan.live

    def experiment(self, seed: int) -> ConversationExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return ConversationExperiment(self.prompt, self.conditions, seed)


def drift_controls(*, talking: bool = False) -> Draft:
    """Who the model should be, what the user says, and what is compared.

    Args:
        talking: whether the run on show is one in which the visitor talks: it is gone on with,
            unless the visitor has chosen something else.
    """
    begin_user_side(talking=talking)
    who, said = st.columns([1, 1], gap="medium")
    with who:
        persona = persona_choice()
        ways = [] if is_live() else _ways()
        reminders = _reminders() if _REMINDED in ways else ()
    with said:
        user = user_side(persona)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        replicates = 1 if user.live else _replicates()
        plan, decoding = _more_settings(user, replicates, persona)
    if user.lines and len(user.lines) < MIN_TURNS:
        st.caption(f"Whether drift settles can be said from {MIN_TURNS} turns on.")
    conditions = _conditions(persona, plan, decoding, ways, reminders)
    if not user.live:
        _legend(conditions, ways)
    teaching_banner(model for condition in conditions for model in condition.models)
    return Draft(persona.label, conditions)


def _ways() -> list[str]:
    return st.multiselect(
        "Compare the plain conversation with",
        list(_WAYS),
        default=[_REMINDED],
        max_selections=3,
        key="drift.ways",
        help="\n".join(f"- **{name}:** {text}" for name, text in _WAYS.items()),
        persist_state="session",
    )


def _replicates() -> int:
    return st.number_input(
        "Conversations",
        MIN_REPLICATES,
        MAX_REPLICATES,
        value=12,
        step=4,
        key="drift.replicates",
        width=140,
        help=f"Intervals need {MIN_CONVERSATIONS} or more.",
        persist_state="session",
    )


def _reminders() -> tuple[int, ...]:
    text = st.text_input(
        "Reminders at turns",
        value=", ".join(map(str, REMINDERS)),
        key="drift.reminders",
        persist_state="session",
    )
    words = text.replace(",", " ").split()
    unread = [word for word in words if not (word.isascii() and word.isdecimal())]
    if unread:
        st.caption(f":red[“{unread[0]}” is no turn; write numbers, such as 3, 6.]")
    return tuple(sorted({int(word) for word in words if word not in unread}))


def _more_settings(user: UserSide, replicates: int, persona: Persona) -> tuple[Plan, Decoding]:
    with st.popover("More settings", icon=":material/tune:", type="tertiary"):
        replies = st.segmented_control(
            "Replies drawn in each turn",
            REPLIES[user.live :],
            default=4,
            required=True,
            key="drift.replies",
            help="The first goes on in the conversation; the others measure how sure it was.",
            persist_state="session",
        )
        temperature = st.slider(
            "Temperature", 0.0, 2.0, 1.0, 0.1, key="drift.temperature", persist_state="session"
        )
        longest = st.number_input(
            "Longest reply (tokens)", 1, MAX_NEW_TOKENS, 64, key="drift.max_new_tokens",
            persist_state="session",
        )  # fmt: skip
        others = [ref for ref in offered_models() if ref != chosen_model()]
        reference = st.radio(
            "Drift is measured against",
            [each for each in _REFERENCES if others or each != "larger"],
            format_func=_REFERENCES.__getitem__,
            key="drift.reference",
            help="At every word of a reply the model’s choice in the conversation is set against "
            "its choice in this chat.",
            persist_state="session",
        )
        larger = _larger(others) if reference == "larger" else None
    plan = Plan(
        user.lines, replicates, replies, marks=persona.marks, reference=reference,
        user=user.speaker, larger=larger, live=user.live,
    )  # fmt: skip
    return plan, Decoding(temperature=temperature, max_new_tokens=longest)


def _larger(others: list[ModelRef]) -> ModelRef:
    return st.selectbox(
        "Larger model with the same tokenizer",
        others,
        key="drift.larger",
        format_func=model_name,
        help="Models that you have chosen in the sidebar before.",
        persist_state="session",
    )


def _conditions(
    persona: Persona,
    plan: Plan,
    decoding: Decoding,
    ways: list[str],
    reminders: tuple[int, ...],
) -> tuple[Condition, ...]:
    every = tuple(range(2, len(plan.lines) + 1))
    plans = {
        _REMINDED: replace(plan, reminders=reminders, reminder=persona.reminder),
        _EVERY: replace(plan, reminders=every),
        _SPLIT: replace(plan, split=SPLIT),
    }
    cooler = replace(decoding, temperature=COOLER)
    return tuple(
        Condition(
            key=key,
            name=name,
            model=chosen_model(),
            decoding=cooler if name == _COOLER else decoding,
            system=persona.system,
            n=plan.draws,
            plan=plans.get(name, plan),
        )
        for key, name in zip(
            "abcd", ["Plain", *(way for way in _WAYS if way in ways)], strict=False
        )
    )


def _legend(conditions: tuple[Condition, ...], ways: list[str]) -> None:
    plan = conditions[0].plan
    names = " · ".join(coloured(c.name, c.key, theme()) for c in conditions)
    turns = plural(len(plan.lines) if plan else 0, "turn")
    st.markdown(f"{names} :small[:gray[{turns}, the same random numbers in each]]")
