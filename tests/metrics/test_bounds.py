"""Bounds hold for every distribution, and are exact when all of it is shown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from metrics.bounds import divergence_floor, entropy_floor

WEIGHTS = st.lists(st.floats(1e-3, 1.0), min_size=2, max_size=12)


def listed(p, count=None):
    """The likeliest outcomes of a distribution, by name."""
    ranked = np.argsort(-np.asarray(p))[:count]
    return {f"token {i}": math.log(p[i]) for i in ranked}


def test_entropy_by_hand():
    # 1/2 and 1/4 are listed; the rest, 1/4, is at most 1/4 each:
    # (1/2) ln 2 + (1/4) ln 4 + (1/4) ln 4 = 1.5 ln 2.
    assert entropy_floor(listed([0.5, 0.25])) == pytest.approx(1.5 * math.log(2))


def test_divergence_by_hand():
    # Shared: "token 0", 0.5 against 0.25. Rest: 0.5 against 0.75.
    # 0.5 ln 2 + 0.5 ln (2/3) = 0.5 ln (4/3).
    p, q = {"token 0": math.log(0.5)}, {"token 0": math.log(0.25)}
    assert divergence_floor(p, q) == pytest.approx(0.5 * math.log(4 / 3))


@settings(max_examples=50, deadline=None)
@given(WEIGHTS, st.integers(1, 12))
def test_entropy_is_never_above_the_truth(weights, count):
    p = np.array(weights) / sum(weights)
    assert entropy_floor(listed(p, count)) <= entropy(p) + 1e-9
    assert entropy_floor(listed(p)) == pytest.approx(entropy(p), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-3, 1), st.floats(1e-3, 1)), min_size=2), st.integers(1, 12))
def test_divergence_is_never_above_the_truth(pairs, count):
    p, q = np.array(pairs).T / np.array(pairs).sum(axis=0)[:, None]
    assert divergence_floor(listed(p, count), listed(q, count)) <= entropy(p, q) + 1e-9
    assert divergence_floor(listed(p), listed(q)) == pytest.approx(entropy(p, q), abs=1e-5)


def test_extremes():
    certain, fair = {"token 0": 0.0}, listed([0.5, 0.5])
    assert entropy_floor(certain) == 0
    assert divergence_floor(fair, fair) == 0
    assert divergence_floor(certain, fair) == pytest.approx(math.log(2))
    assert divergence_floor(fair, certain) == math.inf
    assert divergence_floor(listed([0.4]), {"other": math.log(0.3)}) == 0  # nothing in common


@pytest.mark.parametrize("broken", [{}, {"a": 0.5}, {"a": 0.0, "b": -0.1}, {"a": math.nan}])
def test_what_is_no_part_of_a_distribution_is_refused(broken):
    with pytest.raises(ValueError, match="Expected log-probabilities"):
        entropy_floor(broken)
    with pytest.raises(ValueError, match="Expected log-probabilities"):
        divergence_floor(listed([0.5]), broken)
