"""How many draws one turn should hold."""

from __future__ import annotations

from collections import deque

import numpy as np

FIRST, LARGEST = 16, 128
LONGEST_S = 4.0  # of one turn: others wait for it
REMEMBERED = 6  # turns


class Pace:
    """Starts small, so that the first points come soon, then learns what a turn costs.

    A batch of k draws takes about a + b·k seconds. Where b dominates, smaller turns are fairer to
    those who wait and cost nothing; where a does, as on a GPU, they are only slower. So a turn
    grows until it takes `LONGEST_S`, or twice a where that is more. It at most doubles or halves
    from turn to turn, and never falls below `FIRST`. After `REMEMBERED` turns of one size a larger
    one is tried again: the machine may be less busy by now.

    Called before each turn, observed after it.
    """

    def __init__(self) -> None:
        self._size = FIRST
        self._turns: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)

    def __call__(self) -> int:
        """Draws that the next turn may hold."""
        return self._size

    def observe(self, drawn: int, seconds: float) -> None:
        """Learn from a turn that is over; one without draws teaches nothing."""
        if drawn == 0:
            return
        self._turns.append((drawn, seconds))
        ideal = min(max(self._ideal(), self._size / 2), self._size * 2)
        self._size = int(min(max(ideal, FIRST), LARGEST))

    def _ideal(self) -> float:
        """Draws that fill the time allowed; infinite where another one costs nothing."""
        sizes, seconds = np.array(self._turns).T
        spread = ((sizes - sizes.mean()) ** 2).mean()
        if spread == 0:
            return np.inf  # nothing known of b yet: try more
        each = ((sizes - sizes.mean()) * (seconds - seconds.mean())).mean() / spread
        if each <= 0:
            return np.inf
        fixed = max(0.0, seconds.mean() - each * sizes.mean())
        return float((max(LONGEST_S, 2 * fixed) - fixed) / each)
