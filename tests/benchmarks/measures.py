"""How fast the measures are: python -m tests.benchmarks.measures.

Times our functions beside those of the package vendi-score, in interleaved rounds, and the whole
default panel with its intervals, at n = 100, 1,000 and 10,000 answers of the town with vectors of
384 dimensions. vendi-score is given the faster of its two ways (through the n × n kernel, or the
d × d one). The package `diversity` can't be installed beside the libraries that Chorale uses, so it
has no row. Peak memory is what Python and NumPy allocate for the panel of 10,000 answers, in a
process of its own. The last line is `min_speed_ratio=… peak_mb_10000=…`: the smallest of our
ratios at n = 1,000, above 1 where ours is faster.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.town import load_town, sample_answers
from metrics.panel import diversity_panel
from metrics.vendi import vendi_from_embeddings

SIZES = (100, 1_000, 10_000)
WIDTH = 384
RATIO_AT, PEAK_AT = 1_000, 10_000
ORDERS = (1, 2)


@dataclass(frozen=True)
class Answers:
    """Answers with their ideas as meanings; vectors lie around a centre per idea."""

    texts: Sequence[str]
    labels: NDArray[np.int64]
    vectors: NDArray[np.float32]


def answers(n: int, seed: int = 0) -> Answers:
    rng = np.random.default_rng(seed)
    topics = list(load_town().topics)[:4]
    drawn = [pair for topic in topics for pair in sample_answers(topic, -(-n // 4), rng)][:n]
    labels = np.unique([idea for _, idea in drawn], return_inverse=True)[1]
    centres = rng.standard_normal((labels.max() + 1, WIDTH))
    rows = centres[labels] + 0.5 * rng.standard_normal((n, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Answers([text for text, _ in drawn], labels, rows.astype(np.float32))


def panel(given: Answers) -> None:
    diversity_panel(
        vectors=given.vectors,
        labels=given.labels,
        texts=given.texts,
        common_n=len(given.texts),
        rng=np.random.default_rng(0),
    )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def reference(given: Answers, q: float) -> Callable[[], float]:
    """vendi-score by the smaller of its kernels, the making of the kernel included."""
    from vendi_score import vendi

    rows = given.vectors.astype(np.float64)
    if len(rows) > WIDTH:
        return lambda: float(vendi.score_dual(rows, q=q))
    return lambda: float(vendi.score_K(rows @ rows.T, q=q))


def compared(n: int, rounds: int) -> float:
    """Print a row per order and one of the panel; the smallest ratio."""
    given, worst = answers(n), float("inf")
    for q in ORDERS:
        theirs = reference(given, q)
        ours_value, theirs_value = vendi_from_embeddings(given.vectors, order=q), theirs()
        if abs(ours_value - theirs_value) > 1e-4 * theirs_value:
            raise SystemExit(f"Vendi of order {q} differs: {ours_value} and {theirs_value}.")
        pairs = [
            (timed(lambda q=q: vendi_from_embeddings(given.vectors, order=q)), timed(theirs))
            for _ in range(rounds)
        ]
        mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        worst = min(worst, ratio)
        print(f"| {n:,} | Vendi, order {q} | {mine:.4f} | {other:.4f} | {ratio:.2f} |", flush=True)
    whole = statistics.median(timed(lambda: panel(given)) for _ in range(max(1, rounds // 3)))
    print(f"| {n:,} | panel of seven, with intervals | {whole:.3f} | – | – |", flush=True)
    return worst


def peak_mb(n: int) -> float:
    """Peak memory of the panel in a process of its own, MB (2²⁰ bytes)."""
    asked = [sys.executable, "-m", "tests.benchmarks.measures", "--peak-of", str(n)]
    return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def _print_peak(n: int) -> None:
    given = answers(n)
    panel(answers(100))  # what imports and small work hold is not the panel's
    tracemalloc.start()
    panel(given)
    print(tracemalloc.get_traced_memory()[1] / 2**20)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peak-of", type=int, help="print the panel's peak memory at n, MB")
    options = parser.parse_args()
    if options.peak_of:
        _print_peak(options.peak_of)
        return
    print("| n | what | ours (s) | vendi-score (s) | ratio |\n| --- | --- | --- | --- | --- |")
    ratios = {n: compared(n, options.rounds if n < PEAK_AT else 3) for n in SIZES}
    print(f"min_speed_ratio={ratios[RATIO_AT]:.2f} peak_mb_10000={peak_mb(PEAK_AT):.0f}")


if __name__ == "__main__":
    main()
