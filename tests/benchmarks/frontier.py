"""The frontier of a published log, on its own scale and on ours.

`python -m tests.benchmarks.frontier` plays the policies on the 2,470 published user turns. First on
the study's scale, against the table it published (aim: within 0.03); then on a scale of both
speakers pooled, against values worked out from the same log by other code (aim: within 0.02). Then
the time of our simulation against a plain loop, and of all that a slider moves. Prints tables and a
last line `published_max_error=… pooled_max_error=… speed_ratio=… slider_ms=…
closed_loop_min_rho=…`. The last is nan: no model follows the instructions here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.dialogues import StyleLog, read_style_log
from metrics.conversation_bootstrap import (
    mean_estimate,
    paired_difference,
    paired_equivalence,
    resampled_weights,
)
from metrics.foretelling import by_window, lagged_synchrony, predictive_synchrony
from metrics.instructions import churn_of_styles
from metrics.policies import Policy, simulate, standard_policies
from metrics.policy_frontier import hypervolume_estimate, non_dominated
from metrics.style_space import (
    Conversations,
    StyleSpace,
    by_conversation,
    fit_style_space,
    median_step,
)
from metrics.synchrony import (
    measure_policies,
    over_turns,
)
from metrics.uncertainty import Estimate
from tests.benchmarks.frontier_loop import loop_report
from tests.benchmarks.frontier_speed import speed_report

LOG = Path(__file__).parents[3] / "shared/data/style/synchrony_turn_level_metrics.csv"
AXES = ("synchrony", "stability", "coherence")
WINDOWS = (1, 3, 5, 8)

# Synchrony, stability, coherence and register flips as published.
PUBLISHED = {
    "static": (0.079, 1.0, 1.0, 0.0),
    "uncapped": (1.0, 0.542, 0.079, 0.254),
    "cap": (0.829, 0.878, 0.106, 0.092),
    "ema": (0.855, 0.829, 0.068, 0.064),
    "dead_band": (0.997, 0.545, 0.077, 0.252),
    "hybrid": (0.829, 0.878, 0.106, 0.092),
    "hybrid_radius": (0.848, 0.873, 0.113, 0.113),
    "hybrid_cache": (0.834, 0.874, 0.109, 0.070),
}
PUBLISHED_HITS = 0.215
# Synchrony and stability on the pooled scale, computed by other code.
POOLED = {
    "uncapped": (1.0, 0.275),
    "cap_025": (0.432, 0.948),
    "cap_1": (0.827, 0.721),
    "ema": (0.876, 0.677),
    "hybrid": (0.819, 0.753),
    "dead_band": (1.0, 0.278),
    "static": (-0.234, 1.0),
}
POOLED_POLICIES = (
    Policy(key="uncapped", label="Uncapped"),
    Policy(key="cap_025", label="Cap 0.25", cap=0.25),
    Policy(key="cap_1", label="Cap 1", cap=1.0),
    Policy(key="ema", label="EMA 0.5", follow=0.5),
    Policy(key="hybrid", label="Hybrid (0.5, 1)", follow=0.5, cap=1.0),
    Policy(key="dead_band", label="Dead-Band", dead_band=0.1),
    Policy(key="static", label="Static", follow=0.0),
)

Vector = NDArray[np.float64]


def published_persona(log: StyleLog, space: StyleSpace) -> Vector:
    """The centroid of the study: a rounding error whose direction the log's coherence gives away.

    The scale was fitted on the very texts whose middle it is, so it has length 1e-14 or so. The
    logged coherence is the cosine to it, so least squares recover its direction exactly, whatever
    the rounding of this machine.
    """
    bots = space.scale(log.bots)
    rows = bots / np.linalg.norm(bots, axis=1, keepdims=True)
    direction, *_ = np.linalg.lstsq(rows, log.logged["coherence_score"], rcond=None)
    error = np.abs(rows @ direction - log.logged["coherence_score"]).max()
    print(f"Direction of the centroid from logged coherence: largest residual {error:.1e}")
    return 1e-14 * direction


def shown(estimate: Estimate) -> str:
    """A value with its interval."""
    return f"{estimate.value:6.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def published_report(log: StyleLog) -> float:
    """Print our values beside the published ones; the largest gap of the three axes."""
    static = np.array(log.conditions) == "static"
    space = fit_style_space(log.bots[static], reference="replies of the static bot")
    users = by_conversation(space.scale(log.users), log.sessions)
    played = simulate(standard_policies(cap=0.25), users, published_persona(log, space))
    values = measure_policies(played, informality=0, flip_threshold=0.5)
    weights = resampled_weights(len(users.ids), np.random.default_rng(0))
    share = space.share_of_distance(log.users)[0]
    print(f"Scale of the study: {', '.join(space.names)}; dropped {', '.join(space.dropped)}")
    print(f"informality makes up {share:.1%} of the users' squared distances\n")
    print(f"{'published scale':>15} | value [95 %] − published, n = {len(users.ids)} sessions")
    gaps = []
    for place, policy in enumerate(played.policies):
        cells = []
        for axis, expected in zip((*AXES, "register_flips"), PUBLISHED[policy.key], strict=True):
            found = mean_estimate(values[axis][place], weights)
            cells.append(f"{axis} {shown(found)} {found.value - expected:+.3f}")
            if axis in AXES:
                gaps.append(abs(found.value - expected))
        print(f"{policy.label:>15} | {' | '.join(cells)}")
    print(f"cache hits {played.hit_rates[-1]:.3f}, published {PUBLISHED_HITS}")
    stability_report(log, space)
    return max(gaps)


def stability_report(log: StyleLog, space: StyleSpace) -> None:
    """Print how the logged stability and predictive synchrony are met."""
    bots = by_conversation(space.scale(log.bots), log.sessions)
    ours = predictive_synchrony(bots, window=1)[bots.present]
    error = np.nanmax(np.abs(ours - log.logged["stability_score"]))
    print(f"logged stability reproduced to {error:.1e}")
    adaptive = np.array(log.conditions) == "adaptive"
    sessions = [s for s, kept in zip(log.sessions, adaptive, strict=True) if kept]
    users = by_conversation(space.scale(log.users[adaptive]), sessions)
    means = [np.nanmean(predictive_synchrony(users, window=w)) for w in WINDOWS]
    ahead = [np.nanmean(lagged_synchrony(users, window=w)) for w in WINDOWS]
    for reading, found in (("mean of the last w", means), ("one turn, w later", ahead)):
        listed = ", ".join(f"w={w} {mean:.3f}" for w, mean in zip(WINDOWS, found, strict=True))
        print(f"predictive synchrony ({reading}), adaptive turns: {listed}")
    print("published: w=1 .645, w=3 .616, w=5 .597, w=8 .597\n")


def pooled_space(log: StyleLog) -> StyleSpace:
    """The scale of both speakers together."""
    return fit_style_space(np.concatenate([log.users, log.bots]), reference="users and bots pooled")


def pooled_persona(log: StyleLog, space: StyleSpace) -> Vector:
    """The middle of the static bot's replies, on the pooled scale."""
    return space.scale(log.bots[np.array(log.conditions) == "static"]).mean(axis=0)


