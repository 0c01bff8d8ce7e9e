"""Whether drift's intervals and verdicts hold: python -m tests.benchmarks.drift.

Simulates conversations of known dynamics (autoregression, independent noise, a random walk), with
one value per turn and with noisy sampled replies, fits each, and prints per cell how often the
intervals of φ and D* hold the truth, and what the fit was called. An interval of D* exists only
where that of φ stays below 1; coverage is that of the intervals given. Then the bundled model plays
residents whose persona holds with known odds; see `tests.benchmarks.drift_town`. The last line is
`best_rho=… best_measure=… phi_coverage=… equilibrium_coverage=… false_reverting=… batch_speedup=…`;
false_reverting is the share of fits called mean-reverting under the null (noise or walk) that is
called so more often.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from metrics.autoregression import Verdict, fit_dynamics
from tests.benchmarks.drift_town import town_part
from tests.benchmarks.truth import wilson

PERSISTENCES = (0.0, 0.3, 0.6, 0.9, 1.0)
LEVEL = 1.0
STEP = 0.1  # trend of the walk
REPLIES, REPLY_NOISE = 4, 1.0


@dataclass(frozen=True)
class Setting:
    """One kind of data: R conversations, T turns, true φ, and m replies (1 means no noise)."""

    conversations: int
    turns: int
    phi: float
    replies: int

    @property
    def is_null(self) -> bool:
        return self.phi in (0.0, 1.0)


@dataclass(frozen=True)
class Found:
    """What the fits of one setting said, one entry per data set."""

    setting: Setting
    phi_held: NDArray[np.bool_]
    level_held: NDArray[np.bool_]  # of the intervals of D* that were given
    errors: NDArray[np.float64]
    verdicts: tuple[Verdict, ...]

    def share(self, verdict: Verdict) -> float:
        return sum(found is verdict for found in self.verdicts) / len(self.verdicts)


def simulated(setting: Setting, rng: np.random.Generator) -> NDArray[np.float64]:
    """(R, T, m) or (R, T): conversations that begin near 0 and go to LEVEL, or walk."""
    count, turns = setting.conversations, setting.turns
    c = STEP if setting.phi == 1 else LEVEL * (1 - setting.phi)
    drift = np.empty((count, turns))
    drift[:, 0] = rng.normal(0, 0.5, count)
    for turn in range(1, turns):
        drift[:, turn] = c + setting.phi * drift[:, turn - 1] + rng.normal(0, 1, count)
    if setting.replies == 1:
        return drift
    return drift[..., None] + rng.normal(0, REPLY_NOISE, (count, turns, setting.replies))


def tried(setting: Setting, options: argparse.Namespace, rng: np.random.Generator) -> Found:
    """Fit many data sets of one kind."""
    phi_held, level_held, errors, verdicts = [], [], [], []
    for _ in range(options.replicates):
        fit = fit_dynamics(simulated(setting, rng), rng=rng, null_runs=options.null_runs)
        verdicts.append(fit.verdict)
        if fit.persistence.is_defined:
            phi_held.append(fit.persistence.low <= setting.phi <= fit.persistence.high)
            errors.append(fit.persistence.value - setting.phi)
        if fit.equilibrium.is_defined and setting.phi < 1:
            level_held.append(fit.equilibrium.low <= LEVEL <= fit.equilibrium.high)
    return Found(
        setting, np.array(phi_held), np.array(level_held, bool), np.array(errors), tuple(verdicts)
    )


def settings() -> Iterator[Setting]:
    for phi, count, turns, replies in product(PERSISTENCES, (10, 32), (6, 12), (1, REPLIES)):
        yield Setting(count, turns, phi, replies)


def print_row(found: Found) -> None:
    one = found.setting
    level = f"{found.level_held.mean():.3f}" if len(found.level_held) else "–"
    given = len(found.level_held) / len(found.verdicts)
    cells = [f"{one.phi:g}", str(one.conversations), str(one.turns), str(one.replies)]
    cells += [f"{found.errors.mean():+.3f}", f"{found.phi_held.mean():.3f}", level, f"{given:.2f}"]
    cells += [f"{found.share(verdict):.3f}" for verdict in Verdict]
    print("| " + " | ".join(cells) + " |", flush=True)


def simulated_part(options: argparse.Namespace) -> dict[str, float]:
    """Print the table; coverage over all cells and the worst null."""
    rng = np.random.default_rng(options.seed)
    head = ["φ", "R", "T", "m", "bias", "φ cover", "D* cover", "D* given", *Verdict]
    print(f"{options.replicates} data sets per row, {options.null_runs} runs of each null")
    print("| " + " | ".join(head) + " |\n| " + " | ".join(["---"] * len(head)) + " |")
    every = []
    for setting in settings():
        every.append(tried(setting, options, rng))
        print_row(every[-1])
    phi = np.concatenate([found.phi_held for found in every])
    level = np.concatenate([found.level_held for found in every])
    false = {f.setting: f.share(Verdict.REVERTING) for f in every if f.setting.is_null}
    pooled = {
        phi: float(np.mean([rate for setting, rate in false.items() if setting.phi == phi]))
        for phi in (0.0, 1.0)
    }
    lowest = min(every, key=lambda found: found.phi_held.mean())
    print(f"φ: {wilson(phi)}, worst cell {lowest.phi_held.mean():.3f} at {lowest.setting}")
    print(f"D*: {wilson(level)}, of {len(level)} intervals given")
    worst = max(false, key=lambda setting: false[setting])
    print(f"false “mean-reverting”: noise {pooled[0.0]:.3f}, walk {pooled[1.0]:.3f}")
    print(f"worst cell {false[worst]:.3f} at {worst}")
    return {
        "phi_coverage": float(phi.mean()),
        "equilibrium_coverage": float(level.mean()),
        "false_reverting": max(pooled.values()),
    }


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--null-runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--residents", type=int, default=8)
    parser.add_argument("--conversations", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="of the timing")
    options = parser.parse_args()
    simulated = simulated_part(options)
    measure, rho, speedup = town_part(options)
    told = " ".join(f"{name}={value:.3f}" for name, value in simulated.items())
    print(f"best_rho={rho:.3f} best_measure={measure} {told} batch_speedup={speedup:.1f}")


if __name__ == "__main__":
    main()
