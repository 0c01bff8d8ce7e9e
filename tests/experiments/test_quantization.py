"""Two precisions of one model, compared draw by draw and token by token."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from data.divergences import DivergenceStore
from data.errors import ChoraleError, StoreError
from data.schema import Condition, Decoding, Message, ModelRef, RunState
from experiments import quantization
from experiments.comparing import Comparisons
from experiments.precision import summarise
from experiments.quantization import QuantizationExperiment, groups_of
from experiments.spool import Spool
from models.divergence import compare
from models.echo import EchoModel
from models.local import load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.experiments.workshop import WAIT
from tests.factories import make_data

ASKED = "What should the harbour become?"


class Shifted(EchoModel):
    """An echo that ranks its sentences by another prompt when it is quantized."""

    def _ranked(self, prompt: str) -> list[str]:
        return super()._ranked(prompt + self.info.ref.quantization)


def conditions(model: str = "echo", n: int = 16, **changes) -> tuple[Condition, ...]:
    return tuple(
        Condition(key, name, ModelRef(model, quantization=name), Decoding(**changes), n=n)
        for key, name in (("a", "bf16"), ("b", "nf4"))
    )


@pytest.fixture
def bench(workshop, tmp_path):
    """A workshop whose precisions differ, with the comparisons beside it."""
    made = workshop(loader=Shifted)
    kept = DivergenceStore(tmp_path / "chorale.db")
    comparisons = Comparisons(made.store, kept, made.models)
    yield made, kept, comparisons
    comparisons.shutdown()
    kept.close()


def drawn(made, experiment=None) -> str:
    run_id = made.jobs.submit(
        experiment or QuantizationExperiment(ASKED, conditions()), owner="ann"
    )
    assert made.finished(run_id).run.state is RunState.DONE
    return run_id


def test_both_precisions_draw_with_the_same_random_numbers(workshop):
    made = workshop()
    data = made.finished(drawn(made)).data  # plain echoes: the precision changes nothing
    texts = {(k, s.index): s.text for k, s in zip(data.keys, data.samples, strict=True)}
    assert [texts["a", i] for i in range(16)] == [texts["b", i] for i in range(16)]
    assert len(set(texts.values())) > 3


def test_every_draw_is_compared_with_its_own_model_first(bench):
    made, kept, comparisons = bench
    run_id = drawn(made)
    comparisons.start(run_id, owner="ann")
    comparisons.wait(run_id, WAIT)
    shown, data, found = comparisons.shown(run_id), made.store.load(run_id), kept.load(run_id)
    assert not shown.active
    assert shown.error is None
    assert shown.read == shown.wanted == 2 * sum(len(s.token_ids) for s in data.samples)
    assert len(found) == 32
    own, other = (Shifted(condition.model) for condition in data.run.conditions)
    prompt = [Message("user", ASKED)]
    for key, sample in zip(data.keys, data.samples, strict=True):
        first, second = (own, other) if key == "a" else (other, own)
        answer = [sample.token_ids]
        (wanted,) = compare(
            first.distributions(prompt, answer), second.distributions(prompt, answer), answer
        )
        np.testing.assert_allclose(found[key, sample.index].kl, wanted.kl, atol=2e-3, rtol=2e-3)
        np.testing.assert_allclose(found[key, sample.index].js, wanted.js, atol=2e-3, rtol=2e-3)
    summary = summarise(data, found)
    assert summary.kl["a"].value > 0.01
    assert summary.identical.value < 1
    assert list(summary.pairs["index"]) == list(range(16))
    assert summary.pairs["kl a"].notna().all()


def test_groups_of_any_size_find_the_same(bench, monkeypatch):
    made, kept, comparisons = bench
    found, versions = [], []
    for tokens in (10**6, 30):
        monkeypatch.setattr(quantization.groups_of, "__kwdefaults__", {"tokens": tokens})
        run_id = drawn(made)  # of one seed: the same answers each time
        comparisons.start(run_id, owner="ann")
        comparisons.wait(run_id, WAIT)
        found.append(kept.load(run_id))
        versions.append(comparisons.shown(run_id).version)
    assert versions[0] == 1 < versions[1]  # groups
    assert set(found[0]) == set(found[1])
    for place, one in found[0].items():
        np.testing.assert_allclose(found[1][place].kl, one.kl, rtol=1e-6)


def test_groups_hold_what_is_missing_within_their_tokens():
    data = make_data({"a": ["one two three", "four", ""], "b": ["five six", "seven"]})
    assert list(groups_of(data, frozenset(), tokens=4)) == [[0, 1], [3, 4]]
    assert list(groups_of(data, frozenset({("a", 0), ("b", 1)}), tokens=100)) == [[1, 3]]
    assert list(groups_of(data, frozenset(), tokens=1)) == [[0], [1], [3], [4]]


def test_a_stopped_comparison_keeps_what_it_has_and_goes_on(bench, monkeypatch):
    made, kept, comparisons = bench
    monkeypatch.setattr(quantization.groups_of, "__kwdefaults__", {"tokens": 30})
    run_id = drawn(made)
    steps = itertools.count()
    whole = quantization.compare_group

    def one_then_stop(data, rows, on_model, *, read):
        if next(steps) == 1:
            comparisons.stop(run_id)
        return whole(data, rows, on_model, read=read)

    monkeypatch.setattr("experiments.comparing.compare_group", one_then_stop)
    comparisons.start(run_id, owner="ann")
    comparisons.wait(run_id, WAIT)
    some = len(kept.load(run_id))
    assert 0 < some < 32
    comparisons.start(run_id, owner="ann")
    comparisons.wait(run_id, WAIT)
    assert len(kept.load(run_id)) == 32


def test_a_model_that_fails_is_said(bench, monkeypatch):
    made, _, comparisons = bench
    run_id = drawn(made)
    for error, words in ((ChoraleError("It is too dark.", "Light a lamp."), "too dark"),
                         (RuntimeError("oops"), "Something in Chorale broke")):  # fmt: skip

        def fails(*_, error=error, **__):
            raise error

        monkeypatch.setattr(Shifted, "distributions", fails)
        comparisons.start(run_id, owner="ann")
        comparisons.wait(run_id, WAIT)
        assert words in comparisons.shown(run_id).error.what_happened


def test_only_the_owner_compares(bench):
    made, _, comparisons = bench
    with pytest.raises(StoreError):
        comparisons.start(drawn(made), owner="eve")


def test_what_can_not_be_compared_is_refused():
    first, second = conditions()
    for pair, why in (
        ((first,), "there were 1"),
        ((first, replace(first, key="b")), "Both precisions are bf16"),
        ((first, replace(second, n=17)), "differ in their n too"),
        ((first, replace(second, system="Be brief.")), "differ in their system too"),
        ((first, replace(second, model=replace(second.model, id="echo#two"))), "model id too"),
        (conditions("server:town"), "A server decides"),
    ):
        with pytest.raises(ChoraleError, match=why):
            QuantizationExperiment(ASKED, tuple(pair))


def test_a_spool_gives_back_halves():
    pieces = [(0, 0, np.log([[0.5, 0.5], [0.125, 0.875]])), (2, 1, np.log([[1e-5, 1 - 1e-5]]))]
    spool = Spool()
    told: list[int] = []
    assert spool.write(iter(pieces), wrote=lambda count: told.append(count) or True)
    assert told == [2, 1]
    for _ in range(2):  # as often as one likes
        for (answer, first, wanted), (a, f, found) in zip(pieces, spool.read(), strict=True):
            assert (a, f, found.dtype) == (answer, first, np.float32)
            np.testing.assert_allclose(found, wanted, rtol=2**-11, atol=1e-7)
    spool.close()
    stopped = Spool()
    assert not stopped.write(iter(pieces), wrote=lambda _: False)
    assert len(list(stopped.read())) == 1
    stopped.close()


def test_halves_change_a_divergence_of_the_bundled_model_by_less_than_2_percent():
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    first, second = (
        load_local(ModelRef(BUNDLED_ID, quantization=q), device="cpu") for q in ("bf16", "nf4")
    )
    prompt = [Message("user", "What should we do about the harbour?")]
    draws = first.generate(prompt, indices=range(8), decoding=Decoding(max_new_tokens=32), seed=2)
    answers = [sample.token_ids for sample in draws]
    spool = Spool()
    spool.write(second.distributions(prompt, answers), wrote=lambda _: True)
    exact, spooled = (
        compare(first.distributions(prompt, answers), stream, answers)
        for stream in (second.distributions(prompt, answers), spool.read())
    )
    spool.close()
    assert max(one.kl.max() for one in exact) > 1e-3
    for one, other in zip(exact, spooled, strict=True):
        # where both models are nearly sure, halves see a little of what isn't there
        np.testing.assert_allclose(other.kl, one.kl, rtol=0.02, atol=5e-6)
        np.testing.assert_allclose(other.js, one.js, rtol=0.02, atol=5e-6)
    means = [np.concatenate([one.kl for one in found]).mean() for found in (exact, spooled)]
    assert means[1] == pytest.approx(means[0], rel=0.005)
