"""The measures of drift, as `metrics.catalogue` has those of diversity.

Their floors and intervals count conversations, not answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from metrics.catalogue import Measure
from metrics.turns import MIN_CONVERSATIONS

_STUDENT = "Student's t over conversations, for each turn alone; 95 %."
_ONE_MODEL = (
    "Values of models with different tokenizers can't be compared. Less than 0.000001 is rounding "
    "of the model's numbers and shows as 0."
)
_JACKKNIFE = (
    "Delete-one-conversation jackknife, Student's t; 95 %. It covers 0.94 where a percentile "
    "bootstrap over conversations covered 0.82 to 0.92."
)

_ALL = (
    Measure(
        key="kl",
        label="How far the next words have moved",
        name="KL divergence from the persona's own choice of words",
        unit="nats per token",
        minimum=0,
        maximum=None,
        direction="Higher is more drift.",
        floor=MIN_CONVERSATIONS,
        digits=".3g",
        formula=r"D_t = \tfrac1n \sum_i \mathrm{KL}(q(\cdot \mid C_t, y_{<i}) \,\|\, "
        r"p(\cdot \mid R_t, y_{<i}))",
        tells="How much the conversation changes what the model would say next, against the same "
        "persona asked the last line alone or anew.",
        cannot_tell="Whether the change is for the worse: topics that were spoken of move it too. "
        + _ONE_MODEL,
        interval=_STUDENT,
        references=("Dongre et al. 2025, Drift No More? (arXiv 2510.07777)",),
        reconstructed=True,
    ),
    Measure(
        key="js",
        label="How far, at most one bit a word",
        name="Jensen–Shannon divergence from the persona's own choice of words",
        unit="bits per token",
        minimum=0,
        maximum=1,
        direction="Higher is more drift.",
        floor=MIN_CONVERSATIONS,
        digits=".3g",
        formula=r"\tfrac1n \sum_i \mathrm{JS}(q, p) / \ln 2",
        tells="The same as KL, but bounded: no single word can dominate it.",
        cannot_tell="As KL. " + _ONE_MODEL,
        interval=_STUDENT,
        references=("Lin 1991",),
    ),
    Measure(
        key="held",
        label="Replies in character",
        name="Share of replies that hold a mark of the persona",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=MIN_CONVERSATIONS,
        digits=".0%",
        formula=r"\tfrac1m \sum_j \mathbf 1[\text{reply } j \text{ holds a mark}]",
        tells="How often the model says what only this persona would say.",
        cannot_tell="Whether a reply without its words is out of character all the same, or one "
        "with them is a parody. It sees nothing but the words you gave.",
        interval=_STUDENT,
        references=("Li et al. 2024, Persona drift (arXiv 2402.10962), with a rule as the judge",),
    ),
    Measure(
        key="meaning",
        label="How far the meaning has moved",
        name="Mean cosine distance to first replies",
        unit="",
        minimum=0,
        maximum=2,
        direction="Higher is more drift.",
        floor=MIN_CONVERSATIONS,
        digits=".2f",
        formula=r"1 - \tfrac1A \sum_a \cos(e(y), e(y_a))",
        tells="How far a reply lies from those to the first line, in meaning.",
        cannot_tell="Drift from a change of topic: another question has other answers. Compare "
        "conditions at the same turn, not turns.",
        interval=_STUDENT,
        references=("Dongre et al. 2025 (Sim), as a distance",),
        reconstructed=True,
    ),
    Measure(
        key="style",
        label="How far the style has moved",
        name="Distance of eight style features to first replies",
        unit="SD of first replies",
        minimum=0,
        maximum=None,
        direction="Higher is more drift.",
        floor=MIN_CONVERSATIONS,
        digits=".2f",
        formula=r"\sqrt{\tfrac1k \sum_f ((x_f - \bar a_f) / s_f)^2}",
        tells="How unlike the first replies a reply is put, whatever it says; about 1 at first.",
        cannot_tell="Which feature moved. English only; features that don't vary at first are "
        "left out.",
        interval=_STUDENT,
        references=("Own, over the features of the Synchrony page",),
    ),
    Measure(
        key="persistence",
        label="How much of a push is left a turn later",
        name="φ of a pooled autoregression of order one",
        unit="",
        minimum=-1,
        maximum=None,
        direction="Neither high nor low is better.",
        floor=MIN_CONVERSATIONS,
        digits=".2f",
        formula=r"D_{t+1} = c + \varphi D_t + \delta \, \mathrm{rem}_{t+1} + e",
        tells="0 forgets at once, near 1 keeps every push for good.",
        cannot_tell="By itself, whether anything pulls drift back: independent noise gives φ about "
        "0 and a short random walk less than 1. Read it beside both bands.",
        interval=_JACKKNIFE,
        references=("Dongre et al. 2025, whose b is φ − 1", "docs/decisions/0007"),
    ),
    Measure(
        key="equilibrium",
        label="Where drift settles",
        name="Equilibrium D* = c / (1 − φ)",
        unit="as the measure",
        minimum=0,
        maximum=None,
        direction="Higher is more drift.",
        floor=MIN_CONVERSATIONS,
        digits=".3g",
        formula=r"D^* = c / (1 - \varphi)",
        tells="The level at which drift neither grows nor shrinks on average.",
        cannot_tell="Anything where the interval of φ reaches 1: then there is none to be seen.",
        interval="Fieller's interval from the jackknife's covariance; 95 %.",
        references=("Dongre et al. 2025", "Fieller 1954"),
    ),
    Measure(
        key="half_life",
        label="Turns until half of a push is gone",
        name="Half-life ln ½ / ln φ",
        unit="turns",
        minimum=0,
        maximum=None,
        direction="Neither high nor low is better.",
        floor=MIN_CONVERSATIONS,
        digits=".1f",
        formula=r"\ln \tfrac12 / \ln \varphi",
        tells="How long a push is felt.",
        cannot_tell="Anything where φ isn't between 0 and 1.",
        interval="That of φ, carried over; it may reach infinity.",
        references=("Dongre et al. 2025",),
    ),
    Measure(
        key="effect",
        label="What it changes in the later turns",
        name="Paired difference of late turns",
        unit="as the measure",
        minimum=float("-inf"),
        maximum=None,
        direction="Neither high nor low is better.",
        floor=MIN_CONVERSATIONS,
        digits="+.3g",
        formula=r"\overline{D'_{t > T/2} - D_{t > T/2}}",
        tells="How much less or more drift the second half of the conversation shows than the same "
        "conversations of the first condition.",
        cannot_tell="When it works: see the curves. Replicates share random numbers, not words, so "
        "pairs part after the first difference.",
        interval="Student's t over pairs of conversations; 95 %.",
        references=("Dongre et al. 2025, there over all turns and unpaired",),
    ),
)

DRIFT: Mapping[str, Measure] = MappingProxyType(
    {measure.key: replace(measure, counted="conversations") for measure in _ALL}
)
CURVES = ("kl", "js", "held", "meaning", "style")
