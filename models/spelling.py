"""The ways in which a reply can begin with a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from data.errors import PromptError

Tokens = tuple[int, ...]


def check_choices(choices: Sequence[str]) -> None:
    """Refuse choices that every reply would begin with.

    Raises:
        PromptError: there is none, or one is blank.
    """
    if not choices or not all(choice.strip() for choice in choices):
        raise PromptError("A choice is empty.", "Write something into every choice.")


def spellings(choice: str, answer_ids: Callable[[str], Tokens]) -> list[Tokens]:
    """A choice in tokens: as it stands, and with a space in front.

    Both are beginnings of different replies, so their probabilities add up. Where one begins the
    other, or both are the same, the shorter holds them both.

    Args:
        choice: text.
        answer_ids: the model's tokens of a text.

    Raises:
        PromptError: the choice is blank.
    """
    check_choices([choice])
    ways = sorted({answer_ids(choice), answer_ids(f" {choice}")} - {()}, key=len)
    if not ways:
        raise PromptError(
            f"The model has no token for any of “{choice}”.", "Write the choice in other words."
        )
    if len(ways) == 2 and ways[1][: len(ways[0])] == ways[0]:
        return ways[:1]
    return ways
