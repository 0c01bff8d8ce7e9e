"""The scale on which styles are compared, and conversations laid out on it.

A distance between two styles only means something on a stated scale. Features are divided by their
spread in a reference corpus; one that doesn't vary there can't be scaled, so it is left out and
named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.style import FEATURES

_FLAT = 1e-9  # spread, relative to the size of the values, that is rounding and no variation


@dataclass(frozen=True, slots=True)
class StyleSpace:
    """How raw features become comparable: (value − mean) / deviation.

    Attributes:
        names: the d features kept, in order.
        columns: (d,) their places among the raw features.
        mean: (d,) of the reference.
        deviation: (d,) of the reference, over n.
        dropped: features left out → why, in words for the user.
        reference: what the scale was fitted on, in words.
        n: rows of the reference.
    """

    names: tuple[str, ...]
    columns: NDArray[np.int64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    dropped: Mapping[str, str]
    reference: str
    n: int

    def scale(self, features: ArrayLike) -> NDArray[np.float64]:
        """Raw features on this scale.

        Args:
            features: (…, all) raw values, NaN where undefined.

        Returns:
            (…, d) values in standard deviations of the reference, NaN where undefined.

        Raises:
            ValueError: there are other features than in the reference.
        """
        raw = np.asarray(features, dtype=np.float64)
        wanted = len(self.names) + len(self.dropped)
        if raw.ndim == 0 or raw.shape[-1] != wanted:
            raise ValueError(
                f"Expected features with {wanted} columns but their shape was {raw.shape}."
            )
        return (raw[..., self.columns] - self.mean) / self.deviation

    def share_of_distance(self, features: ArrayLike) -> NDArray[np.float64]:
        """What part of the squared distance from the origin each feature makes up.

        One near 1 says that a single feature decides every cosine and cap, which happens when
        texts are scaled on a reference that they are unlike.

        Args:
            features: (n, all) raw values; rows with an undefined kept feature are left out.

        Returns:
            (d,) shares that add up to 1; NaN without a fully defined row.
        """
        scaled = self.scale(features)
        squares = np.square(scaled[np.isfinite(scaled).all(axis=1)]).sum(axis=0)
        return squares / squares.sum() if squares.sum() else np.full(len(self.names), np.nan)


def fit_style_space(
    features: ArrayLike, *, reference: str, names: Sequence[str] = FEATURES
) -> StyleSpace:
    """Fit the scale on a reference corpus.

    Take a corpus of both speakers pooled, or a fixed one. A scale fitted on one speaker alone turns
    whatever that speaker never varies into the only thing that counts.

    Args:
        features: (n, all) raw features of n ≥ 2 texts, NaN where undefined.
        reference: what the corpus is, in words.
        names: one per column.

    Returns:
        The scale. Dropped are features that don't vary, or are defined in fewer than two texts.

    Raises:
        ValueError: features isn't (n, all) with n ≥ 2, holds infinities, or nothing varies.

    References:
        Brandt 2025 (arXiv 2510.00339) standardises likewise, but on the static bot alone.
    """
    raw = np.asarray(features, dtype=np.float64)
    if raw.ndim != 2 or len(raw) < 2 or raw.shape[1] != len(names):
        raise ValueError(
            f"Expected features with shape (n ≥ 2, {len(names)}) but it was {raw.shape}."
        )
    if np.isinf(raw).any():
        raise ValueError("Expected features to be finite or NaN but some were infinite.")
    defined = np.isfinite(raw)
    mean = _over_defined(raw, defined)
    deviation = np.sqrt(_over_defined(np.square(raw - mean), defined))
    varies = deviation > _FLAT * np.maximum(1.0, np.abs(mean))
    if not varies.any():
        raise ValueError("Expected some feature to vary in the reference but none did.")
    dropped = {
        name: _reason(int(there))
        for name, there, kept in zip(names, defined.sum(axis=0), varies, strict=True)
        if not kept
    }
    return StyleSpace(
        names=tuple(name for name, kept in zip(names, varies, strict=True) if kept),
        columns=np.flatnonzero(varies),
        mean=mean[varies],
        deviation=deviation[varies],
        dropped=MappingProxyType(dropped),
        reference=reference,
        n=len(raw),
    )


def style_centroid(features: ArrayLike, space: StyleSpace) -> NDArray[np.float64]:
    """The middle of some texts, such as those of a persona.

    Args:
        features: (n, all) raw features of the persona's own texts.
        space: the scale. Fitted on these very texts the centroid would be the origin, and every
            cosine to it the direction of a rounding error.

    Returns:
        (d,) mean over the texts in which a feature is defined.

    Raises:
        ValueError: a feature is defined in none of the texts.
    """
    scaled = np.atleast_2d(space.scale(features))
    defined = np.isfinite(scaled)
    missing = [space.names[column] for column in np.flatnonzero(~defined.any(axis=0))]
    if missing:
        raise ValueError(f"Expected {missing[0]} to be defined in some text but it was in none.")
    return _over_defined(scaled, defined)


@dataclass(frozen=True, slots=True)
class Conversations:
    """Turns of one speaker, conversation by conversation.

    Attributes:
        vectors: (m, turns, d) one style per turn; NaN where undefined and behind the last turn.
        present: (m, turns) whether the conversation has that turn.
        ids: (m,) what each conversation is called.
    """

    vectors: NDArray[np.float64]
    present: NDArray[np.bool_]
    ids: tuple[str, ...]

    @property
    def observed(self) -> NDArray[np.bool_]:
        """(m, turns) whether the turn is there and every feature of it is defined."""
        return np.asarray(np.isfinite(self.vectors).all(axis=-1))

    @property
    def unobserved(self) -> int:
        """Turns that are there but whose style isn't fully defined."""
        return int((self.present & ~self.observed).sum())


