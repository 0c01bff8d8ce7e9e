"""Whether group preferences come out as they are: python -m tests.benchmarks.preference.

Simulated raters of the town, whose groups' utilities are written down: rank correlation, number of
camps, coverage of intervals, splits found where there are none. Then real data where they lie
beside this checkout (`preference_data`), and seconds beside choix. Prints tables and a last line
`rank_20=… camps_right=… coverage=… false_split=… polis_ari=… seconds_ratio=…`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import choix
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from data.town import idea_distribution, load_town
from data.town.judgements import rating_distribution
from metrics.camps import choose_camps
from metrics.choices import Choices, pair_choices
from metrics.gaps import score_gap
from metrics.preference import luce_strengths
from metrics.splits import item_splits
from tests.benchmarks.preference_data import people_report, polis_report

IDEAS = 8
RATERS = 40
Rng = np.random.Generator


def utilities(topic: str, group: str) -> NDArray[np.float64]:
    """(IDEAS,) log worth of the topic's most popular ideas to a group, of mean zero."""
    worth = np.log(list(idea_distribution(topic, group).values())[:IDEAS])
    return worth - worth.mean()


def compared(theta: NDArray[np.float64], pairs: int, rng: Rng) -> Choices:
    """Each rater, with a row of strengths in theta, compares pairs of ideas."""
    raters, n = theta.shape
    who = np.repeat(np.arange(raters), pairs)
    first = rng.integers(n, size=len(who))
    second = (first + rng.integers(1, n, size=len(who))) % n
    odds = np.exp(theta[who, second] - theta[who, first])
    won = (rng.random(len(who)) < 1 / (1 + odds)).astype(float)
    return pair_choices(first, second, won, who, items=n)


def cases(count: int, rng: Rng) -> Iterator[tuple[str, str]]:
    """Random topics and groups."""
    town = load_town()
    for _ in range(count):
        yield str(rng.choice(sorted(town.topics))), str(rng.choice(sorted(town.groups)))


def rank_report(size: int, rng: Rng) -> float:
    """Spearman's correlation with the true utilities; that at 20 pairs per rater."""
    means, same = {}, list(cases(size, rng))
    for pairs in (5, 20, 100):
        found = []
        for topic, group in same:
            true = utilities(topic, group)
            choices = compared(np.tile(true, (RATERS, 1)), pairs, rng)
            found.append(spearmanr(luce_strengths(choices).values, true).statistic)
        means[pairs] = float(np.mean(found))
        lowest = min(found)
        print(f"rank, {RATERS} raters × {pairs} pairs: {means[pairs]:.3f}, lowest {lowest:.3f}")
    return means[20]


def camps_report(size: int, rng: Rng) -> float:
    """Share of simulations in which AIC3, as on the page, chose the true number of camps."""
    right, by_bic, by_held_out, table = [], [], [], np.zeros((4, 5), dtype=int)
    for trial in range(size):
        camps = 1 + trial % 4
        topic = next(cases(1, rng))[0]
        groups = rng.permutation(sorted(load_town().groups))[:camps]
        tastes = np.array([utilities(topic, group) for group in groups])
        theta = tastes[rng.integers(camps, size=200)]
        folds = 3 if trial % 5 == 0 else 0  # the slow part: every fifth time
        search = choose_camps(compared(theta, 12, rng), rng=rng, folds=folds, restarts=6)
        table[camps - 1, len(search.by_aic3.shares) - 1] += 1
        right.append(len(search.by_aic3.shares) == camps)
        by_bic.append(len(search.by_bic.shares) == camps)
        if folds:
            by_held_out.append(len(search.by_held_out.shares) == camps)
    print("camps, 200 raters × 12 pairs: rows true 1–4, columns chosen by AIC3 1–5")
    print(table)
    held_out = f"{np.mean(by_held_out):.2f} of {len(by_held_out)}"
    print(f"right by AIC3 {np.mean(right):.2f} of {size}, by BIC {np.mean(by_bic):.2f}")
    print(f"right by held-out raters {held_out}")
    return float(np.mean(right))


def strength_coverage(size: int, rng: Rng, *, spread: float) -> float:
    """Share of intervals that hold the group's true strength.

    With spread, raters' own strengths vary, and the truth is what very many raters would give.
    """
    held = []
    for topic, group in cases(size, rng):
        true = utilities(topic, group)
        noise = spread * rng.standard_normal((RATERS, IDEAS))
        choices = compared(true + noise, 20, rng)
        found = luce_strengths(choices)
        if spread:
            noise = spread * rng.standard_normal((4_000, IDEAS))
            true = luce_strengths(compared(true + noise, 20, rng)).values
        held.append((found.low <= true) & (true <= found.high))
    return float(np.mean(held))


