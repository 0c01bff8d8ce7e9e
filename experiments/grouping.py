"""By what means answers count as one meaning: embeddings, a classifier, or a model's own word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.judgements import Verdict, pair_key
from data.schema import ModelRef, RunData
from metrics.partition import MEANING_THRESHOLD, MeaningTree, by_size, cut
from metrics.same import partition_in_rounds
from metrics.sensitivity import RULES, cosine_likeness
from models.registry import display_name

EMBEDDING, CLASSIFIER, MODEL = "embedding", "classifier", "model"
NOVELTY_ID = "yimingzhang/deberta-v3-large-generation-similarity"


@dataclass(frozen=True, slots=True)
class Means:
    """A source of likeness between answers.

    Attributes:
        label: what the user calls it.
        rules: by which its likeness can be made into groups; the first one is the default.
        threshold: default.
        about: what it can tell and what not.
    """

    label: str
    rules: tuple[str, ...]
    threshold: float
    about: str


MEANS: Mapping[str, Means] = MappingProxyType(
    {
        EMBEDDING: Means(
            label="Embeddings",
            rules=("average", "greedy", "union-find"),
            threshold=MEANING_THRESHOLD,
            about="Cosine similarity of sentence embeddings. Quick, and blind to what the embedder "
            "does not hear: negations and numbers above all.",
        ),
        CLASSIFIER: Means(
            label="A classifier of pairs",
            rules=("greedy", "union-find"),
            threshold=0.5,
            about="A model that was trained to say whether two texts mean the same. One of "
            "entailment reads the question before each answer, and must find entailment likeliest "
            "in both directions (Farquhar et al. 2024); one of equivalence reads the two answers "
            "alone, 128 tokens of each (NoveltyBench). It errs where it was not trained.",
        ),
        MODEL: Means(
            label="The model itself, asked yes or no",
            rules=("greedy", "union-find"),
            threshold=0.5,
            about="The probability that the model begins its reply with yes, among yes and no, "
            "when it is asked whether two answers say the same; the mean over both orders of the "
            "two. Small models, the bundled one above all, have not learned to judge.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Grouping:
    """How answers are grouped by meaning.

    Attributes:
        means: a key of `MEANS`.
        rule: of `metrics.sensitivity.RULES`.
        threshold: from which two answers count as the same.
        judge: the classifier, or the model that is asked; None for embeddings.
    """

    means: str = EMBEDDING
    rule: str = "average"
    threshold: float = MEANING_THRESHOLD
    judge: ModelRef | None = None

    @property
    def judge_id(self) -> str:
        """Under which name this judge's verdicts are kept."""
        ref = self.judge or ModelRef("")
        return ":".join((self.means, ref.id, ref.revision, ref.quantization))

    @property
    def words(self) -> str:
        """How, in a few words that name rule, judge and threshold."""
        rule = {
            "average": "average linkage",
            "greedy": "the greedy rule",
            "union-find": "chains (union-find)",
        }[self.rule]
        if self.means == EMBEDDING:
            return f"{rule} over embeddings, from a cosine of {self.threshold:.2f} on"
        name = display_name(self.judge.id) if self.judge else ""
        by = f"the classifier {name}" if self.means == CLASSIFIER else f"{name}, asked yes or no"
        return f"{rule} over verdicts of {by}, above {self.threshold:.3g}"


class MissingVerdictError(LookupError):
    """A partition needs the verdict on a pair that nobody has judged yet."""


def rows_by_condition(data: RunData) -> dict[str, NDArray[np.intp]]:
    """Rows of each condition that has any, in the run's order of conditions."""
    keys = np.array(data.keys)
    found = {c.key: np.flatnonzero(keys == c.key) for c in data.run.conditions}
    return {key: rows for key, rows in found.items() if len(rows)}


def default_threshold(means: str, model_id: str = "") -> float:
    """The usual one: NoveltyBench's own for its own classifier."""
    if means == CLASSIFIER and model_id == NOVELTY_ID:
        return 0.102
    return MEANS[means].threshold


