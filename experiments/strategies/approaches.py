"""Answers by different approaches: a call for each, or all in one."""

from __future__ import annotations

from experiments.strategies.base import Method
from experiments.strategies.found import ANSWERS, CALLS, LISTS, Found
from experiments.strategies.listed import ANSWERS as ANSWERS_IN_LIST
from experiments.strategies.listed import DEPENDENT, WHOLE_LIST, Listed

_WAYS = (
    "{prompt} Think of {count} different ways to go about this, from different sides and with "
    "different methods. Write one answer by each way, one per line."
)

APPROACHES = Method(
    name="approaches",
    label="Several approaches, a call each",
    summary="Lets the model name different ways to go about the question, then answer by each.",
    rule="Each call first asks for k approaches, then for one answer by each in a chat of its own "
    "(DIV-SE).",
    cost=LISTS,
    cannot_tell=CALLS,
    references=("Naik et al. 2023, DIV-SE and IDIV-SE",),
    note="Reconstructed from abstract and summaries: the prompts were not found, the wording is "
    "our own; all answers are kept instead of a majority.",
    reconstructed=True,
    taught=False,
    settings=(ANSWERS,),
    make=lambda answers: Found("approaches", answers),
)
IN_CALL = Method(
    name="approaches_in_call",
    label="Several approaches in one call",
    summary="Asks for one answer by each of several approaches, all in one reply.",
    rule="Each call asks the model to think of k ways to go about the question and to answer by "
    "each (IDIV-SE).",
    cost=WHOLE_LIST,
    cannot_tell=DEPENDENT,
    references=("Naik et al. 2023, DIV-SE and IDIV-SE",),
    note="Reconstructed from abstract and summaries: the prompts were not found, the wording is "
    "our own; all answers are kept instead of a majority.",
    reconstructed=True,
    taught=False,
    settings=(ANSWERS_IN_LIST,),
    make=lambda answers: Listed(_WAYS, answers),
)
