import numpy as np
import pytest

from metrics.catalogue import CATALOGUE, DEFAULT_PANEL
from metrics.condition_measures import MEASURED
from metrics.draws import Draws
from metrics.floors import SHARED_CALLS
from metrics.measure_table import LEVELS, UNEQUAL, measure_table
from metrics.novelty import expected_utility, level_thresholds, utility_levels
from metrics.panel import diversity_panel
from metrics.self_bleu import self_bleu
from metrics.uncertainty import difference
from metrics.vendi import vendi_from_embeddings

CHEAP = ("vendi_1", "differ", "logprob")
WORDS = [f"{start}{end}" for start in "bcdfglmnprst" for end in ("ad", "ill", "oat", "un")]


def draws(n=24, *, ideas=6, seed=0, **changes):
    rng = np.random.default_rng(seed)
    labels = rng.integers(ideas, size=n)
    given = {
        "texts": [
            f"idea {label} came to my mind " + " ".join(rng.choice(WORDS, rng.integers(8, 14)))
            for label in labels
        ],
        "vectors": np.eye(30)[labels] + 0.2 * rng.standard_normal((n, 30)),
        "labels": labels,
        "logprobs": -rng.random(n),
        "sequence_logprobs": -20 * rng.random(n),
        "token_entropies": rng.random(n),
        "states": rng.standard_normal((n, 40)),
        "same": np.eye(n),
        "quality": rng.standard_normal(n),
    }
    return Draws(**(given | changes))


def cell(table, key, name):
    return next(r for r in table.rows if (r.measure.key, r.condition) == (key, name))


@pytest.fixture(scope="module")
def full():
    conditions = {"a": draws(seed=0), "b": draws(seed=1, ideas=3)}
    return conditions, measure_table(conditions, gate=0.0, seed=2, resamples=100)


def test_every_measure_that_fits_samples_is_there(full):
    _, table = full
    assert [r.measure.key for r in table.rows[::2]] == list(MEASURED)
    # the three others speak of two conditions, or of sources
    assert set(CATALOGUE) - set(MEASURED) == {"inter_similarity", "contribution", "explained_share"}
    undefined = {r.measure.key for r in table.rows if not r.estimate.is_defined}
    assert undefined == {"kernel_entropy", "laplacian"}  # no two say the same, whoever is left out


def test_values_lie_in_their_intervals_and_in_their_range(full):
    for row in full[1].rows:
        if row.estimate.is_defined:
            assert row.estimate.low <= row.estimate.value <= row.estimate.high, row.measure.key
            assert row.measure.minimum <= row.estimate.low, row.measure.key
            assert row.measure.maximum is None or row.estimate.high <= row.measure.maximum
        else:
            assert row.reason.endswith(".")


def test_the_panels_values_are_the_panels(full):
    conditions, table = full
    a, b = (
        diversity_panel(
            vectors=of.vectors,
            labels=of.labels,
            texts=of.texts,
            common_n=24,
            rng=np.random.default_rng(2),
            resamples=100,
        ).estimates
        for of in conditions.values()
    )
    for key in DEFAULT_PANEL:
        assert cell(table, key, "b").estimate == b[key]
        apart = cell(table, key, "b").difference
        assert (apart.low, apart.high) == (
            difference(b[key], a[key]).low,
            difference(b[key], a[key]).high,
        )


def test_other_values_are_those_of_their_functions(full):
    conditions, table = full
    a = conditions["a"]
    assert cell(table, "vendi_1", "a").estimate.value == pytest.approx(
        vendi_from_embeddings(a.vectors, order=1)
    )
    assert cell(table, "self_bleu", "a").estimate.value == self_bleu(a.texts)
    assert cell(table, "logprob", "a").estimate.value == pytest.approx(a.logprobs.mean())
    assert cell(table, "passing", "a").estimate.value == np.mean(a.quality >= 0)
    pool = np.concatenate([one.quality for one in conditions.values()])
    levels = utility_levels(a.quality, level_thresholds(pool, levels=LEVELS))
    assert cell(table, "utility", "a").estimate.value == pytest.approx(
        expected_utility(a.labels, levels)
    )


def test_differences_are_against_the_first_and_adjusted_together(full):
    _, table = full
    assert all((row.difference is None) == (row.condition == "a") for row in table.rows)
    for key in ("vendi_1", "plugin_entropy", "distinct"):
        apart = cell(table, key, "b").difference
        values = [cell(table, key, name).estimate.value for name in "ba"]
        assert apart.value == pytest.approx(values[0] - values[1])
        assert apart.low < apart.value < apart.high
    alone = measure_table(full[0], keys=["plugin_entropy"], seed=2)
    together = cell(table, "plugin_entropy", "b").difference.p_value
    assert together != cell(alone, "plugin_entropy", "b").difference.p_value
    assert cell(table, "plugin_entropy", "b").difference.is_clear  # six ideas against three


def test_records_are_flat_and_say_what_is_wrong(full):
    records = full[1].records()
    assert len(records) == len(full[1].rows)
    assert len({tuple(record) for record in records}) == 1
    first = records[0]
    assert (first["measure"], first["condition"], first["n"]) == (
        "Different answers in 24",
        "a",
        24,
    )
    assert np.isnan(first["difference"])
    assert first["reason"] == ""
    assert records[1]["p_value"] == cell(full[1], "distinct", "b").difference.p_value


