"""A sweep: one condition at several temperatures, as the conditions of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.errors import ChoraleError
from data.schema import MAX_CONDITIONS, Condition, Run
from experiments.sampling import SamplingExperiment

TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.3, 1.6)
LEAST = 3  # temperatures that make a curve
_KEYS = "abcdefgh"


def temperature_sweep(
    prompt: str,
    base: Condition,
    *,
    seed: int,
    temperatures: Sequence[float] = TEMPERATURES,
    n: int = 64,
) -> SamplingExperiment:
    """The same question at each temperature, everything else as in one condition.

    Args:
        prompt: what is asked.
        base: the condition that is varied.
        seed: of the run.
        temperatures: different ones, at most as many as a run has conditions.
        n: answers at each.

    Raises:
        ChoraleError: too few or too many temperatures, or one of them twice.
        PromptError: the prompt is blank.
    """
    if not LEAST <= len(set(temperatures)) == len(temperatures) <= MAX_CONDITIONS:
        raise ChoraleError(
            f"A sweep takes {LEAST} to {MAX_CONDITIONS} different temperatures, but "
            f"{len(temperatures)} were given, or one of them twice.",
            "Choose others.",
        )
    conditions = tuple(
        replace(
            base,
            key=key,
            name=f"T {temperature:g}",
            n=n,
            decoding=replace(base.decoding, temperature=temperature),
        )
        for key, temperature in zip(_KEYS, sorted(temperatures), strict=False)
    )
    return SamplingExperiment(prompt, conditions, seed)


def swept_temperatures(run: Run) -> dict[str, float]:
    """The temperature of each condition, if that is all in which they differ; else nothing."""
    conditions = run.conditions
    alike = {
        replace(c, key="", name="", n=0, decoding=replace(c.decoding, temperature=0.0))
        for c in conditions
    }
    found = {c.key: c.decoding.temperature for c in conditions}
    if len(alike) > 1 or len(set(found.values())) < max(LEAST, len(found)):
        return {}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))
