"""Pairs of answers one by one: the most alike, the least alike, those at the threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.schema import RunData
from experiments.analysis import Analysis, rows_by_condition
from metrics.arrays import unit_rows

COUNT = 25
BLOCK = 512  # rows whose cosines are held at a time

Distance = Callable[[NDArray[np.float64], float], NDArray[np.float64]]
ORDERS: Mapping[str, Distance] = MappingProxyType(
    {
        "alike": lambda cosines, _threshold: -cosines,
        "unlike": lambda cosines, _threshold: cosines,
        "border": lambda cosines, threshold: np.abs(cosines - threshold),
    }
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers of different wording.

    Attributes:
        first: row of the run's data.
        second: another row, of the second condition where two are compared.
        cosine: of their embeddings.
        together: whether both have one meaning.
    """

    first: int
    second: int
    cosine: float
    together: bool


def listed_pairs(
    data: RunData,
    analysis: Analysis,
    *,
    order: str = "alike",
    conditions: tuple[str, str] | None = None,
    count: int = COUNT,
) -> list[Pair]:
    """Pairs of different texts at one end of the order; each two texts once.

    Args:
        data: m rows.
        analysis: of these rows; its threshold is the border.
        order: of `ORDERS`: the most alike first, the least alike, or the closest to the threshold.
        conditions: one answer of each key, which may be the same twice; None takes all answers.
        count: pairs at most.

    Raises:
        ValueError: there is no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"Expected order to be one of {list(ORDERS)} but it was {order!r}.")
    firsts, seconds = _sides(data, conditions)
    vectors = unit_rows(data.vectors)
    best: list[tuple[float, int, int]] = []
    for start in range(0, len(firsts), BLOCK):
        block = firsts[start : start + BLOCK]
        cosines = vectors[block] @ vectors[seconds].T
        far = ORDERS[order](cosines, analysis.threshold)
        far[~_apart(data, block, seconds, conditions)] = np.inf
        best = sorted([*best, *_smallest(far, block, seconds, count)])[:count]
    labels = analysis.labels
    return [
        Pair(a, b, float(vectors[a] @ vectors[b]), bool(labels[a] == labels[b])) for _, a, b in best
    ]


def _sides(
    data: RunData, conditions: tuple[str, str] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows of each side, every text of a side once."""
    if conditions is None:
        every = _once(data, np.arange(len(data.keys)))
        return every, every
    rows = rows_by_condition(data)
    none = np.empty(0, dtype=np.intp)
    first, second = (_once(data, rows.get(key, none)) for key in conditions)
    return first, second


def _once(data: RunData, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    firsts: dict[str, int] = {}
    for row in rows:
        firsts.setdefault(data.samples[row].text, int(row))
    return np.array(sorted(firsts.values()), dtype=np.intp)


def _apart(
    data: RunData,
    firsts: NDArray[np.intp],
    seconds: NDArray[np.intp],
    conditions: tuple[str, str] | None,
) -> NDArray[np.bool_]:
    """Which pairs may be listed: different texts, and within one set each pair once."""
    if conditions is None or conditions[0] == conditions[1]:
        return firsts[:, None] < seconds
    place: dict[str, int] = {}
    left, right = (
        np.array([place.setdefault(data.samples[row].text, len(place)) for row in side])
        for side in (firsts, seconds)
    )
    return np.asarray(left[:, None] != right)


def _smallest(
    far: NDArray[np.float64], firsts: NDArray[np.intp], seconds: NDArray[np.intp], count: int
) -> list[tuple[float, int, int]]:
    flat = far.ravel()
    kept = min(count, len(flat))
    places = np.argpartition(flat, kept - 1)[:kept] if kept else np.empty(0, dtype=np.intp)
    return [
        (float(flat[p]), int(firsts[p // len(seconds)]), int(seconds[p % len(seconds)]))
        for p in places
        if np.isfinite(flat[p])
    ]
