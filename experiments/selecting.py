"""A few answers out of those drawn: by chance, by relevance, by groups, by what is left unsaid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from metrics.selection import (
    cluster_choice,
    elliptical_choice,
    farthest_first,
    marginal_relevance,
    random_choice,
)
from metrics.vendi import vendi_from_embeddings

FEWEST, DRAWS = 2, 400
STATES_RIDGE = 0.01  # λ of the paper’s recipe; states all point much the same way


@dataclass(frozen=True, slots=True)
class Selector:
    """A way of choosing.

    Attributes:
        label: what the user calls it.
        about: what it does, and how far it is from the paper.
    """

    label: str
    about: str


SELECTORS: Mapping[str, Selector] = MappingProxyType(
    {
        "random": Selector("At random", "What every other way must beat."),
        "mmr": Selector(
            "Relevant and unlike (MMR)",
            "Close to the question and far from those chosen before; weight 0.8 on being unlike "
            "(Carbonell and Goldstein 1998).",
        ),
        "kmeans": Selector(
            "One of each group (k-means)",
            "As many groups as answers wanted, one answer from each (Lloyd 1982; Yu et al. 2024).",
        ),
        "elliptical": Selector(
            "Least explained (elliptical bonus)",
            "Each time the answer that the chosen ones explain least (Tuyls et al. 2025, "
            "reconstructed): by the model’s own states once they have been read, as in the paper, "
            "else by sentence embeddings.",
        ),
        "farthest": Selector(
            "Farthest first (openings of a debate)",
            "Each time the answer farthest from all chosen (Gonzalez 1985; debate initialisation "
            "after DMAD, reconstructed).",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one way of choosing chose, beside chance.

    Attributes:
        rows: of the run's data, in the order of choice.
        meanings: different ones among them.
        by_chance: in k answers taken at random: mean, and where 95 % of such choices lie.
        vendi: effective number of answers among them (order 2).
        vendi_by_chance: likewise.
    """

    rows: tuple[int, ...]
    meanings: int
    by_chance: tuple[float, float, float]
    vendi: float
    vendi_by_chance: tuple[float, float, float]


def choices(
    data: RunData,
    labels: NDArray[np.integer],
    pool: NDArray[np.intp],
    k: int,
    *,
    query: NDArray[np.floating] | None,
    states: NDArray[np.floating] | None = None,
) -> dict[str, Chosen]:
    """K answers of a pool by every way; seeded by the run.

    Args:
        data: m rows.
        labels: (m,) meaning of each.
        pool: rows to choose from.
        k: answers to keep, 1 ≤ k ≤ pool.
        query: (d,) embedding of the question by the run's embedder; without it there is no MMR.
        states: (m, h) hidden states of the rows, by which the elliptical bonus then goes.

    Raises:
        ValueError: k is larger than the pool, or below 1.
    """
    vectors, kinds = data.vectors[pool], np.asarray(labels)[pool]
    rng = np.random.default_rng(data.run.seed % 2**64)
    many = [random_choice(len(pool), k, rng=rng) for _ in range(DRAWS)]
    distinct = _spread([float(len(np.unique(kinds[one]))) for one in many])
    effective = _spread([vendi_from_embeddings(vectors[one]) for one in many])
    found = {}
    inner = None if states is None else states[pool]
    for name, way in _ways(vectors, k, query, inner, data.run.seed).items():
        rows = way()
        found[name] = Chosen(
            rows=tuple(int(row) for row in pool[rows]),
            meanings=len(np.unique(kinds[rows])),
            by_chance=distinct,
            vendi=vendi_from_embeddings(vectors[rows]),
            vendi_by_chance=effective,
        )
    return found


def _ways(
    vectors: NDArray[np.floating],
    k: int,
    query: NDArray[np.floating] | None,
    states: NDArray[np.floating] | None,
    seed: int,
) -> dict[str, Callable[[], NDArray[np.intp]]]:
    def rng() -> np.random.Generator:
        return np.random.default_rng([seed % 2**64, k])

    ways: dict[str, Callable[[], NDArray[np.intp]]] = {
        "random": lambda: random_choice(len(vectors), k, rng=rng())
    }
    if query is not None:
        ways["mmr"] = lambda: marginal_relevance(vectors, query, k)
    return ways | {
        "kmeans": lambda: cluster_choice(vectors, k, rng=rng()),
        "elliptical": lambda: _least_explained(vectors, states, k, rng()),
        "farthest": lambda: farthest_first(vectors, k, rng=rng()),
    }


def _least_explained(
    vectors: NDArray[np.floating],
    states: NDArray[np.floating] | None,
    k: int,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """By the states where there are any, in units of their mean length; else by the embeddings."""
    if states is None:
        return elliptical_choice(vectors, k, rng=rng)
    length = float(np.linalg.norm(states, axis=1).mean())
    return elliptical_choice(states / (length or 1.0), k, rng=rng, ridge=STATES_RIDGE)


def _spread(values: list[float]) -> tuple[float, float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(np.mean(values)), float(low), float(high)
