"""What following costs: synchrony with the user against stability and coherence of the bot.

Cosines depend on where the origin of the scale lies, so each has a Euclidean companion: a bot can
keep its direction and still move far. All are arrays over (policies, conversations, turns), NaN
where a turn is missing, undefined or without direction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.policies import Simulation

Values = NDArray[np.float64]


def cosines(a: ArrayLike, b: ArrayLike) -> Values:
    """Cosine of each pair of vectors.

    Args:
        a: (…, d) vectors.
        b: (…, d) vectors that broadcast with them.

    Returns:
        (…) values in [-1, 1]; NaN where a vector has no direction or an undefined feature.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    product = np.einsum("...d,...d->...", first, second)
    sizes = _lengths(first) * _lengths(second)
    found = np.divide(product, sizes, out=np.full(product.shape, np.nan), where=sizes > 0)
    return np.clip(found, -1.0, 1.0, out=found)


def synchrony(simulation: Simulation) -> Values:
    """How far the bot's style points where the user's does: cos(b_t, u_t).

    Returns:
        (p, m, turns) in [-1, 1].

    References:
        Brandt 2025 (arXiv 2510.00339); the formula is ours and reproduces its table.
    """
    return cosines(simulation.states, simulation.users.vectors)


def stability(simulation: Simulation, *, from_persona: bool = True) -> Values:
    """How far the bot's style points where it did a turn ago: cos(b_t, b_{t−1}).

    Args:
        simulation: what was played.
        from_persona: compare the first turn with the persona it starts from; otherwise it has no
            value.

    Returns:
        (p, m, turns) in [-1, 1].

    References:
        Brandt 2025; its logged column is reproduced exactly.
    """
    return cosines(simulation.states, _before(simulation, from_persona=from_persona))


def coherence(simulation: Simulation) -> Values:
    """How far the bot's style points where its persona's does: cos(b_t, persona).

    Returns:
        (p, m, turns) in [-1, 1]; NaN for a persona at the origin, which has no direction.

    References:
        Brandt 2025.
    """
    return cosines(simulation.states, simulation.persona)


def step_size(simulation: Simulation, *, from_persona: bool = True) -> Values:
    """How far the bot's style moved, in median user steps: |b_t − b_{t−1}| / unit.

    Arguments as `stability`, whose Euclidean companion it is.

    Returns:
        (p, m, turns), at least 0.
    """
    return _distance(simulation, _before(simulation, from_persona=from_persona))


def distance_to_user(simulation: Simulation) -> Values:
    """How far the bot's style is from the user's, in median user steps: |b_t − u_t| / unit.

    Returns:
        (p, m, turns), at least 0; the companion of `synchrony`.
    """
    return _distance(simulation, simulation.users.vectors)


def distance_to_persona(simulation: Simulation) -> Values:
    """How far the bot's style is from its persona's, in median user steps: |b_t − persona| / unit.

    Returns:
        (p, m, turns), at least 0; the companion of `coherence`.
    """
    return _distance(simulation, simulation.persona)


def register_flips(simulation: Simulation, *, feature: int, threshold: float = 0.5) -> Values:
    """Whether the bot changed register: one feature crossed a threshold since the turn before.

    Args:
        simulation: what was played.
        feature: place of informality among the d features.
        threshold: on the scale of the style space.

    Returns:
        (p, m, turns) 1 for a flip, 0 for none; NaN in the first turn.

    Raises:
        ValueError: there is no such feature.

    References:
        Brandt 2025 publishes rates without code; thresholds of 0.3 to 0.6 reproduce them.
    """
    size = simulation.states.shape[-1]
    if not 0 <= feature < size:
        raise ValueError(f"Expected feature to be between 0 and {size - 1} but it was {feature}.")
    level = simulation.states[..., feature]
    changed = np.diff(level > threshold, axis=-1).astype(np.float64)
    changed[:, ~simulation.users.present[:, 1:]] = np.nan
    first = np.full((*level.shape[:2], 1), np.nan)
    return np.concatenate([first, changed], axis=-1)


def shuffled_synchrony(
    simulation: Simulation,
    rng: np.random.Generator,
    *,
    shuffles: int = 20,
    replicates: int = 1,
) -> Values:
    """Synchrony with users of other conversations: what merely speaking the language gives.

    Each conversation is paired with another one, turn by turn, as far as both go. Cosines of
    embeddings are far from 0 for any two texts; only what lies above this line is following.

    Args:
        simulation: what was played.
        rng: draws the pairings.
        shuffles: pairings to average over.
        replicates: conversations with the same user, which stand one behind the other and are never
            paired.

    Returns:
        (p, m) mean cosine per conversation; NaN with a single user.

    Raises:
        ValueError: shuffles is less than 1.
    """
    if shuffles < 1:
        raise ValueError(f"Expected shuffles to be at least 1 but it was {shuffles}.")
    users = simulation.users.vectors
    if len(users) < 2 * replicates:
        return np.full(simulation.states.shape[:2], np.nan)
    pairings = (_others(len(users), replicates, rng) for _ in range(shuffles))
    found = [cosines(simulation.states, users[paired]) for paired in pairings]
    return over_turns(np.concatenate(found, axis=-1))


def partners(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(count,) another conversation for each: a cycle through all of them in random order."""
    order = rng.permutation(count)
    partners = np.empty(count, dtype=np.int64)
    partners[order] = np.roll(order, 1)
    return partners


def _others(count: int, replicates: int, rng: np.random.Generator) -> NDArray[np.int64]:
    users = partners(count // replicates, rng)
    return (users[:, None] * replicates + np.arange(replicates)).ravel()


def over_turns(values: ArrayLike) -> Values:
    """Mean over the turns of each conversation that have a value.

    Conversations and not turns are what intervals resample: turns of one are not independent.

    Args:
        values: (…, turns), NaN where undefined.

    Returns:
        (…) means; NaN where no turn has a value.
    """
    given = np.asarray(values, dtype=np.float64)
    defined = np.isfinite(given)
    count = defined.sum(axis=-1)
    total = np.where(defined, given, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def measure_policies(
    simulation: Simulation, *, informality: int | None = None, flip_threshold: float = 0.5
) -> dict[str, Values]:
    """Every measure of this file, per policy and conversation.

    Args:
        simulation: what was played.
        informality: place of that feature, for register flips; None leaves them out.
        flip_threshold: as `register_flips`.

    Returns:
        Name → (p, m) means over turns.
    """
    turns = {
        "synchrony": synchrony(simulation),
        "stability": stability(simulation),
        "coherence": coherence(simulation),
        "step_size": step_size(simulation),
        "distance_to_user": distance_to_user(simulation),
        "distance_to_persona": distance_to_persona(simulation),
    }
    if informality is not None:
        turns["register_flips"] = register_flips(
            simulation, feature=informality, threshold=flip_threshold
        )
    return {name: over_turns(values) for name, values in turns.items()}


def _before(simulation: Simulation, *, from_persona: bool) -> Values:
    """The bot's style a turn ago."""
    states = simulation.states
    first = np.full_like(states[:, :, :1], np.nan)
    if from_persona:
        first[:] = simulation.persona
    return np.concatenate([first, states[:, :, :-1]], axis=2)


def _distance(simulation: Simulation, other: Values) -> Values:
    return _lengths(simulation.states - other) / simulation.unit


def _lengths(vectors: Values) -> Values:
    # Several times as fast as numpy's norm on many short vectors.
    return np.sqrt(np.einsum("...d,...d->...", vectors, vectors))
