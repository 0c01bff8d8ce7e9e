"""Where groups split, by how much more than chance, and what tells that they will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kruskal, spearmanr

from data.importers import Responses
from experiments.groups.grouping import Grouping
from experiments.groups.questions import Questions
from metrics.agreement import Cohesion, cohesion, normalised_cross_agreement
from metrics.gaps import mixed_gap, score_gap
from metrics.memberships import adjusted
from metrics.partition import cut, meaning_tree
from metrics.preference import FLOOR
from metrics.splits import (
    GroupDistances,
    ItemSplits,
    Predictor,
    group_distances,
    item_splits,
    what_predicts,
)
from metrics.style import FEATURES, style_features
from metrics.uncertainty import Difference

MOST_SHUFFLES, FEWEST_SHUFFLES = 1000, 199
_WORK = 1.5e9  # multiplications that shuffling may take: a few seconds
_FIT_WORK = 3e7  # a few seconds of fitting a mixed model
ENOUGH_ITEMS = 12  # below it nothing is said of what predicts splits


@dataclass(frozen=True)
class TextPredictor:
    """How a property of items goes with how far groups split on them.

    Attributes:
        name: of the property.
        value: Spearman's ρ with the spread beyond chance; for meanings, η² of its ranks.
        p_value: that it is nothing.
        q_value: Benjamini–Hochberg over the properties.
        items: how many.
    """

    name: str
    value: float
    p_value: float
    q_value: float
    items: int


def splits_between(questions: Questions, grouping: Grouping) -> ItemSplits:
    """Choice spread of each question between the groups, against shuffled labels.

    NaN for questions that fewer than ten raters answered.
    """
    codes, labels, often = _inside(questions, grouping)
    names = ("spread", "by_chance", "p_value", "q_value")
    columns = {name: np.full(len(often), np.nan) for name in names}
    raters = np.zeros(len(often), dtype=np.int64)
    if often.any():
        shuffles = _shuffles(codes, len(grouping.shown))
        found = item_splits(codes, labels, rng=_rng(), resamples=shuffles)
        raters[often] = found.raters
        for name, column in columns.items():
            column[often] = getattr(found, name)
    return ItemSplits(**columns, raters=raters)


def distances_between(questions: Questions, grouping: Grouping) -> GroupDistances:
    """Jensen–Shannon divergence of each two groups, against shuffled labels.

    Over questions that ten raters or more answered; all others where there is none such.
    """
    codes, labels, often = _inside(questions, grouping)
    if not often.any():
        codes = questions.codes[grouping.inside]
    shuffles = _shuffles(codes, len(grouping.shown) ** 2)
    return group_distances(codes, labels, rng=_rng(), resamples=shuffles)


def telling_attributes(questions: Questions, responses: Responses) -> tuple[Predictor, ...]:
    """Which attribute of raters tells most about their answers."""
    attributes = {str(n): responses.raters[n].to_numpy() for n in responses.raters.columns}
    shuffles = _shuffles(questions.codes, 4 * max(len(attributes), 1))
    return what_predicts(questions.codes, attributes, rng=_rng(), resamples=shuffles)


def cohesion_of(questions: Questions, grouping: Grouping) -> Cohesion:
    """In-group and cross-group agreement of each group, against shuffled labels."""
    values = questions.values[grouping.inside]
    labels = grouping.labels[grouping.inside]
    kinds = 3 if questions.level == "interval" else 2 + len(questions.words)
    shuffles = _shuffles(values, len(grouping.shown), kinds=kinds)
    return cohesion(values, labels, rng=_rng(), level=questions.level, resamples=shuffles)


def normalised_agreement(questions: Questions, grouping: Grouping) -> NDArray[np.float64]:
    """(groups, groups) xRR of each two over √(α α); NaN where that is not positive."""
    parts = [questions.values[grouping.labels == g] for g in range(len(grouping.shown))]
    table = np.full((len(parts), len(parts)), np.nan)
    for i, one in enumerate(parts):
        for j, two in enumerate(parts[:i]):
            found = normalised_cross_agreement(one, two, level=questions.level)
            table[i, j] = table[j, i] = found
    return table


def overall_gap(questions: Questions, grouping: Grouping, first: int, second: int) -> Difference:
    """Mean answer of one group minus another's over questions both answered; bootstrap."""
    side = np.full(len(grouping.labels), -1)
    side[grouping.labels == first], side[grouping.labels == second] = 1, 0
    inside = side >= 0
    resamples = int(np.clip(2e9 / max(questions.values[inside].size * 8, 1), 200, 1000))
    return score_gap(questions.values[inside], side[inside], rng=_rng(), resamples=resamples)


