"""How well meanings found in embeddings agree with the truth: python -m tests.benchmarks.meaning.

Chooses the cosine threshold on half of the town's topics and reports it on the other half; then
holds the same threshold against people's judgements of whether two answers say the same. Prints a
table and a last line `town_ari=… threshold=… human_auc=… human_f1=…`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, roc_auc_score

from data.town import PLAIN, load_town, sample_answers
from metrics.partition import (
    MEANING_THRESHOLD,
    TFIDF_RAND_INDEX,
    TFIDF_THRESHOLD,
    TOWN_RAND_INDEX,
    MeaningTree,
    cut,
    meaning_tree,
)
from models.base import Embedder
from models.embedding import load_embedder
from models.embedding_tfidf import TfidfEmbedder
from tests.benchmarks.truth_pool import random_levels

SHARED = Path(__file__).parents[3] / "shared" / "data" / "diversity"
PAIRS = SHARED / "noveltybench_human_equivalence_pairs.jsonl"
PARTITIONS = SHARED / "noveltybench_gemini15pro_partitions.jsonl"
GRID = np.round(np.arange(0.20, 0.96, 0.01), 2)
LOW_GRID = np.round(np.arange(0.02, 0.52, 0.02), 2)  # cosines of TF-IDF are lower
ANSWERS = 120
SHORT = 40  # words


@dataclass(frozen=True)
class Case:
    """Answers to one prompt whose true grouping is known."""

    tree: MeaningTree
    truth: NDArray

    def agreement(self, threshold: float) -> float:
        return float(adjusted_rand_score(self.truth, cut(self.tree, threshold=threshold)))


def agreements(cases: Sequence[Case], grid: NDArray = GRID) -> NDArray[np.float64]:
    """Mean adjusted Rand index at each threshold of the grid."""
    return np.array([[case.agreement(t) for t in grid] for case in cases]).mean(axis=0)


def town_cases(embedder: Embedder, *, styled: bool, seed: int) -> list[Case]:
    """One case per topic: plain answers, or half of them with random levels of style."""
    rng = np.random.default_rng(seed)
    cases = []
    for topic in sorted(load_town().topics):
        asked = [random_levels(rng) if styled else PLAIN for _ in range(ANSWERS)]
        drawn = [sample_answers(topic, 1, rng, levels=levels)[0] for levels in asked]
        texts, ideas = zip(*drawn, strict=True)
        cases.append(Case(meaning_tree(embedder.embed(texts)), np.array(ideas)))
    return cases


def partition_cases(embedder: Embedder) -> list[Case]:
    """NoveltyBench's prompts, ten generations each, grouped by its classifier."""
    rows = [json.loads(line) for line in PARTITIONS.read_text(encoding="utf-8").splitlines()]
    return [
        Case(meaning_tree(embedder.embed(row["generations"])), np.array(row["partition"]))
        for row in rows
    ]


def judged_pairs(embedder: Embedder) -> tuple[NDArray, NDArray, NDArray]:
    """Cosine of each judged pair, whether a person called it the same, whether both are short."""
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    pairs = [(row["generation_0"], row["generation_1"]) for row in rows]
    first, second = (embedder.embed(texts) for texts in zip(*pairs, strict=True))
    same = np.array([bool(int(row["similar"])) for row in rows])
    short = np.array([max(len(text.split()) for text in pair) <= SHORT for pair in pairs])
    return np.sum(first * second, axis=1, dtype=np.float64), same, short


def quality(cosines: NDArray, same: NDArray, threshold: float) -> Mapping[str, float]:
    """Precision, recall, F1 and accuracy of calling a pair the same from a threshold on."""
    called = cosines >= threshold
    hits = float(np.sum(called & same))
    precision = hits / max(np.sum(called), 1)
    recall = hits / np.sum(same)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / (np.sum(called) + np.sum(same)),
        "accuracy": float(np.mean(called == same)),
    }


def best_by_halves(cosines: NDArray, same: NDArray) -> tuple[list[float], float]:
    """Thresholds of best F1 on each half of the pairs, and the mean F1 on the other halves."""
    halves = [np.arange(len(same)) % 2 == side for side in (0, 1)]
    chosen, scores = [], []
    for fit, test in (halves, halves[::-1]):
        f1 = [quality(cosines[fit], same[fit], t)["f1"] for t in GRID]
        chosen.append(float(GRID[int(np.argmax(f1))]))
        scores.append(quality(cosines[test], same[test], chosen[-1])["f1"])
    return chosen, float(np.mean(scores))


def middle_of_the_best(
    values: NDArray[np.float64], grid: NDArray = GRID, *, within: float = 0.01
) -> float:
    """Middle of the thresholds that do nearly as well as the best: its edge would be luck."""
    return float(np.median(grid[values >= values.max() - within]).round(2))


