from math import comb

import numpy as np
import pytest

from metrics.distances import mean_cosine_distance
from metrics.entropy import chao_shen_entropy
from metrics.intervals import (
    coverage_estimate,
    distinct_estimate,
    entropy_estimate,
    length_estimate,
    lexical_estimate,
    spread_estimate,
    unseen_estimate,
    vendi_estimate,
)
from metrics.lexical import distinct_n
from metrics.pairs import cosine_sums
from metrics.uncertainty import half_width, jackknife_error
from metrics.unseen import coverage as sample_coverage
from metrics.unseen import estimated_assemblage, rarefied_distinct, unseen_mass
from metrics.vendi import rarefied_vendi, vendi_of_mean_square

SHARES = 1 / np.arange(1, 16)
SHARES /= SHARES.sum()
N = 40


def fresh_samples(counts, *, resamples=300, seed=0):
    rng = np.random.default_rng(seed)
    return estimated_assemblage(counts).draw(int(np.sum(counts)), resamples=resamples, rng=rng)


def counting(counts, *, m, **options):
    counts = np.array(counts)
    fresh = fresh_samples(counts, **options)
    return {
        "distinct": distinct_estimate(counts, fresh, m=m),
        "unseen": unseen_estimate(counts, fresh, m=m),
        "entropy": entropy_estimate(counts, fresh),
    }


def known_share(counts):
    return coverage_estimate(counts, fresh_samples(counts))


def placing(vectors, *, m, calls=None):
    calls = np.arange(len(vectors)) if calls is None else calls
    return {
        "spread": spread_estimate(cosine_sums(vectors, calls=calls)),
        "vendi": vendi_estimate(cosine_sums(vectors, power=2, calls=calls), m=m),
    }


def test_values_are_those_of_the_measures():
    counts = [9, 5, 2, 1, 1]
    found = counting(counts, m=7)
    assert found["distinct"].value == rarefied_distinct(counts, m=7)
    assert found["unseen"].value == unseen_mass(counts, m=7)
    assert found["entropy"].value == chao_shen_entropy(counts)
    vectors = np.random.default_rng(0).standard_normal((12, 5))
    assert known_share(np.array(counts)).value == sample_coverage(counts)
    placed = placing(vectors, m=6)
    assert placed["spread"].value == pytest.approx(mean_cosine_distance(vectors))
    assert placed["vendi"].value == pytest.approx(rarefied_vendi(vectors, m=6))
    texts = ["a b c", "a b d", "c d e"]
    worded = lexical_estimate(texts, np.arange(3), m=2)
    assert worded.value == pytest.approx(distinct_n(texts, answers=2))


def test_mean_length_has_students_interval():
    lengths = np.array([4.0, 8.0, 6.0])
    # mean 6, standard error 2/√3, t₂ = 4.303: half width 4.968
    found = length_estimate(lengths, np.arange(3))
    assert (found.value, found.n) == (6, 3)
    assert found.high == pytest.approx(6 + 4.968, abs=1e-3)


def test_the_jackknife_of_pairs_is_the_one_by_definition():
    vectors = np.random.default_rng(1).standard_normal((10, 4))
    calls = np.array([0, 0, 1, 2, 3, 3, 3, 4, 5, 6])
    left_out = np.array([mean_cosine_distance(vectors[calls != call]) for call in range(7)])
    root = np.sqrt(mean_cosine_distance(vectors))
    half = half_width(jackknife_error(left_out) / (2 * root), units=7)
    found = placing(vectors, m=10, calls=calls)["spread"]
    assert (found.low, found.high) == pytest.approx(((root - half) ** 2, (root + half) ** 2))


def test_draws_of_one_call_widen_the_interval():
    one_each = np.random.default_rng(2).standard_normal((10, 4))
    doubled = np.repeat(one_each, 2, axis=0)
    apart = placing(doubled, m=20)
    together = placing(doubled, m=20, calls=np.repeat(np.arange(10), 2))
    for key in apart:
        assert together[key].value == apart[key].value
        assert together[key].high - together[key].low > apart[key].high - apart[key].low
    lengths = np.repeat(np.arange(10.0), 2)
    wide = length_estimate(lengths, np.repeat(np.arange(10), 2))
    assert wide.high > length_estimate(lengths, np.arange(20)).high


def test_when_all_draws_agree_the_interval_stays_open():
    found = counting([20], m=20) | placing(np.ones((20, 3)), m=20)
    found["lexical"] = lexical_estimate(["the same words"] * 20, np.arange(20), m=20)
    for key, estimate in found.items():
        assert estimate.low <= estimate.value < estimate.high, key
    share = 1 - 0.05 ** (1 / 20)
    assert found["distinct"].high == pytest.approx(2 - 0.05)
    assert found["unseen"].high == pytest.approx(share)
    assert found["spread"].high == pytest.approx(2 * share * (1 - share))


def test_coverage_is_the_mirror_of_what_is_unseen():
    # all 20 alike: what may be missing is at most 1 − 0.05^(1/20)
    alike = known_share(np.array([20]))
    assert (alike.value, alike.high) == (1, 1)
    assert alike.low <= 0.05 ** (1 / 20)
    mixed = known_share(np.array([9, 5, 2, 1, 1, 1, 1]))
    assert 0 <= mixed.low < mixed.value < mixed.high <= 1
    order = known_share(np.array([1, 1, 1, 1, 2, 5, 9]))
    assert order.value == mixed.value


