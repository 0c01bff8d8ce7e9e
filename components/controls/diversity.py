"""Prompt and conditions of the Diversity page: widgets in, a frozen draft out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import streamlit as st

from components.controls.strategy import (
    PLAIN,
    choir_choice,
    strategy_choice,
    strategy_options,
    untaught_hint,
)
from components.findings import coloured
from components.layout import theme
from components.model_picker import chosen_model, offered_models
from components.model_status import choir_note
from components.state import State, fill_widgets, has_widget, session, widget_value
from components.teaching import teaching_banner
from components.text import as_markdown
from data.errors import ChoraleError
from data.examples.prompts import NOBODY, example_personas, example_prompts
from data.schema import (
    MAX_SAMPLES,
    MIN_SAMPLES,
    Condition,
    Decoding,
    ModelRef,
)
from experiments.sampling import SamplingExperiment
from experiments.strategies.base import MAX_NEW_TOKENS
from experiments.strategies.registry import most_tokens, voices
from models.registry import model_name

CUSTOM = "Own words …"
_LETTERS = "abcd"
_PROMPT = "diversity.prompt"
_IN_CHARACTER = "c"
_START: dict[str, dict[str, object]] = {
    "a": {"name": "Calm", "temperature": 0.4},
    "b": {"name": "Free", "temperature": 1.0},
    "c": {"name": "In character", "temperature": 1.0},
    "d": {"name": "Wild", "temperature": 1.4},
}
_DEFAULTS: dict[str, object] = {
    "name": "",
    "temperature": 1.0,
    "persona": NOBODY,
    "system": "",
    "n": 64,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "max_new_tokens": 64,
    "model": None,
    "way": PLAIN,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the page's widgets ask for; checked when it becomes an experiment."""

    prompt: str
    conditions: tuple[Condition, ...]

    def experiment(self, seed: int) -> SamplingExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return SamplingExperiment(self.prompt, self.conditions, seed)


def diversity_controls(state: State) -> Draft:
    """The prompt box with examples, and a card per condition."""
    _fill_first_time()
    prompt = st.text_area(
        "What do you want to ask?",
        key=_PROMPT,
        height=80,
        placeholder="Ask an open question: one that people would answer differently.",
        persist_state="session",
    )
    _examples()
    conditions = _conditions(state)
    teaching_banner(condition.model for condition in conditions)
    choir_note(condition.model for condition in conditions)
    return Draft(prompt, conditions)


def _fill_first_time() -> None:
    if not has_widget(_PROMPT):
        fill_widgets({_PROMPT: example_prompts()[0]})


def _examples() -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Try", width="content")
        for place, example in enumerate(example_prompts()):
            st.button(
                as_markdown(example),
                key=f"diversity.example.{place}",
                type="tertiary",
                on_click=fill_widgets,
                args=({_PROMPT: example},),
            )


def _conditions(state: State) -> tuple[Condition, ...]:
    keys = state.diversity.keys
    grid = st.grid(len(keys) + (len(keys) < len(_LETTERS)), min_column_width=210, gap="small")
    drafts = []
    for key in keys:
        with grid.cell(), st.container(border=True, gap="xsmall", key=f"card-{key}"):
            drafts.append(_card(key, removable=len(keys) > 1))
    if len(keys) < len(_LETTERS):
        with grid.cell():
            st.button(
                "Add a condition",
                icon=":material/add:",
                key="diversity.add",
                width="stretch",
                on_click=_add,
            )
    return tuple(drafts)


