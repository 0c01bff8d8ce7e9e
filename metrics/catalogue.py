"""Each measure once: what it is called, where its floor lies, what it tells and what it can't.

Tiles, method cards, the README's table and exports read it here; the panel takes its floors from
here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from metrics.partition import JUDGED_F1, MEANING_THRESHOLD, TOWN_RAND_INDEX

Direction = Literal[
    "Higher is more diverse.",
    "Neither high nor low is more diverse.",
    "Higher follows the user more.",
    "Lower follows the user more.",
    "Higher keeps more to itself.",
    "Higher is more drift.",
    "Lower keeps more to itself.",
    "Higher is a better choice of policies.",
    "Higher is more alike.",
    "Higher is more formal.",
    "Higher is preferred more.",
    "Higher is more agreement.",
    "Higher is further apart.",
    "Higher is better for people.",
    "Lower is better for people.",
    "Neither high nor low is better.",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a reader should know about a number.

    Attributes:
        key: name in code and exports.
        label: words for a tile; {n} stands for the common number of answers.
        name: the technical name.
        unit: "" when it is a plain number.
        minimum: smallest possible value.
        maximum: largest possible value; None when it has no fixed limit.
        direction: how to read a higher value, a sentence.
        floor: draws (or calls, if draws share them) below which no value is shown.
        needs_independence: undefined when draws share a call.
        at_common_n: computed for the common number of answers (m in the formula).
        digits: Python format specification of its value.
        formula: in LaTeX.
        tells: one sentence.
        cannot_tell: one or two sentences.
        interval: how its interval is made.
        references: papers.
        reconstructed: rebuilt from secondary sources, because the original was not found.
    """

    key: str
    label: str
    name: str
    unit: str
    minimum: float
    maximum: float | None
    direction: Direction = "Higher is more diverse."
    floor: int
    needs_independence: bool = False
    at_common_n: bool = False
    digits: str
    formula: str
    tells: str
    cannot_tell: str
    interval: str
    references: tuple[str, ...]
    reconstructed: bool = False

    @property
    def range(self) -> str:
        """Where its values lie, in words."""
        low = f"{self.minimum:g}"
        return f"{low} or more" if self.maximum is None else f"{low} to {self.maximum:g}"

    @property
    def reference(self) -> str:
        """Its papers on one line."""
        return "; ".join(self.references)

    def format(self, value: float) -> str:
        """A value as it is shown, without its unit; a dash when it is undefined."""
        return "–" if math.isnan(value) else format(value, self.digits)


_MEANINGS = (
    "Meanings are groups of answers whose mean cosine similarity is at least "
    f"{MEANING_THRESHOLD:.2f}; against the true ideas of the town their adjusted Rand index is "
    f"{TOWN_RAND_INDEX:.2f}. Long answers by other models need a higher threshold: of 700 pairs "
    f"that people judged it calls nearly all the same (F1 {JUDGED_F1:.2f}, against 0.61 at 0.80)."
)
_JACKKNIFE = "Delete-one-call jackknife, Student's t; 95 %."
_ASSEMBLAGE = "Fresh samples from the estimated assemblage (Chao et al. 2014); 95 %."

