"""Which raters are compared with which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.importers import Group, Responses, group_raters

MOST_GROUPS = 12
EVERYONE = "Everyone"


@dataclass(frozen=True, eq=False)
class Grouping:
    """Raters in groups of ten or more.

    Attributes:
        by: attributes that were crossed; none puts everyone in one group.
        labels: (raters,) group of each, −1 for those in none that is shown.
        shown: groups that are shown, the largest first.
        hidden: groups of fewer than ten raters, and those beyond the twelfth.
    """

    by: tuple[str, ...]
    labels: NDArray[np.int64]
    shown: tuple[Group, ...]
    hidden: tuple[Group, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the groups that are shown."""
        return tuple(group.name for group in self.shown)

    @property
    def compares(self) -> bool:
        """Whether there are two groups or more."""
        return len(self.shown) > 1

    @property
    def sizes(self) -> NDArray[np.float64]:
        """(groups,) raters."""
        return np.array([group.size for group in self.shown], dtype=np.float64)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(raters,) who is in a group that is shown."""
        return self.labels >= 0


def grouping_of(responses: Responses, by: Sequence[str]) -> Grouping:
    """Raters by one attribute or by several crossed.

    Args:
        responses: answers with their raters.
        by: attributes; none for one group of all.

    Raises:
        UploadError: there is no such attribute.
    """
    if not by:
        everyone = Group(EVERYONE, len(responses.raters))
        labels = np.zeros(len(responses.raters), dtype=np.int64)
        return Grouping((), labels, (everyone,), ())
    labels, groups = group_raters(responses.raters, by)
    if len(by) == 1 and all(_is_number(group.name) for group in groups):
        groups = tuple(Group(f"{by[0]} {group.name}", group.size) for group in groups)
    large = [group for group in groups if group.shown]
    hidden = [group for group in groups if not group.shown] + large[MOST_GROUPS:]
    labels = np.where(labels < MOST_GROUPS, labels, -1)
    return Grouping(tuple(by), labels, tuple(large[:MOST_GROUPS]), tuple(hidden))


def attributes_of(responses: Responses) -> dict[str, int]:
    """Attributes by which two groups or more can be shown, with how many.

    Those with the fewest come first, and those last whose groups never answered about the same.
    """
    found = {}
    for name in responses.raters.columns:
        sizes = responses.raters[name][responses.raters[name] != ""].value_counts()
        shown = int((sizes >= 10).sum())
        if shown > 1:
            found[str(name)] = shown

    def order(one: tuple[str, int]) -> tuple[bool, bool]:
        return one[0] in responses.apart, one[1] > MOST_GROUPS

    return dict(sorted(found.items(), key=order))


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).isdigit()
