"""The floors of the catalogue, asked by the estimates themselves."""

from __future__ import annotations

from metrics.catalogue import CATALOGUE, Measure
from metrics.uncertainty import Estimate

SHARED_CALLS = "Answers that came from one call are not independent."


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


def refusal(measure: Measure, n: int, calls: int) -> Estimate | None:
    """An undefined estimate where a measure can't take these draws; None where it can.

    Args:
        measure: its entry in the catalogue.
        n: draws.
        calls: that gave them: their independent units.
    """
    if calls < measure.floor:
        shared = calls < n
        why = f"Too few {'calls' if shared else 'answers'}: {calls} of at least {measure.floor}."
        return Estimate.undefined(n, why, calls=calls if shared else 0)
    if measure.needs_independence and calls < n:
        return Estimate.undefined(n, SHARED_CALLS)
    return None