_ALL = (
    Measure(
        key="distinct",
        label="Different answers in {n}",
        name="Rarefied number of distinct meanings (distinct_k)",
        unit="meanings",
        minimum=1,
        maximum=None,
        floor=8,
        needs_independence=True,
        at_common_n=True,
        digits=".1f",
        formula=r"\sum_c \left[1 - \binom{n - n_c}{m} \Big/ \binom{n}{m}\right]",
        tells="How many meanings to expect among m answers.",
        cannot_tell="Whether they are good answers, or how far apart they are. " + _MEANINGS,
        interval=_ASSEMBLAGE,
        references=("Hurlbert 1971", "Zhang et al. 2025, NoveltyBench", "Chao et al. 2014"),
    ),
    Measure(
        key="vendi",
        label="Effective number of answers in {n}",
        name="Vendi score of order 2, rarefied",
        unit="answers",
        minimum=1,
        maximum=None,
        floor=8,
        at_common_n=True,
        digits=".2f",
        formula=r"\left[\tfrac1m + \left(1 - \tfrac1m\right)"
        r"\tfrac{1}{n(n-1)}\sum_{i \neq j}\cos^2(x_i, x_j)\right]^{-1}",
        tells="How many completely unrelated answers would be as varied as these; it needs no "
        "grouping into meanings.",
        cannot_tell="Which answers differ. Embeddings of one topic always share a direction, so "
        "it stays small: compare conditions, don't read it as a count.",
        interval=_JACKKNIFE,
        references=("Friedman and Dieng 2023", "Pasarkar and Dieng 2024"),
    ),
    Measure(
        key="spread",
        label="How far apart two answers lie",
        name="Mean cosine distance (1 − mean cosine)",
        unit="",
        minimum=0,
        maximum=2,
        floor=8,
        digits=".3f",
        formula=r"1 - \tfrac{1}{n(n-1)}\sum_{i \neq j}\cos(x_i, x_j)",
        tells="How different two answers are on average: 0 the same, 1 unrelated.",
        cannot_tell="Whether there are two far camps or many near ones. It depends on the "
        "embedder and falls for longer texts.",
        interval=_JACKKNIFE,
        references=("Jiang et al. 2025, Artificial Hivemind", "Hoeffding 1948"),
    ),
    Measure(
        key="entropy",
        label="How unpredictable the meaning is",
        name="Semantic entropy (Chao–Shen)",
        unit="nats",
        minimum=0,
        maximum=None,
        floor=16,
        needs_independence=True,
        digits=".2f",
        formula=r"-\sum_c \frac{\tilde p_c \ln \tilde p_c}{1 - (1 - \tilde p_c)^n},\quad"
        r" \tilde p_c = \left(1 - \tfrac{f_1}{n}\right)\tfrac{n_c}{n}",
        tells="How hard it is to guess the meaning of the next answer: 0 when there is only one, "
        "ln k when k are equally likely.",
        cannot_tell="Whether an unusual answer is wrong or original. When nearly "
        "all answers are unique it is little more than a guess. " + _MEANINGS,
        interval="The wider of a jackknife and fresh samples from the estimated assemblage, "
        "shifted by how far those miss their own truth; 95 %.",
        references=("Farquhar et al. 2024", "Chao and Shen 2003"),
    ),
    Measure(
        key="unseen",
        label="Chance that the next answer is new",
        name="Unseen mass (Good–Turing)",
        unit="",
        minimum=0,
        maximum=1,
        floor=8,
        needs_independence=True,
        at_common_n=True,
        digits=".0%",
        formula=r"\mathrm{E}[f_1]/m \quad (= f_1/n \text{ for } m = n)",
        tells="What part of all further answers would have a meaning not seen so far.",
        cannot_tell="How many new meanings there are: many rare ones and one common one look "
        "alike. " + _MEANINGS,
        interval="The wider of a jackknife and fresh samples from the estimated assemblage, "
        "shifted by how far those miss their own truth, and at least up to the rule of three; "
        "95 %.",
        references=("Good 1953", "Chao and Jost 2012"),
    ),
    Measure(
        key="lexical",
        label="Variety of wording in {n}",
        name="distinct-2",
        unit="",
        minimum=0,
        maximum=1,
        floor=8,
        at_common_n=True,
        digits=".0%",
        formula=r"\frac{\mathrm{E}[\text{different word pairs in } m \text{ answers}]}"
        r"{\mathrm{E}[\text{word pairs in } m \text{ answers}]}",
        tells="What part of all neighbouring word pairs are different ones.",
        cannot_tell="Anything about meaning: a paraphrase raises it. Longer answers lower it; "
        "read it beside the length.",
        interval="Delete-one-call jackknife, less half of what pairs of answers bring to it, but "
        "never narrower than the chance of missing a rare wording allows; 95 %.",
        references=("Li et al. 2016", "Colwell et al. 2012"),
    ),
    Measure(
        key="length",
        label="Words per answer",
        name="Mean length",
        unit="words",
        minimum=0,
        maximum=None,
        direction="Neither high nor low is more diverse.",
        floor=8,
        digits=".1f",
        formula=r"\tfrac1n \sum_i \text{words}_i",
        tells="How long answers are on average; other measures shift with it.",
        cannot_tell="Anything about diversity on its own.",
        interval=_JACKKNIFE,
        references=(),
    ),
)

CATALOGUE: Mapping[str, Measure] = MappingProxyType({measure.key: measure for measure in _ALL})
DEFAULT_PANEL: tuple[str, ...] = tuple(CATALOGUE)
FLOOR = min(measure.floor for measure in _ALL)
