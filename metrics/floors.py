"""The floors of the catalogue, asked by the estimates themselves."""

from __future__ import annotations

from metrics.catalogue import CATALOGUE
from metrics.uncertainty import Estimate


def too_few(key: str, n: int, *, floor: int | None = None) -> Estimate | None:
    """An undefined estimate where there are too few draws for a measure; None where enough.

    Args:
        key: of the measure, in the catalogue.
        n: draws.
        floor: draws that are enough; the catalogue's by default.

    Raises:
        KeyError: there is no such measure.
    """
    least = CATALOGUE[key].floor if floor is None else floor
    if n >= least:
        return None
    return Estimate.undefined(n, f"Too few answers: {n} of at least {least}.")
