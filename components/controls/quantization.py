"""Prompt and two precisions of the Precision page: widgets in, a frozen draft out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from components.findings import coloured
from components.layout import theme
from components.model_picker import chosen_model
from components.state import fill_widgets, has_widget
from components.teaching import teaching_banner
from components.text import as_markdown
from data.examples.prompts import example_prompts
from data.schema import MAX_SAMPLES, MIN_SAMPLES, Condition, Decoding, Quantization
from experiments.quantization import QuantizationExperiment
from experiments.sampling import MAX_TEMPERATURE
from experiments.strategies.base import MAX_NEW_TOKENS

PRECISIONS: dict[Quantization, str] = {
    "bf16": "bf16",
    "fp32": "fp32",
    "int8": "int8",
    "nf4": "NF4",
}
_PROMPT = "quantization.prompt"
_STARTS: dict[str, Quantization] = {"a": "bf16", "b": "nf4"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the page's widgets ask for; checked when it becomes an experiment."""

    prompt: str
    conditions: tuple[Condition, ...]

    def experiment(self, seed: int) -> QuantizationExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return QuantizationExperiment(self.prompt, self.conditions, seed)


def quantization_controls() -> Draft:
    """The prompt box with examples, the two precisions, and how answers are drawn."""
    if not has_widget(_PROMPT):
        fill_widgets({_PROMPT: example_prompts()[0]})
    prompt = st.text_area(
        "What do you want to ask, in both precisions?",
        key=_PROMPT,
        height=80,
        persist_state="session",
    )
    _examples()
    grid = st.grid(4, min_column_width=210, gap="small")
    precisions = []
    for key in _STARTS:
        with grid.cell(), st.container(border=True, gap="xsmall", key=f"card-{key}"):
            precisions.append(_precision(key))
    with grid.cell():
        n = st.number_input(
            "Answers of each (n)",
            MIN_SAMPLES,
            MAX_SAMPLES,
            value=32,
            step=8,
            key="quantization.n",
            persist_state="session",
        )
        longest = st.number_input(
            "Longest answer (tokens)",
            1,
            MAX_NEW_TOKENS,
            value=64,
            key="quantization.max_new_tokens",
            persist_state="session",
        )
    with grid.cell():
        temperature = st.slider(
            "Temperature",
            0.0,
            min(2.0, MAX_TEMPERATURE),
            value=1.0,
            step=0.1,
            key="quantization.temperature",
            help="0 always takes the likeliest word; 1 draws as the model was trained.",
            persist_state="session",
        )
    decoding = Decoding(temperature=temperature, max_new_tokens=longest)
    conditions = tuple(
        Condition(
            key=key,
            name=PRECISIONS[precision],
            model=replace(chosen_model(), quantization=precision),
            decoding=decoding,
            n=n,
        )
        for key, precision in zip(_STARTS, precisions, strict=True)
    )
    teaching_banner(condition.model for condition in conditions)
    return Draft(prompt, conditions)


def _examples() -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Try", width="content")
        for place, example in enumerate(example_prompts()):
            st.button(
                as_markdown(example),
                key=f"quantization.example.{place}",
                type="tertiary",
                on_click=fill_widgets,
                args=({_PROMPT: example},),
            )


def _precision(key: str) -> Quantization:
    name = {"a": "First precision", "b": "Second precision"}[key]
    st.markdown(coloured(name, key, theme()))
    choices = list(PRECISIONS)
    return st.selectbox(
        name,
        choices,
        index=choices.index(_STARTS[key]),
        format_func=PRECISIONS.__getitem__,
        label_visibility="collapsed",
        key=f"quantization.{key}.precision",
        persist_state="session",
    )
