"""What a model needs beside what is free, before it is loaded."""

from __future__ import annotations

import streamlit as st

from components.services import models
from data.schema import MAX_SAMPLES, MIN_SAMPLES, ModelRef
from models.budget import local_device
from models.fitting import (
    OFFERED,
    Demand,
    Fit,
    fit_of,
    gigabytes,
    precision_name,
    suggestions,
)
from models.registry import available_memory
from models.shape import ModelShape

MOST_TOKENS = 4096  # of one answer that the table can be asked about


def memory_table(ref: ModelRef, shape: ModelShape) -> None:
    """Needed against free memory for every precision, and what to do where it doesn't fit.

    Args:
        ref: the model, in the precision chosen.
        shape: its sizes.
    """
    left, right = st.columns(2)
    n = left.number_input(
        "Answers", MIN_SAMPLES, MAX_SAMPLES, 64, step=8, key="model.n", persist_state="session"
    )
    tokens = right.number_input(
        "Tokens each", 1, MOST_TOKENS, 64, step=32, key="model.tokens", persist_state="session"
    )
    free, device = free_memory_for(ref)
    demand = Demand(free, device, n=n, new_tokens=tokens)
    fits = [fit_of(shape, kind, demand) for kind in OFFERED]
    st.markdown(
        "\n".join(
            [f"| | Weights | With {n} answers | What fits |", "| - | - | - | - |", *map(_row, fits)]
        )
    )
    place = "on the GPU" if device == "cuda" else "on this computer"
    st.caption(f"{gigabytes(free)} are free {place}{_given_back(ref)}.")
    _advice(ref, shape, demand)


def _row(fit: Fit) -> str:
    if fit.whole:
        verdict = f"all, up to {fit.largest_n}"
    elif fit.loads:
        verdict = f"{fit.largest_n} at a time"
    else:
        verdict = "**too large**"
    name, weights = precision_name(fit.quantization), gigabytes(fit.weights)
    return f"| {name} | {weights} | {gigabytes(fit.needed)} | {verdict} |"


def _advice(ref: ModelRef, shape: ModelShape, demand: Demand) -> None:
    fit = fit_of(shape, ref.quantization, demand)
    if not fit.loads:
        words = [f"It doesn’t fit in {precision_name(ref.quantization)}."]
        words += suggestions(ref.id, shape, ref.quantization, demand)
        words += ["Or let a server run it."]
        st.warning(" ".join(words), icon=":material/memory:")


def free_memory_for(ref: ModelRef) -> tuple[int, str]:
    """Bytes that are free for a model once others have made room, and on which device."""
    device = local_device()
    held = sum(other.size for other in models().residents() if other.loading is None)
    return available_memory(device) + held, device


def _given_back(ref: ModelRef) -> str:
    """Which part of that is still held by a model that would make room."""
    held = sum(other.size for other in models().residents() if other.loading is None)
    return f", {gigabytes(held)} of it once loaded models make room" if held > 1e8 else ""