def gap_coverage(size: int, rng: Rng) -> float:
    """Share of intervals that hold the mean difference of two groups' ratings of all ideas."""
    town = load_town()
    ideas = [(topic.id, idea.id) for topic in town.topics.values() for idea in topic.ideas]
    groups = sorted(town.groups)
    odds = {g: np.array([rating_distribution(*idea, g) for idea in ideas]) for g in groups}
    held = []
    for _ in range(size):
        pair = [str(group) for group in rng.choice(groups, size=2, replace=False)]
        true = float(np.mean([(odds[pair[0]] - odds[pair[1]]) @ np.arange(1, 6)]))
        shown = rng.choice(len(ideas), size=30, replace=False)
        chance = np.cumsum(np.concatenate([odds[g][None, shown].repeat(30, 0) for g in pair]), 2)
        scores = 1.0 + (rng.random(chance.shape[:2])[..., None] > chance).sum(axis=2)
        gap = score_gap(scores, np.repeat([1, 0], 30), rng=rng, resamples=300)
        held.append(gap.low <= true <= gap.high)
    return float(np.mean(held))


def split_rate(size: int, rng: Rng, draw: Callable[[int], NDArray[np.float64]]) -> float:
    """Share of data sets in which any of 12 questions is said to split two groups of 30."""
    flagged = []
    for _ in range(size):
        answers = np.concatenate([draw(0), draw(1)])
        found = item_splits(answers, np.repeat([0, 1], 30), rng=rng, resamples=399)
        flagged.append(bool((found.q_value < 0.05).any()))
    return float(np.mean(flagged))


def splits_report(size: int, rng: Rng) -> float:
    """How often identical groups are said to split, and different ones."""
    topics = sorted(load_town().topics)[:12]

    def draw(group: str) -> NDArray[np.float64]:
        shares = [np.array(list(idea_distribution(topic, group).values())) for topic in topics]
        return np.stack([rng.choice(len(p), size=30, p=p) for p in shares], axis=1).astype(float)

    false = split_rate(size, rng, lambda _: draw("fishers"))
    true = split_rate(max(size // 4, 2), rng, lambda side: draw(("fishers", "artists")[side]))
    print(f"splits, 30 + 30 raters, 12 questions: identical {false:.3f}, different {true:.2f}")
    return false


def seconds_report(rng: Rng) -> float:
    """Our seconds, with intervals, over choix's without, for 10,000 raters × 100 items × 20.

    Both take turns, and medians are compared.
    """
    choices = compared(np.tile(rng.standard_normal(100), (10_000, 1)), 20, rng)
    sets, outcome = choices.sets, np.ones(len(choices.sets))
    pairs = [(int(a), int(b)) for a, b in sets]
    ours, theirs = [], []
    for _ in range(5):
        begin = time.perf_counter()
        again = pair_choices(sets[:, 0], sets[:, 1], outcome, choices.raters, items=100)
        found = luce_strengths(again, ridge=1e-6)
        middle = time.perf_counter()
        known = choix.ilsr_pairwise(100, pairs, alpha=1e-6)
        ours.append(middle - begin)
        theirs.append(time.perf_counter() - middle)
    apart = np.abs(found.values - (known - known.mean())).max()
    own, other = float(np.median(ours)), float(np.median(theirs))
    print(f"seconds, {len(pairs):,} pairs: ours {own:.2f}, choix {other:.2f}, θ {apart:.1e} off")
    return own / other


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1.0, help="times the usual simulations")
    size = parser.parse_args().size
    rng = np.random.default_rng(0)
    rank = rank_report(int(60 * size), rng)
    coverages = {
        "strengths": strength_coverage(int(150 * size), rng, spread=0.0),
        "strengths, raters of their own": strength_coverage(int(40 * size), rng, spread=0.7),
        "gap of two groups' ratings": gap_coverage(int(200 * size), rng),
    }
    for name, value in coverages.items():
        print(f"coverage, {name}: {value:.3f}")
    coverage = max(coverages.values(), key=lambda value: abs(value - 0.95))
    false = splits_report(int(200 * size), rng)
    ratio = seconds_report(rng)
    ari = polis_report(rng)
    people_report(rng)
    right = camps_report(int(40 * size), rng)
    town = f"rank_20={rank:.3f} camps_right={right:.2f} coverage={coverage:.3f}"
    print(f"{town} false_split={false:.3f} polis_ari={ari:.3f} seconds_ratio={ratio:.2f}")


if __name__ == "__main__":
    main()
