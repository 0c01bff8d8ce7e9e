"""How far a speaker follows another: policies, and conversations played under them.

A policy is a function state × observation → state: the bot's style so far and the style of the
user's turn give the bot's next style. The six of Brandt 2025 are settings of one rule, so any
number of them runs side by side as one array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.style_space import Conversations

Styles = NDArray[np.float64]


class Rule(Protocol):
    """A rule of one's own; see `metrics.policy_language` for one written as text."""

    def __call__(self, state: Styles, user: Styles, persona: Styles, unit: float) -> Styles:
        """The next style.

        Args:
            state: (m, d) the bot's styles so far, one conversation each.
            user: (m, d) the styles of the user's turns.
            persona: (d,) the bot's own style, with which every conversation begins.
            unit: the median step between two turns of a user.

        Returns:
            (m, d).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the bot's style follows the user's.

    With state l, user u and persona c the next style is l + min(follow · |u − l|, cap) along
    u − l, then drawn into the ball around c.

    Attributes:
        key: name in code and exports.
        label: name for a reader.
        follow: share of the way to the user taken in one turn, in [0, 1]; 0 never moves.
        cap: longest step, in units (median user steps); infinite is off.
        dead_band: cosine distance to the user up to which it stays; None always moves.
        radius: farthest it may be from the persona, in units; infinite is off.
        cache: it keeps its style where the cosine to the user is at least 1 − cache; None is off.
        rule: replaces follow, cap and dead_band.

    Raises:
        ValueError: a setting is out of its range.

    References:
        Brandt 2025 (arXiv 2510.00339).
    """

    key: str
    label: str
    follow: float = 1.0
    cap: float = float("inf")
    dead_band: float | None = None
    radius: float = float("inf")
    cache: float | None = None
    rule: Rule | None = None

    def __post_init__(self) -> None:
        limits = {
            "follow": (self.follow, 0.0, 1.0),
            "cap": (self.cap, 0.0, float("inf")),
            "dead_band": (self.dead_band, 0.0, 2.0),
            "radius": (self.radius, 0.0, float("inf")),
            "cache": (self.cache, 0.0, 2.0),
        }
        for name, (value, low, high) in limits.items():
            if value is not None and not low <= value <= high:
                raise ValueError(
                    f"Expected {name} of {self.key} to be between {low:g} and {high:g} "
                    f"but it was {value}."
                )


def standard_policies(
    *,
    follow: float = 0.5,
    cap: float = 0.4,
    dead_band: float = 0.1,
    radius: float = 0.75,
    cache: float = 0.01,
) -> tuple[Policy, ...]:
    """The six policies of the literature, and the last of them with a radius and with a cache.

    Args:
        follow: α of EMA and Hybrid.
        cap: of Cap and Hybrid, in units.
        dead_band: of Dead-Band, a cosine distance.
        radius: of Hybrid + Radius, in units.
        cache: of Hybrid + Cache, a cosine distance.
    """
    hybrid = Policy(key="hybrid", label="Hybrid", follow=follow, cap=cap)
    return (
        Policy(key="static", label="Static", follow=0.0),
        Policy(key="uncapped", label="Uncapped"),
        Policy(key="cap", label="Cap", cap=cap),
        Policy(key="ema", label="EMA", follow=follow),
        Policy(key="dead_band", label="Dead-Band", dead_band=dead_band),
        hybrid,
        with_radius(hybrid, radius),
        with_cache(hybrid, cache),
    )


def with_radius(policy: Policy, radius: float) -> Policy:
    """The same policy, never farther than the radius (in units) from its persona."""
    return replace(
        policy, key=f"{policy.key}_radius", label=f"{policy.label} + Radius", radius=radius
    )


