"""How well the map keeps true ideas together, by UMAP's settings:

    python -m tests.benchmarks.truth_map --cache FOLDER

Twelve topics, pools as in `tests.benchmarks.truth`. Trustworthiness says whether neighbours on the
map are neighbours in the embedding (15 of them); purity, what share of an answer's five nearest on
the map have its idea; camps, how well ideas form groups on the map (silhouette).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from data.town import load_town
from experiments import layout
from models.embedding import load_embedder
from tests.benchmarks.truth_pool import Population, population

SEEDS = 2
NEAREST = 5
NOW = {
    "n_neighbors": layout.NEIGHBOURS,
    "min_dist": layout.MIN_DIST,
    "metric": "cosine",
    "n_epochs": layout.EPOCHS,
    "learning_rate": layout.LEARNING_RATE,
}
CHANGES: Mapping[str, Mapping[str, object]] = {
    "as set": {},
    "5 neighbours": {"n_neighbors": 5},
    "8 neighbours": {"n_neighbors": 8},
    "10 neighbours": {"n_neighbors": 10},
    "15 neighbours": {"n_neighbors": 15},
    "30 neighbours": {"n_neighbors": 30},
    "min_dist 0": {"min_dist": 0.0},
    "min_dist 0.1": {"min_dist": 0.1},
    "min_dist 0.3": {"min_dist": 0.3},
    "euclidean": {"metric": "euclidean"},
    "200 steps of 0.25": {"n_epochs": 200},
    "500 usual steps": {"n_epochs": 500, "learning_rate": 1.0},
    "spectral start, 500": {"n_epochs": 500, "learning_rate": 1.0, "init": "spectral"},
}
Scores = tuple[float, float, float]


def purity(places: NDArray, ideas: NDArray) -> float:
    """Mean share of an answer's nearest that have its idea; only ideas with enough answers."""
    nearest = NearestNeighbors(n_neighbors=NEAREST).fit(places).kneighbors(return_distance=False)
    enough = np.bincount(ideas)[ideas] > NEAREST
    return float(np.mean(ideas[nearest][enough] == ideas[enough][:, None]))


def scores(vectors: NDArray, places: NDArray, ideas: NDArray) -> Scores:
    """Trustworthiness, purity, camps."""
    trust = trustworthiness(vectors, places, n_neighbors=15, metric="cosine")
    return float(trust), purity(places, ideas), float(silhouette_score(places, ideas))


def fitted(vectors: NDArray, start: NDArray, seed: int, change: Mapping[str, object]) -> NDArray:
    """UMAP with its settings of now, but for a change."""
    from umap import UMAP

    settings = {"init": start.astype(np.float32), **NOW, **change}
    settings["n_neighbors"] = min(int(settings["n_neighbors"]), len(vectors) - 1)
    fit = UMAP(disconnection_distance=np.inf, random_state=seed, n_jobs=1, **settings)
    return np.asarray(fit.fit_transform(vectors), dtype=np.float64)


def print_table(pools: Sequence[Population], n: int, names: Sequence[str]) -> None:
    """One line per setting: means over topics and seeds, and the standard error of a difference
    from the settings of now."""
    rows: dict[str, list[Scores]] = {"the embedding": [], "principal plane": []}
    seconds = dict.fromkeys(names, 0.0)
    for pool in pools:
        for seed in range(SEEDS):
            draws = pool.draw(n, np.random.default_rng([n, seed]))
            vectors, first = np.unique(draws.vectors, axis=0, return_index=True)
            ideas = draws.ideas[first]
            start = layout._unit_radius(layout._principal_plane(vectors))
            rows["the embedding"].append(scores(vectors, vectors, ideas))
            rows["principal plane"].append(scores(vectors, start, ideas))
            for name in names:
                began = time.perf_counter()
                places = fitted(vectors, start, seed, CHANGES[name])
                seconds[name] += time.perf_counter() - began
                rows.setdefault(name, []).append(scores(vectors, places, ideas))
    print(f"\nn = {n}: {len(pools)} topics, {SEEDS} samples each; ± is of the gap to 'as set'")
    print("| setting | trustworthiness | purity | camps | seconds |\n" + "| --- " * 5 + "|")
    for name, found in rows.items():
        print(f"| {name} | {_cells(found, rows['as set'])} | {_seconds(seconds, name, found)} |")


def _cells(found: Sequence[Scores], now: Sequence[Scores]) -> str:
    means = np.mean(found, axis=0)
    errors = np.std(np.subtract(found, now), axis=0, ddof=1) / np.sqrt(len(found))
    return " | ".join(f"{m:.3f} ± {e:.3f}" for m, e in zip(means, errors, strict=True))


def _seconds(seconds: Mapping[str, float], name: str, found: Sequence[Scores]) -> str:
    return f"{seconds[name] / len(found):.2f}" if name in seconds else "–"


def main() -> None:
    """Print a table for a small and a large run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "truth")
    parser.add_argument("--topics", nargs="+", default=[*sorted(load_town().topics)[::4], "shop"])
    parser.add_argument("--settings", nargs="+", default=list(CHANGES), choices=list(CHANGES))
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 300])
    parser.add_argument("--pool", type=int, default=3000)
    options = parser.parse_args()
    embedder = load_embedder()
    pools = [population(topic, options.pool, embedder, options.cache) for topic in options.topics]
    for n in options.sizes:
        print_table(pools, n, ["as set", *(s for s in options.settings if s != "as set")])


if __name__ == "__main__":
    main()
