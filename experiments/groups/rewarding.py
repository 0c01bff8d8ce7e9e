"""Best of n by what groups are expected to like: values of words, learned from their judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import ChoraleError
from data.town.judgements import yes_probability
from data.town.reading import read_back
from data.town.town import load_town
from experiments.groups.grouping import Grouping
from experiments.groups.options import utilities_of
from experiments.groups.sources import Source
from metrics.group_rewards import (
    LEAST_TEXTS,
    ValueFunction,
    best_of_divergence,
    best_of_shares,
    centred_counts,
    fit_values,
    standardised,
)
from metrics.preference import FLOOR
from metrics.uncertainty import LEVEL, Estimate

MOST_TEXTS = 600
RESAMPLES = 400
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
WEIGHTED, LEAST = "Largest weighted reward", "Largest least reward"
RULES = (WEIGHTED, LEAST)
_TOLD = 4  # words of each group that are named


@dataclass(frozen=True, eq=False)
class GroupValues:
    """What words are worth to each group, and how far to trust that.

    Attributes:
        function: learned from mean utilities.
        names: of the groups.
        sizes: raters of each.
        drawn: (resamples, groups, texts) mean utilities of the same texts when raters are drawn
            anew within their groups, centred within parts.
    """

    function: ValueFunction
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    drawn: NDArray[np.float64]

    def told(self, group: int) -> tuple[str, str]:
        """The words that add most, and those that take most away."""
        weights = self.function.weights[group]
        order = np.argsort(-weights, kind="stable")
        up = [self.function.words[i] for i in order[:_TOLD] if weights[i] > 0]
        down = [self.function.words[i] for i in order[::-1][:_TOLD] if weights[i] < 0]
        return ", ".join(up), ", ".join(down)


@dataclass(frozen=True, eq=False)
class BestOfN:
    """What best of n makes of some answers to one prompt.

    Attributes:
        texts: the answers.
        rewards: (groups, n) expected gain in utility over the mean of these answers.
        chosen: rule → place of the best of all.
        gains: rule → each group's expected gain by it, with an interval over raters.
        sizes: n, from 1.
        divergence: (sizes,) bound of the KL from the model's own answers, nats.
        curves: rule → (sizes, groups) expected gain of the best of so many.
        truth: (groups, n) true gain by the town's own tastes; NaN for what it can't have said;
            None where nothing is known.
    """

    texts: tuple[str, ...]
    rewards: NDArray[np.float64]
    chosen: dict[str, int]
    gains: dict[str, tuple[Estimate, ...]]
    sizes: tuple[int, ...]
    divergence: NDArray[np.float64]
    curves: dict[str, NDArray[np.float64]]
    truth: NDArray[np.float64] | None

    def true_curve(self, rule: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """(sizes, groups) true gain of the best of so many."""
        assert self.truth is not None
        known = ~np.isnan(self.truth).any(axis=0)
        rows = [best_of_shares(scores[known], min(n, int(known.sum()))) for n in self.sizes]
        return np.stack(rows) @ self.truth[:, known].T


def values_of(source: Source, grouping: Grouping) -> GroupValues:
    """Learn what each group likes from every answer that ten of each judged.

    Raises:
        ChoraleError: there are fewer than ten such answers.
    """
    names, parts, table = utilities_of(source, most=MOST_TEXTS)
    kept, labels = table[grouping.inside], grouping.labels[grouping.inside]
    groups = len(grouping.shown)
    judged = np.stack([(~np.isnan(kept[labels == g])).sum(axis=0) for g in range(groups)])
    enough = (judged >= FLOOR).all(axis=0)
    if enough.sum() < LEAST_TEXTS:
        raise ChoraleError(
            f"Only {int(enough.sum())} answers were judged by {FLOOR} raters or more of every "
            f"group; values need {LEAST_TEXTS}.",
            "Choose a coarser attribute.",
        )
    texts = [source.texts.get(names[i], names[i]) for i in np.flatnonzero(enough)]
    kept, parts = kept[:, enough], parts[enough]
    means = np.stack([np.nanmean(kept[labels == g], axis=0) for g in range(groups)])
    function = fit_values(texts, parts, means)
    rng = np.random.default_rng(0)
    drawn = np.stack([_redrawn(kept[labels == g], means[g], rng) for g in range(groups)], axis=1)
    sizes = tuple(group.size for group in grouping.shown)
    return GroupValues(function, grouping.names, sizes, _within(drawn, parts))


def best_of(values: GroupValues, texts: Sequence[str], weights: ArrayLike) -> BestOfN:
    """Choose among answers to one prompt by the groups' rewards.

    Args:
        values: what groups like.
        texts: answers of one model to one prompt, two or more.
        weights: (groups,) ≥ 0, not all 0.

    Raises:
        ChoraleError: there are fewer than two answers, or no weight.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if len(texts) < 2 or shares.sum() <= 0:
        raise ChoraleError(
            "There is nothing to choose from.", "Draw two answers or more, and weigh a group."
        )
    rewards = values.function.rewards(texts)
    scores = rule_scores(rewards, shares)
    chosen = {rule: int(np.argmax(score)) for rule, score in scores.items()}
    sizes = tuple(n for n in SIZES if n <= len(texts))
    curves = {
        rule: np.stack([best_of_shares(score, n) for n in sizes]) @ rewards.T
        for rule, score in scores.items()
    }
    return BestOfN(
        tuple(texts), rewards, chosen, _gains(values, texts, chosen), sizes,
        np.array([best_of_divergence(n) for n in sizes]), curves, _truth(texts, values.names),
    )  # fmt: skip


