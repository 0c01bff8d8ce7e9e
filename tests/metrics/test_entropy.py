import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from metrics.entropy import (
    chao_shen_entropy,
    chao_shen_of_rows,
    discrete_semantic_entropy,
    monte_carlo_semantic_entropy,
    rao_semantic_entropy,
)

some_counts = st.lists(st.integers(1, 12), min_size=1, max_size=12)


def test_plug_in_by_hand():
    # shares 1/2, 1/4, 1/4: ½ ln 2 + ½ ln 4 = 1.5 ln 2 = 1.0397
    assert discrete_semantic_entropy([2, 1, 1]) == pytest.approx(1.5 * np.log(2))


def test_chao_shen_by_hand():
    # n 3, f1 1, C 2/3: p = 4/9 and 2/9
    # 4/9 · ln(9/4) / (1 − (5/9)³) + 2/9 · ln(9/2) / (1 − (7/9)³)
    first = 4 / 9 * np.log(9 / 4) / (1 - (5 / 9) ** 3)
    second = 2 / 9 * np.log(9 / 2) / (1 - (7 / 9) ** 3)
    assert chao_shen_entropy([2, 1]) == pytest.approx(first + second)


def test_published_values():
    # the README of ESA prints 1.04 and 1.76 for these counts
    assert discrete_semantic_entropy([2, 1, 1]) == pytest.approx(1.040, abs=5e-4)
    assert chao_shen_entropy([2, 1, 1]) == pytest.approx(1.763, abs=5e-4)


@given(some_counts)
def test_plug_in_agrees_with_scipy(counts):
    assert discrete_semantic_entropy(counts) == pytest.approx(entropy(counts))


def test_extremes():
    assert discrete_semantic_entropy([7]) == chao_shen_entropy([7]) == 0
    assert discrete_semantic_entropy([1] * 7) == pytest.approx(np.log(7))
    assert discrete_semantic_entropy([1]) == chao_shen_entropy([1]) == 0


def test_when_every_meaning_is_alone_one_of_them_counts_as_seen():
    # n 4, f1 taken as 3, C 1/4: four terms with p = 1/16
    term = 1 / 16 * np.log(16) / (1 - (15 / 16) ** 4)
    assert chao_shen_entropy([1, 1, 1, 1]) == pytest.approx(4 * term)


@given(some_counts, st.randoms())
def test_names_of_the_meanings_do_not_matter(counts, random):
    shuffled = [*counts, 0]
    random.shuffle(shuffled)
    assert discrete_semantic_entropy(shuffled) == pytest.approx(discrete_semantic_entropy(counts))
    assert chao_shen_entropy(shuffled) == pytest.approx(chao_shen_entropy(counts))


@given(some_counts)
def test_allowing_for_the_unseen_never_lowers_it(counts):
    assert chao_shen_entropy(counts) >= discrete_semantic_entropy(counts) - 1e-9


def test_it_is_nearer_the_truth_than_the_plug_in():
    rng = np.random.default_rng(0)
    truth = np.full(20, 1 / 20)
    drawn = rng.multinomial(40, truth, size=200)
    plug_in = np.mean([discrete_semantic_entropy(counts) for counts in drawn])
    corrected = np.mean([chao_shen_entropy(counts) for counts in drawn])
    assert abs(corrected - np.log(20)) < 0.5 * abs(plug_in - np.log(20))


def test_many_samples_at_once():
    rows = np.array([[2, 1, 1], [3, 1, 0], [4, 0, 0], [1, 2, 1]])
    assert chao_shen_of_rows(rows) == pytest.approx([chao_shen_entropy(row) for row in rows])


def test_no_counts_are_refused():
    for measure in (discrete_semantic_entropy, chao_shen_entropy):
        with pytest.raises(ValueError, match="Expected counts"):
            measure([0])


def test_rao_entropy_by_hand():
    # weights .5 .25 .25 of classes 0 0 1: shares .75 and .25; published as .5623
    logs = np.log([0.5, 0.25, 0.25])
    assert rao_semantic_entropy([0, 0, 1], logs) == pytest.approx(0.5623, abs=5e-5)
    # only ratios of the probabilities count
    assert rao_semantic_entropy([0, 0, 1], logs - 3) == pytest.approx(0.5623, abs=5e-5)


def test_rao_entropy_is_the_discrete_one_for_even_weights():
    labels = [0, 0, 1, 2, 2, 2]
    assert rao_semantic_entropy(labels, [-1.0] * 6) == pytest.approx(
        discrete_semantic_entropy([2, 1, 3])
    )
    assert rao_semantic_entropy([7] * 4, [-1.0, -2, -3, -4]) == 0
    assert rao_semantic_entropy(range(4), [-1.0] * 4) == pytest.approx(np.log(4))


def test_monte_carlo_entropy_by_hand():
    # classes .5 + .25 and .25: −(2 ln .75 + ln .25) / 3
    found = monte_carlo_semantic_entropy([0, 0, 1], np.log([0.5, 0.25, 0.25]))
    assert found == pytest.approx(-(2 * np.log(0.75) + np.log(0.25)) / 3)
    assert monte_carlo_semantic_entropy([0] * 3, [-0.1] * 3) < 0  # duplicates


@pytest.mark.parametrize("measure", [rao_semantic_entropy, monte_carlo_semantic_entropy])
def test_entropies_with_probabilities_refuse_bad_input(measure):
    with pytest.raises(ValueError, match="one log-probability per draw"):
        measure([0, 1], [-1.0])
    with pytest.raises(ValueError, match="at most 0"):
        measure([0, 1], [0.5, -1])
    with pytest.raises(ValueError, match="at most 0"):
        measure([0, 1], [np.nan, -1])
    order = [2, 0, 1]
    labels, logs = np.array([0, 0, 1]), np.array([-1.0, -2, -3])
    assert measure(labels[order], logs[order]) == pytest.approx(measure(labels, logs))
