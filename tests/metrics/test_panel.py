import math

import numpy as np
import pytest

from metrics.catalogue import CATALOGUE, DEFAULT_PANEL, FLOOR
from metrics.panel import common_sample_size, compare_all, compare_panels, diversity_panel


def panel(n=40, *, ideas=6, seed=0, common_n=None, resamples=100, **changes):
    rng = np.random.default_rng(seed)
    labels = rng.integers(ideas, size=n)
    vectors = np.eye(30)[labels] + 0.2 * rng.standard_normal((n, 30))
    arguments = {
        "vectors": vectors.astype(np.float32),
        "labels": labels,
        "texts": [f"answer {label} with number {row}" for row, label in enumerate(labels)],
        "common_n": n if common_n is None else common_n,
        "rng": np.random.default_rng(1),
        "resamples": resamples,
    }
    return diversity_panel(**(arguments | changes))


def test_holds_every_measure_in_order_with_value_inside_its_interval():
    found = panel()
    assert tuple(found.estimates) == DEFAULT_PANEL
    assert (found.n, found.common_n) == (40, 40)
    for key, estimate in found.estimates.items():
        assert estimate.low <= estimate.value <= estimate.high, key
        assert CATALOGUE[key].minimum <= estimate.low, key
        assert estimate.high <= (CATALOGUE[key].maximum or math.inf), key
        assert estimate.n == 40


def test_by_hand():
    # eight draws, a five times, b twice, c once; m = 8 shows all three; one singleton of eight
    found = panel(
        8,
        vectors=np.eye(3)[[0, 0, 0, 0, 0, 1, 1, 2]],
        labels=[7, 7, 7, 7, 7, 2, 2, 5],
        texts=["one two"] * 5 + ["three four"] * 2 + ["five six seven"],
    ).estimates
    assert found["distinct"].value == pytest.approx(3)
    assert found["unseen"].value == pytest.approx(1 / 8)
    # ordered pairs that agree: 5 · 4 + 2 · 1 = 22 of 56
    assert found["spread"].value == pytest.approx(1 - 22 / 56)
    # mean square with the diagonal: (25 + 4 + 1) / 64
    assert found["vendi"].value == pytest.approx(64 / 30)
    # different pairs: one-two, three-four, five-six, six-seven; in all 5 + 2 + 2
    assert found["lexical"].value == pytest.approx(4 / 9)
    # words: (7 · 2 + 3) / 8
    assert found["length"].value == pytest.approx(17 / 8)
    assert not found["entropy"].is_defined  # below its floor


@pytest.mark.parametrize("key", DEFAULT_PANEL)
def test_each_floor_is_the_catalogues(key):
    floor = CATALOGUE[key].floor
    assert panel(floor).estimates[key].is_defined
    below = panel(floor - 1).estimates[key]
    assert not below.is_defined
    assert str(floor) in below.reason
    assert below.n == floor - 1


def test_nothing_drawn_yet():
    found = panel(0, vectors=np.empty((0, 12)))
    assert not any(estimate.is_defined for estimate in found.estimates.values())


def test_where_the_number_of_draws_matters_it_is_the_common_one():
    all_draws, fewer = panel().estimates, panel(common_n=10).estimates
    for key in DEFAULT_PANEL:
        changed = fewer[key].value != all_draws[key].value
        assert changed == CATALOGUE[key].at_common_n, key


def test_a_condition_with_too_few_draws_for_the_comparison_says_so():
    found = panel(20, common_n=30).estimates
    for key in DEFAULT_PANEL:
        assert found[key].is_defined != CATALOGUE[key].at_common_n, key
    assert "compare at 30" in found["distinct"].reason


def test_draws_that_share_a_call_are_not_counted_as_independent():
    calls = [f"call-{row // 2}" for row in range(40)]
    found = panel(call_ids=calls).estimates
    for key in DEFAULT_PANEL:
        assert found[key].is_defined != CATALOGUE[key].needs_independence, key
    assert "one call" in found["distinct"].reason
    assert panel(call_ids=[str(row) for row in range(40)]) == panel()


