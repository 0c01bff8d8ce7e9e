"""How many edits lie between two sequences of tokens."""

from __future__ import annotations

from collections.abc import Sequence


def edit_distance(one: Sequence[int], other: Sequence[int]) -> int:
    """Fewest insertions, deletions and replacements from one sequence to the other.

    References:
        Levenshtein 1966.
    """
    row = list(range(len(other) + 1))
    for i, token in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, theirs in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (token != theirs))
    return row[-1]
