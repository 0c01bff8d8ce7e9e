"""Selections: by hand, against brute force, and what each option changes."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.selection import (
    cluster_choice,
    elliptical_choice,
    farthest_first,
    marginal_relevance,
    random_choice,
    sparse_projection,
)

RNG = np.random.default_rng


def groups(sizes=(12, 4, 2), d=6, noise=0.05):
    """Tight groups around different axes, the first the largest; and whose each row is."""
    rng = RNG(0)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return np.eye(d)[owner] + noise * rng.standard_normal((len(owner), d)), owner


CHOICES = {
    "random": lambda rows, k, seed=0: random_choice(len(rows), k, rng=RNG(seed)),
    "mmr": lambda rows, k, seed=0: marginal_relevance(rows, rows[0], k),
    "farthest": lambda rows, k, seed=0: farthest_first(rows, k, rng=RNG(seed)),
    "k-means": lambda rows, k, seed=0: cluster_choice(rows, k, rng=RNG(seed)),
    "elliptical": lambda rows, k, seed=0: elliptical_choice(rows, k, rng=RNG(seed)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_has_k_different_members(name):
    rows, _ = groups()
    for k in (1, 3, len(rows)):
        chosen = CHOICES[name](rows, k)
        assert len(chosen) == len(set(chosen.tolist())) == k
        assert np.array_equal(CHOICES[name](rows, k), chosen)


@pytest.mark.parametrize("name", ["mmr", "farthest", "k-means", "elliptical"])
def test_all_but_chance_take_one_of_each_group(name):
    rows, owner = groups()
    assert all(len(set(owner[CHOICES[name](rows, 3, seed)])) == 3 for seed in range(10))
    random = [len(set(owner[CHOICES["random"](rows, 3, seed)])) for seed in range(50)]
    assert np.mean(random) < 2.5


@pytest.mark.parametrize("name", ["farthest", "k-means", "mmr"])
def test_the_length_of_embeddings_does_not_matter(name):
    rows, _ = groups()
    longer = rows * RNG(1).uniform(1, 9, (len(rows), 1))
    assert np.array_equal(CHOICES[name](rows, 4), CHOICES[name](longer, 4))


@pytest.mark.parametrize("name", CHOICES)
def test_a_wrong_number_is_refused(name):
    rows, _ = groups()
    for k in (0, len(rows) + 1):
        with pytest.raises(ValueError, match="k to be between 1"):
            CHOICES[name](rows, k)


def test_chance_gives_every_answer_the_same_share():
    counts = np.bincount(
        np.concatenate([random_choice(5, 2, rng=RNG(seed)) for seed in range(2000)])
    )
    # Each of five is in 2/5 of 2,000 choices; 800 ± 4 standard errors of 22.
    assert np.all(np.abs(counts - 800) < 88)


def test_marginal_relevance_by_hand():
    # Cosines to the query and to the first row: 1, 0.8, 0.6, 0.
    rows = [[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 0.6, 0.8]]
    found = marginal_relevance(rows, [1, 0, 0], 3, diversity=0.9)
    # d = 0.9: second: 0.08 − 0.72 = −0.64; 0.06 − 0.54 = −0.48; 0 − 0 = 0, so the last.
    # Third: 0.08 − 0.9 · 0.8 = −0.64; 0.06 − 0.9 · max(0.6, 0.48) = −0.48.
    assert found.tolist() == [0, 3, 2]
    assert marginal_relevance(rows, [1, 0, 0], 3, diversity=0).tolist() == [0, 1, 2]
    assert marginal_relevance(rows, [0, 0, 1], 1).tolist() == [3]
    with pytest.raises(ValueError, match="diversity"):
        marginal_relevance(rows, [1, 0, 0], 2, diversity=1.1)


def test_the_farthest_comes_next():
    angles = np.radians([0, 10, 90, 180])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for seed in range(8):
        chosen = farthest_first(rows, 4, rng=RNG(seed)).tolist()
        cosines = rows @ rows.T
        for place in range(1, 4):
            rest = [i for i in range(4) if i not in chosen[:place]]
            nearest = {i: cosines[i, chosen[:place]].max() for i in rest}
            assert chosen[place] == min(rest, key=nearest.get)
    assert len({farthest_first(rows, 1, rng=RNG(seed))[0] for seed in range(20)}) > 1


def test_quality_decides_inside_a_group():
    rows, _ = groups()
    quality = np.zeros(len(rows))
    quality[[3, 14]] = 50.0
    chosen = cluster_choice(rows, 3, rng=RNG(2), quality=quality)
    assert {3, 14} < set(chosen.tolist())
    with pytest.raises(ValueError, match="finite scores"):
        cluster_choice(rows, 3, rng=RNG(2), quality=[1.0])


def test_coinciding_answers_are_drawn_from_all():
    with pytest.warns(UserWarning, match="empty"):
        chosen = cluster_choice(np.ones((6, 3)), 4, rng=RNG(0))
    assert len(set(chosen.tolist())) == 4


@pytest.mark.parametrize("ridge", [0.01, 1.0, 30.0])
def test_the_elliptical_bonus_is_greedy_log_det(ridge):
    rows = RNG(4).standard_normal((15, 5)) * RNG(5).uniform(0.5, 3, (15, 1))
    chosen = elliptical_choice(rows, 6, rng=RNG(6), ridge=ridge).tolist()

    def log_det(members):
        own = rows[members]
        return np.linalg.slogdet(ridge * np.eye(5) + own.T @ own)[1]

    for place in range(1, 6):
        rest = [i for i in range(15) if i not in chosen[:place]]
        assert chosen[place] == max(rest, key=lambda i: log_det([*chosen[:place], i]))


def test_the_bonus_by_hand():
    # λ = 1, first (2, 0): Σ = diag(5, 1), so (3, 0) gets 9/5 and (0, 1.5) gets 2.25. With λ = 9:
    # Σ = diag(13, 9): 9/13 = 0.69 and 2.25/9 = 0.25.
    rows = np.array([[2, 0], [3, 0], [0, 1.5]])
    seed = next(s for s in range(99) if RNG(s).integers(3) == 0)
    assert elliptical_choice(rows, 2, rng=RNG(seed), ridge=1).tolist() == [0, 2]
    assert elliptical_choice(rows, 2, rng=RNG(seed), ridge=9).tolist() == [0, 1]


def test_states_that_are_none_are_refused():
    for states in ([1.0, 2.0], np.zeros((0, 3)), [[np.nan, 1]]):
        with pytest.raises(ValueError, match="states to be finite"):
            elliptical_choice(states, 1, rng=RNG(0))
    with pytest.raises(ValueError, match="ridge"):
        elliptical_choice([[1.0]], 1, rng=RNG(0), ridge=0)


def test_the_projection_keeps_lengths_on_average():
    rows = RNG(1).standard_normal((40, 900))
    found = sparse_projection(rows, 512, rng=RNG(2))
    assert found.shape == (40, 512)
    ratios = (found**2).sum(1) / (rows**2).sum(1)
    assert ratios.mean() == pytest.approx(1, abs=0.05)  # 5 standard errors
    np.testing.assert_array_equal(sparse_projection(rows, 900, rng=RNG(2)), rows)
    with pytest.raises(ValueError, match="dimensions"):
        sparse_projection(rows, 0, rng=RNG(2))
