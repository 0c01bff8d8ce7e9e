"""What a few likeliest tokens prove about a whole distribution: bounds, to be labelled as such.

A model server shows the likeliest tokens of a step and no more. Entropy and divergence then are
not known, but they can't be smaller than the numbers here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SLACK = 1e-6  # by which rounded probabilities may add up to more than 1


def entropy_floor(logprobs: Mapping[str, float]) -> float:
    """The least entropy that a distribution with these likeliest outcomes can have, in nats.

    With listed probabilities p_i and the rest r = 1 − Σ p_i, no outcome of the rest is likelier
    than the least listed, min p: H ≥ −Σ p_i ln p_i − r ln min p. Exact when everything is listed.

    Args:
        logprobs: of the likeliest outcomes, at least one; none that isn't listed is likelier.

    Returns:
        At least 0.

    Raises:
        ValueError: nothing is listed, or it is no part of a distribution.
    """
    p = _probabilities(logprobs)
    rest = max(0.0, 1.0 - p.sum())
    listed = -(p * np.log(p)).sum()
    return max(0.0, float(listed - rest * math.log(p.min())))


def divergence_floor(logprobs: Mapping[str, float], reference: Mapping[str, float]) -> float:
    """The least KL divergence between distributions of which the likeliest outcomes are known.

    KL(p ‖ q) in nats, with all outcomes that aren't listed in both taken together as one: merging
    outcomes never makes a divergence larger (data-processing inequality).

    Args:
        logprobs: of the likeliest outcomes under p.
        reference: likewise under q.

    Returns:
        At least 0; infinite where q's list is complete and p has an outcome beyond it.

    Raises:
        ValueError: nothing is listed, or it is no part of a distribution.

    References:
        Kullback and Leibler 1951.
    """
    _probabilities(logprobs), _probabilities(reference)
    shared = sorted(logprobs.keys() & reference.keys())
    p = np.exp([logprobs[name] for name in shared])
    q = np.exp([reference[name] for name in shared])
    rest_p, rest_q = max(0.0, 1.0 - p.sum()), max(0.0, 1.0 - q.sum())
    listed = float((p * np.log(p / q)).sum()) if shared else 0.0
    if rest_p < _SLACK:
        return max(0.0, listed)
    return max(0.0, listed + rest_p * math.log(rest_p / rest_q)) if rest_q else math.inf


def _probabilities(logprobs: Mapping[str, float]) -> NDArray[np.float64]:
    p = np.exp(np.array(list(logprobs.values()), dtype=np.float64))
    if not len(p) or not np.isfinite(p).all() or (p <= 0).any() or p.sum() > 1 + _SLACK:
        raise ValueError(
            "Expected log-probabilities of one or more outcomes that add up to at most 1 "
            f"but their sum was {p.sum():g} over {len(p)}."
        )
    return p
