"""What else drift's dynamics could be fitted with: python -m tests.benchmarks.drift_choices.

Prints the mean φ and how often an interval held the truth for ways that were not chosen, and for
conversations that are no replicates of one plan.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from metrics.pooled_fit import PooledMoments, noise_variance, pooled_moments
from tests.benchmarks.drift import LEVEL, REPLIES, Setting, simulated

PHI = 0.6
RESAMPLES = 400

Phis = Callable[[NDArray[np.float64]], float]


def exact(values: NDArray[np.float64]) -> PooledMoments:
    """Moments of (R, T) values that are taken as free of noise."""
    return pooled_moments(values, np.zeros_like(values), None)


def chosen(values: NDArray[np.float64]) -> float:
    """φ as the app fits it."""
    means = values if values.ndim == 2 else values.mean(axis=2)
    return float(pooled_moments(means, noise_variance(values), None).fit().values[1])


def noise_ignored(values: NDArray[np.float64]) -> float:
    """φ from the means of the replies, as if they were exact."""
    return float(exact(values.mean(axis=2)).fit().values[1])


def level_each(values: NDArray[np.float64]) -> float:
    """φ with a level for each conversation: slope of what differs from its own means."""
    pair = (values[:, :-1], values[:, 1:])
    before, after = (part - part.mean(axis=1, keepdims=True) for part in pair)
    return float(np.sum(before * after) / np.sum(before**2))


def bootstrap_holds(values: NDArray[np.float64], rng: np.random.Generator) -> bool:
    """Whether the percentiles over resampled conversations hold the true φ."""
    moments, count = exact(values), len(values)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    squares = np.einsum("br,rij->bij", weights, moments.squares)
    products = np.einsum("br,ri->bi", weights, moments.products)
    phis = np.linalg.solve(squares, products[..., None])[:, 1, 0]
    low, high = np.quantile(phis, [0.025, 0.975])
    return bool(low <= PHI <= high)


def with_levels(setting: Setting, rng: np.random.Generator) -> NDArray[np.float64]:
    """Conversations whose levels differ by a standard deviation of 1."""
    return simulated(setting, rng) + rng.normal(0, 1, (setting.conversations, 1))


def print_mean(what: str, phis: list[float], setting: Setting) -> None:
    error = np.std(phis, ddof=1) / np.sqrt(len(phis))
    print(f"{what} R={setting.conversations} T={setting.turns} m={setting.replies}", end=" ")
    print(f"mean_phi={np.mean(phis):.3f} standard_error={error:.3f}", flush=True)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, times = np.random.default_rng(options.seed), range(options.replicates)
    print(f"{options.replicates} data sets per line, φ = {PHI:g}, level {LEVEL:g}")
    noisy = [Setting(32, 12, PHI, REPLIES)]
    plain = [Setting(32, turns, PHI, 1) for turns in (6, 12)]
    lines: list[tuple[str, Phis, list[Setting], Callable[..., NDArray[np.float64]]]] = [
        ("chosen", chosen, noisy + plain, simulated),
        ("noise_ignored", noise_ignored, noisy, simulated),
        ("level_each", level_each, plain, simulated),
        ("levels_differ", chosen, plain, with_levels),
    ]
    for what, phi_of, sizes, draw in lines:
        for setting in sizes:
            print_mean(what, [phi_of(draw(setting, rng)) for _ in times], setting)
    for setting in [Setting(10, 6, PHI, 1), Setting(10, 12, PHI, 1), *plain]:
        held = np.mean([bootstrap_holds(simulated(setting, rng), rng) for _ in times])
        size = f"R={setting.conversations} T={setting.turns}"
        print(f"percentile_bootstrap {size} coverage={held:.3f}", flush=True)


if __name__ == "__main__":
    main()