def _card(key: str, *, removable: bool) -> Condition:
    _fill_card_first_time(key)
    name = str(widget_value(_widget(key, "name"))).strip() or f"Condition {key.upper()}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(coloured(name, key, theme()), width="stretch")
        with st.popover(
            f"More settings of {as_markdown(name)}",
            icon=":material/tune:",
            type="tertiary",
            key=f"icon.more.{key}",
        ):
            n, model, choir, decoding = _more_settings(key)
            strategy = strategy_options(_widget(key, "way"), prompt=str(widget_value(_PROMPT)))
        if removable:
            st.button(
                f"Remove {as_markdown(name)}",
                icon=":material/close:",
                key=f"icon.remove.{key}",
                help="Remove this condition; adding one again brings its settings back.",
                type="tertiary",
                on_click=_remove,
                args=(key,),
            )
    temperature = st.slider(
        "Temperature",
        0.0,
        2.0,
        step=0.1,
        key=_widget(key, "temperature"),
        help="0 always takes the likeliest word; 1 draws as the model was trained; more is wilder.",
        persist_state="session",
    )
    system = _persona(key)
    method = strategy_choice(_widget(key, "way"))
    untaught_hint(method, strategy, model)
    condition = Condition(
        key=key,
        name=name,
        model=model,
        decoding=Decoding(temperature=temperature, **decoding),
        system=system,
        n=n,
        strategy=strategy,
        choir=choir,
    )
    st.caption(_summary(condition))
    return condition


def _fill_card_first_time(key: str) -> None:
    start = _DEFAULTS | _START[key]
    if key == _IN_CHARACTER:
        start["persona"] = next(iter(example_personas()))
    missing = {name: value for name, value in start.items() if not has_widget(_widget(key, name))}
    fill_widgets({_widget(key, name): value for name, value in missing.items()})


def _persona(key: str) -> str:
    personas = example_personas()
    choice = st.selectbox(
        "Answer as",
        [NOBODY, *personas, CUSTOM],
        key=_widget(key, "persona"),
        help="Sent before the question, as the system prompt.",
        persist_state="session",
    )
    if choice != CUSTOM:
        return personas.get(choice, "")
    return st.text_area(
        "Persona or system prompt",
        key=_widget(key, "system"),
        height=90,
        placeholder="You are a careful engineer …",
        persist_state="session",
    )


def _more_settings(key: str) -> tuple[int, ModelRef, tuple[ModelRef, ...], dict]:
    keep = partial(_widget, key)
    st.text_input("Name", key=keep("name"), max_chars=40, persist_state="session")
    n = st.number_input(
        "Answers (n)", MIN_SAMPLES, MAX_SAMPLES, step=8, key=keep("n"), persist_state="session"
    )
    models = offered_models()
    own = st.selectbox(
        "Model",
        [None, *models],
        key=keep("model"),
        format_func=lambda ref: "As in the sidebar" if ref is None else model_name(ref),
        persist_state="session",
    )
    model = own or chosen_model()
    choir = choir_choice(keep("choir"), model, models)
    st.caption("Drawn in this order: temperature, top-k, top-p, min-p.")
    top_k = st.number_input("Top-k (0: off)", 0, 1000, key=keep("top_k"), persist_state="session")
    top_p = st.slider(
        "Top-p (1: off)", 0.05, 1.0, step=0.05, key=keep("top_p"), persist_state="session"
    )
    min_p = st.slider(
        "Min-p (0: off)", 0.0, 0.95, step=0.05, key=keep("min_p"), persist_state="session"
    )
    tokens = st.number_input(
        "Longest answer (tokens)",
        1,
        MAX_NEW_TOKENS,
        key=keep("max_new_tokens"),
        persist_state="session",
    )
    decoding = {"top_k": top_k, "top_p": top_p, "min_p": min_p, "max_new_tokens": tokens}
    return n, model, choir, decoding


def _summary(condition: Condition) -> str:
    decoding, parts = condition.decoding, [f"n = {condition.n}"]
    with suppress(ChoraleError):  # said when the run is started
        parts.append(f"at most {most_tokens(condition):,} tokens")
    if decoding.top_p < 1:
        parts.append(f"top-p {decoding.top_p:g}")
    if decoding.top_k:
        parts.append(f"top-k {decoding.top_k}")
    if decoding.min_p:
        parts.append(f"min-p {decoding.min_p:g}")
    if voices(condition) != (chosen_model(),):
        names = " + ".join(model_name(model) for model in voices(condition))
        parts.append(as_markdown(names, limit=48))
    return " · ".join(parts)


def _widget(key: str, name: str) -> str:
    return f"diversity.{key}.{name}"


def _add() -> None:
    page = session().diversity
    free = next(letter for letter in _LETTERS if letter not in page.keys)
    page.keys = (*page.keys, free)


def _remove(key: str) -> None:
    page = session().diversity
    page.keys = tuple(k for k in page.keys if k != key)