def by_conversation(vectors: ArrayLike, ids: Sequence[str]) -> Conversations:
    """Lay turns out by conversation.

    Args:
        vectors: (n, d) scaled features or embeddings of all turns; those of one conversation in
            the order in which they were said.
        ids: (n,) the conversation of each.

    Returns:
        Conversations in order of first appearance.

    Raises:
        ValueError: vectors isn't (n, d) with n ≥ 1 rows, one per id.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or len(rows) != len(ids):
        raise ValueError(
            f"Expected vectors with shape ({len(ids)} ≥ 1, d), one row per id, "
            f"but its shape was {rows.shape}."
        )
    places: dict[str, int] = {}
    conversation = np.array([places.setdefault(name, len(places)) for name in ids])
    order = np.argsort(conversation, kind="stable")
    lengths = np.bincount(conversation)
    turn = np.empty(len(rows), dtype=np.int64)
    turn[order] = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    laid = np.full((len(places), lengths.max(), rows.shape[1]), np.nan)
    laid[conversation, turn] = rows
    return Conversations(laid, np.arange(lengths.max()) < lengths[:, None], tuple(places))


def median_step(turns: Conversations) -> float:
    """The usual distance between two turns of a speaker that follow each other.

    Policies take their cap as a multiple of it, so that a cap means the same on every scale.

    Returns:
        Median of |u_t − u_{t−1}| over all pairs of neighbouring observed turns that differ (a
        speaker who mostly repeats "ok" would make it 0, and no cap could count in it); NaN without
        one.
    """
    steps = np.linalg.norm(np.diff(turns.vectors, axis=1), axis=-1)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else float("nan")


def _over_defined(values: NDArray[np.float64], defined: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of each column over its defined rows; NaN without any."""
    total = np.where(defined, values, 0.0).sum(axis=0)
    count = defined.sum(axis=0)
    return np.divide(total, count, out=np.full(values.shape[1], np.nan), where=count > 0)


def _reason(texts: int) -> str:
    return "it does not vary" if texts > 1 else "it is defined in fewer than two texts"
