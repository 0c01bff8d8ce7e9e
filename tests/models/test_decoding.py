from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from data.schema import FinishReason, ModelRef
from models.continuation import Engine, read_prompt
from models.decoding import ROW_BLOCK, Draw, sample, uniforms
from models.local import LocalModel, load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.models.drawing import LIMIT, PROMPT, draws, record_rows, request


@pytest.fixture(scope="module")
def saltmere() -> LocalModel:
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    return load_local(ModelRef(BUNDLED_ID), device="cpu")


def test_uniforms_belong_to_seed_and_index() -> None:
    assert np.array_equal(uniforms(1, 2, 5), uniforms(1, 2, 9)[:5])
    assert not np.array_equal(uniforms(1, 2, 5), uniforms(2, 1, 5))
    assert np.array_equal(uniforms(-1, 0, 3), uniforms(2**64 - 1, 0, 3))
    stream = uniforms(3, 4, 10_000)
    assert 0 <= stream.min() < stream.max() < 1
    assert stream.mean() == pytest.approx(0.5, abs=0.02)  # 7 standard errors


def in_batches(engine: Engine, size: int, n: int, **options) -> dict[int, Draw]:
    found: dict[int, Draw] = {}
    for start in range(0, n, size):
        found |= draws(engine, range(start, min(start + size, n)), **options)
    return found


@pytest.mark.parametrize("decoding", [{}, {"temperature": 0.7, "top_p": 0.9, "min_p": 0.02}])
def test_a_draw_is_the_same_to_the_bit_in_batches_of_1_7_and_64(
    engine: Engine, decoding: dict[str, float]
) -> None:
    together = draws(engine, range(64), **decoding)
    assert in_batches(engine, 7, 64, **decoding) == together
    assert in_batches(engine, 1, 24, **decoding) == {i: together[i] for i in range(24)}


def test_the_bundled_model_draws_the_same_in_batches_of_1_7_and_64(saltmere: LocalModel) -> None:
    together = draws(saltmere._engine, range(64))
    assert in_batches(saltmere._engine, 7, 64) == together
    assert in_batches(saltmere._engine, 1, 8) == {i: together[i] for i in range(8)}


def test_draws_do_not_depend_on_their_order(engine: Engine) -> None:
    assert draws(engine, [9, 3, 40]) == draws(engine, [40, 9, 3])


def test_seed_and_every_setting_change_the_draws(engine: Engine) -> None:
    usual = draws(engine, range(16))
    for change in (
        {"seed": 8},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"top_k": 3},
        {"min_p": 0.5},
        {"limit": 2},
    ):
        assert draws(engine, range(16), **change) != usual


def test_a_shorter_limit_cuts_the_same_draws(engine: Engine) -> None:
    long, short = draws(engine, range(16)), draws(engine, range(16), limit=4)
    for index, draw in short.items():
        assert draw.token_ids == long[index].token_ids[:4]


def test_draws_end_with_an_end_token_or_at_the_limit(engine: Engine) -> None:
    found = draws(engine, range(64))
    reasons = Counter(draw.finish for draw in found.values())
    assert set(reasons) == {FinishReason.STOP, FinishReason.LENGTH}
    for draw in found.values():
        *before, last = draw.token_ids
        assert not engine.eos_ids & set(before)
        assert (last in engine.eos_ids) == (draw.finish is FinishReason.STOP)
        assert draw.finish is FinishReason.STOP or len(draw.token_ids) == LIMIT
        assert len(draw.logprobs) == len(draw.entropies) == len(draw.token_ids)


def test_a_draw_ends_where_its_tokens_say_so(engine: Engine) -> None:
    def has_ended(tokens: Sequence[int]) -> bool:
        return sum(tokens) % 5 == 0

    whole = draws(engine, range(64))
    asked = replace(request(), has_ended=has_ended)
    found = {draw.index: draw for draw in sample(engine, PROMPT, range(64), asked)}
    assert set(found) == set(whole)
    for index, draw in found.items():
        tokens = whole[index].token_ids
        ends = [n for n in range(1, len(tokens) + 1) if has_ended(tokens[:n])]
        assert draw.token_ids == tokens[: ends[0] if ends else None]
        assert draw.finish is (FinishReason.STOP if ends else whole[index].finish)
    assert sum(len(d.token_ids) for d in found.values()) < sum(
        len(d.token_ids) for d in whole.values()
    )