def labels_by_embedding(
    data: RunData, tree: MeaningTree, *, rule: str, threshold: float
) -> NDArray[np.int64]:
    """Groups of embeddings by one of the rules; (m,) labels, 0 the largest.

    Args:
        data: m rows.
        tree: `metrics.partition.meaning_tree` of the same m vectors.
        rule: of `metrics.sensitivity.RULES`.
        threshold: cosine from which answers count as the same.
    """
    if rule == "average" or not len(data.keys):
        return cut(tree, threshold=threshold)
    return RULES[rule](cosine_likeness(data.vectors), threshold)


def distinct_texts(data: RunData) -> tuple[list[str], NDArray[np.intp]]:
    """The different texts in order of arrival, and for each row its place among them.

    The same text means the same: no judge is asked about it.
    """
    places: dict[str, int] = {}
    rows = [places.setdefault(sample.text, len(places)) for sample in data.samples]
    return list(places), np.array(rows, dtype=np.intp)


def labels_by_verdicts(
    data: RunData, verdicts: Mapping[str, Verdict], grouping: Grouping
) -> NDArray[np.int64] | None:
    """Groups by what a judge has said; None while verdicts are missing that the rule needs.

    Args:
        data: m rows.
        verdicts: by `data.judgements.pair_key`.
        grouping: rule and threshold.

    Returns:
        (m,) labels, 0 the largest.
    """
    texts, rows = distinct_texts(data)

    def known(pairs: list[tuple[int, int]]) -> list[float]:
        return [_verdict(verdicts, texts[a], texts[b]).same for a, b in pairs]

    try:
        found = partition_in_rounds(
            known,  # type: ignore[arg-type]
            len(texts),
            threshold=grouping.threshold,
            chained=grouping.rule == "union-find",
        )
    except MissingVerdictError:
        return None
    return by_size(found[rows])


def _verdict(verdicts: Mapping[str, Verdict], first: str, second: str) -> Verdict:
    try:
        return verdicts[pair_key(first, second)]
    except KeyError:
        raise MissingVerdictError from None


def pairs_within(data: RunData) -> list[tuple[str, str]]:
    """Every two different texts that one condition gave, in the order in which a judge sees them.

    These are what measures of graded likeness need, which look at a condition at a time.
    """
    texts, places = distinct_texts(data)
    pairs: set[tuple[int, int]] = set()
    for rows in rows_by_condition(data).values():
        pairs.update(combinations(sorted(set(places[rows].tolist())), 2))
    return [(texts[a], texts[b]) for a, b in sorted(pairs)]


def likeness_by_verdicts(
    data: RunData, verdicts: Mapping[str, Verdict]
) -> NDArray[np.float64] | None:
    """Verdicts on all pairs of answers within each condition; None while any is missing.

    Args:
        data: m rows.
        verdicts: by `data.judgements.pair_key`.

    Returns:
        (m, m) symmetric likeness with a diagonal of ones; NaN between conditions where nobody
        has judged.
    """
    texts, places = distinct_texts(data)
    same = np.full((len(texts), len(texts)), np.nan)
    np.fill_diagonal(same, 1)
    for a, b in combinations(range(len(texts)), 2):
        # Where a gate has left answers out, another text of the two may be the earlier one.
        keys = pair_key(texts[a], texts[b]), pair_key(texts[b], texts[a])
        if (found := next((verdicts[k] for k in keys if k in verdicts), None)) is not None:
            same[a, b] = same[b, a] = found.same
    spread = same[np.ix_(places, places)]
    within = (spread[np.ix_(rows, rows)] for rows in rows_by_condition(data).values())
    return None if any(np.isnan(part).any() for part in within) else spread


def most_pairs(data: RunData) -> int:
    """Pairs of different texts: more than these no judge is ever asked about."""
    texts = len({sample.text for sample in data.samples})
    return texts * (texts - 1) // 2


def in_subset(labels: NDArray[np.integer], whole: RunData, part: RunData) -> NDArray[np.int64]:
    """Labels of some of a run's rows, renumbered by their own sizes.

    Args:
        labels: (m,) of the whole run.
        whole: the run.
        part: some of its rows.
    """
    places = {
        (key, sample.index): row
        for row, (key, sample) in enumerate(zip(whole.keys, whole.samples, strict=True))
    }
    rows = [places[key, s.index] for key, s in zip(part.keys, part.samples, strict=True)]
    return by_size(np.asarray(labels)[rows]) if rows else np.zeros(0, dtype=np.int64)