def test_coverage_holds_what_is_known_of_many_further_draws():
    rng, held = np.random.default_rng(5), []
    for trial in range(60):
        counts = rng.multinomial(N, SHARES)
        truth = SHARES[counts > 0].sum()
        seen = counts[counts > 0]
        found = coverage_estimate(seen, fresh_samples(seen, resamples=100, seed=trial))
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.85


def test_when_no_draws_agree_the_interval_stays_open():
    for key, estimate in counting([1] * 20, m=20).items():
        assert estimate.low < estimate.value, key


def test_counts_of_too_few_draws_are_refused():
    found = counting([5, 1, 1], m=7) | {"coverage": known_share(np.array([5, 1, 1]))}
    assert {one.reason for key, one in found.items() if key != "entropy"} == {
        "Too few answers: 7 of at least 8."
    }
    assert found["entropy"].reason == "Too few answers: 7 of at least 16."
    assert known_share(np.array([6, 1, 1])).is_defined
    enough = counting([6, 1, 1], m=8)
    assert enough["distinct"].is_defined
    assert enough["unseen"].is_defined
    assert not enough["entropy"].is_defined


def test_words_without_pairs_have_no_variety():
    found = lexical_estimate(["yes", "no"], np.arange(2), m=2)
    assert not found.is_defined
    assert "two words" in found.reason


def test_fresh_samples_decide_the_width():
    # the number of classes among 20 draws varies less than among 200 with more rare ones
    few, many = (counting(counts, m=20) for counts in ([10, 10], [5, 5] + [1] * 10))
    for key in ("distinct", "unseen"):
        assert many[key].high - many[key].low > few[key].high - few[key].low


def share_held(key, shares, *, n, m, samples=200):
    """How often the interval of a counting measure holds the truth."""
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(samples):
        counts = rng.multinomial(n, shares)
        left_out = [comb(n - count, m) / comb(n, m) for count in counts]
        truth = {"unseen": shares @ left_out, "entropy": -shares @ np.log(shares)}[key]
        found = counting(counts[counts > 0], m=m, resamples=100, seed=rng)[key]
        held += found.low <= truth <= found.high
    return held / samples


def test_entropy_of_even_meanings_is_held_although_it_can_only_be_missed_downwards():
    # about 0.4 if the interval were not shifted: the plug-in of 24 even meanings is 23/600 too low
    assert share_held("entropy", np.full(24, 1 / 24), n=300, m=300) >= 0.9


def test_unseen_mass_of_fewer_draws_is_held_too():
    # 0.6 if not shifted: f1/50 speaks of 49 draws, an error nearly as large as its spread
    assert share_held("unseen", np.full(22, 1 / 22), n=100, m=50) >= 0.9


@pytest.fixture(scope="module")
def coverage():
    """How often each interval holds the truth, over 150 samples of 40 draws."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((15, 24)) + 0.8
    pairs = centres @ centres.T
    truth = {
        "distinct": np.sum(1 - (1 - SHARES) ** N),
        "entropy": -np.sum(SHARES * np.log(SHARES)),
        "length": 3 * np.sum(SHARES * np.arange(1, 16)),
    }
    norms = np.sqrt(np.diag(pairs))
    cosines = pairs / norms / norms[:, None]
    truth["spread"] = 1 - SHARES @ cosines @ SHARES
    truth["vendi"] = vendi_of_mean_square(SHARES @ cosines**2 @ SHARES, m=N)
    texts = [" ".join(f"w{idea}x{i}" for i in range(5)) for idea in range(15)]
    truth["lexical"] = truth["distinct"] / N  # all pairs of a text come and go together
    held = {key: 0 for key in [*truth, "unseen"]}
    for _ in range(150):
        ideas = rng.choice(15, size=N, p=SHARES)
        counts = np.bincount(ideas, minlength=15)
        truth["unseen"] = SHARES[counts == 0].sum()
        seen, calls = counts[counts > 0], np.arange(N)
        found = counting(seen, m=N, resamples=100, seed=rng)
        found |= placing(centres[ideas], m=N)
        found["lexical"] = lexical_estimate([texts[idea] for idea in ideas], calls, m=N)
        found["length"] = length_estimate(3.0 * (ideas + 1), calls)
        for key, estimate in found.items():
            held[key] += estimate.low <= truth[key] <= estimate.high
    return {key: count / 150 for key, count in held.items()}


@pytest.mark.parametrize(
    "key", ["distinct", "vendi", "spread", "entropy", "unseen", "lexical", "length"]
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(coverage, key):
    # 150 samples: one standard deviation is 0.018 at 0.95
    assert coverage[key] >= 0.89


def test_intervals_are_not_vacuous():
    counts = np.random.default_rng(4).multinomial(100, SHARES)
    found = counting(counts[counts > 0], m=100)
    assert found["distinct"].high - found["distinct"].low < 8
    assert found["entropy"].high - found["entropy"].low < 0.8
    assert found["unseen"].high - found["unseen"].low < 0.25
