"""How many draws one turn should hold."""

from __future__ import annotations

FIRST, SMALLEST, LARGEST = 16, 4, 128
TARGET_S = 2.0  # of one turn: short enough to wait for, long enough to fill a batch


class Pace:
    """Starts small, so that the first points come soon, then aims at turns of `TARGET_S` seconds.

    Called before each turn, observed after it. At most doubles or halves from turn to turn.
    """

    def __init__(self) -> None:
        self._size = FIRST

    def __call__(self) -> int:
        """Draws that the next turn may hold."""
        return self._size

    def observe(self, drawn: int, seconds: float) -> None:
        """Learn from a turn that is over."""
        if drawn == 0 or seconds <= 0:
            return
        ideal = drawn * TARGET_S / seconds
        size = min(max(ideal, self._size / 2), self._size * 2)
        self._size = int(min(max(size, SMALLEST), LARGEST))
