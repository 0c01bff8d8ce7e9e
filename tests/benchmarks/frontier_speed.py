"""The time of the frontier's parts, for `tests.benchmarks.frontier`."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.conversation_bootstrap import mean_estimate, resampled_weights
from metrics.policies import Policy, simulate, standard_policies
from metrics.policy_frontier import hypervolume_estimate
from metrics.style_space import Conversations
from metrics.synchrony import measure_policies

TIMES = 9

Vector = NDArray[np.float64]


def plain_loop(
    policies: Sequence[Policy],
    conversations: Sequence[Sequence[Any]],
    persona: Any,
    step: Callable[[Policy, Any, Any, Any], Any],
) -> list[Any]:
    """The same policies as one reads them in a paper: policy by policy and turn by turn."""
    states = []
    for policy in policies:
        for conversation in conversations:
            state = persona
            for user in conversation:
                state = step(policy, state, user, persona)
                states.append(state)
    return states


def numpy_step(policy: Policy, state: Vector, user: Vector, persona: Vector) -> Vector:
    """One turn of one policy with numpy's functions on single vectors."""
    sizes = np.linalg.norm(state) * np.linalg.norm(user)
    distance = 1 - state @ user / sizes if sizes else math.nan
    if policy.cache is not None and distance <= policy.cache:
        return state
    if policy.dead_band is not None and distance <= policy.dead_band:
        return state
    way = policy.follow * (user - state)
    length = np.linalg.norm(way)
    moved = state + way * min(1.0, policy.cap / length) if length else state
    away = np.linalg.norm(moved - persona)
    return persona + (moved - persona) * policy.radius / away if away > policy.radius else moved


def python_step(policy: Policy, state: list, user: list, persona: list) -> list:
    """The same with plain floats, which is faster for a few features."""
    if policy.cache is not None or policy.dead_band is not None:
        sizes = math.hypot(*state) * math.hypot(*user)
        distance = (
            1 - sum(a * b for a, b in zip(state, user, strict=True)) / sizes if sizes else math.nan
        )
        if policy.cache is not None and distance <= policy.cache:
            return state
        if policy.dead_band is not None and distance <= policy.dead_band:
            return state
    share, length = policy.follow, policy.follow * math.dist(user, state)
    if length > policy.cap:
        share *= policy.cap / length
    moved = [a + share * (b - a) for a, b in zip(state, user, strict=True)]
    if policy.radius < math.inf and (away := math.dist(moved, persona)) > policy.radius:
        return [c + (a - c) * policy.radius / away for a, c in zip(moved, persona, strict=True)]
    return moved


def seconds(work: Callable[[], object]) -> float:
    """Shortest of several runs: what the others take longer is what else the machine does."""
    work()
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def speed_report(users: Conversations, persona: Vector) -> tuple[float, float]:
    """Print and return how much faster than a plain loop, and the milliseconds of a slider's move.

    The loop is the faster of two ways to write it. A move of a slider plays all eight policies
    again and computes every measure per session; with the intervals it is printed beside.
    """
    policies = standard_policies(cap=1.0, radius=2.0)
    ours = seconds(lambda: simulate(policies, users, persona))
    plain = plain_seconds(policies, users, persona)
    weights = resampled_weights(len(users.ids), np.random.default_rng(0))
    slider = seconds(lambda: measure_policies(simulate(policies, users, persona), informality=0))
    whole = seconds(lambda: with_intervals(policies, users, persona, weights))
    print(
        f"{users.present.sum()} turns × {len(policies)} policies, best of {TIMES}: ours "
        f"{1000 * ours:.1f} ms, with measures {1000 * slider:.1f} ms, with intervals too "
        f"{1000 * whole:.1f} ms"
    )
    return plain / ours, 1000 * slider


def plain_seconds(policies: Sequence[Policy], users: Conversations, persona: Vector) -> float:
    """Time of the faster plain loop, after both were found to give the same styles as ours."""
    ours = simulate(policies, users, persona).states[:, users.present].reshape(-1, len(persona))
    rows = [row[there] for row, there in zip(users.vectors, users.present, strict=True)]
    lists = [row.tolist() for row in rows]
    times = []
    for name, step, said, start in (
        ("numpy on single vectors", numpy_step, rows, persona),
        ("floats", python_step, lists, persona.tolist()),
    ):
        loop = partial(plain_loop, policies, said, start, step)
        gap = float(np.abs(np.array(loop()) - ours).max())
        if not gap < 1e-9:
            sys.exit("The simulations differ; their times can't be compared.")
        times.append(seconds(loop))
        print(f"plain loop, {name}: {1000 * times[-1]:.1f} ms, largest difference {gap:.1e}")
    return min(times)


def with_intervals(
    policies: Sequence[Policy], users: Conversations, persona: Vector, weights: Vector
) -> None:
    """Everything a page shows of the frontier."""
    played = simulate(policies, users, persona)
    values = measure_policies(played, informality=0)
    for rows in values.values():
        for row in rows:
            mean_estimate(row, weights)
    hypervolume_estimate(values["stability"], values["synchrony"], weights)
