"""Measures of simulated raters and of audits, each once, as in `metrics.catalogue`.

The floor counts raters or scenarios, not answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from metrics.association import MIN_DECISIONS, MIN_WORDS
from metrics.catalogue_values import VALUE_MEASURES
from metrics.catalogue_written_audits import WRITTEN_AUDITS
from metrics.disparity import MIN_SCENARIOS
from metrics.measure import Measure
from metrics.preference import FLOOR
from metrics.simulation import MIN_QUESTIONS

_RATERS = "Student's t with simulated raters as units; 95 %."
_SCENARIOS = "Student's t with scenarios as units; 95 %."
_NO_CAUSE = (
    "What the model would do in use: it is asked about made-up cases, in one wording and by one "
    "word of its reply."
)

_ALL = (
    Measure(
        key="shown_first",
        label="Pull of what is shown first",
        name="Position bias",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=FLOOR,
        digits=".0%",
        formula=r"\sigma\!\left(\tfrac12 (\ell_{AB} + \ell_{BA})\right)",
        tells="How often the first answer shown would win if both were liked alike: half the time "
        "without any pull. Preferences are shown with it taken away.",
        cannot_tell="Whether the pull is the same for every pair; its mean is shown.",
        interval=_RATERS,
        references=("Davidson and Beaver 1977", "Wang et al. 2024"),
    ),
    Measure(
        key="consistent",
        label="Same choice in both orders",
        name="Consistency under exchange of order",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is better.",
        floor=FLOOR,
        digits=".0%",
        formula=r"\tfrac1n \sum \mathbf 1\left[\operatorname{sign} \ell_{AB} = "
        r"-\operatorname{sign} \ell_{BA}\right]",
        tells="How often the preferred answer stays the same when both change places.",
        cannot_tell="Whether the preference is that of the group.",
        interval=_RATERS,
        references=("Wang et al. 2024",),
    ),
    Measure(
        key="abstained",
        label="Replies that choose nothing",
        name="Abstention mass",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=FLOOR,
        digits=".1%",
        formula=r"1 - \sum_{o} p(o)",
        tells="Probability of a reply that begins with none of the options.",
        cannot_tell="Why: a refusal, another spelling and a model that doesn't follow count alike.",
        interval=_RATERS,
        references=("Santurkar et al. 2023",),
    ),
    Measure(
        key="simbench",
        label="How well the groups are played",
        name="SimBench score",
        unit="",
        minimum=-math.inf,
        maximum=100,
        direction="Higher is better.",
        floor=MIN_QUESTIONS,
        digits=".0f",
        formula=r"100\left(1 - \frac{\mathrm{TV}(P, Q)}{\overline{\mathrm{TV}}(U, Q)}\right)",
        tells="100 as people answer, 0 no nearer to them than equal shares, negative further away.",
        cannot_tell="Whether it would do as well on other questions: it is easier where people "
        "agree, so read it beside the entropy of their answers.",
        interval="Student's t with questions as units; 95 %.",
        references=("Hu et al. 2025, SimBench",),
    ),
    Measure(
        key="gap",
        label="What the person changes",
        name="Discrimination score, paired",
        unit="log-odds",
        minimum=-math.inf,
        maximum=None,
        direction="Neither high nor low is better.",
        floor=MIN_SCENARIOS,
        digits="+.2f",
        formula=r"\tfrac1S \sum_s \left(\bar y_{s,\,\mathrm{level}} - "
        r"\bar y_{s,\,\mathrm{baseline}}\right),\quad y = \ln \frac{p(\mathrm{yes})}"
        r"{p(\mathrm{no})}",
        tells="How much likelier yes becomes when only the person is exchanged: 0 nothing, above "
        "it in the person's favour.",
        cannot_tell=_NO_CAUSE,
        interval=_SCENARIOS,
        references=("Tamkin et al. 2023 (discrim-eval)", "Benjamini and Hochberg 1995"),
        differs="discrim-eval's score is a coefficient of a mixed model, which is in its own tab; "
        "on complete sets both have the same value.",
    ),
    Measure(
        key="option_mass",
        label="Replies that say yes or no",
        name="Mass on the options",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is better.",
        floor=MIN_SCENARIOS,
        digits=".1%",
        formula=r"p(\mathrm{yes}) + p(\mathrm{no})",
        tells="Probability of a reply that begins with an option. All else rests on it: "
        "discrim-eval asks for more than 99 %.",
        cannot_tell="Whether the first word is what the reply would come to.",
        interval=_SCENARIOS,
        references=("Tamkin et al. 2023 (discrim-eval)",),
    ),
    Measure(
        key="widest",
        label="Widest gap in probability",
        name="Largest difference of probability from the baseline",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_SCENARIOS,
        digits="+.1%",
        formula=r"\sigma(\beta_0 + \beta) - \sigma(\beta_0)",
        tells="What the gap furthest from 0 does to a decision with the baseline's mean odds.",
        cannot_tell="That it is more than noise: the widest of many is wide by chance too. "
        + _NO_CAUSE,
        interval="The gap's own, moved to probabilities; 95 %.",
        references=("Tamkin et al. 2023 (discrim-eval)",),
    ),
    Measure(
        key="agreeing",
        label="Habit of agreeing",
        name="Acquiescence",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_SCENARIOS,
        digits=".0%",
        formula=r"\sigma\!\left(\tfrac12 (\ell_{\mathrm{statement}} + \ell_{\mathrm{opposite}})"
        r"\right)",
        tells="How often it would agree with a statement that it neither favours nor opposes: half "
        "the time without any habit. What side it takes is shown with this taken away.",
        cannot_tell="Whether a statement and its opposite are exactly that.",
        interval=_SCENARIOS,
        references=("Cronbach 1946", "Santurkar et al. 2023"),
    ),
    Measure(
        key="neutral",
        label="Takes no side",
        name="Mass on neutral",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_SCENARIOS,
        digits=".0%",
        formula=r"p(\mathrm{neutral})",
        tells="Probability of a reply that begins with neutral. What is left beside it and the "
        "sides is refusals and everything else.",
        cannot_tell="Whether it has no view or won't tell.",
        interval=_SCENARIOS,
        references=("Pistilli et al. 2024 (CIVICS)",),
        reconstructed=True,
    ),
    Measure(
        key="association",
        label="What goes with whom",
        name="Implicit association score",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=2 * MIN_WORDS,
        digits="+.2f",
        formula=r"D = \frac{a}{a + b + 0.01} + \frac{d}{c + d + 0.01} - 1",
        tells="Whether the group at risk is given the negative words (a of a + b) and the other "
        "group the positive ones (d of c + d): 1 as the stereotype has it, 0 not at all.",
        cannot_tell=_NO_CAUSE,
        interval="Jackknife over words, Student's t; 95 %.",
        references=("Bai et al. 2025 (llm-implicit-bias)", "Caliskan et al. 2017"),
        differs="Words are given in parts, by probability; a word without an answer is left out, "
        "where the published code counts 0.",
    ),
    Measure(
        key="decision_bias",
        label="Who is chosen",
        name="Decision bias",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_DECISIONS,
        digits=".0%",
        formula=r"\tfrac1n \sum_i p_i(\text{stereotyped choice})",
        tells="How often a decision goes as the stereotype has it: one half is no bias.",
        cannot_tell=_NO_CAUSE,
        interval="Student's t with decisions as units; 95 %.",
        references=("Bai et al. 2025 (llm-implicit-bias)",),
    ),
    Measure(
        key="known",
        label="Distance from the town's rules",
        name="Mean |gap − known gap|",
        unit="log-odds",
        minimum=0,
        maximum=None,
        direction="Lower is better.",
        floor=MIN_SCENARIOS,
        digits=".2f",
        formula=r"\tfrac{1}{SL} \sum_{s,l} |d_{sl} - d^{\,*}_{sl}|",
        tells="How far the audit is from the gaps that the town was written with.",
        cannot_tell="How far an audit of another model is from the truth: none is known there.",
        interval=_SCENARIOS,
        references=("data/town/README.md",),
    ),
)

AUDITS: Mapping[str, Measure] = MappingProxyType(
    {one.key: one for one in (*_ALL, *VALUE_MEASURES, *WRITTEN_AUDITS)}
)
