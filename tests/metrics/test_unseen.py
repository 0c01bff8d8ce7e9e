from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.unseen import (
    chao1,
    coverage,
    estimated_assemblage,
    rarefied_distinct,
    unseen_mass,
)

COUNTS = [5, 2, 1, 1, 1]
some_counts = st.lists(st.integers(1, 12), min_size=1, max_size=12)


def subsamples(counts, m):
    draws = np.repeat(np.arange(len(counts)), counts)
    return [draws[list(chosen)] for chosen in combinations(range(len(draws)), m)]


def test_rarefaction_by_hand():
    # two of the three draws a, a, b: {a, a}, {a, b}, {a, b} hold 1, 2, 2 classes
    assert rarefied_distinct([2, 1], m=2) == pytest.approx(5 / 3)


def test_unseen_mass_by_hand():
    # in {a, a} no class stands alone, in {a, b} two do: (0 + 2 + 2) / 3 singletons of 2 draws
    assert unseen_mass([2, 1], m=2) == pytest.approx(2 / 3)
    assert unseen_mass([2, 1]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("m", [1, 3, 5, 9, 10])
def test_rarefaction_agrees_with_every_subsample(m):
    found = [len(set(sample)) for sample in subsamples(COUNTS, m)]
    alone = [np.sum(np.bincount(sample) == 1) / m for sample in subsamples(COUNTS, m)]
    assert rarefied_distinct(COUNTS, m=m) == pytest.approx(np.mean(found))
    assert unseen_mass(COUNTS, m=m) == pytest.approx(np.mean(alone))


def test_published_values():
    assert rarefied_distinct(COUNTS, m=5) == pytest.approx(3.2738, abs=5e-5)
    assert chao1(COUNTS) == pytest.approx(6.5)
    assert unseen_mass(COUNTS) == pytest.approx(0.30)
    assert coverage(COUNTS) == pytest.approx(0.721, abs=5e-4)


def test_coverage_by_hand():
    # n 10, f1 3, f2 1: 1 − 0.3 · 27 / (27 + 2) = 0.72069
    assert coverage(COUNTS) == pytest.approx(1 - 0.3 * 27 / 29)
    # no doubletons: n 3, f1 3: 1 − 1 · (2 · 2) / (2 · 2 + 2) = 1/3
    assert coverage([1, 1, 1]) == pytest.approx(1 / 3)


def test_chao1_by_hand():
    # S 5, f1 3, f2 1: 5 + 3 · 2 / (2 · 2) = 6.5; without singletons nothing is missing
    assert chao1(COUNTS) == 5 + 3 * 2 / 4
    assert chao1([4, 2]) == 2


def test_extremes():
    assert rarefied_distinct([9], m=4) == 1
    assert rarefied_distinct([1] * 9, m=4) == pytest.approx(4)
    assert (unseen_mass([9]), coverage([9]), chao1([9])) == (0, 1, 1)
    assert unseen_mass([1] * 9) == pytest.approx(1)
    assert rarefied_distinct([1]) == unseen_mass([1]) == 1


@given(some_counts, st.randoms())
def test_names_of_the_classes_do_not_matter(counts, random):
    shuffled = [*counts, 0, 0]
    random.shuffle(shuffled)
    for measure in (rarefied_distinct, unseen_mass, coverage, chao1):
        assert measure(shuffled) == pytest.approx(measure(counts))


@given(some_counts)
def test_more_draws_show_more_classes_and_leave_less_unseen(counts):
    sizes = range(1, sum(counts) + 1)
    found = [rarefied_distinct(counts, m=m) for m in sizes]
    assert np.all(np.diff(found) >= -1e-9)
    assert found[-1] == pytest.approx(len(counts))
    assert np.all(np.diff([unseen_mass(counts, m=m) for m in sizes]) <= 1e-9)


def test_many_draws_stay_exact():
    # 2 of 100,000 draws differ, so both of a pair are seen with chance 1 − tiny
    assert rarefied_distinct([99_998, 1, 1], m=50_000) == pytest.approx(2.0, abs=1e-6)


def test_subsamples_larger_than_the_sample_are_refused():
    for measure in (rarefied_distinct, unseen_mass):
        with pytest.raises(ValueError, match="between 1 and the 3 draws"):
            measure([2, 1], m=4)


def test_no_counts_are_refused():
    for measure in (rarefied_distinct, unseen_mass, coverage, chao1, estimated_assemblage):
        with pytest.raises(ValueError, match="Expected counts"):
            measure([])


@given(some_counts)
def test_the_assemblage_is_a_distribution(counts):
    found = estimated_assemblage(counts)
    assert found.seen.min() >= 0
    assert found.seen.sum() + found.unseen_mass == pytest.approx(1)
    assert (found.unseen_classes == 0) == (found.unseen_mass == 0)


def test_the_assemblage_keeps_room_for_what_was_not_seen():
    found = estimated_assemblage(COUNTS)
    # f0 = 9/10 · 3² / (2 · 1) = 4.05, rounded up; the unseen mass is 1 − coverage
    assert found.unseen_classes == 5
    assert found.unseen_mass == pytest.approx(1 - coverage(COUNTS))
    assert found.seen[0] / 0.5 > found.seen[-1] / 0.1  # rare classes give up the larger part
    assert estimated_assemblage([4, 3]).unseen_classes == 0


def test_fresh_samples_follow_the_assemblage():
    found = estimated_assemblage(COUNTS)
    drawn = found.draw(10, resamples=4000, rng=np.random.default_rng(0)).counts
    assert drawn.shape == (4000, 10)
    assert (drawn.sum(axis=1) == 10).all()
    # expected number of different classes: Σ 1 − (1 − p)¹⁰
    p = np.append(found.seen, np.full(5, found.unseen_mass / 5))
    assert (drawn > 0).sum(axis=1).mean() == pytest.approx(np.sum(1 - (1 - p) ** 10), rel=0.01)


def test_fresh_samples_come_from_the_generator_given():
    found = estimated_assemblage(COUNTS)
    one, same, other = (
        found.draw(10, resamples=20, rng=np.random.default_rng(seed)).counts for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize("m", [4, 10])
def test_fresh_samples_know_the_mass_they_leave_out(m):
    found = estimated_assemblage(COUNTS)
    fresh = found.draw(10, resamples=4000, rng=np.random.default_rng(0))
    # a class of probability p stays out of m draws with chance (1 − p)ᵐ
    p = np.append(found.seen, np.full(5, found.unseen_mass / 5))
    left_out = fresh.mass_unseen(m=m)
    assert left_out.mean() == pytest.approx(np.sum(p * (1 - p) ** m), rel=0.02)
    assert 0 <= left_out.min() < left_out.max() <= 1


def test_mass_left_out_by_hand():
    # two classes seen for sure; a sample of one draw shows one of them and leaves out the other
    found = estimated_assemblage([6, 2])
    fresh = found.draw(1, resamples=200, rng=np.random.default_rng(0))
    assert set(fresh.mass_unseen(m=1).round(9)) == {0.25, 0.75}


def test_entropy_of_an_assemblage():
    # ln 2 for two even classes, all seen
    assert estimated_assemblage([4, 4]).entropy == pytest.approx(np.log(2))
    found = estimated_assemblage(COUNTS)
    p = np.append(found.seen, np.full(5, found.unseen_mass / 5))
    assert found.entropy == pytest.approx(-np.sum(p * np.log(p)))
    assert estimated_assemblage([9]).entropy == 0
