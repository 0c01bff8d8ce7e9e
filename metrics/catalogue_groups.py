"""Measures of groups' preferences, each once, as `metrics.catalogue` has those of answers.

The floor counts raters of the smallest group shown, not answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from metrics.catalogue import Measure
from metrics.catalogue_welfare import WELFARE
from metrics.preference import FLOOR

_SANDWICH = "Sandwich estimate with raters as units, Student's t; 95 %."
_SHUFFLES = "None; its p-value is from labels shuffled among raters, adjusted over all shown."
_NO_CAUSE = (
    "Why: a difference between groups is never shown to be caused by what the groups are called."
)

_ALL = (
    Measure(
        key="strength",
        label="How strongly it is preferred",
        name="Bradley–Terry or Plackett–Luce log-strength",
        unit="",
        minimum=-100,
        maximum=None,
        direction="Higher is preferred more.",
        floor=FLOOR,
        digits=".2f",
        formula=r"p(i \text{ from } S) = e^{\theta_i} \Big/ \sum_{j \in S} e^{\theta_j},"
        r"\quad \sum_i \theta_i = 0",
        tells="How often it is chosen over others: one more of θ is 2.7 times the odds.",
        cannot_tell="Whether it is liked at all: only differences count. Strengths of items that "
        "no chain of comparisons joins must not be compared.",
        interval=_SANDWICH,
        references=("Bradley and Terry 1952", "Luce 1959", "Plackett 1975"),
    ),
    Measure(
        key="centrality",
        label="Share of a walk towards the better",
        name="Rank centrality",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is preferred more.",
        floor=FLOOR,
        digits=".3f",
        formula=r"\pi = P\pi,\quad P_{ij} = \tfrac{1}{n-1} A_{ij} / (A_{ij} + A_{ji})",
        tells="Where a walk stays that always moves towards what is preferred.",
        cannot_tell="How sure it is: pairs compared once weigh as much as pairs compared often.",
        interval="None.",
        references=("Negahban, Oh and Shah 2012", "Kirk et al. 2024, PRISM"),
    ),
    Measure(
        key="camps",
        label="Hidden camps",
        name="Number of camps (mixture of Bradley–Terry, AIC3)",
        unit="camps",
        minimum=1,
        maximum=None,
        direction="Higher is further apart.",
        floor=50,
        digits=".0f",
        formula=r"\min_K\; -2\ln L + 3\,[K(n-1) + K - 1]",
        tells="Into how many kinds of taste raters fall, whatever they are labelled.",
        cannot_tell="Small or similar camps: with 12 comparisons per rater alike ones merge. "
        "BIC, with ln U for 3, merges more of them; both stand beside each other. "
        "Fewer than ten comparisons per rater are refused.",
        interval="None; see how many raters who were left out would choose.",
        references=(
            "Dempster, Laird and Rubin 1977",
            "Andrews and Currim 2003",
            "Chakraborty et al. 2024, MaxMin-RLHF",
        ),
    ),
    Measure(
        key="router",
        label="Tastes by question",
        name="Mixture of Bradley–Terry with a router",
        unit="nats",
        minimum=-math.inf,
        maximum=0,
        direction="Higher is better.",
        floor=50,
        digits=".1f",
        formula=r"-\overline{\ln \textstyle\sum_k w_k(x)\, p(y \mid \theta_k)} "
        r"+ \lambda\, \overline{\textstyle\sum_k w_k \ln w_k}, \quad w = \mathrm{softmax}(Wx)",
        tells="How likely the choices of raters who were left out are, if which taste decides "
        "depends on the question x and not on who is asked.",
        cannot_tell="Who has which taste. The published router reads the prompt with a language "
        "model; here x is the question’s embedding in eight dimensions, and a choice among answers "
        "to several questions takes their mean.",
        interval="Student's t with raters as units, each left out of the fit once; 95 %.",
        references=("Shen et al. 2025, MiCRo", "Chakraborty et al. 2024, MaxMin-RLHF"),
    ),
    Measure(
        key="explained",
        label="How far labels explain camps",
        name="Adjusted mutual information",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more agreement.",
        floor=FLOOR,
        digits=".2f",
        formula=r"(I - \mathrm{E}[I]) / (\bar H - \mathrm{E}[I])",
        tells="How much a label says about the camp a rater is in: 0 nothing, 1 all.",
        cannot_tell=_NO_CAUSE,
        interval=_SHUFFLES,
        references=("Vinh, Epps and Bailey 2010",),
    ),
    Measure(
        key="consensus",
        label="Agreed to by all groups",
        name="Group-aware consensus, G-th root",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is more agreement.",
        floor=FLOOR,
        digits=".0%",
        formula=r"\left[\prod_g \tfrac{a_g + 1}{n_g + 2}\right]^{1/G}",
        tells="How large a part agrees in every group, not only in the largest.",
        cannot_tell="Why people agree. Groups found in the same votes differ in them by "
        "construction. Polis shows the product, without the root.",
        interval="None.",
        references=("Small et al. 2021, Polis",),
    ),
    Measure(
        key="choice_spread",
        label="How far groups split",
        name="Choice spread (generalised Jensen–Shannon divergence)",
        unit="bits",
        minimum=0,
        maximum=None,
        direction="Higher is further apart.",
        floor=FLOOR,
        digits=".2f",
        formula=r"H\left(\sum_g w_g P_g\right) - \sum_g w_g H(P_g)",
        tells="How much knowing the group tells about the answer.",
        cannot_tell="Anything below what small groups differ by chance, which stands beside it. "
        + _NO_CAUSE,
        interval=_SHUFFLES,
        references=("Lin 1991", "Benjamini and Hochberg 1995"),
    ),
    Measure(
        key="alpha",
        label="Agreement within the group",
        name="Krippendorff's α",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more agreement.",
        floor=FLOOR,
        digits=".2f",
        formula=r"1 - D_o / D_e",
        tells="How far members agree beyond chance: 1 perfectly, 0 as by chance.",
        cannot_tell="Who is right. It is low where nearly all answers are the same.",
        interval=_SHUFFLES,
        references=("Krippendorff 2011",),
    ),
    Measure(
        key="xrr",
        label="Agreement with the others",
        name="Cross-replication reliability (xRR)",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more agreement.",
        floor=FLOOR,
        digits=".2f",
        formula=r"1 - d_o / d_e",
        tells="How far members agree with people of other groups beyond chance.",
        cannot_tell="Whether they disagree with others more than among themselves: see α.",
        interval=_SHUFFLES,
        references=("Wong, Paritosh and Aroyo 2021",),
    ),
    Measure(
        key="cohesion",
        label="Closer to each other than to others",
        name="In-group minus cross-group agreement (α − xRR)",
        unit="",
        minimum=-2,
        maximum=2,
        direction="Higher is more agreement.",
        floor=FLOOR,
        digits="+.2f",
        formula=r"\alpha_g - \mathrm{xRR}_{g,\,\mathrm{rest}}",
        tells="Whether the group has a view of its own. The ratio of the two is GRASP's index.",
        cannot_tell=_NO_CAUSE,
        interval=_SHUFFLES,
        references=("Prabhakaran et al. 2024, GRASP",),
    ),
    Measure(
        key="gap",
        label="Difference of two groups' scores",
        name="Mean difference over shared items",
        unit="",
        minimum=-1000,
        maximum=None,
        direction="Neither high nor low is better.",
        floor=FLOOR,
        digits="+.2f",
        formula=r"\tfrac1I \sum_i (\bar x_{1i} - \bar x_{2i})",
        tells="How much higher one group scores the same items.",
        cannot_tell=_NO_CAUSE,
        interval="Raters drawn anew within groups, then items; normal, 95 %.",
        references=("Owen 2007",),
    ),
)

GROUP_CATALOGUE: Mapping[str, Measure] = MappingProxyType(
    {one.key: one for one in _ALL} | dict(WELFARE)
)
