"""Measures of quality, alone and together with diversity."""

from __future__ import annotations

import math

from metrics.measure import BOOTSTRAP, Measure

_SCORE = "It is as good as the score it is made from."

QUALITY = (
    Measure(
        key="logprob",
        label="How probable the model finds its answers",
        name="Mean log-probability per token",
        unit="nats",
        minimum=-math.inf,
        maximum=0,
        direction="Neither high nor low is more diverse.",
        floor=8,
        digits=".2f",
        formula=r"\tfrac1n \sum_i \tfrac{1}{T_i} \sum_t \ln p_{i,t}",
        tells="How fluent answers are to the model itself; incoherent ones have low values.",
        cannot_tell="Whether an answer is right or good. A higher temperature lowers it by itself.",
        interval=BOOTSTRAP,
        references=("Shannon 1948",),
    ),
    Measure(
        key="passing",
        label="Answers that are good enough",
        name="Share past the quality gate",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is better.",
        floor=8,
        digits=".0%",
        formula=r"\#\{i: q_i \ge \theta\} / \#\{i: q_i \text{ known}\}",
        tells="What part of the scored answers reaches the threshold.",
        cannot_tell=f"By how much they pass or fail. {_SCORE}",
        interval="Exact binomial (Clopper and Pearson); where draws share calls, bootstrap over "
        "calls; 95 %.",
        references=("Clopper and Pearson 1934", "Shypula et al. 2025"),
    ),
    Measure(
        key="utility",
        label="Gain of a patient user from ten answers",
        name="utility_k (NoveltyBench), k = 10",
        unit="",
        minimum=0,
        maximum=10,
        direction="Higher is better.",
        floor=10,
        digits=".2f",
        formula=r"\frac{\sum_i 0.8^{i-1} u_i\, [\text{meaning } i \text{ is new}]}"
        r"{\sum_i 0.8^{i-1}}",
        tells="What a user gains who asks on with chance 0.8, repeated meanings counting nothing.",
        cannot_tell="Gain from nothing new: all the same at best quality still make 2.24. "
        "NoveltyBench's thresholds hold for its own reward model alone. " + _SCORE,
        interval=BOOTSTRAP,
        references=("Zhang et al. 2025, NoveltyBench",),
        differs="The mean over all orders of all answers, not the first ten as they came.",
    ),
    Measure(
        key="darling",
        label="Quality times difference",
        name="DARLING reward, mean (scores as levels 1 to 10)",
        unit="",
        minimum=0,
        maximum=10,
        direction="Higher is better.",
        floor=8,
        digits=".2f",
        formula=r"\tfrac1n \sum_i q_i \max\left(0.1, \tfrac{n - n_{c(i)}}{n - 1}\right)",
        tells="Whether good answers are also the ones that say something else.",
        cannot_tell="Which of both makes it high. Levels are tenths of the scores at hand, so "
        "values of different runs don't compare. " + _SCORE,
        interval=BOOTSTRAP,
        references=("Li et al. 2025, DARLING",),
        differs="Levels, never negative, take the place of the score or its shift. The class of "
        "an answer is that of the partition chosen; DARLING's is by union-find over its own "
        "classifier, whose weights were not found.",
    ),
)
