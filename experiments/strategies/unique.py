"""Telling the model beforehand that every answer is to be one of a kind."""

from __future__ import annotations

from experiments.strategies.base import Method
from experiments.strategies.plain import Plain

_UNIQUE = (
    "Your answers are one of a kind. Whoever asks you something is told what you would tell "
    "nobody else."
)

UNIQUE = Method(
    name="unique",
    label="Unique answers asked for",
    summary="Tells the model beforehand to say what it would tell nobody else.",
    rule="A sentence behind the persona in the system prompt asks for answers of a kind.",
    cost="Nothing beside the answers.",
    cannot_tell="Every call hears the same wish, so all may end at the same unusual answer.",
    references=("Zhang et al. 2025, NoveltyBench (in-context baselines)",),
    note="The sentence is our own wording of the idea.",
    taught=False,
    make=lambda: Plain(_UNIQUE),
)