def overall_mixed_gap(
    questions: Questions, grouping: Grouping, first: int, second: int
) -> Difference:
    """The same difference from a mixed model with raters and items as random effects.

    Where the fit would take too long for a page, it says so.
    """
    inside = np.isin(grouping.labels, (first, second))
    raters, items = np.nonzero(~np.isnan(questions.values) & inside[:, None])
    levels = sorted((len(np.unique(raters)), len(np.unique(items))))
    if levels and levels[0] ** 2 * levels[1] > _FIT_WORK:
        reason = f"{levels[1]:,} × {levels[0]:,} raters and items are too many to fit on a page."
        return Difference(np.nan, np.nan, np.nan, int(inside.sum()), np.nan, reason)
    scores = questions.values[raters, items]
    return mixed_gap(scores, raters, items, (grouping.labels[raters] == first).astype(int))


def telling_texts(
    splits: ItemSplits, texts: Sequence[str], *, vectors: NDArray[np.floating] | None = None
) -> tuple[TextPredictor, ...]:
    """Which properties of the items' texts go with how far groups split on them.

    Args:
        splits: of the items.
        texts: what they say.
        vectors: (items, d) their embeddings, for clusters of meaning; left out if not given.

    Returns:
        The strongest first; nothing below twelve items.
    """
    excess = splits.spread - splits.by_chance
    known = ~np.isnan(excess)
    if known.sum() < ENOUGH_ITEMS:
        return ()
    said = [text for text, there in zip(texts, known, strict=True) if there]
    columns = {"length in words": np.array([len(text.split()) for text in said], dtype=float)}
    columns |= dict(zip(FEATURES, style_features(said).T, strict=True))
    told = [_told(name, column, excess[known]) for name, column in columns.items()]
    if vectors is not None:
        told.append(_told_by_meaning(np.asarray(vectors)[known], excess[known]))
    found = [one for one in told if one is not None]
    q = adjusted([one.p_value for one in found])
    made = [TextPredictor(one.name, one.value, one.p_value, float(value), one.items)
            for one, value in zip(found, q, strict=True)]  # fmt: skip
    return tuple(sorted(made, key=lambda one: one.p_value))


def spread_frame(
    questions: Questions, grouping: Grouping, splits: ItemSplits, texts: Sequence[str]
) -> pd.DataFrame:
    """One row per question, the largest spread beyond chance first; undefined ones left out."""
    order = [i for i in splits.order if not np.isnan(splits.spread[i])]
    return pd.DataFrame(
        {
            "question": [questions.names[i] for i in order],
            "text": [texts[i] for i in order],
            "spread (bits)": splits.spread[order],
            "by chance": splits.by_chance[order],
            "beyond chance": (splits.spread - splits.by_chance)[order],
            "p": splits.p_value[order],
            "q": splits.q_value[order],
            "answers": splits.raters[order],
            "place": order,
        }
    )


def answer_shares(questions: Questions, grouping: Grouping, place: int) -> pd.DataFrame:
    """How often each group gave each answer to one question, groups below ten raters left out."""
    rows = []
    for g, name in enumerate(grouping.names):
        given = questions.codes[grouping.labels == g, place]
        given = given[~np.isnan(given)]
        if len(given) < 10:
            continue
        for code, word in sorted(questions.words.items()):
            count = int((given == code).sum())
            rows.append({"group": name, "answer": word, "share": count / len(given),
                         "raters": count, "of": len(given)})  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "answer", "share", "raters", "of"])


def _inside(
    questions: Questions, grouping: Grouping
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Codes of questions that ten raters in groups answered; their labels; which these are."""
    codes = questions.codes[grouping.inside]
    often = (~np.isnan(codes)).sum(axis=0) >= FLOOR
    return codes[:, often], grouping.labels[grouping.inside], often


def _shuffles(table: NDArray[np.float64], groups: int, *, kinds: int | None = None) -> int:
    """As many as a few seconds allow."""
    if kinds is None:
        kinds = len(np.unique(table[~np.isnan(table)]))
    work = max(table.size * kinds * groups, 1)
    return int(np.clip(_WORK / work, FEWEST_SHUFFLES, MOST_SHUFFLES))


def _told(
    name: str, column: NDArray[np.float64], excess: NDArray[np.float64]
) -> TextPredictor | None:
    known = np.isfinite(column)
    if known.sum() < ENOUGH_ITEMS or len(np.unique(column[known])) < 2:
        return None
    found = spearmanr(column[known], excess[known])
    return TextPredictor(
        name, float(found.statistic), float(found.pvalue), np.nan, int(known.sum())
    )


def _told_by_meaning(
    vectors: NDArray[np.floating], excess: NDArray[np.float64]
) -> TextPredictor | None:
    """Kruskal–Wallis between clusters of meaning that hold three items or more."""
    labels = cut(meaning_tree(vectors), threshold=0.4)
    sizes = np.bincount(labels)
    parts = [excess[labels == c] for c in np.flatnonzero(sizes >= 3)]
    if len(parts) < 2:
        return None
    found, items = kruskal(*parts), sum(map(len, parts))
    share = (found.statistic - len(parts) + 1) / max(items - len(parts), 1)
    return TextPredictor("cluster of meaning", float(share), float(found.pvalue), np.nan, items)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)