def pooled_report(log: StyleLog) -> float:
    """Print the pooled table; the largest gap to the values worked out by other code."""
    space = pooled_space(log)
    users = by_conversation(space.scale(log.users), log.sessions)
    unit = median_step(users)
    print(f"Pooled scale: {len(space.names)} features, median user step {unit:.3f}")
    print(f"shares of the users' squared distances: {space.share_of_distance(log.users).round(3)}")
    played = simulate(POOLED_POLICIES, users, pooled_persona(log, space))
    values = measure_policies(played, informality=0)
    values["legibility"] = 1 - over_turns(churn_of_styles(played.states, users.present))
    weights = resampled_weights(len(users.ids), np.random.default_rng(0))
    gaps = []
    for place, policy in enumerate(played.policies):
        found = {name: mean_estimate(rows[place], weights) for name, rows in values.items()}
        known = POOLED[policy.key]
        gaps += [abs(found[axis].value - v) for axis, v in zip(AXES, known, strict=False)]
        cells = [f"{name} {shown(estimate)}" for name, estimate in found.items()]
        print(f"{policy.label:>15} | {' | '.join(cells)} | known {known}")
    choice_report(users, pooled_persona(log, space), unit, weights)
    windows = by_window(users, WINDOWS)
    listed = [
        f"w={w} {shown(mean_estimate(row, weights))}"
        for w, row in zip(WINDOWS, windows, strict=True)
    ]
    print(f"predictive synchrony by session: {', '.join(listed)}\n")
    return max(gaps)


def choice_report(users: Conversations, persona: Vector, unit: float, weights: Vector) -> None:
    """Print the frontier of the eight policies with caps in median steps, and two comparisons."""
    played = simulate(standard_policies(), users, persona, unit=unit)
    values = measure_policies(played)
    steady, close = values["stability"], values["synchrony"]
    best = non_dominated(np.stack([steady.mean(axis=1), close.mean(axis=1)], axis=1))
    names = [p.label for p, kept in zip(played.policies, best, strict=True) if kept]
    print(f"caps in median user steps: not dominated are {', '.join(names)}")
    print(f"hypervolume {shown(hypervolume_estimate(steady, close, weights))}")
    hybrid, uncapped, cap = (
        [p.key for p in played.policies].index(key) for key in ("hybrid", "uncapped", "cap")
    )
    for axis in ("stability", "synchrony"):
        gap = paired_difference(values[axis][hybrid], values[axis][uncapped], weights)
        same = paired_equivalence(values[axis][hybrid], values[axis][cap], margin=0.1)
        print(f"{axis}: Hybrid − Uncapped {shown(gap)}, n = {gap.n}; Hybrid and Cap within 0.1: "
              f"{same.value:+.3f}, p = {same.p_value:.2g}")  # fmt: skip


def main() -> None:
    """Print everything; `--quick` holds fewer and shorter conversations with the model."""
    quick = "--quick" in sys.argv[1:]
    if not LOG.exists():
        sys.exit(f"Skipped: {LOG.name} is not beside this checkout.")
    log = read_style_log(LOG.read_bytes())
    print(f"{len(log.turns)} turns, {len(set(log.sessions))} sessions")
    published, pooled = published_report(log), pooled_report(log)
    space = pooled_space(log)
    users = by_conversation(space.scale(log.users), log.sessions)
    ratio, slider = speed_report(users, pooled_persona(log, space))
    loop = loop_report(quick=quick)
    print(
        f"published_max_error={published:.3f} pooled_max_error={pooled:.3f} "
        f"speed_ratio={ratio:.1f} slider_ms={slider:.1f} closed_loop_min_rho={loop:.3f}"
    )


if __name__ == "__main__":
    main()
