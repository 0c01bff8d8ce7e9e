"""The ruler: every measure of the panel against what is true of Saltmere.

    python -m tests.benchmarks.truth --cache FOLDER

Draws answers to all topics (half of them plain, half with random levels of style), runs the panel
on the true ideas, and again on the meanings found in the embeddings, and prints for each measure
and number of draws: the truth, the value's bias and spread, and how often its 95 % interval holds
the truth. What is done is kept in the folder, so it may be stopped, or run topic by topic. The last
line is `coverage_95=…`: the coverage from 30 draws on of the measure that is farthest from 0.95.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from data.town import load_town
from metrics.catalogue import DEFAULT_PANEL
from models.embedding import load_embedder
from tests.benchmarks.truth_pool import Population, population
from tests.benchmarks.truth_trials import FOUND, Cell, Setting, cells, shown, tried

ENOUGH = 30  # draws from which coverage is promised
WIDTHS = (9, 4, 8, 8, 8, 7, 7, 5, 11, 6, 6, 7)
ROW = "| " + " | ".join(f"{{:>{width}}}" for width in WIDTHS) + " |"
HEAD = ("measure", "n", "truth", "bias", "at most", "spread", "width", "cover", "Wilson 95 %")
HEAD += ("below", "lowest", "refused")


def main() -> None:
    """Run everything that is asked for and print it."""
    options = _options()
    pools = _pools(options)
    print(f"{len(pools)} topics, pools of {options.pool}, {options.replicates} samples each,")
    print(f"compared at {options.share:g} n; {options.resamples} resamples")
    _print_pool_error(pools)
    by_size = {n: cells(_all_trials(pools, n, options)) for n in options.sizes}
    print("\nOn the true ideas")
    _print_table(DEFAULT_PANEL, {n: exact for n, (exact, _) in by_size.items()})
    print("\nOn the meanings found, against the same truths")
    _print_table(FOUND, {n: found for n, (_, found) in by_size.items()})
    _print_worst({n: exact for n, (exact, _) in by_size.items() if n >= ENOUGH})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "truth")
    parser.add_argument("--topics", nargs="+", default=sorted(load_town().topics))
    parser.add_argument("--sizes", nargs="+", type=int, default=[10, 30, 100, 300])
    parser.add_argument("--share", type=float, default=1.0, help="of n, to compare at")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=400)
    parser.add_argument("--pool", type=int, default=3000, help="answers per topic to draw from")
    return parser.parse_args()


def _pools(options: argparse.Namespace) -> dict[str, Population]:
    embedder = load_embedder()
    pools: dict[str, Population] = {}
    for topic in options.topics:
        pools[topic] = population(topic, options.pool, embedder, options.cache)
    return pools


def _all_trials(
    pools: Mapping[str, Population], n: int, options: argparse.Namespace
) -> NDArray[np.float64]:
    setting = Setting(
        n=n, share=options.share, replicates=options.replicates, resamples=options.resamples
    )
    start = time.perf_counter()
    found = [tried(topic, pool, setting, options.cache) for topic, pool in pools.items()]
    print(f"n = {n}: {time.perf_counter() - start:.0f} s", flush=True)
    return np.stack(found)


def _print_pool_error(pools: Mapping[str, Population]) -> None:
    """How far the pools' true values may lie from those of all the town could say."""
    print("Pools against the whole grammar, standard error of a topic's truth (n = 100):")
    halves = [[half.truths(100) for half in pool.halves()] for pool in pools.values()]
    for key in ("vendi", "spread", "lexical", "length"):
        gaps = np.array([one[key] - other[key] for one, other in halves])
        # Each half has twice the variance of the whole, and their difference four times.
        print(f"  {key} {shown(key, float(np.sqrt(np.mean(gaps**2)) / 2))}")


def _print_table(keys: Sequence[str], by_size: Mapping[int, Mapping[str, Cell]]) -> None:
    print(ROW.format(*HEAD))
    print("| " + " | ".join(["---"] * len(HEAD)) + " |")
    for key in keys:
        for n, found in by_size.items():
            print(ROW.format(key, n, *_columns(key, found[key])))


def _columns(key: str, cell: Cell) -> list[str]:
    truth, refused = shown(key, cell.truth), f"{cell.refused:.0%}"
    if cell.refused == 1:
        return [truth, *["–"] * 8, refused]
    return [
        truth,
        shown(key, cell.bias, signed=True),
        shown(key, cell.worst_bias, signed=True),
        shown(key, cell.spread),
        shown(key, cell.width),
        f"{cell.held.mean():.3f}",
        wilson(cell.held),
        f"{cell.below:.3f}",
        f"{cell.lowest_topic:.2f}",
        refused,
    ]


def wilson(held: NDArray[np.bool_]) -> str:
    """The 95 % interval of a share (Wilson 1927)."""
    ends = binomtest(int(held.sum()), held.size).proportion_ci(method="wilson")
    return f"{ends.low:.3f}–{ends.high:.3f}"


def _print_worst(by_size: Mapping[int, Mapping[str, Cell]]) -> None:
    if not by_size:
        return
    sizes = ", ".join(map(str, by_size))
    print(f"\nCoverage at n = {sizes} together, and of what a value without interval would get")
    pooled = {
        key: np.concatenate([cells[key].held for cells in by_size.values()])
        for key in DEFAULT_PANEL
    }
    for key, held in pooled.items():
        exact = np.mean([cells[key].right_as_shown for cells in by_size.values()])
        print(f"{key:>9} {held.mean():.3f} ({wilson(held)}); without {exact:.3f}")
    every = {(key, n): c[key].held.mean() for n, c in by_size.items() for key in DEFAULT_PANEL}
    for name, worst in (
        ("lowest", min(every, key=every.get)),
        ("highest", max(every, key=every.get)),
    ):
        print(f"{name} single cell: {worst[0]} at n = {worst[1]}, {every[worst]:.3f}")
    shares = {key: float(held.mean()) for key, held in pooled.items()}
    farthest = max(shares, key=lambda key: abs(shares[key] - 0.95))
    print(f"farthest from 0.95: {farthest}")
    print(f"coverage_95={shares[farthest]:.3f}")


if __name__ == "__main__":
    main()
