"""The measures of the default panel, in the order in which the page shows them."""

from __future__ import annotations

from metrics.measure import Measure
from metrics.partition import JUDGED_F1, MEANING_THRESHOLD, TOWN_RAND_INDEX

MEANINGS = (
    "By default meanings are groups of answers whose mean cosine similarity is at least "
    f"{MEANING_THRESHOLD:.2f}; against the true ideas of the town their adjusted Rand index is "
    f"{TOWN_RAND_INDEX:.2f}. Long answers by other models need a higher threshold: of 700 pairs "
    f"that people judged it calls nearly all the same (F1 {JUDGED_F1:.2f}, against 0.61 at 0.80)."
)
JACKKNIFE = "Delete-one-call jackknife, Student's t; 95 %."
ASSEMBLAGE = "Fresh samples from the estimated assemblage (Chao et al. 2014); 95 %."

PANEL = (
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
        cannot_tell="Whether they are good answers, or how far apart they are. " + MEANINGS,
        interval=ASSEMBLAGE,
        references=("Hurlbert 1971", "Zhang et al. 2025, NoveltyBench", "Chao et al. 2014"),
        differs="NoveltyBench counts the classes of the first k answers; this is the mean over all "
        "sets of m. Its stored field distinct is one too low, its summary is right.",
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
        interval=JACKKNIFE,
        references=("Friedman and Dieng 2023", "Pasarkar and Dieng 2024"),
        differs="vendi_score.score_X takes order 1 whatever is asked for; score_K agrees with this "
        "at m = n.",
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
        cannot_tell="Whether there are two far camps or many near ones, nor what people call "
        "diverse among good stories: on 18 sets of three that people rated its rank correlation "
        "with them is 0.40, but −0.04 without the three sets of copies. It depends on the "
        "embedder and falls for longer texts.",
        interval=JACKKNIFE,
        references=("Jiang et al. 2025, Artificial Hivemind", "Hoeffding 1948"),
        differs="One minus it is Hivemind's intra-model similarity. remote_clique of package "
        "diversity counts each answer's zero distance to itself, which makes it (n − 1)/n of this.",
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
        "all answers are unique it is little more than a guess. " + MEANINGS,
        interval="The wider of a jackknife and fresh samples from the estimated assemblage, "
        "shifted by how far those miss their own truth; 95 %.",
        references=("Farquhar et al. 2024", "Chao and Shen 2003"),
        differs="Where every answer is alone, f1 counts as n − 1, as ESA has it.",
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
        "alike. " + MEANINGS,
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
        differs="N-grams stay within their answer; counts are those expected in m answers.",
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
        interval=JACKKNIFE,
        references=(),
    ),
)
