"""Whether a reply declines to do what it was asked, by a documented list of phrases."""

from __future__ import annotations

from collections.abc import Sequence

WITHIN = 240  # characters: refusals come first; later, the phrases are often somebody's words
_QUOTES = str.maketrans("’‘“”", "''\"\"")


def is_refusal(text: str, marks: Sequence[str], *, within: int = WITHIN) -> bool:
    """Whether one of the phrases stands at the beginning of a reply.

    An empty reply counts as one: nothing was continued.

    Args:
        text: the reply.
        marks: phrases, in any case.
        within: characters of the reply that are looked at.
    """
    start = " ".join(text.translate(_QUOTES).casefold().split())[:within]
    return not start or any(mark.translate(_QUOTES).casefold() in start for mark in marks)
