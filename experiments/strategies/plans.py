"""Answers built on combinations of observations."""

from __future__ import annotations

from experiments.strategies.base import Method, Setting
from experiments.strategies.found import CALLS, LISTS, Found

PLANS = Method(
    name="plans",
    label="Plan search",
    summary="Collects observations first, and builds each answer on another combination of them.",
    rule="Each call asks for m observations, draws k different ones out of all single "
    "observations and pairs, and asks for one answer built on each.",
    cost=LISTS,
    cannot_tell=CALLS,
    references=("Wang et al. 2024, PlanSearch",),
    note="Made for code; here without its second layer of observations and without the criticised "
    "sketch. The wording is our own.",
    taught=False,
    settings=(
        Setting("notes", "Observations (m)", 6, 2, 12),
        Setting("answers", "Answers per call (k)", 6, 2, 20),
    ),
    make=lambda notes, answers: Found("observations", answers, notes=notes),
)
