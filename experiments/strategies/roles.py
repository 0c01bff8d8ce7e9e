"""Answers from the points of view of different people."""

from __future__ import annotations

from experiments.strategies.base import Method, Setting
from experiments.strategies.found import CALLS, LISTS, TURNS, Found

ROLES = Method(
    name="roles",
    label="Role perspectives",
    summary="Lets people of different kinds answer, each from their own point of view.",
    rule="Each call first asks for k kinds of people who would disagree, then for one answer from "
    f"each one’s point of view. {TURNS}",
    cost=f"{LISTS} Given roles cost nothing.",
    cannot_tell=f"A role played is not a person asked: groups come out as caricatures. {CALLS}",
    references=("Wang et al. 2025, MultiRole-R1",),
    note="Prompting alone, without the paper’s training; its choice of roles by relevance and "
    "distance is left out. The wording is our own.",
    reconstructed=True,
    taught=False,
    taught_given=True,
    settings=(
        Setting("answers", "Roles per call", 3, 2, 12, help="The gain flattens after about 3."),
        Setting(
            "given",
            "Roles, one per line",
            (),
            help="Each is sent as a system prompt. Empty: the model names them.",
        ),
    ),
    make=lambda answers, given: Found("roles", answers, given),
)
