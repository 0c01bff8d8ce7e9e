"""Lists of answers that differ from each other."""

from __future__ import annotations

from experiments.strategies.base import Method, Setting
from experiments.strategies.listed import ANSWERS, DEPENDENT, WHOLE_LIST, Listed

_DIFFERENT = "{prompt} Name {count} different answers, one per line."
_VALUES = (
    "{prompt} Name {count} different answers, one per line, each such that people of other values "
    "would give it."
)

NEGATIVE = Method(
    name="negative_list",
    label="Lists of different answers",
    summary="Asks for several answers at once that differ from each other.",
    rule="Each call asks for k different answers; an answer is written with those before it in "
    "sight, so answers of a list are negatively correlated.",
    cost=WHOLE_LIST,
    cannot_tell=DEPENDENT,
    references=("Zhang et al. 2025, Community Alignment",),
    note="Reconstructed: the full prompt was not found, the wording is our own.",
    reconstructed=True,
    taught=True,
    settings=(
        ANSWERS,
        Setting(
            "differ",
            "They should differ",
            "as answers",
            choices=("as answers", "in values"),
            help="The bundled model was taught the first only.",
        ),
    ),
    make=lambda answers, differ: Listed(_VALUES if differ == "in values" else _DIFFERENT, answers),
)
