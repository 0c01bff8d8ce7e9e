"""What a source has to do with meaning: by hand, extremes, chance."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.sources import FLOOR, explained_share, source_contributions


def noise(n, d=40, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def test_the_share_by_hand():
    # Eight answers e1 of source a, four e1 and four e2 of source b. Sums: a (8, 0), b (4, 4).
    # Total 16 − (144 + 16)/16 = 6; within 16 − (64/8 + 32/8) = 4; ε² = 1 − (4/6)(15/14) = 2/7.
    rows = [[1, 0]] * 12 + [[0, 1]] * 4
    found = explained_share(rows, ["a"] * 8 + ["b"] * 8)
    assert found.value == pytest.approx(2 / 7)
    assert found.low < found.value < found.high
    assert found.n == 16


def test_the_extremes():
    rows = np.eye(2)[[0] * 8 + [1] * 8]
    assert explained_share(rows, ["a"] * 8 + ["b"] * 8).value == pytest.approx(1)
    # Every source says both equally often: within is the total, less the adjustment.
    mixed = explained_share(np.eye(2)[[0, 1] * 8], ["a"] * 8 + ["b"] * 8)
    assert mixed.value == pytest.approx(1 - 15 / 14)
    assert not explained_share(np.ones((16, 2)), ["a", "b"] * 8).is_defined


def test_without_a_difference_the_share_is_zero_on_average():
    found = [explained_share(noise(30, seed=s), ["a", "b", "c"] * 10) for s in range(200)]
    assert np.mean([f.value for f in found]) == pytest.approx(0, abs=0.004)
    assert np.mean([f.low <= 0 <= f.high for f in found]) > 0.85


def test_order_names_and_length_do_not_matter():
    rows, sources = noise(24), ["a", "b", "c"] * 8
    usual = explained_share(rows, sources)
    order = np.random.default_rng(3).permutation(24)
    again = explained_share(
        3 * rows[order], [{"a": "x", "b": "y", "c": "z"}[sources[i]] for i in order]
    )
    assert (again.value, again.low) == (pytest.approx(usual.value), pytest.approx(usual.low))


def test_too_little_is_refused():
    assert not explained_share(noise(FLOOR - 2), ["a", "b"] * 7).is_defined
    assert "rarest source has 1" in explained_share(noise(17), ["a"] * 16 + ["b"]).reason
    for sources in (["a"] * 16, ["a", "b"]):
        with pytest.raises(ValueError, match="source per answer"):
            explained_share(noise(16), sources)


def test_contributions_by_hand():
    # Two answers e1 of a, one e2 of b: eigenvalues 2/3 and 1/3, so K* = exp(H(1/3)) = 1.8899;
    # without b it is 1, without a 1 too.
    found = source_contributions(
        np.eye(2)[[0, 0, 1]], ["a", "a", "b"], rng=np.random.default_rng(0)
    )
    k = np.exp(-(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)))
    assert found["a"].value == found["b"].value == pytest.approx(k - 1)
    assert (found["a"].n, found["b"].n) == (2, 1)


def test_a_source_of_its_own_mind_adds_more_than_chance_and_a_parrot_less():
    rng = np.random.default_rng(1)
    same = np.eye(30)[0] + 0.01 * noise(20, 30)
    own = noise(20, 30, seed=2)
    rows = np.concatenate([own, same])
    found = source_contributions(rows, ["own"] * 20 + ["parrot"] * 20, rng=rng)
    assert found["own"].value > found["own"].high
    assert found["parrot"].value < found["parrot"].low
    second = source_contributions(rows, ["own"] * 20 + ["parrot"] * 20, rng=rng, order=2)
    assert second["own"].value != found["own"].value
