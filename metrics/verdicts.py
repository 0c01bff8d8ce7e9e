"""From what a classifier or a model says of two answers to a chance that they say the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def winning_share(chances: ArrayLike, column: int) -> NDArray[np.float64]:
    """A label's chance against the strongest other one: above ½ exactly where it is the likeliest.

    So a threshold of ½ is the rule "the likeliest label", and others are stricter or looser.

    Args:
        chances: (pairs, labels) chances of each label, two labels or more.
        column: of the label.

    Returns:
        (pairs,) p / (p + largest other p), in [0, 1].

    Raises:
        ValueError: chances are not (pairs, labels ≥ 2) in [0, 1], or there is no such column.
    """
    given = _checked(chances, column)
    own = given[:, column]
    rival = np.delete(given, column, axis=1).max(axis=1, initial=0.0)
    total = own + rival
    return np.divide(own, total, out=np.zeros_like(own), where=total > 0)


def mutual_entailment(
    forth: ArrayLike,
    back: ArrayLike,
    *,
    entailment: int,
    contradiction: int | None = None,
    strict: bool = True,
) -> NDArray[np.float64]:
    """Whether two answers entail each other, as a score that a threshold of ½ decides.

    Args:
        forth: (pairs, labels) chances of each label, the first answer as premise.
        back: likewise, the second answer as premise.
        entailment: column of that label.
        contradiction: column of that label; only the rule that is not strict needs it.
        strict: entailment is the likeliest label in both directions; the score is the smaller
            `winning_share`. Otherwise neither direction's likeliest label is contradiction, and
            at least one is entailment; the score is 0 or 1.

    Returns:
        (pairs,) scores in [0, 1].

    Raises:
        ValueError: as `winning_share`; shapes differ; not strict without contradiction.

    References:
        Farquhar et al. 2024 (bidirectional entailment).
    """
    sides = [_checked(side, entailment) for side in (forth, back)]
    if sides[0].shape != sides[1].shape:
        raise ValueError(
            f"Expected both directions to have one shape but they had {sides[0].shape} and "
            f"{sides[1].shape}."
        )
    if strict:
        return np.minimum(*(winning_share(side, entailment) for side in sides))
    if contradiction is None:
        raise ValueError("Expected the column of contradiction for a rule that is not strict.")
    likeliest = np.array([side.argmax(axis=1) for side in sides])
    fits = (likeliest != contradiction).all(axis=0) & (likeliest == entailment).any(axis=0)
    return fits.astype(np.float64)


def yes_share(yes: ArrayLike, no: ArrayLike) -> NDArray[np.float64]:
    """The chance of yes among replies that say yes or no.

    Args:
        yes: (…) chance that a reply begins with yes.
        no: (…) that it begins with no.

    Returns:
        yes / (yes + no); NaN where neither has any chance.

    Raises:
        ValueError: they differ in shape, or are negative or not finite.

    References:
        Kadavath et al. 2022 (P(True), a model's own probability of a verdict).
    """
    first, second = (np.asarray(side, dtype=np.float64) for side in (yes, no))
    if first.shape != second.shape:
        raise ValueError(f"Expected one shape but they were {first.shape} and {second.shape}.")
    both = np.array([first, second])
    if not (np.isfinite(both) & (both >= 0)).all():
        raise ValueError("Expected chances to be finite and at least 0 but some were not.")
    total = first + second
    return np.divide(first, total, out=np.full_like(total, np.nan), where=total > 0)


def _checked(chances: ArrayLike, column: int) -> NDArray[np.float64]:
    given = np.asarray(chances, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(
            f"Expected chances to be (pairs, labels), labels ≥ 2, but they had shape {given.shape}."
        )
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("Expected chances to be in [0, 1] but some were not.")
    if not 0 <= column < given.shape[1]:
        raise ValueError(f"Expected a column below {given.shape[1]} but it was {column}.")
    return given