def test_too_few_answers_are_refused_measure_by_measure():
    table = measure_table({"a": draws(12), "b": draws(12, seed=1)}, keys=["chao1", "differ"])
    assert "12 of at least 16" in cell(table, "chao1", "a").reason
    assert "12 of at least 16" in cell(table, "chao1", "b").difference.reason
    assert cell(table, "differ", "b").estimate.is_defined


@pytest.mark.parametrize("key", ["chao1", "ahead", "coverage", "distinct", "entropy", "unseen"])
def test_counts_of_answers_that_share_calls_are_refused(key):
    lists = draws(40, call_ids=[str(row // 2) for row in range(40)])
    table = measure_table({"a": lists}, keys=[key, "by_calls", "differ"])
    assert cell(table, key, "a").estimate.reason == SHARED_CALLS
    assert cell(table, "by_calls", "a").estimate.n == 20  # calls
    assert cell(table, "differ", "a").estimate.is_defined


def test_answers_of_one_call_are_one_unit():
    single, pairs = draws(20), draws(20)
    doubled = single.take(np.repeat(np.arange(20), 2))
    tied = Draws(
        **{name: getattr(doubled, name) for name in ("texts", "vectors", "labels", "logprobs")},
        call_ids=[str(row // 2) for row in range(40)],
    )
    honest, loose = (
        cell(measure_table({"a": one}, keys=["logprob"]), "logprob", "a").estimate
        for one in (tied, doubled)
    )
    # the same answer twice in a call adds nothing: as wide as from the twenty alone
    once = cell(measure_table({"a": pairs}, keys=["logprob"]), "logprob", "a").estimate
    assert (honest.low, honest.high) == pytest.approx((once.low, once.high))
    assert loose.high - loose.low < 0.8 * (honest.high - honest.low)


def test_unequal_numbers_are_made_equal_or_not_compared():
    conditions = {"a": draws(40), "b": draws(16, seed=1)}
    equal = measure_table(conditions, keys=["vendi_1", "distinct", "differ"])
    assert equal.common_n == 16
    assert cell(equal, "vendi_1", "a").estimate.n == 16
    assert cell(equal, "differ", "a").estimate.n == 40  # doesn't move with n: all are used
    assert cell(equal, "vendi_1", "b").difference.value < 5
    own = measure_table(conditions, keys=["vendi_1", "distinct", "differ"], equal_n=False)
    assert cell(own, "vendi_1", "a").estimate.n == 40
    assert cell(own, "vendi_1", "a").estimate.value > cell(equal, "vendi_1", "a").estimate.value
    for key in ("vendi_1", "distinct"):
        assert cell(own, key, "b").difference.reason == UNEQUAL
    assert not cell(own, "differ", "b").difference.reason


def test_copies_of_a_condition_do_not_differ():
    table = measure_table({"a": draws(), "b": draws()}, keys=CHEAP)
    for key in CHEAP:
        apart = cell(table, key, "b").difference
        assert apart.value == pytest.approx(0)
        assert apart.p_value == pytest.approx(1)


def test_all_answers_the_same_have_no_error_to_tell():
    still = draws(vectors=np.ones((24, 3)), labels=np.zeros(24, dtype=int))
    table = measure_table({"a": still}, keys=["differ", "distinct"])
    assert "stays the same" in cell(table, "differ", "a").reason
    assert cell(table, "distinct", "a").estimate.high > 1  # the panel's reaches up


def test_what_is_not_known_is_said():
    bare = {"logprobs": None, "token_entropies": None, "quality": None, "states": None}
    keys = ["logprob", "token_entropy", "utility", "passing", "eigen_score", "mtld"]
    table = measure_table({"a": draws(texts=["few words"] * 24, **bare)}, keys=keys)
    assert all(row.reason and not row.estimate.is_defined for row in table.rows)
    partly = draws(logprobs=np.append(-np.ones(23), np.nan) - np.arange(24) / 10)
    assert cell(measure_table({"a": partly}, keys=["logprob"]), "logprob", "a").estimate.n == 23


def test_the_gate_counts_calls_where_answers_share_them():
    lists = draws(40, call_ids=[str(row // 2) for row in range(40)])
    alone, tied = (
        cell(measure_table({"a": one}, keys=["passing"], gate=0.0), "passing", "a").estimate
        for one in (draws(40), lists)
    )
    assert alone.value == tied.value
    assert (alone.low, alone.high) != (tied.low, tied.high)


def test_the_seed_fixes_the_table():
    conditions = {"a": draws(30), "b": draws(16, seed=1)}
    first, second, other = (
        measure_table(conditions, keys=["vendi_1", "entropy"], seed=seed) for seed in (1, 1, 2)
    )
    assert str(first.records()) == str(second.records())
    assert str(first.records()) != str(other.records())


def test_refusals():
    with pytest.raises(ValueError, match="Expected conditions"):
        measure_table({})
    with pytest.raises(ValueError, match="keys"):
        measure_table({"a": draws()}, keys=["beauty"])