def test_floors_count_calls():
    found = panel(call_ids=[f"call-{row // 10}" for row in range(40)]).estimates
    assert not any(estimate.is_defined for estimate in found.values())


def test_lengths_can_be_given():
    found = panel(lengths=np.full(40, 7)).estimates["length"]
    assert found.value == 7
    assert panel().estimates["length"].value == 5


def test_the_same_seed_gives_the_same_panel():
    assert panel() == panel()
    one, other = (panel(ideas=30, rng=np.random.default_rng(seed)).estimates for seed in (1, 2))
    assert other["distinct"].value == one["distinct"].value
    assert other["distinct"].low != one["distinct"].low


def test_the_number_of_resamples_matters_to_intervals_only():
    few, many = (panel(ideas=30, resamples=number).estimates for number in (100, 300))
    assert all(few[key].value == many[key].value for key in DEFAULT_PANEL)
    assert few["distinct"].low != many["distinct"].low


def test_order_of_draws_does_not_matter_to_the_values():
    order = np.random.default_rng(5).permutation(40)
    rng = np.random.default_rng(0)
    labels = rng.integers(6, size=40)
    vectors = np.eye(30)[labels] + 0.2 * rng.standard_normal((40, 30))
    texts = [f"answer {label} with number {row}" for row, label in enumerate(labels)]
    moved = panel(vectors=vectors[order], labels=labels[order], texts=[texts[row] for row in order])
    for key, estimate in panel().estimates.items():
        assert moved.estimates[key].value == pytest.approx(estimate.value, rel=1e-5), key


@pytest.mark.parametrize("name", ["vectors", "labels", "lengths"])
def test_inputs_of_different_length_are_refused(name):
    short = {"vectors": np.ones((3, 2)), "labels": [0, 1], "lengths": [1.0]}[name]
    with pytest.raises(ValueError, match=f"Expected {name} to have 40 rows"):
        panel(**{name: short})


def test_varied_answers_beat_uniform_ones_clearly():
    varied, uniform = panel(100, ideas=10), panel(100, ideas=2, seed=1)
    found = compare_panels(varied, uniform)
    for key in ("distinct", "vendi", "spread", "entropy"):
        assert found[key].is_clear, key
        assert found[key].low > 0, key


def test_two_samples_of_one_model_rarely_differ_clearly():
    panels = {str(seed): panel(60, seed=seed) for seed in range(6)}
    found = compare_all(panels)
    assert len(found) == 15
    clear = [d.is_clear for differences in found.values() for d in differences.values()]
    assert np.mean(clear) <= 0.05


def test_many_pairs_ask_for_more():
    panels = {name: panel(60, ideas=ideas) for name, ideas in [("a", 3), ("b", 5), ("c", 8)]}
    found = compare_all(panels)
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    for (a, b), differences in found.items():
        alone = compare_panels(panels[a], panels[b])
        for key in DEFAULT_PANEL:
            assert differences[key].p_value >= alone[key].p_value
            assert differences[key].low == alone[key].low
    raised = found["a", "c"]["distinct"].p_value
    assert raised > compare_panels(panels["a"], panels["c"])["distinct"].p_value


def test_all_can_be_compared_with_one():
    panels = {name: panel(60, ideas=ideas) for name, ideas in [("a", 3), ("b", 5), ("c", 8)]}
    found = compare_all(panels, reference="a")
    assert list(found) == [("b", "a"), ("c", "a")]
    expected = compare_panels(panels["b"], panels["a"])["spread"].value
    assert found["b", "a"]["spread"].value == expected


def test_panels_at_different_numbers_are_not_compared():
    with pytest.raises(ValueError, match="common_n but they had 40 and 20"):
        compare_panels(panel(), panel(common_n=20))


def test_conditions_below_the_floor_do_not_hold_the_others_down():
    assert common_sample_size([40, 64, FLOOR - 1]) == 40
    assert common_sample_size([3, FLOOR]) == FLOOR
    assert common_sample_size([3, 5]) == common_sample_size([]) == 0
