"""From conversations and policies to the frontier between following and staying oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from experiments.speech import Speech
from metrics.conversation_bootstrap import (
    Equivalence,
    mean_estimate,
    mean_estimates,
    paired_equivalence,
    resampled_weights,
)
from metrics.instructions import buckets, churn_of_styles
from metrics.policies import Policy, Simulation, simulate
from metrics.policy_frontier import hypervolume_estimate, non_dominated
from metrics.synchrony import measure_policies, over_turns, shuffled_synchrony
from metrics.uncertainty import Estimate

MEASURES = (
    "synchrony",
    "stability",
    "coherence",
    "distance_to_user",
    "step_size",
    "distance_to_persona",
    "register_flips",
    "legibility",
)
MARGIN = 0.1  # of the equivalence test, as in the study
_SHUFFLES = 8  # pairings with other users; each slider's move draws them anew
SEED = 0  # of the resamples: the same numbers whenever a page is drawn

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Where policies land.

    Attributes:
        speech: what they were played on.
        simulation: the styles that are judged, per policy, conversation and turn: those which the
            policies asked for, or in a closed loop those of a model's replies.
        targets: (p, m, turns, d) the styles which the policies asked for.
        values: measure → (p, m') per conversation; replicates of one script are one, their mean.
            Register flips and legibility are there only where features have names.
        estimates: measure → one per policy.
        stands: (p,) whether no other policy is as good on both axes and better on one.
        hypervolume: of stability and synchrony.
    """

    speech: Speech
    simulation: Simulation
    targets: Values
    values: Mapping[str, Values]
    estimates: Mapping[str, tuple[Estimate, ...]]
    stands: NDArray[np.bool_]
    hypervolume: Estimate

    @property
    def policies(self) -> tuple[Policy, ...]:
        """What was played, in order."""
        return self.simulation.policies

    @property
    def levels(self) -> NDArray[np.int8]:
        """(p, m, turns, d) the buckets from which instructions are written.

        They tell how a target differs from the bot's own style, which needs no instruction.
        """
        return buckets(self.targets - self.speech.persona)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A policy against the one that all are held against.

    Attributes:
        policy: its place.
        measure: what is compared.
        difference: mean over conversations that have both.
        equivalence: whether it is within the margin.
    """

    policy: int
    measure: str
    difference: Estimate
    equivalence: Equivalence


def play(speech: Speech, policies: Sequence[Policy]) -> Frontier:
    """Play a corpus under some policies and measure everything.

    Args:
        speech: the corpus.
        policies: with different keys.

    Raises:
        ValueError: no policies, or two of one key.
    """
    simulation = simulate(policies, speech.users, speech.persona, unit=speech.unit)
    return judged(speech, simulation, simulation.states)


def judged(
    speech: Speech, simulation: Simulation, targets: Values, *, replicates: int = 1
) -> Frontier:
    """Measure styles that were played or spoken.

    Args:
        speech: what they answer.
        simulation: the styles.
        targets: (p, m, turns, d) what was asked for.
        replicates: conversations that share a script, which stand one behind the other. Their mean
            counts once, because another user is what the intervals are about.
    """
    found = measure_policies(simulation, informality=speech.informality)
    if speech.is_named:
        churn = churn_of_styles(targets - speech.persona, simulation.users.present)
        found["legibility"] = 1 - over_turns(churn)
    values = {name: _by_script(found[name], replicates) for name in MEASURES if name in found}
    weights = _weights(values["synchrony"].shape[1])
    stacked = mean_estimates(np.stack(list(values.values())), weights)
    estimates = {name: tuple(stacked[place]) for place, name in enumerate(values)}
    axes = np.array([[e.value for e in estimates[name]] for name in ("stability", "synchrony")]).T
    return Frontier(
        speech,
        simulation,
        targets,
        values,
        estimates,
        non_dominated(axes),
        hypervolume_estimate(values["stability"], values["synchrony"], weights),
    )


def contrasts(frontier: Frontier, base: int, *, margin: float = MARGIN) -> tuple[Contrast, ...]:
    """Every policy minus one, measure by measure, in pairs of conversations.

    Args:
        frontier: what was measured.
        base: place of the policy that the others are held against.
        margin: largest difference that doesn't matter, on the scale of the measure.
    """
    weights = _weights(frontier.values["synchrony"].shape[1])
    names = list(frontier.values)
    gaps = np.stack([rows - rows[base] for rows in frontier.values.values()])
    found = mean_estimates(gaps, weights)
    return tuple(
        Contrast(
            place,
            name,
            found[row][place],
            paired_equivalence(
                frontier.values[name][place], frontier.values[name][base], margin=margin
            ),
        )
        for place in range(len(frontier.policies))
        if place != base
        for row, name in enumerate(names)
    )


def by_chance(frontier: Frontier, policy: int) -> Estimate:
    """Synchrony of one policy with the users of other conversations.

    Cosines of embeddings are far from 0 for any two texts; only what lies above this is following.
    """
    simulation = frontier.simulation
    alone = replace(
        simulation,
        policies=simulation.policies[policy : policy + 1],
        states=simulation.states[policy : policy + 1],
        kept=simulation.kept[policy : policy + 1],
    )
    replicates = len(simulation.users.ids) // frontier.values["synchrony"].shape[1]
    rng = np.random.default_rng(SEED)
    values = shuffled_synchrony(alone, rng, shuffles=_SHUFFLES, replicates=replicates)
    return mean_estimate(_by_script(values, replicates)[0], _weights(len(values[0]) // replicates))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Synchrony and stability of Hybrid over its two settings.

    Attributes:
        follows: (a,) shares of the way.
        caps: (c,) longest steps, in median user steps.
        synchrony: (a, c) means over conversations.
        stability: (a, c) likewise.
        n: conversations.
    """

    follows: tuple[float, ...]
    caps: tuple[float, ...]
    synchrony: Values
    stability: Values
    n: int


def grid(speech: Speech, follows: Sequence[float], caps: Sequence[float]) -> Grid:
    """Play Hybrid with every pair of α and cap."""
    policies = [
        Policy(key=f"{follow:g} {cap:g}", label="", follow=follow, cap=cap)
        for follow in follows
        for cap in caps
    ]
    found = measure_policies(simulate(policies, speech.users, speech.persona, unit=speech.unit))
    shape = len(follows), len(caps)
    means = {name: over_turns(found[name]).reshape(shape) for name in ("synchrony", "stability")}
    return Grid(
        tuple(follows), tuple(caps), means["synchrony"], means["stability"], len(speech.users.ids)
    )


def _by_script(values: Values, replicates: int) -> Values:
    """(p, m) → (p, m / replicates): the mean over replicates that have a value."""
    return over_turns(values.reshape(len(values), -1, replicates))


@lru_cache(maxsize=8)
def _weights(conversations: int) -> Values:
    """The same resamples for everything with this many conversations."""
    weights = resampled_weights(conversations, np.random.default_rng(SEED))
    weights.setflags(write=False)
    return weights