def town_report(embedder: Embedder, grid: NDArray = GRID) -> tuple[float, float]:
    """Print the town's part; the threshold chosen and its agreement on the other topics.

    The embedder is given the answers to one topic at a time, as TF-IDF needs it.
    """
    plain = town_cases(embedder, styled=False, seed=1)
    styled = town_cases(embedder, styled=True, seed=2)
    curves = {
        "half to choose on": agreements([*plain[::2], *styled[::2]], grid),
        "other half, plain": agreements(plain[1::2], grid),
        "other half, mixed": agreements(styled[1::2], grid),
    }
    threshold = middle_of_the_best(curves["half to choose on"], grid)
    print(f"Town: {len(plain)} topics, {ANSWERS} answers each; mean adjusted Rand index")
    shown = [*grid[:: len(grid) // 7], threshold]
    print(f"{'threshold':>20} " + " ".join(f"{t:5.2f}" for t in shown))
    for name, values in curves.items():
        cells = [values[int(np.argmin(np.abs(grid - t)))] for t in shown]
        print(f"{name:>20} " + " ".join(f"{cell:5.2f}" for cell in cells))
    return threshold, held_out_report([*plain[1::2], *styled[1::2]], threshold)


def held_out_report(cases: Sequence[Case], threshold: float) -> float:
    """Print how the chosen threshold does on topics it was not chosen on."""
    each = [case.agreement(threshold) for case in cases]
    found = [cut(case.tree, threshold=threshold).max() + 1 for case in cases]
    true = [len(np.unique(case.truth)) for case in cases]
    print(f"other half, both: {min(each):.2f} to {max(each):.2f}, mean {np.mean(each):.3f}")
    print(f"meanings found {np.mean(found):.1f}, true ideas drawn {np.mean(true):.1f} (means)")
    return float(np.mean(each))


def human_report(embedder: Embedder, threshold: float) -> tuple[float, float]:
    """Print the judges' part; area under the curve and F1 of the threshold."""
    if not PAIRS.exists():
        print(f"Judged pairs: skipped, {PAIRS.name} is not beside this checkout")
        return float("nan"), float("nan")
    cosines, same, short = judged_pairs(embedder)
    auc, f1 = pairs_report("all", cosines, same, threshold)
    pairs_report(f"both of at most {SHORT} words", cosines[short], same[short], threshold)
    pairs_report("others", cosines[~short], same[~short], threshold)
    cases = partition_cases(embedder)
    values = agreements(cases)
    here, best = np.mean([case.agreement(threshold) for case in cases]), int(np.argmax(values))
    print(f"NoveltyBench partitions, {len(cases)} × 10: adjusted Rand index {here:.2f}, at best")
    print(f"{values[best]:.2f} at {GRID[best]:.2f}")
    return auc, f1


def pairs_report(
    name: str, cosines: NDArray, same: NDArray, threshold: float
) -> tuple[float, float]:
    """Print how the threshold does on some pairs; area under the curve and F1."""
    auc = float(roc_auc_score(same, cosines))
    print(f"Judged pairs, {name}: {len(same)}, {same.mean():.0%} the same; AUC {auc:.3f}")
    chosen, score = best_by_halves(cosines, same)
    rows = {f"at {threshold:.2f}": threshold, "all the same": -1.0, "at 0.80": 0.8}
    for label, at in rows.items():
        values = quality(cosines, same, at)
        print(f"{label:>20} " + ", ".join(f"{k} {v:.3f}" for k, v in values.items()))
    print(f"{'chosen by halves':>20} {chosen}, f1 on the other halves {score:.3f}")
    return auc, quality(cosines, same, threshold)["f1"]


def main() -> None:
    """Print everything."""
    embedder = load_embedder()
    threshold, agreement = town_report(embedder)
    print(f"in metrics/partition.py: {MEANING_THRESHOLD:.2f} with {TOWN_RAND_INDEX:.2f}")
    print("\nThe same with TF-IDF + SVD")
    second, second_agreement = town_report(TfidfEmbedder(), LOW_GRID)
    print(f"in metrics/partition.py: {TFIDF_THRESHOLD:.2f} with {TFIDF_RAND_INDEX:.2f}")
    print(f"tfidf_threshold={second:.2f} tfidf_ari={second_agreement:.3f}\n")
    auc, f1 = human_report(embedder, threshold)
    town = f"town_ari={agreement:.3f} threshold={threshold:.2f}"
    print(f"{town} human_auc={auc:.3f} human_f1={f1:.3f}")


if __name__ == "__main__":
    main()