def rule_scores(
    rewards: NDArray[np.float64], weights: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Rule → (n,) what it takes the largest of; a group that values all alike has no say."""
    z = standardised(rewards)
    says = z[np.ptp(z, axis=1) > 0]
    least = says.min(axis=0) if len(says) else np.zeros(rewards.shape[1])
    return {WEIGHTED: weights / weights.sum() @ z, LEAST: least}


def _gains(
    values: GroupValues, texts: Sequence[str], chosen: dict[str, int]
) -> dict[str, tuple[Estimate, ...]]:
    """The choice is kept while raters are drawn anew."""
    counts = centred_counts(texts, values.function.words)
    through = counts[list(chosen.values())] @ values.function.hat  # (rules, texts)
    drawn = np.einsum("rt,sgt->rgs", through, values.drawn)
    rewards = values.function.rewards(texts)[:, list(chosen.values())].T
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail], axis=2)
    return {
        rule: tuple(
            Estimate(float(rewards[r, g]), float(low[r, g]), float(high[r, g]), values.sizes[g])
            for g in range(len(values.names))
        )
        for r, rule in enumerate(chosen)
    }


def _redrawn(
    rows: NDArray[np.float64], means: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(resamples, texts) mean utilities of raters drawn anew; the mean where nobody judged one."""
    weights = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=RESAMPLES)
    known = ~np.isnan(rows)
    counts = weights @ known
    sums = weights @ np.where(known, rows, 0.0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), means)


def _within(drawn: NDArray[np.float64], parts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Less the mean of each part."""
    centred = drawn.copy()
    for part in np.unique(parts):
        centred[..., parts == part] -= drawn[..., parts == part].mean(axis=-1, keepdims=True)
    return centred


def _truth(texts: Sequence[str], names: Sequence[str]) -> NDArray[np.float64] | None:
    """(groups, n) gain over the mean answer by the town's written-down tastes."""
    if not set(names) <= set(load_town().groups):
        return None
    readings = [read_back(text) for text in texts]
    topics = {reading.topic for reading in readings if reading is not None}
    if len(topics) != 1:
        return None
    table = np.array(
        [
            [np.nan if r is None else yes_probability(r.topic, r.idea, name) for r in readings]
            for name in names
        ]
    )
    return table - np.nanmean(table, axis=1, keepdims=True)
