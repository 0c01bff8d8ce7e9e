"""What a reader should know about a number: the form of an entry in the catalogues."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal[
    "Higher is more diverse.",
    "Higher is less diverse.",
    "Neither high nor low is more diverse.",
    "Higher is better.",
    "Lower is better.",
    "Higher follows the user more.",
    "Lower follows the user more.",
    "Higher keeps more to itself.",
    "Higher is more drift.",
    "Lower keeps more to itself.",
    "Higher is a better choice of policies.",
    "Higher is more alike.",
    "Higher is more formal.",
    "Higher is preferred more.",
    "Higher is more agreement.",
    "Higher is further apart.",
    "Higher is better for people.",
    "Lower is better for people.",
    "Neither high nor low is better.",
]


ROUNDING = 1e-6  # of a unit: models compute in 32 bits or fewer, so less than this is no finding
BOOTSTRAP = (
    "Jackknife over calls (groups of them beyond 32), Student's t; differences by bootstrap over "
    "the same; 95 %."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a reader should know about a number.

    Attributes:
        key: name in code and exports.
        label: words for a tile; {n} stands for the common number of answers.
        name: the technical name.
        unit: "" when it is a plain number.
        minimum: smallest possible value; −∞ when it has none.
        maximum: largest possible value; None when it has no fixed limit.
        direction: how to read a higher value, a sentence.
        floor: draws (or calls, if draws share them) below which no value is shown.
        counted: what the floor counts.
        needs_independence: undefined when draws share a call.
        at_common_n: computed for the common number of answers (m in the formula).
        moves_with_n: changes with the number of answers alone, and has no formula that undoes it:
            sets are compared at one number.
        digits: Python format specification of its value.
        formula: in LaTeX.
        tells: one sentence.
        cannot_tell: one or two sentences.
        interval: how its interval is made.
        references: papers.
        reconstructed: rebuilt from secondary sources, because the original was not found.
        differs: where its values differ from those of the reference code, and why; "" where they
            agree or there is none.
    """

    key: str
    label: str
    name: str
    unit: str
    minimum: float
    maximum: float | None
    direction: Direction = "Higher is more diverse."
    floor: int
    counted: str = "answers"
    needs_independence: bool = False
    at_common_n: bool = False
    moves_with_n: bool = False
    digits: str
    formula: str
    tells: str
    cannot_tell: str
    interval: str
    references: tuple[str, ...]
    reconstructed: bool = False
    differs: str = ""

    @property
    def range(self) -> str:
        """Where its values lie, in words."""
        if self.minimum == -math.inf:
            return "any number" if self.maximum is None else f"{self.maximum:g} or less"
        low = f"{self.minimum:g}"
        return f"{low} or more" if self.maximum is None else f"{low} to {self.maximum:g}"

    @property
    def reference(self) -> str:
        """Its papers on one line."""
        return "; ".join(self.references)

    def format(self, value: float) -> str:
        """A value as it is shown, without its unit; a dash when it is undefined.

        What is smaller than `ROUNDING` shows as 0.
        """
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        shown = format(0.0 if abs(value) < ROUNDING else value, self.digits)
        return f"−{shown[1:]}" if shown.startswith("-") else shown

    def span(self, low: float, high: float) -> str:
        """An interval as it is shown, with a word between its ends where one is below 0."""
        ends = self.format(low), self.format(high)
        return (" to " if any(end.startswith("−") for end in ends) else "–").join(ends)
