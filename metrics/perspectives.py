"""Which perspectives an answer refers to, and how evenly a set of answers covers them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy
from scipy.stats import t as student

from metrics.uncertainty import (
    Difference,
    Estimate,
    benjamini_hochberg,
    half_width,
    jackknife_error,
)

MIN_QUESTIONS = 5
MIN_REFERENCES = 10  # below, shares of references say nothing


@dataclass(frozen=True)
class Spread:
    """How references spread over perspectives.

    Attributes:
        entropy: normalised, from 0 (one perspective) to 1 (all alike).
        shares: of references, per perspective.
        counts: (questions, K) what it was made of.
    """

    entropy: Estimate
    shares: tuple[Estimate, ...]
    counts: NDArray[np.float64]


def perspectives_in(text: str, words: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The perspectives to which a text refers: those with at least one of their words in it.

    Whole words and phrases in any case; a word that ends in * stands for all that begin so. A
    perspective counts once for a text, however often it is named.

    Args:
        text: an answer.
        words: perspective → its words.
    """
    return frozenset(name for name, own in words.items() if _pattern(tuple(own)).search(text))


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [
        re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


def normalised_entropy(counts: ArrayLike) -> NDArray[np.float64]:
    """−Σ p ln p / ln K of counts over K perspectives.

    Args:
        counts: (..., K) references.

    Returns:
        (...) from 0 to 1; NaN where there is no reference.

    Raises:
        ValueError: fewer than two perspectives, or a negative count.

    References:
        Shannon 1948.
    """
    given = np.asarray(counts, dtype=np.float64)
    if given.ndim < 1 or given.shape[-1] < 2 or (given < 0).any():
        raise ValueError(f"Expected counts of two or more perspectives but it was {given.shape}.")
    total = given.sum(axis=-1, keepdims=True)
    p = np.divide(given, total, out=np.full(given.shape, np.nan), where=total > 0)
    return np.asarray(-xlogy(p, p).sum(axis=-1) / np.log(given.shape[-1]) + 0.0)


def spread(counts: ArrayLike) -> Spread:
    """Entropy and shares of all references together, with intervals over questions.

    Args:
        counts: (questions, K) answers to each question that refer to each perspective.

    Returns:
        Undefined below five questions or ten references; n is the number of questions. The
        entropy of few references is too low, which its interval doesn't undo.

    Raises:
        ValueError: as `normalised_entropy`, or another shape.

    References:
        Efron and Stein 1981; WorldView-Bench (entropy of perspectives).
    """
    given = _counts(counts)
    (n, k), total = given.shape, float(given.sum())
    if n < MIN_QUESTIONS or total < MIN_REFERENCES:
        reason = (
            f"{n} questions with {total:.0f} references are too few; {MIN_QUESTIONS} with "
            f"{MIN_REFERENCES} are needed."
        )
        nothing = Estimate.undefined(n, reason)
        return Spread(nothing, (nothing,) * k, given)
    values, errors = _figures(given.sum(axis=0)), _errors(_without_each(given))
    entropy, *shares = (
        Estimate(float(v), max(float(v - h), 0.0), min(float(v + h), 1.0), n)
        for v, h in zip(values, [half_width(e, units=n) for e in errors], strict=True)
    )
    return Spread(entropy, tuple(shares), given)


def spread_changes(before: Spread, after: Spread) -> tuple[Difference, ...]:
    """After minus before, of the entropy and then of each share, paired by question.

    p-values are adjusted for all of them together.

    Args:
        before: of questions.
        after: of the same questions in the same order.

    Raises:
        ValueError: they are not of as many questions and perspectives.

    References:
        Benjamini and Hochberg 1995.
    """
    if before.counts.shape != after.counts.shape:
        raise ValueError("Expected both to be of the same questions and perspectives.")
    n, k = before.counts.shape
    if not (before.entropy.is_defined and after.entropy.is_defined):
        reason = before.entropy.reason or after.entropy.reason
        return (Difference(np.nan, np.nan, np.nan, n, np.nan, reason),) * (k + 1)
    one, other = before.counts, after.counts
    values = _figures(other.sum(axis=0)) - _figures(one.sum(axis=0))
    errors = _errors(_without_each(other) - _without_each(one))
    found = [_difference(float(v), e, n) for v, e in zip(values, errors, strict=True)]
    return tuple(benjamini_hochberg(dict(enumerate(found))).values())


def _difference(value: float, error: float, n: int) -> Difference:
    half = half_width(error, units=n)
    p = float(2 * student.sf(abs(value) / error, n - 1)) if error > 0 else float(value == 0)
    return Difference(value, value - half, value + half, n, p)


def _figures(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 1 + K) entropy, then shares."""
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return np.concatenate([normalised_entropy(counts)[..., None], shares], axis=-1)


def _without_each(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(questions, 1 + K) the figures with one question left out at a time."""
    return _figures(counts.sum(axis=0) - counts)


def _errors(left_out: NDArray[np.float64]) -> list[float]:
    return [jackknife_error(column) for column in left_out.T]


def _counts(given: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(given, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[1] < 2 or (counts < 0).any():
        raise ValueError(f"Expected counts with shape (questions, K ≥ 2), not {counts.shape}.")
    return counts
