"""Memory by formula beside the tensors that are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from data.schema import Decoding, Message, ModelRef
from docs.scaling_table import LLAMA_8B
from models import truncation
from models.continuation import Continuation, Prefill, read_prompt
from models.local import LocalModel, load_local
from models.memory import peak_memory
from models.replay import RECORDERS
from models.shape import (
    OVERHEAD,
    SCRATCH_BYTES,
    SCRATCH_LOGITS,
    memory_of,
    row_bytes,
    rows_that_fit,
    token_bytes,
    weight_bytes,
)
from tests.models.live_bytes import LiveBytes

ROWS, LIMIT, PROMPT = 32, 100, list(range(5, 45))
GIB = 2**30


def read(model: LocalModel) -> Prefill:
    return read_prompt(model._engine, PROMPT)


@pytest.mark.parametrize("replays", [False, True])
def test_caches_take_what_is_said(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch, replays: bool
) -> None:
    monkeypatch.setitem(RECORDERS, "cpu", lambda step: step)
    engine = replace(tiny._engine, replays=replays)
    rows = Continuation(engine, read(tiny), rows=ROWS, limit=LIMIT)
    for _ in range(LIMIT):
        rows.step(torch.full((ROWS,), 7))
    assert rows._cache is not None
    a_token = token_bytes(tiny._shape, "fp32", "cpu")
    layers = rows._cache.layers
    own = sum(layer.keys.nbytes + layer.values.nbytes for layer in layers)
    assert own == a_token * ROWS * LIMIT
    prompt = sum(layer.prompt_keys.nbytes + layer.prompt_values.nbytes for layer in layers)
    assert prompt == a_token * len(PROMPT)  # once


def test_growing_and_leaving_rows_take_no_more_than_is_said(tiny: LocalModel) -> None:
    prefill = read(tiny)
    with LiveBytes() as live:
        rows = Continuation(tiny._engine, prefill, rows=ROWS, limit=LIMIT)
        for _ in range(LIMIT):
            rows.step(torch.full((ROWS,), 7))
        rows.keep(torch.arange(ROWS - 1))
    said = ROWS * row_bytes(tiny._shape, "fp32", "cpu", LIMIT)
    assert 0.8 * said < live.peak < said + 2 * 2**20  # activations of tiny layers


@pytest.mark.parametrize("slope", [0.1, 3.0])  # nuclei of nearly all tokens, and of a few
@pytest.mark.parametrize("asked", [{}, {"top_p": 0.9}, {"top_k": 40, "min_p": 0.1, "top_p": 0.9}])
def test_drawing_takes_no_more_than_is_said(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, float], slope: float
) -> None:
    monkeypatch.setattr(truncation, "CHUNK", 2**20)
    vocabulary = 2**15
    ranks = torch.stack([torch.randperm(vocabulary) for _ in range(128)]) + 1.0
    logits, uniforms = -slope * ranks.log(), torch.rand(128, dtype=torch.float64)
    del ranks
    with LiveBytes() as live:
        truncation.draw(logits, uniforms, Decoding(temperature=0.9, **asked))
    assert 2**20 * 8 < live.peak <= SCRATCH_BYTES * 2**20
    assert truncation.draw(logits, uniforms, Decoding()).shape == (3, 128)


def test_chunks_are_as_large_as_the_estimate_believes() -> None:
    assert truncation.CHUNK == SCRATCH_LOGITS


def test_an_8b_model_writes_256_answers_in_16_gb() -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    shape = LLAMA_8B.shape
    assert model.num_parameters() == pytest.approx(shape.parameters, rel=1e-3)
    tables = (model.get_input_embeddings(), model.get_output_embeddings())
    assert sum(table.weight.numel() for table in tables) == shape.embeddings
    # 7.0e9 × 0.516 + 1.05e9 × 2 = 5.70e9; 131,072 × (1,000 + 256 × 256) = 8.72e9;
    # 2²⁴ × 40 = 0.67e9 of scratch, 256 × 128,256 × 2 = 0.07e9 of logits, 0.31e9 for the rest.
    needed = memory_of(shape, "nf4", device="cuda", n=256, prompt_tokens=1000, new_tokens=256)
    assert needed == pytest.approx(15.47e9, rel=2e-3)
    assert needed < 16e9 < 16 * GIB
    # So says the loop, on a card whose driver and libraries take half a gigabyte.
    free = 16 * GIB - OVERHEAD - 500e6 - weight_bytes(shape, "nf4", "cuda")
    assert 256 <= rows_that_fit(shape, "nf4", device="cuda", tokens=256, free=int(free)) < 512


def test_the_peak_of_a_process(tiny: LocalModel) -> None:
    now = psutil.Process().memory_info().rss
    peak = tiny.peak_memory
    assert peak.whole_process
    assert now <= peak.bytes <= psutil.virtual_memory().total
    assert peak_memory("cpu").bytes >= peak.bytes


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_many_answers_on_a_gpu_stay_within_the_estimate(checkpoint: object) -> None:
    folder: Path = checkpoint("llama", max_position_embeddings=2048)  # type: ignore[operator]
    model = load_local(ModelRef(str(folder), quantization="bf16"), device="cuda")
    asked = [Message("user", "the sea and the harbour " * 60)]
    settings = Decoding(max_new_tokens=256)
    prompt = model.count_tokens(asked)
    drawn = list(model.generate(asked, indices=range(256), decoding=settings, seed=1))
    assert len(drawn) == 256
    sizes = {"n": 256, "prompt_tokens": prompt, "new_tokens": 256}
    peak = model.peak_memory
    assert not peak.whole_process
    assert peak.bytes <= memory_of(model._shape, "bf16", device="cuda", **sizes)
