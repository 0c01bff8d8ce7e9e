"""Lists of answers with the probabilities that the model gives them: all of them, or rare ones."""

from __future__ import annotations

from experiments.strategies.base import Method, Setting
from experiments.strategies.listed import ANSWERS, DEPENDENT, WHOLE_LIST, Listed

_CHANCES = "{prompt} Name {count} different answers and how likely each is."
_TAIL = " Name only answers that are rare: each should be less than {below:g} % likely."

VERBALIZED = Method(
    name="verbalized",
    label="Verbalized sampling",
    summary="Asks for several answers, each with the probability the model gives it.",
    rule="Each call asks for k answers with their probabilities: the model describes its "
    "distribution instead of naming its mode. All k are kept; what is stated stands beside each.",
    cost=WHOLE_LIST,
    cannot_tell=f"Stated probabilities are seldom right. {DEPENDENT}",
    references=("Zhang et al. 2025, Verbalized Sampling",),
    note="The wording is our own.",
    taught=True,
    settings=(ANSWERS,),
    make=lambda answers: Listed(_CHANCES, answers, chances=True),
)
TAIL = Method(
    name="verbalized_tail",
    label="Verbalized sampling, rare answers",
    summary="Asks for several answers that the model itself thinks unlikely.",
    rule="As verbalized sampling, and each answer’s probability is to be below τ. What is stated "
    "above τ is kept too: it is shown beside the answer.",
    cost=WHOLE_LIST,
    cannot_tell=f"What it leaves out on purpose, the likely answers, it can’t find. {DEPENDENT}",
    references=("Zhang et al. 2025, Verbalized Sampling",),
    note="The wording is our own.",
    taught=False,
    settings=(
        ANSWERS,
        Setting("below", "Rarer than τ (%)", 10.0, 0.5, 50.0, step=0.5),
    ),
    make=lambda answers, below: Listed(_CHANCES + _TAIL.format(below=below), answers, chances=True),
)
