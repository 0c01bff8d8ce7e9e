"""How much each group likes each option: mean scores, or strengths of a choice model."""

from __future__ import annotations

import numpy as np

from experiments.groups.grouping import Grouping
from experiments.groups.options import Options
from metrics.group_means import GroupMeans, group_means
from metrics.preference import FLOOR, luce_strengths


def mean_preferences(options: Options, grouping: Grouping) -> GroupMeans:
    """(groups, options) mean scores."""
    return group_means(
        options.scores, grouping.labels, groups=len(grouping.shown), span=options.span
    )


def strength_preferences(options: Options, grouping: Grouping) -> GroupMeans:
    """(groups, options) Bradley–Terry or Plackett–Luce strengths; θ of mean zero per group.

    An option that fewer than ten raters of a group judged is hidden there, though it took part in
    the fit.
    """
    shape = (len(grouping.shown), len(options.names))
    values, low, high = (np.full(shape, np.nan) for _ in range(3))
    judged = ~np.isnan(options.scores)
    raters = np.stack([judged[grouping.labels == g].sum(axis=0) for g in range(shape[0])])
    for g in range(shape[0]):
        choices = options.choices.of(grouping.labels == g)
        if len(np.unique(choices.raters)) < FLOOR:
            continue
        found = luce_strengths(choices)
        shown = (raters[g] >= FLOOR) & (found.parts == 0)
        for table, row in ((values, found.values), (low, found.low), (high, found.high)):
            table[g] = np.where(shown, row, np.nan)
    return GroupMeans(values, low, high, raters)
