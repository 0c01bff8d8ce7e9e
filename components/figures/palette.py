"""Colours and symbols with one meaning each, for light and dark paper.

The hues are Okabe and Ito's (2008), told apart by colour-blind readers; a symbol of its own says
the same without any colour. Text takes a darker or lighter shade with a contrast of at least 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one condition or meaning looks in every chart.

    Attributes:
        fill: colour of points and bars on light and dark paper.
        symbol: Plotly marker symbol.
        glyph: the same shape as a character, for text.
        ink: text colour on light paper, then on dark paper.
    """

    fill: tuple[str, str]
    symbol: str
    glyph: str
    ink: tuple[str, str]

    def fill_on(self, theme: Theme) -> str:
        """Colour of a point."""
        return self.fill[theme == "dark"]

    def ink_on(self, theme: Theme) -> str:
        """Colour of a word."""
        return self.ink[theme == "dark"]


MARKS = (
    Mark(("#0072B2", "#3B9BD9"), "circle", "●", ("#00629A", "#6BB7E8")),
    Mark(("#D55E00", "#E9762B"), "diamond", "◆", ("#A84A00", "#F2915A")),
    Mark(("#009E73", "#1FB98D"), "square", "■", ("#00704F", "#4FCBA5")),
    Mark(("#CC79A7", "#D98FB8"), "triangle-up", "▲", ("#9A3F71", "#E3A5C8")),
    Mark(("#E69F00", "#E69F00"), "star", "★", ("#8A5F00", "#EFB740")),
    Mark(("#56B4E9", "#56B4E9"), "triangle-down", "▼", ("#0F6A9C", "#8CCDF1")),
    Mark(("#7A6FB0", "#A79FD6"), "pentagon", "⬟", ("#584D92", "#BDB6E4")),
    Mark(("#8C6D46", "#B8976B"), "cross", "✚", ("#6C5231", "#CFB18A")),
)
OTHER = Mark(("#A8A59D", "#6E757A"), "circle-open", "○", ("#5F5D57", "#B4B1A8"))

PAPER = {"light": "#FCFAF6", "dark": "#15191C"}
INK = {"light": "#1D2126", "dark": "#ECE9E2"}
FAINT_INK = {"light": "#5F5D57", "dark": "#B4B1A8"}
GRID = {"light": "#E7E3DA", "dark": "#2B3236"}


def condition_mark(key: str) -> Mark:
    """The mark of a condition, fixed by its letter ("a" is the first).

    Raises:
        ValueError: key is not a single lower-case letter that has a mark.
    """
    place = ord(key) - ord("a") if len(key) == 1 else -1
    if not 0 <= place < len(MARKS):
        raise ValueError(f"Expected key to be a letter from 'a' to 'h' but it was {key!r}.")
    return MARKS[place]


def meaning_mark(rank: int) -> Mark:
    """The mark of the meaning with this rank by size; beyond the eighth they share one."""
    return MARKS[rank] if rank < len(MARKS) else OTHER
