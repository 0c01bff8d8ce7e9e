"""From a policy's style to a few lines of instruction for a model, and how restless these are.

A model can't be told "0.37 standard deviations less formal". Each feature is put into one of three
buckets, and a bucket off the middle is one line. A bucket is left only well inside its border, so
that a style near a border doesn't change its line every turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOW, MID, HIGH = -1, 0, 1

WORDING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "informality": (
            "Write formally: no exclamations, and speak to nobody directly.",
            "Write informally: use exclamations and questions, and say “I” and “you”.",
        ),
        "sentiment": ("Sound negative.", "Sound positive."),
        "sentence_length": ("Write short sentences.", "Write long sentences."),
        "readability": (
            "Use difficult, long words.",
            "Use simple, short words.",
        ),
        "social_words": (
            "Do not mention other people.",
            "Mention other people: friends, families, neighbours.",
        ),
        "cognitive_words": (
            "Do not say what you think or know.",
            "Say what you think, know and wonder about.",
        ),
        "affect_words": ("Show no feelings.", "Name your feelings."),
        "function_words": (
            "Leave out small words, as in a telegram.",
            "Use many small words.",
        ),
    }
)


def buckets(styles: ArrayLike, *, edge: float = 0.5, hysteresis: float = 0.1) -> NDArray[np.int8]:
    """Low, middle or high, feature by feature and turn by turn.

    A feature enters high above `edge` and low below −`edge`; it leaves them for the middle only
    when it comes nearer to 0 than `edge` − `hysteresis`.

    Args:
        styles: (…, turns, d) on the scale of a style space; NaN keeps the bucket of the turn
            before, or the middle.
        edge: > 0, in standard deviations.
        hysteresis: in [0, edge).

    Returns:
        (…, turns, d) −1, 0 or 1.

    Raises:
        ValueError: styles has fewer than two axes, or a setting is out of its range.
    """
    given = np.asarray(styles, dtype=np.float64)
    if given.ndim < 2:
        raise ValueError(f"Expected styles with shape (…, turns, d) but it was {given.shape}.")
    if not (edge > 0 and 0 <= hysteresis < edge):
        raise ValueError(
            f"Expected edge > 0 and 0 ≤ hysteresis < edge but they were {edge} and {hysteresis}."
        )
    found = np.zeros(given.shape, dtype=np.int8)
    bucket = np.zeros((*given.shape[:-2], given.shape[-1]), dtype=np.int8)
    for turn in range(given.shape[-2]):
        value = given[..., turn, :]
        fresh = np.where(np.abs(value) > edge, np.sign(np.nan_to_num(value)), MID)
        stays = np.isnan(value) | (bucket * value >= edge - hysteresis) & (bucket != MID)
        bucket = np.where(stays, bucket, fresh).astype(np.int8)
        found[..., turn, :] = bucket
    return found


def instruction_lines(
    levels: ArrayLike,
    names: Sequence[str],
    *,
    wording: Mapping[str, tuple[str, str]] = WORDING,
) -> tuple[str, ...]:
    """One line for each feature off its middle, in the order of the features.

    Args:
        levels: (d,) −1, 0 or 1, one turn of `buckets`.
        names: (d,) the features.
        wording: feature → what is said for low and for high.

    Raises:
        ValueError: a feature has no wording, or there isn't one level per name.
    """
    given = np.asarray(levels)
    if given.shape != (len(names),):
        raise ValueError(f"Expected {len(names)} levels but their shape was {given.shape}.")
    unknown = [name for name in names if name not in wording]
    if unknown:
        raise ValueError(f"Expected a wording for {unknown[0]} but there was none.")
    return tuple(
        wording[name][int(level == HIGH)]
        for name, level in zip(names, given.tolist(), strict=True)
        if level != MID
    )


def adapted_prompt(base: str, lines: Sequence[str]) -> str:
    """The fixed prompt of a persona with the lines of one turn behind it."""
    return "\n".join([base, *(f"- {line}" for line in lines)])


def instruction_churn(levels: ArrayLike) -> NDArray[np.float64]:
    """How much of the instructions changed since the turn before.

    With I_t the set of lines in turn t, 1 − |I_t ∩ I_{t−1}| / |I_t ∪ I_{t−1}|, and 0 where both
    are empty.

    Args:
        levels: (…, turns, d) −1, 0 or 1, from `buckets`.

    Returns:
        (…, turns) in [0, 1]; NaN in the first turn.

    References:
        Brandt 2025 names it without a formula; this one is a reconstruction.
    """
    given = np.asarray(levels)
    now, before = given[..., 1:, :], given[..., :-1, :]
    said, said_before = now != MID, before != MID
    common = (said & (now == before)).sum(axis=-1)
    either = said.sum(axis=-1) + said_before.sum(axis=-1) - common
    churn = np.full(given.shape[:-1], np.nan)
    churn[..., 1:] = np.where(either > 0, 1 - common / np.maximum(either, 1), 0.0)
    return churn


def churn_of_styles(
    styles: ArrayLike, present: NDArray[np.bool_], *, edge: float = 0.5, hysteresis: float = 0.1
) -> NDArray[np.float64]:
    """Churn of the lines that styles are put into; legibility is 1 − its mean.

    Args:
        styles: (p, m, turns, d) of a simulation.
        present: (m, turns) which turns there are.
        edge: as `buckets`.
        hysteresis: as `buckets`.

    Returns:
        (p, m, turns) in [0, 1]; NaN in first turns and where there is none.
    """
    churn = instruction_churn(buckets(styles, edge=edge, hysteresis=hysteresis))
    churn[:, ~present] = np.nan
    return churn