def with_cache(policy: Policy, cache: float) -> Policy:
    """The same policy, keeping its style where the user's is within this cosine distance."""
    return replace(policy, key=f"{policy.key}_cache", label=f"{policy.label} + Cache", cache=cache)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Conversations played under several policies.

    Attributes:
        policies: (p,) what was played.
        users: what the users said.
        persona: (d,) where every conversation begins.
        unit: median user step in which caps and radii were measured.
        states: (p, m, turns, d) the bot's style in each turn; NaN behind the last turn.
        kept: (p, m, turns) whether the cache kept the style.
    """

    policies: tuple[Policy, ...]
    users: Conversations
    persona: Styles
    unit: float
    states: Styles
    kept: NDArray[np.bool_]

    @property
    def hit_rates(self) -> NDArray[np.float64]:
        """(p,) share of observed turns in which the cache kept the style; NaN without a cache."""
        turns = self.users.observed.sum()
        cached = np.array([policy.cache is not None for policy in self.policies])
        return np.where(cached, self.kept.sum(axis=(1, 2)) / turns if turns else np.nan, np.nan)


def simulate(
    policies: Sequence[Policy], users: Conversations, persona: ArrayLike, *, unit: float = 1.0
) -> Simulation:
    """Play every conversation under every policy.

    In a turn whose style isn't fully defined (one of emoji, or of another script) there is nothing
    to follow, and every policy keeps its state.

    Args:
        policies: p ≥ 1 policies with different keys.
        users: the users' turns.
        persona: (d,) the bot's own style.
        unit: length of what caps and radii count, `median_step(users)`; 1 for absolute ones.

    Returns:
        The styles of all turns.

    Raises:
        ValueError: no policies, two of one key, a persona of another length or not finite, a unit
            that isn't positive, or a rule that returns another shape.
    """
    centre = np.asarray(persona, dtype=np.float64)
    _check(policies, users, centre, unit)
    states = np.full((len(policies), *users.vectors.shape), np.nan)
    kept = np.zeros(states.shape[:-1], dtype=bool)
    play = _Rules(policies, centre, unit)
    # Long conversations first, so that those still going on are always the first ones.
    order = np.argsort(-users.present.sum(axis=1), kind="stable")
    seen, said = users.observed[order], users.vectors[order]
    state = np.tile(centre, (len(policies), len(order), 1))
    for turn, going in enumerate(users.present.sum(axis=0)):
        here = seen[:going, turn, None]
        before = state[:, :going]
        moved, hit = play(before, np.where(here, said[:going, turn], 0.0))
        state = np.where(here, moved, before)
        states[:, order[:going], turn] = state
        kept[:, order[:going], turn] = hit & here[:, 0]
    return Simulation(tuple(policies), users, centre, unit, states, kept)


def next_styles(
    policy: Policy, state: Styles, users: Styles, persona: Styles, *, unit: float = 1.0
) -> Styles:
    """One turn from any state: what a loop with a model needs, whose state is what it said.

    Args:
        policy: how to follow.
        state: (m, d) where each conversation is.
        users: (m, d) the users' turns; where one isn't fully defined the state stays.
        persona: (d,) the bot's own style.
        unit: as `simulate`.

    Returns:
        (m, d).
    """
    seen = np.isfinite(users).all(axis=-1, keepdims=True)
    moved, _ = _Rules([policy], persona, unit)(state[None], np.where(seen, users, 0.0))
    return np.where(seen, moved[0], state)


class _Rules:
    """All policies' settings as arrays that broadcast over (p, m, d)."""

    def __init__(self, policies: Sequence[Policy], persona: Styles, unit: float) -> None:
        self.persona, self.unit = persona, unit
        self.follow = _column([p.follow for p in policies])
        self.cap = _column([p.cap * unit for p in policies])
        self.radius = _column([p.radius * unit for p in policies])
        # Distances are never below −1, so there the condition is always or never met.
        self.dead_band = _column([-1.0 if p.dead_band is None else p.dead_band for p in policies])
        self.cache = _column([-1.0 if p.cache is None else p.cache for p in policies])
        self.cosine_matters = any(p.dead_band is not None or p.cache is not None for p in policies)
        self.own = [(place, p.rule) for place, p in enumerate(policies) if p.rule is not None]

    def __call__(self, state: Styles, user: Styles) -> tuple[Styles, NDArray[np.bool_]]:
        """Next states (p, m, d), and whether the cache kept them (p, m)."""
        way = user - state
        length = _length(way)
        stride = np.minimum(self.follow * length, self.cap)
        moved = state + way * _ratio(stride, length)
        if self.cosine_matters:
            distance = self._distance(state, user, length)
            moved = np.where(distance <= self.dead_band, state, moved)
        for place, rule in self.own:
            moved[place] = self._by_rule(rule, state[place], user)
        moved = self._within_radius(moved)
        if not self.cosine_matters:
            return moved, np.zeros(moved.shape[:2], dtype=bool)
        hit = distance <= self.cache
        return np.where(hit, state, moved), hit[..., 0]

    def _distance(self, state: Styles, user: Styles, length: Styles) -> Styles:
        """Cosine distance; NaN, which keeps nothing, where either has no direction."""
        sizes = _length(state) * _length(user)
        product = (state * user).sum(axis=-1, keepdims=True)
        cosine = np.divide(product, sizes, out=np.full_like(length, np.nan), where=sizes > 0)
        return 1 - cosine

    def _within_radius(self, moved: Styles) -> Styles:
        if np.isinf(self.radius).all():
            return moved
        offset = moved - self.persona
        length = _length(offset)
        shrunk = self.persona + offset * np.minimum(1.0, _ratio(self.radius, length))
        return np.where(length > self.radius, shrunk, moved)

    def _by_rule(self, rule: Rule, state: Styles, user: Styles) -> Styles:
        found = np.asarray(rule(state, user, self.persona, self.unit), dtype=np.float64)
        if found.shape != state.shape:
            raise ValueError(
                f"Expected a rule to return styles with shape {state.shape} but it was "
                f"{found.shape}."
            )
        return found


def _column(values: list[float]) -> Styles:
    return np.array(values, dtype=np.float64)[:, None, None]


def _length(vectors: Styles) -> Styles:
    return np.sqrt(np.einsum("...d,...d->...", vectors, vectors))[..., None]


def _ratio(part: Styles, whole: Styles) -> Styles:
    """Part over whole; 0 where the whole is 0."""
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.zeros(shape), where=np.broadcast_to(whole > 0, shape))


def _check(policies: Sequence[Policy], users: Conversations, persona: Styles, unit: float) -> None:
    keys = [policy.key for policy in policies]
    if not keys or len(set(keys)) < len(keys):
        raise ValueError(f"Expected policies with different keys but they were {keys}.")
    if persona.shape != users.vectors.shape[-1:] or not np.isfinite(persona).all():
        raise ValueError(
            f"Expected a finite persona with shape {users.vectors.shape[-1:]} but its shape was "
            f"{persona.shape}."
        )
    if not 0 < unit < float("inf"):
        raise ValueError(f"Expected unit to be a positive length but it was {unit}.")
