"""A population of answers for each topic of the town, and the values that are true of it.

Embedding fresh answers for every replicate would take days. So each topic gets a pool of answers,
embedded once, and the pool is the population: an idea is drawn by its exact probability, then one
of its answers in the pool. Whatever a measure speaks of can then be computed exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.town import LEVELS, compose, features, idea_distribution, load_town
from metrics.lexical import NgramTable, ngram_table, words
from metrics.unseen import chance_seen
from metrics.vendi import vendi_of_mean_square
from models.base import Embedder

FEWEST = 8  # answers for an idea however rare


@dataclass(frozen=True)
class Draws:
    """One sample of a population."""

    rows: NDArray[np.intp]
    ideas: NDArray[np.intp]
    texts: list[str]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Population:
    """What there is to draw from.

    Attributes:
        shares: (ideas,) probability of each idea, from `idea_distribution`.
        idea: (pool,) idea of each answer.
        texts: (pool,) answers.
        vectors: (pool, d) their embeddings, rows of length one.
    """

    shares: NDArray[np.float64]
    idea: NDArray[np.intp]
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """(pool,) probability of each answer."""
        return (self.shares / np.bincount(self.idea))[self.idea]

    def draw(self, n: int, rng: np.random.Generator) -> Draws:
        """Independent answers."""
        rows = rng.choice(len(self.idea), size=n, p=self.weights)
        return Draws(rows, self.idea[rows], [self.texts[row] for row in rows], self.vectors[rows])

    def halves(self) -> tuple[Population, Population]:
        """Every second answer, and the others: two smaller pools of the same ideas."""
        return self._part(slice(0, None, 2)), self._part(slice(1, None, 2))

    def _part(self, rows: slice) -> Population:
        return Population(self.shares, self.idea[rows], self.texts[rows], self.vectors[rows])

    @cached_property
    def _cosines(self) -> NDArray[np.float64]:
        return (self.vectors @ self.vectors.T).astype(np.float64)

    @cached_property
    def _ngrams(self) -> NgramTable:
        return ngram_table(self.texts, n=2)

    def truths(self, m: int) -> dict[str, float]:
        """What each measure estimates, for m answers; but not the unseen mass, which depends on
        the sample.

        Two independent answers may be one answer of the pool twice: pairs include it.
        """
        held = np.bincount(self._ngrams.ngram, weights=self.weights[self._ngrams.text])
        pairs = float(self.weights @ self._ngrams.totals)
        return {
            "distinct": float(np.sum(-np.expm1(m * np.log1p(-self.shares)))),
            "vendi": vendi_of_mean_square(self._mean_of_pairs(self._cosines**2), m=m),
            "spread": 1 - self._mean_of_pairs(self._cosines),
            "entropy": float(-self.shares @ np.log(self.shares)),
            "lexical": float(np.sum(1 - (1 - np.minimum(held, 1)) ** m) / (m * pairs)),
            "length": float(self.weights @ [len(words(text)) for text in self.texts]),
        }

    def unseen(self, ideas: NDArray[np.intp], m: int) -> float:
        """Probability of the ideas that m of the drawn answers leave out: all of them for m = n."""
        counts = np.bincount(ideas, minlength=len(self.shares))
        return float(self.shares @ (1 - chance_seen(len(ideas), m)[counts]))

    def _mean_of_pairs(self, similarities: NDArray[np.float64]) -> float:
        return float(self.weights @ similarities @ self.weights)


def random_levels(rng: np.random.Generator) -> Mapping[str, str]:
    """Nothing in half of the cases, else one to eight features at any of their levels."""
    if rng.random() < 0.5:
        return {}
    asked = rng.permutation(features())[: rng.integers(1, len(features()) + 1)]
    return {str(feature): LEVELS[rng.integers(len(LEVELS))] for feature in asked}


def answers(topic: str, size: int) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Ideas and texts of a pool, rare ideas with a few answers more than their share."""
    rng = np.random.default_rng([size, *topic.encode()])
    ideas = load_town().topics[topic].ideas
    counts = [max(FEWEST, round(size * share)) for share in idea_distribution(topic).values()]
    idea = np.repeat(np.arange(len(ideas)), counts)
    return idea, tuple(compose(ideas[i], rng, levels=random_levels(rng)) for i in idea)


def population(topic: str, size: int, embedder: Embedder, cache: Path) -> Population:
    """A topic's pool; its embeddings are kept in the folder `cache`, by the texts' fingerprint."""
    idea, texts = answers(topic, size)
    fingerprint = hashlib.sha256("\n".join((embedder.id, *texts)).encode()).hexdigest()[:16]
    file = cache / f"pool-{topic}-{fingerprint}.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("wb") as handle:
            np.save(handle, embedder.embed(texts))
        part.replace(file)
    shares = np.array(list(idea_distribution(topic).values()))
    return Population(shares, idea, texts, np.load(file))
