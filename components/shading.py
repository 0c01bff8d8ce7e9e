"""Text whose tokens stand on shades: the stronger, the larger their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.figures.tokens import shade_of
from components.layout import theme
from components.text import as_markdown


def shaded(pieces: Sequence[str], values: Iterable[float], *, most: float) -> str:
    """Markdown that shows a text as written, each token on its shade.

    Args:
        pieces: texts of the tokens.
        values: a number for each; NaN leaves it bare.
        most: the number that takes the full shade.
    """
    parts = []
    for text, value in zip(pieces, values, strict=True):
        words = as_markdown(text) if text.strip() else ""
        shade = shade_of(value, theme=theme(), most=most)
        told = f':color[{words}]{{background="{shade}"}}' if shade and words else words
        parts.append((" " if text[:1].isspace() else "") + told)
    return "".join(parts).strip()
