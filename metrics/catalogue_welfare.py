"""Measures of what a choice means for people and groups, each once.

The floor counts raters of the smallest group shown, not answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from metrics.catalogue import Measure
from metrics.preference import FLOOR

_PEOPLE = "People drawn anew within their groups, the choice kept; percentiles, 95 %."

_ALL = (
    Measure(
        key="total",
        label="Total welfare",
        name="Weighted mean of groups' mean utility",
        unit="",
        minimum=0,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\sum_g w_g U_g",
        tells="How well people fare on the whole.",
        cannot_tell="Who pays for it. Adding utilities takes different people's scales as one.",
        interval=_PEOPLE,
        references=("Atkinson 1970", "Sen 1970"),
    ),
    Measure(
        key="worst",
        label="The group that fares worst",
        name="Smallest mean utility of a group",
        unit="",
        minimum=0,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\min_g U_g",
        tells="How the choice treats the group that it treats worst.",
        cannot_tell="How people within that group differ. The least of several means lies too "
        "low where groups are small.",
        interval=_PEOPLE,
        references=("Rawls 1971",),
    ),
    Measure(
        key="low_percentile",
        label="The worse-off fifth",
        name="20th percentile over people",
        unit="",
        minimum=0,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits=".2f",
        formula=r"Q_{0.2}(U)",
        tells="One in five people gets no more than this.",
        cannot_tell="Which groups they are of.",
        interval=_PEOPLE,
        references=("Sen 1973",),
    ),
    Measure(
        key="gini",
        label="Inequality",
        name="Gini coefficient over people",
        unit="",
        minimum=0,
        maximum=1,
        direction="Lower is better for people.",
        floor=FLOOR,
        digits=".3f",
        formula=r"\frac{\sum_k (2k - n - 1)\, x_{(k)}}{n \sum_k x_k}",
        tells="How unequally utility is spread: 0 all alike.",
        cannot_tell="Whether all fare well or all badly. It depends on where the scale starts.",
        interval=_PEOPLE,
        references=("Gini 1912",),
    ),
    Measure(
        key="exploitability",
        label="What the best reply wins",
        name="Exploitability of a mixed strategy",
        unit="",
        minimum=0,
        maximum=0.5,
        direction="Neither high nor low is better.",
        floor=FLOOR,
        digits=".3f",
        formula=r"\max_i (Pp)_i - \tfrac12",
        tells="How far a mixture is from one that no answer beats: 0 in equilibrium.",
        cannot_tell="Whether the preferences it rests on are sure.",
        interval="None.",
        references=("Munos et al. 2024", "Tiapkin et al. 2025, Nash-MP"),
    ),
    Measure(
        key="negotiated",
        label="What negotiation changes",
        name="Negotiation within a budget",
        unit="",
        minimum=0,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\max \sum_g \ln(U_g(S) - d), \quad \sum_{i \in S} c_i \le B, \quad "
        r"U_g(S) \ge U_g(S_0) - \varepsilon",
        tells="Whether proposals of the worst-off group, vetoes and a mediator move the best "
        "affordable total S₀ towards a fairer package; U is the sum over the answers taken.",
        cannot_tell="What the published method would agree on: only its abstract was found, and "
        "these rules are our own, inspired by it. Answers are taken to help independently of each "
        "other, and groups to know and say what they want.",
        interval=_PEOPLE,
        references=("Negotiative Alignment 2025, arXiv 2503.12613 (inspired by)", "Nash 1950"),
        reconstructed=True,
    ),
    Measure(
        key="reward",
        label="What a group is expected to gain",
        name="Expected gain of the best of n",
        unit="",
        minimum=-math.inf,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits="+.2f",
        formula=r"y^\star = \arg\max_{y \le n} \sum_g w_g z_g(y) \;\text{or}\; \min_g z_g(y), "
        r"r_g(y) = v_g^\top \text{words}(y), \quad \mathrm{KL} \le \ln n - \tfrac{n - 1}{n}",
        tells="How much more a group is expected to like the chosen answer than the mean answer. "
        "A word’s value is a ridge regression of the group’s judgements on counts of words, within "
        "a question; z is r in standard deviations within the prompt.",
        cannot_tell="How good an answer is about which people judged nothing alike: see how well "
        "held-out texts are told. The best is chosen by the same values, which flatters it. "
        "The value function is our own.",
        interval="Raters drawn anew within their groups, the choice kept; percentiles, 95 %.",
        references=(
            "Stiennon et al. 2020",
            "Chakraborty et al. 2024, MaxMin-RLHF",
            "Hoerl and Kennard 1970",
        ),
    ),
    Measure(
        key="mixed",
        label="What mixing brings a group",
        name="Expected gain of value-augmented sampling",
        unit="",
        minimum=-math.inf,
        maximum=None,
        direction="Higher is better for people.",
        floor=FLOOR,
        digits="+.2f",
        formula=r"z_i \leftarrow z_i + \beta\,(V_i - \bar V) \;\text{over the 20 likeliest}, \quad "
        r"V = \sum_g w_g V_g, \quad \bar r_g(\beta) - \bar r_g(0)",
        tells="How much more a group is expected to like answers into which all groups’ values "
        "were mixed token by token. V_g is in standard deviations of what the group’s values say "
        "of the judged answers; a token’s is that of the words it finishes and, of a word begun, "
        "the mean of the known words that begin so.",
        cannot_tell="How good answers are beyond their words: mixing can break them, so see how "
        "many read back and how surprising they are. The same values draw and judge, which "
        "flatters the gain. The published values are a model’s; those of words, and their scale, "
        "are our own.",
        interval="Answers drawn anew on both sides, and raters within their groups; percentiles, "
        "95 %. True gains: Student’s t over answers, both sides combined (MOVER).",
        references=("Han et al. 2024, VAS", "Zou and Donner 2008"),
    ),
)

WELFARE: Mapping[str, Measure] = MappingProxyType({one.key: one for one in _ALL})
