from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from data.schema import Decoding, Message, ModelRef
from models.continuation import Continuation, read_prompt
from models.local import LocalModel, load_local
from models.prefix_check import NOT_SHARED, checked
from models.shared_prefix import FIRST_CAPACITY, Unsupported, shared_cache, use_attention

PROMPT = list(range(5, 45))
ROWS = 5


def load(folder: Path, device: str = "cpu") -> LocalModel:
    return load_local(ModelRef(str(folder), quantization="fp32"), device=device)


def both_ways(model: LocalModel, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (steps, rows, vocabulary) with the prompt's cache shared, and repeated."""
    engine = model._engine
    prefill = read_prompt(engine, PROMPT)
    tokens = torch.randint(300, (steps, ROWS), generator=torch.Generator().manual_seed(3))
    tokens = tokens.to(engine.model.device)
    logits = []
    for shared in (True, False):
        rows = Continuation(replace(engine, shares_prefix=shared), prefill, rows=ROWS, limit=steps)
        logits.append(torch.stack([rows.step(step) for step in tokens]))
    return logits[0], logits[1]


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_shared_and_repeated_caches_give_the_same_logits(
    checkpoint: Callable[..., Path], kind: str
) -> None:
    model = load(checkpoint(kind))
    assert model._engine.shares_prefix
    # More steps than the suffixes have room for at first, so that they must grow.
    shared, repeated = both_ways(model, FIRST_CAPACITY + 6)
    assert (shared - repeated).abs().max() <= 1e-4
    assert repeated.std() > 0.1  # the models do say something


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_shared_and_repeated_caches_agree_on_a_gpu(
    checkpoint: Callable[..., Path], kind: str
) -> None:
    shared, repeated = both_ways(load(checkpoint(kind), "cuda"), 8)
    assert (shared - repeated).abs().max() <= 1e-3


def test_both_agree_with_reading_the_whole_text_at_once(tiny: LocalModel) -> None:
    engine = tiny._engine
    continuation = Continuation(engine, read_prompt(engine, PROMPT), rows=2, limit=2)
    continuation.step(torch.tensor([7, 8]))
    logits = continuation.step(torch.tensor([9, 10]))
    for row, suffix in enumerate(([7, 9], [8, 10])):
        whole = read_prompt(engine, PROMPT + suffix).logits[0]
        torch.testing.assert_close(logits[row], whole, atol=1e-4, rtol=0)


def test_kept_rows_go_on_as_before(tiny: LocalModel) -> None:
    engine = tiny._engine
    prefill = read_prompt(engine, PROMPT)
    tokens = torch.tensor([7, 8, 9, 10])
    all_rows = Continuation(engine, prefill, rows=4, limit=2)
    some_rows = Continuation(engine, prefill, rows=4, limit=2)
    all_rows.step(tokens)
    some_rows.step(tokens)
    kept = torch.tensor([0, 2])
    some_rows.keep(kept)
    torch.testing.assert_close(
        some_rows.step(tokens[kept]), all_rows.step(tokens)[kept], atol=1e-4, rtol=0
    )


def test_the_prompt_is_held_once(tiny: LocalModel) -> None:
    prefill = read_prompt(tiny._engine, PROMPT)
    cache = shared_cache(prefill.cache, 50)
    assert cache.get_seq_length() == len(PROMPT)
    for layer, original in zip(cache.layers, prefill.cache.layers, strict=True):
        assert layer.prompt_keys.data_ptr() == original.keys.data_ptr()


def test_soft_caps_fall_back_to_the_repeated_cache(checkpoint: Callable[..., Path]) -> None:
    model = load(checkpoint("gemma2"))
    assert not model._engine.shares_prefix
    assert NOT_SHARED in model.info.notes
    assert_draws(model)


def test_attention_sinks_fall_back_to_the_repeated_cache(
    checkpoint: Callable[..., Path],
) -> None:
    sizes = {"num_local_experts": 2, "num_experts_per_tok": 1, "head_dim": 16}
    model = load(checkpoint("gpt_oss", **sizes))
    assert not model._engine.shares_prefix
    assert_draws(model)


def test_position_biases_fall_back_to_the_repeated_cache(
    checkpoint: Callable[..., Path],
) -> None:
    model = load(checkpoint("bloom", n_layer=2, n_head=4))
    assert not model._engine.shares_prefix
    assert_draws(model)


def test_recurrent_layers_fall_back_to_the_repeated_cache(
    checkpoint: Callable[..., Path],
) -> None:
    sizes = {"layer_types": ["conv", "full_attention"], "conv_L_cache": 3}
    model = load(checkpoint("lfm2", **sizes))
    assert not model._engine.shares_prefix
    assert_draws(model)


def test_a_window_shorter_than_the_sequence_falls_back(
    checkpoint: Callable[..., Path],
) -> None:
    model = load(checkpoint("mistral"))
    assert model._engine.window == 24
    assert any("last 24 tokens" in note for note in model.info.notes)
    engine = model._engine
    short = Continuation(engine, read_prompt(engine, PROMPT[:10]), rows=2, limit=14)
    assert short._shared
    long = Continuation(engine, read_prompt(engine, PROMPT[:10]), rows=2, limit=15)
    assert not long._shared
    assert_draws(model)


def test_a_wrong_attention_is_found_out(tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AttentionInterface

    from models.shared_prefix import ATTENTION, attend

    def halved(*args: object, **options: object) -> object:
        return attend(*args, **{**options, "scaling": 0.125})  # type: ignore[arg-type]

    monkeypatch.setitem(AttentionInterface._global_mapping, ATTENTION, halved)
    engine, notes = checked(tiny._engine)
    assert not engine.shares_prefix
    assert notes == (NOT_SHARED,)


def test_more_than_one_token_at_a_time_is_refused(tiny: LocalModel) -> None:
    layer = shared_cache(read_prompt(tiny._engine, PROMPT).cache, 2).layers[0]
    with pytest.raises(Unsupported):
        layer.update(torch.zeros(2, 4, 2, 16), torch.zeros(2, 4, 2, 16))


def test_two_generators_of_one_model_do_not_disturb_each_other(tiny: LocalModel) -> None:
    def draws(text: str):
        return tiny.generate(
            [Message("user", text)], indices=range(20), decoding=Decoding(), seed=5
        )

    first, second = list(draws("a boat")), list(draws("the sea"))
    one, other = draws("a boat"), draws("the sea")
    mixed = [(next(one), next(other)) for _ in range(20)]
    assert [a for a, _ in mixed] == first
    assert [b for _, b in mixed] == second


def test_the_ordinary_attention_is_back_for_the_next_prompt(tiny: LocalModel) -> None:
    engine = tiny._engine
    before = read_prompt(engine, PROMPT).logits
    Continuation(engine, read_prompt(engine, PROMPT), rows=1, limit=1).step(torch.tensor([3]))
    assert engine.model.config._attn_implementation != engine.attention
    assert torch.equal(read_prompt(engine, PROMPT).logits, before)
    use_attention(engine.model, engine.attention)


def assert_draws(model: LocalModel) -> None:
    """Fallbacks draw like every model: the same for one row as for many."""
    ask = [Message("user", "a boat in the harbour and the sea")]
    settings = Decoding(max_new_tokens=20)
    many = {s.index: s for s in model.generate(ask, indices=range(9), decoding=settings, seed=2)}
    alone = list(model.generate(ask, indices=[4], decoding=settings, seed=2))
    assert len(many) == 9
    assert alone[0].token_ids == many[4].token_ids
