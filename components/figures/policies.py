"""How a policy looks in every chart: colour and symbol of what it is, open or dotted variants."""

from __future__ import annotations

from dataclasses import replace

from components.figures.palette import MARKS, OTHER, Mark
from metrics.policy_choice import BASES, base_of, variant_of

_VARIANTS = {"": "", "radius": "-open", "cache": "-open-dot"}


def policy_mark(key: str) -> Mark:
    """The mark of a policy by its key; with a radius it is open, with a cache open with a dot."""
    base, variant = base_of(key), variant_of(key)
    mark = MARKS[list(BASES).index(base)] if base in BASES else OTHER
    return replace(mark, symbol=mark.symbol + _VARIANTS[variant])
