"""The same question in other words."""

from __future__ import annotations

from experiments.strategies.base import Method, Setting
from experiments.strategies.found import ANSWERS, CALLS, LISTS, TURNS, Found

PARAPHRASES = Method(
    name="paraphrases",
    label="Other wordings of the question",
    summary="Asks the same question in other words, to see how much the wording alone moves.",
    rule=f"Wordings are given, or each call asks the model for k of them and for one answer to "
    f"each. {TURNS}",
    cost=f"{LISTS} Given wordings cost nothing.",
    cannot_tell=f"A wording of the model’s own may ask for something else; read them. {CALLS}",
    references=("Prabhune et al. 2025, Information-Consistent recommendations",),
    note="Reconstructed: only the idea is taken, that what changes with the wording alone is no "
    "opinion.",
    reconstructed=True,
    taught=False,
    taught_given=True,
    settings=(
        ANSWERS,
        Setting(
            "given",
            "Wordings, one per line",
            (),
            help="They take turns. Empty: the model finds some.",
        ),
    ),
    make=lambda answers, given: Found("wordings", answers, given),
)
