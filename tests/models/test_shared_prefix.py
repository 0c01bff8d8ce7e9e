from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AttentionInterface
from transformers.cache_utils import Cache, DynamicCache

from data.schema import Decoding, Message, ModelRef
from models import prefix_check
from models.continuation import Continuation, read_prompt
from models.local import LocalModel, load_local
from models.prefix_check import NOT_SHARED, REREADS, WINDOWED, checked
from models.shared_prefix import ATTENTION, attend, use_attention
from models.suffixes import FIRST_CAPACITY, SuffixLayer, Unsupported, shared_cache
from tests.models.families import WINDOW, save_family

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


@pytest.mark.parametrize("forgets", [0, 1])
def test_what_rounding_alone_moves_is_no_reason_not_to_share(
    checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, forgets: int
) -> None:
    ref = ModelRef(str(checkpoint("llama")), quantization="bf16")
    engine = load_local(ref, device="cpu")._engine
    engine = replace(engine, model=engine.model.to(torch.bfloat16))
    monkeypatch.setattr(prefix_check, "SHARED", 1e-6)  # as if there were many more layers
    usual = SuffixLayer.prompt_seen
    cut = lambda layer: tuple(each[:, forgets:] for each in usual(layer))  # noqa: E731
    monkeypatch.setattr(SuffixLayer, "prompt_seen", cut)
    assert checked(engine)[0].shares_prefix == (not forgets)
    monkeypatch.setattr(prefix_check, "ROUNDINGS", 0.0)
    assert not checked(engine)[0].shares_prefix


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


def room_for(model: LocalModel, rows: int) -> Cache:
    cache = read_prompt(model._engine, PROMPT).cache
    assert cache is not None
    return shared_cache(cache, rows, limit=8)


def test_the_prompt_is_held_once(tiny: LocalModel) -> None:
    prefill = read_prompt(tiny._engine, PROMPT)
    assert prefill.cache is not None
    cache = shared_cache(prefill.cache, 50, limit=8)
    assert cache.get_seq_length() == len(PROMPT)
    for layer, original in zip(cache.layers, prefill.cache.layers, strict=True):
        assert layer.prompt_keys.data_ptr() == original.keys.data_ptr()


@pytest.mark.parametrize(
    ("family", "ignored"),
    [("gemma2", {"softcap": None}), ("gpt_oss", {"s_aux": None}), ("llama", {"scaling": 0.2})],
)
def test_a_wrong_attention_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, ignored: dict[str, object]
) -> None:
    folder = save_family(tmp_path, family)
    assert load(folder)._engine.shares_prefix

    def wrong(*args: object, **options: object) -> object:
        return attend(*args, **{**options, **ignored})  # type: ignore[arg-type]

    monkeypatch.setitem(AttentionInterface._global_mapping, ATTENTION, wrong)
    model = load(folder)
    assert not model._engine.shares_prefix
    assert NOT_SHARED in model.info.notes


def test_a_wrong_window_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_family(tmp_path, "mistral")
    monkeypatch.setattr(SuffixLayer, "prompt_seen", lambda s: (s.prompt_keys, s.prompt_values))
    model = load(folder)
    assert model._engine.window == WINDOW
    assert WINDOWED.format(window=WINDOW) in model.info.notes
    prefill = read_prompt(model._engine, PROMPT[:8])
    assert Continuation(model._engine, prefill, rows=2, limit=WINDOW - 8)._shared
    assert not Continuation(model._engine, prefill, rows=2, limit=WINDOW - 7)._shared


def test_trying_a_narrow_window_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = load(save_family(tmp_path, "gemma3_text"))._engine.model
    assert model.config.sliding_window == WINDOW
    windows = {getattr(layer, "sliding_window", 0) for layer in DynamicCache(config=model.config)
               .layers}  # fmt: skip
    assert windows == {0, WINDOW}


def test_a_cache_that_cannot_be_continued_is_found_out(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = both_ways(tiny, 3)[0]
    # As where a model begins to count positions again with every call.
    restarted = lambda self, tokens: (0 * tokens[:, None], None)  # noqa: E731
    monkeypatch.setattr(Continuation, "_places", restarted)
    engine, notes = checked(tiny._engine)
    assert engine.rereads
    assert not engine.shares(10)
    assert notes == (REREADS,)
    rows = Continuation(engine, read_prompt(engine, PROMPT), rows=ROWS, limit=3)
    tokens = torch.randint(300, (3, ROWS), generator=torch.Generator().manual_seed(3))
    logits = torch.stack([rows.step(step) for step in tokens])
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)


def test_more_than_one_token_at_a_time_is_refused(tiny: LocalModel) -> None:
    layer = room_for(tiny, 2).layers[0]
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