def test_finished_draws_come_first_and_leave_the_batch(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = record_rows(engine, monkeypatch)
    found = list(sample(engine, PROMPT, range(64), request()))
    lengths = [len(draw.token_ids) for draw in found]
    assert lengths == sorted(lengths)
    assert rows[0] == 1  # the prompt, once
    assert rows[1] == 64
    assert rows[1:] == sorted(rows[1:], reverse=True)
    assert rows[-1] == ROW_BLOCK
    assert all(count % ROW_BLOCK == 0 for count in rows[1:])


def test_recorded_numbers_are_the_models_own(engine: Engine) -> None:
    draw = draws(engine, range(5), temperature=0.6, top_k=20)[3]
    for place in range(min(4, len(draw.token_ids))):
        logits = read_prompt(engine, [*PROMPT, *draw.token_ids[:place]]).logits[0].double()
        logprobs = logits.log_softmax(-1)
        token = draw.token_ids[place]
        assert draw.logprobs[place] == pytest.approx(float(logprobs[token]), abs=1e-4)
        entropy = -float((logprobs.exp() * logprobs).sum())
        assert draw.entropies[place] == pytest.approx(entropy, abs=1e-4)


def test_temperature_zero_is_greedy_decoding(tiny: LocalModel) -> None:
    ids = torch.tensor([PROMPT])
    engine = tiny._engine
    expected = engine.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=8, pad_token_id=0
    )[0, len(PROMPT) :].tolist()
    found = draws(engine, range(3), temperature=0, limit=8)
    assert {draw.token_ids for draw in found.values()} == {tuple(expected)}


@pytest.mark.parametrize("decoding", [{}, {"temperature": 0.7, "top_k": 40, "top_p": 0.9}])
def test_first_tokens_follow_the_models_distribution(
    engine: Engine, decoding: dict[str, float]
) -> None:
    """Chi-square against probabilities derived with transformers' own warpers."""
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    n, ids = 4000, torch.tensor([PROMPT])
    scores = read_prompt(engine, PROMPT).logits.clone()
    if decoding:
        for warper in (TemperatureLogitsWarper(0.7), TopKLogitsWarper(40), TopPLogitsWarper(0.9)):
            scores = warper(ids, scores)
    probabilities = scores[0].double().softmax(-1).numpy()
    found = draws(engine, range(n), limit=1, **decoding)
    counts = np.bincount([draw.token_ids[0] for draw in found.values()], minlength=300)
    assert (counts[probabilities == 0] == 0).all()
    common = probabilities * n >= 5
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(probabilities[common], probabilities[~common].sum()) * n
    kept = expected > 0
    assert chisquare(observed[kept], expected[kept]).pvalue > 0.001


def test_draws_of_one_seed_are_independent(engine: Engine) -> None:
    """Neighbours agree in their first token as often as two independent draws do."""
    n = 2000
    probabilities = read_prompt(engine, PROMPT).logits[0].double().softmax(-1)
    chance = float((probabilities**2).sum())
    found = draws(engine, range(n), limit=1)
    first = np.array([found[i].token_ids[0] for i in range(n)])
    agree = float((first[1:] == first[:-1]).mean())
    assert agree == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / n))


def test_stop_is_obeyed_within_one_token_step(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = record_rows(engine, monkeypatch)
    stopped = replace(request(), should_stop=lambda: len(rows) >= 4)
    found = list(sample(replace(engine, eos_ids=frozenset()), PROMPT, range(8), stopped))
    assert found == []
    assert len(rows) == 4  # the prompt and three tokens; no step after the stop


def test_stop_keeps_what_is_finished(engine: Engine) -> None:
    found: list[Draw] = []
    whole = draws(engine, range(64))
    stopping = replace(request(), should_stop=lambda: len(found) >= 5)
    for draw in sample(engine, PROMPT, range(64), stopping):
        found.append(draw)
    assert 5 <= len(found) < 64
    assert all(whole[draw.index] == draw for draw in found)


def test_a_stop_before_the_start_runs_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = record_rows(engine, monkeypatch)
    assert list(sample(engine, PROMPT, [1], replace(request(), should_stop=lambda: True))) == []
    assert list(sample(engine, PROMPT, [], request())) == []
    assert rows == []


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_draws_on_a_gpu_are_repeatable(checkpoint: Callable) -> None:
    ref = ModelRef(str(checkpoint("llama")), quantization="fp32")
    engine = load_local(ref, device="cuda")._engine
    assert draws(engine, range(64)) == draws(engine, range(64))
    alone, together = draws(engine, [5])[5], draws(engine, range(64))[5]
    assert alone.token_ids == together.token_ids
