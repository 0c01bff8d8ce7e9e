"""The opinion map: who votes alike, what they say more than others, and what all agree to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.groups.questions import Questions
from experiments.groups.sources import Source
from metrics.opinion import (
    OpinionGroups,
    OpinionSpace,
    Representative,
    StatementTable,
    group_aware_consensus,
    opinion_groups,
    opinion_space,
    representative_statements,
    statement_table,
)


@dataclass(frozen=True, eq=False)
class OpinionMap:
    """People in a plane, in groups that were found there.

    Attributes:
        space: their points.
        rows: (people,) which raters were grouped, by row.
        groups: found among them.
        table: votes on each statement by group.
        said: per group, what it says more than others do.
        consensus: (statements,) how widely each is agreed to, the G-th root.
    """

    space: OpinionSpace
    rows: NDArray[np.int64]
    groups: OpinionGroups
    table: StatementTable
    said: tuple[tuple[Representative, ...], ...]
    consensus: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(groups,) people."""
        return np.bincount(self.groups.labels)


def why_no_map(source: Source, questions: Questions) -> str:
    """Why there is no opinion map; "" where there may be one."""
    if source.responses.kind != "votes":
        return (
            "An opinion map needs votes: agree, disagree or pass on statements. These are "
            f"{_FORMS[source.responses.kind]}."
        )
    if min(questions.values.shape) < 3:
        return "An opinion map needs three people and three statements, or more."
    return ""


def map_opinions(source: Source, questions: Questions, *, groups: int = 0) -> OpinionMap:
    """Two principal components, k-means groups, and the statements that tell them apart.

    Args:
        source: whose moderated statements take no part.
        questions: votes.
        groups: how many; 0 for as many as the silhouette says.

    Raises:
        ValueError: fewer different points than groups.
    """
    out = [i for i, name in enumerate(questions.names) if name in source.left_out]
    space = opinion_space(questions.values, left_out=out)
    rows = np.flatnonzero(space.voters)
    found = opinion_groups(space.people[rows], rng=np.random.default_rng(0), groups=groups or None)
    table = statement_table(questions.values[rows], found.labels)
    count = int(found.labels.max()) + 1
    said = tuple(representative_statements(table, g) for g in range(count))
    return OpinionMap(space, rows, found, table, said, group_aware_consensus(table))


def statements_frame(found: OpinionMap, questions: Questions) -> pd.DataFrame:
    """One row per statement: consensus, and agreement of each group."""
    frame = pd.DataFrame(
        {
            "statement": questions.labels,
            "agreed to by all groups": found.consensus,
            "votes": found.table.seen.sum(axis=0),
        }
    )
    for g in range(len(found.said)):
        seen = np.maximum(found.table.seen[g], 1)
        frame[f"group {g + 1} agrees"] = found.table.agree[g] / seen
        frame[f"group {g + 1} disagrees"] = found.table.disagree[g] / seen
        frame[f"group {g + 1} votes"] = found.table.seen[g]
    return frame.sort_values("agreed to by all groups", ascending=False, kind="stable")


_FORMS = {
    "ratings": "ratings",
    "pairs": "comparisons of two",
    "choice": "choices of one out of several",
    "ranking": "rankings",
}
