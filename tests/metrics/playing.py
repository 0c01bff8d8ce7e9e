"""Made-up conversations for the tests of policies and their measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.style_space import Conversations, by_conversation

PERSONA = np.array([0.2, -0.1, 0.4])


def walk(
    rng: np.random.Generator, *, conversations: int = 12, longest: int = 9, size: int = 3
) -> Conversations:
    """Conversations of 1 to `longest` turns with styles drawn at random."""
    lengths = rng.integers(1, longest + 1, conversations)
    lengths[0], lengths[-1] = longest, 1
    ids = [f"c{place}" for place, turns in enumerate(lengths) for _ in range(turns)]
    return by_conversation(rng.standard_normal((len(ids), size)), ids)


def one(*styles: list[float]) -> Conversations:
    """A single conversation."""
    return by_conversation(styles, ["c"] * len(styles))


def turns_of(users: Conversations, place: int) -> NDArray[np.float64]:
    """The turns that a conversation has."""
    return users.vectors[place][users.present[place]]
