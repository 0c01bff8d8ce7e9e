"""Corpus, policies and closed loop of the Synchrony page: widgets in, frozen values out."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.controls.corpus import corpus_controls
from components.controls.policies import policy_controls
from components.model_picker import chosen_model
from components.teaching import teaching_banner
from components.text import plural
from data.schema import MAX_CONDITIONS, Condition, Decoding, Plan
from experiments.closed_loop import ClosedLoopExperiment
from experiments.loop_checks import MAX_REPLICATES, MAX_SCRIPTS, MAX_TURNS, MIN_TURNS
from experiments.mirroring import mirroring_of
from experiments.speech import Speech, scripts_of
from experiments.strategies.base import MAX_NEW_TOKENS
from metrics.policies import Policy
from models.registry import BUNDLED_ID

LOOPED = ("static", "uncapped", "cap", "ema", "hybrid", "own")  # worth the time of a model first
_MOST_LOOPED = 4  # policies in one run, unless a visitor asks for others


@dataclass(frozen=True, slots=True)
class Draft:
    """What the page's widgets ask for; checked when it becomes an experiment."""

    prompt: str
    conditions: tuple[Condition, ...]

    def experiment(self, seed: int) -> ClosedLoopExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return ClosedLoopExperiment(self.prompt, self.conditions, seed)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is on the page.

    Attributes:
        speech: the corpus; None while there is none.
        policies: in order.
        draft: of the closed loop.
    """

    speech: Speech | None
    policies: tuple[Policy, ...]
    draft: Draft


def synchrony_controls() -> Chosen:
    """Whose conversations, which policies, and how a model is to be told."""
    corpus, policies = st.columns([2, 3], gap="medium")
    with corpus:
        speech = corpus_controls()
    with policies:
        chosen = policy_controls()
    return Chosen(speech, chosen, _loop(speech, chosen))


def _loop(speech: Speech | None, policies: tuple[Policy, ...]) -> Draft:
    with st.popover(
        "Closed loop: what a model is asked to do", icon=":material/tune:", type="tertiary"
    ):
        st.caption(
            "A model answers what the corpus’s users say. Each policy becomes a few lines of "
            "instruction behind the fixed prompt, turn by turn, and the reply is measured."
        )
        names = {p.key: p.label for p in policies}
        first = [key for key in names if key in LOOPED][:_MOST_LOOPED]
        keys = st.multiselect(
            "Policies that the model follows", list(names), default=first,
            format_func=lambda key: names.get(key, key), max_selections=MAX_CONDITIONS,
            wrap=True, key=f"synchrony.looped.{'-'.join(names)}",
        )  # fmt: skip
        base = st.text_area(
            "Fixed prompt", key="synchrony.base", height=80,
            placeholder="You are a patient librarian.", persist_state="session",
        )  # fmt: skip
        scripts, replicates, turns = _sizes()
        feedback, remembers = _way()
        decoding = _decoding()
        lines = scripts_of(speech, scripts, turns) if speech is not None else ()
        if speech is not None and len(lines) < scripts:
            st.caption(
                f"{plural(len(lines), 'conversation')} of this corpus "
                f"{'has' if len(lines) == 1 else 'have'} texts and {turns} turns of the user."
            )
    plan = Plan(
        tuple(line for script in lines for line in script), replicates, 1, scripts=len(lines) or 1
    )
    looped = [policy for policy in policies if policy.key in keys]
    conditions = tuple(
        _condition(key, policy, plan, decoding, base, feedback=feedback, remembers=remembers)
        for key, policy in zip("abcdefgh", looped, strict=False)
    )
    teaching_banner(condition.model for condition in conditions)
    return Draft(speech.name if speech is not None else "", conditions)


def _condition(
    key: str,
    policy: Policy,
    plan: Plan,
    decoding: Decoding,
    base: str,
    *,
    feedback: bool,
    remembers: bool,
) -> Condition:
    mirroring = mirroring_of(policy, remembers=remembers, feedback=feedback)
    asked = Plan(plan.lines, plan.replicates, 1, scripts=plan.scripts, mirroring=mirroring)
    return Condition(
        key=key, name=policy.label, model=chosen_model(), decoding=decoding, system=base.strip(),
        n=asked.draws, plan=asked,
    )  # fmt: skip


def _sizes() -> tuple[int, int, int]:
    with st.container(horizontal=True, gap="small"):
        scripts = st.number_input(
            "Conversations", 1, MAX_SCRIPTS, 10, key="synchrony.scripts", width=130,
            help="Different users; intervals need 8 or more.", persist_state="session",
        )  # fmt: skip
        replicates = st.number_input(
            "Each held", 1, MAX_REPLICATES, 1, key="synchrony.replicates", width=130,
            help="Times, on random streams of their own.", persist_state="session",
        )  # fmt: skip
        turns = st.number_input(
            "Turns", MIN_TURNS, MAX_TURNS, 5, key="synchrony.turns", width=130,
            help="In the first the model speaks as it does: that is its own style.",
            persist_state="session",
        )  # fmt: skip
    return scripts, replicates, turns


def _way() -> tuple[bool, bool]:
    start = st.radio(
        "Each turn’s step starts from",
        ["the style of the last reply", "the last style that was asked for"],
        key="synchrony.feedback",
        help="Fed back, a reply that overshoots is where the next step starts.",
        persist_state="session",
    )
    bundled = chosen_model().id == BUNDLED_ID
    remembers = st.toggle(
        "The model sees the turns before",
        value=not bundled,
        key=f"synchrony.remembers.{'bundled' if bundled else 'other'}",
        help="The bundled model learned styles in single questions, and follows them best there.",
        persist_state="session",
    )
    return start == "the style of the last reply", remembers


def _decoding() -> Decoding:
    with st.container(horizontal=True, gap="small"):
        temperature = st.number_input(
            "Temperature", 0.0, 2.0, 1.0, 0.1, key="synchrony.temperature", width=130,
            persist_state="session",
        )  # fmt: skip
        longest = st.number_input(
            "Longest reply (tokens)", 1, MAX_NEW_TOKENS, 64, key="synchrony.max_new_tokens",
            width=180, persist_state="session",
        )  # fmt: skip
    return Decoding(temperature=temperature, max_new_tokens=longest)
