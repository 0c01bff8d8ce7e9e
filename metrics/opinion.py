"""Opinion space: who votes alike, and which statements tell groups apart or join them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

ENOUGH_VOTES = 7
FEWEST_PEOPLE = 15

Start = Literal["restarts", "first"]


@dataclass(frozen=True)
class OpinionSpace:
    """People as points in a plane.

    Attributes:
        people: (people, 2) coordinates.
        directions: (2, statements) principal components, of length one.
        explained: (2,) part of the variance of the filled-in votes on each axis.
        voters: (people,) whether they voted enough to be grouped.
    """

    people: NDArray[np.float64]
    directions: NDArray[np.float64]
    explained: NDArray[np.float64]
    voters: NDArray[np.bool_]


@dataclass(frozen=True)
class OpinionGroups:
    """k-means groups in opinion space.

    Attributes:
        labels: (people,) from 0.
        silhouettes: number of groups → mean silhouette, for those that were tried.
    """

    labels: NDArray[np.int64]
    silhouettes: Mapping[int, float]


@dataclass(frozen=True)
class StatementTable:
    """Votes on statements by group, and Polis's statistics of them; all (groups, statements).

    Attributes:
        agree: votes +1.
        disagree: votes −1.
        seen: votes of any kind; a pass is one.
        p_agree: (agree + 1)/(seen + 2); p_disagree likewise.
        ratio_agree: p_agree over that of all other groups together; ratio_disagree likewise.
        z_agree: whether more than half agree, a z-value; z_disagree likewise.
        z_ratio_agree: whether more agree than elsewhere, a z-value; z_ratio_disagree likewise.
    """

    agree: NDArray[np.int64]
    disagree: NDArray[np.int64]
    seen: NDArray[np.int64]
    p_agree: NDArray[np.float64]
    p_disagree: NDArray[np.float64]
    ratio_agree: NDArray[np.float64]
    ratio_disagree: NDArray[np.float64]
    z_agree: NDArray[np.float64]
    z_disagree: NDArray[np.float64]
    z_ratio_agree: NDArray[np.float64]
    z_ratio_disagree: NDArray[np.float64]


@dataclass(frozen=True)
class Representative:
    """A statement that a group says more than others do."""

    statement: int
    agrees: bool
    rank: float
    z_share: float
    z_ratio: float


def opinion_space(votes: ArrayLike, *, left_out: Sequence[int] = ()) -> OpinionSpace:
    """Two principal components of the votes, unseen ones filled with the statement's mean.

    A person's point is the projection of the votes that were cast, times
    √(statements / votes cast), so that few votes don't pull towards the middle.

    Args:
        votes: (people, statements) +1 agree, −1 disagree, 0 pass, NaN not seen.
        left_out: statements that take no part: moderated away, or about the voters themselves.

    Raises:
        ValueError: not two-dimensional, fewer than 2 people or statements, or other values.

    References:
        Small et al. 2021, Polis.
    """
    table = _votes(votes)
    seen = ~np.isnan(table)
    used = table.copy()
    used[:, list(left_out)] = 0
    used[:, ~seen.any(axis=0)] = 0
    centred = used - np.nanmean(used, axis=0)
    cast = np.nan_to_num(centred)
    _, sizes, directions = np.linalg.svd(cast, full_matrices=False)
    scale = np.sqrt(table.shape[1] / np.maximum((~np.isnan(used)).sum(axis=1), 1))
    explained = sizes[:2] ** 2 / max(float(np.sum(sizes**2)), 1e-300)
    people = cast @ directions[:2].T * scale[:, None]
    return OpinionSpace(people, directions[:2], explained, enough_votes(table))


def enough_votes(votes: ArrayLike) -> NDArray[np.bool_]:
    """(people,) who has voted on 7 statements, or on all where there are fewer.

    With fewer than 15 such people those with most votes are taken in, until there are 15.
    """
    counts = (~np.isnan(np.asarray(votes, dtype=np.float64))).sum(axis=1)
    voters = counts >= min(ENOUGH_VOTES, np.shape(votes)[1])
    missing = FEWEST_PEOPLE - int(voters.sum())
    if missing > 0:
        order = np.argsort(np.where(voters, -1, counts), kind="stable")[::-1]
        voters[order[: min(missing, int((~voters).sum()))]] = True
    return voters


def opinion_groups(
    people: ArrayLike,
    *,
    rng: np.random.Generator,
    groups: int | None = None,
    start: Start = "restarts",
) -> OpinionGroups:
    """k-means groups; as many as give the largest mean silhouette, from 2 to min(5, 2 + n/12).

    Args:
        people: (n, 2) coordinates of those who are grouped.
        rng: seeds the restarts.
        groups: how many; None to choose.
        start: "restarts" keeps the best of 20 random starts; "first" begins at the first points,
            as Polis does, so that the order of people matters.

    Raises:
        ValueError: not (n, d), or fewer different points than groups.
    """
    points = np.asarray(people, dtype=np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f"Expected finite points of shape (n, d) but it was {points.shape}.")
    _, first = np.unique(points.round(12), axis=0, return_index=True)
    tried = range(2, min(5, 2 + len(points) // 12) + 1) if groups is None else [groups]
    tried = [k for k in tried if k <= len(first)]
    if not tried:
        raise ValueError(f"Expected more different points than {len(first)} for these groups.")
    found, silhouettes = {}, {}
    for k in tried:
        found[k] = _k_means(points, k, np.sort(first), rng, start)
        silhouettes[k] = _silhouette(points, found[k])
    return OpinionGroups(found[max(tried, key=lambda k: silhouettes[k])], silhouettes)


def statement_table(votes: ArrayLike, labels: ArrayLike) -> StatementTable:
    """Counts and statistics of each statement in each group.

    Groups that were found in these same votes differ in them by construction: the z-values then
    rank statements, they don't test them.

    Args:
        votes: (people, statements) as in `opinion_space`.
        labels: (people,) group of each from 0; −1 for people in none.

    Raises:
        ValueError: as `opinion_space`, or lengths differ.
    """
    table, groups = _votes(votes), np.asarray(labels, dtype=np.int64)
    if len(groups) != len(table):
        raise ValueError(f"Expected {len(table)} labels but there were {len(groups)}.")
    member = (groups == np.arange(groups.max(initial=0) + 1)[:, None]).astype(np.int64)
    agree, disagree = member @ (table == 1), member @ (table == -1)
    seen = member @ ~np.isnan(table)
    elsewhere = [counts.sum(axis=0) - counts for counts in (agree, disagree, seen)]
    p_agree, p_disagree = _share(agree, seen), _share(disagree, seen)
    return StatementTable(
        agree=agree,
        disagree=disagree,
        seen=seen,
        p_agree=p_agree,
        p_disagree=p_disagree,
        ratio_agree=p_agree / _share(elsewhere[0], elsewhere[2]),
        ratio_disagree=p_disagree / _share(elsewhere[1], elsewhere[2]),
        z_agree=_z_of_half(agree, seen),
        z_disagree=_z_of_half(disagree, seen),
        z_ratio_agree=_z_of_two(agree, seen, elsewhere[0], elsewhere[2]),
        z_ratio_disagree=_z_of_two(disagree, seen, elsewhere[1], elsewhere[2]),
    )


def representative_statements(
    table: StatementTable, group: int, *, most: int = 5, confidence: float = 0.9
) -> tuple[Representative, ...]:
    """Statements that a group agrees (or disagrees) with, by majority and more than others.

    Both z-values must pass the one-sided confidence; ranked by ratio · z_ratio · share · z.

    Args:
        table: from `statement_table`.
        group: which.
        most: how many at most.
        confidence: 0.9 is z > 1.2816.
    """
    limit = float(norm.ppf(confidence))
    sides = (
        (True, table.p_agree, table.z_agree, table.ratio_agree, table.z_ratio_agree),
        (False, table.p_disagree, table.z_disagree, table.ratio_disagree, table.z_ratio_disagree),
    )
    found = [
        Representative(int(s), agrees, float(p[s] * z[s] * r[s] * zr[s]), float(z[s]), float(zr[s]))
        for agrees, *columns in sides
        for p, z, r, zr in [[column[group] for column in columns]]
        for s in np.flatnonzero((z > limit) & (zr > limit))
    ]
    return tuple(sorted(found, key=lambda one: -one.rank)[:most])


def group_aware_consensus(table: StatementTable, *, root: bool = True) -> NDArray[np.float64]:
    """How much all groups agree with each statement: Π_g p_agree, by default its G-th root.

    The product falls with the number of groups; the root, the geometric mean, does not, so that
    conversations with different numbers of groups compare. Polis shows the product.

    Args:
        table: from `statement_table`.
        root: take the G-th root.

    Returns:
        (statements,) in (0, 1); higher is agreed to more widely.
    """
    logs = np.log(table.p_agree)
    return np.exp(logs.mean(axis=0) if root else logs.sum(axis=0))


def _votes(votes: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(votes, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError(
            f"Expected votes of shape (people ≥ 2, statements ≥ 2) but it was {table.shape}."
        )
    if not (np.isnan(table) | np.isin(table, (-1, 0, 1))).all():
        raise ValueError("Expected votes of −1, 0, 1 or NaN but there were others.")
    return table


def _k_means(
    points: NDArray[np.float64],
    k: int,
    first: NDArray[np.intp],
    rng: np.random.Generator,
    start: Start,
) -> NDArray[np.int64]:
    if start == "first":
        model = KMeans(k, init=points[first[:k]], n_init=1, max_iter=100)
    else:
        model = KMeans(k, n_init=20, random_state=int(rng.integers(2**31)))
    return model.fit_predict(points).astype(np.int64)


def _silhouette(points: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    groups = len(np.unique(labels))
    return float(silhouette_score(points, labels)) if 1 < groups < len(points) else float("nan")


def _share(count: NDArray, seen: NDArray) -> NDArray[np.float64]:
    return (count + 1) / (seen + 2)


def _z_of_half(count: NDArray, seen: NDArray) -> NDArray[np.float64]:
    return 2 * np.sqrt(seen + 1) * ((count + 1) / (seen + 1) - 0.5)


def _z_of_two(
    count: NDArray, seen: NDArray, others: NDArray, others_seen: NDArray
) -> NDArray[np.float64]:
    """Two-proportion z after one success more on both sides; 0 where everybody agrees."""
    one, two = (count + 1) / (seen + 1), (others + 1) / (others_seen + 1)
    pooled = (count + others + 2) / (seen + others_seen + 2)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / (seen + 1) + 1 / (others_seen + 1)))
    return np.divide(one - two, spread, out=np.zeros_like(spread), where=spread > 0)
