from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from data.errors import MemoryBudgetError, ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef, Quantization
from models.assembling import FLOAT32_ON_CPU
from models.local import LocalModel, load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from tests.models.families import edit_json, save_family

ASK = [Message("system", "Be brief."), Message("user", "A boat in the harbour?")]


def load(folder: Path | str, quantization: Quantization = "fp32") -> LocalModel:
    return load_local(ModelRef(str(folder), quantization=quantization), device="cpu")


def test_info_says_what_was_loaded(tiny: LocalModel) -> None:
    info = tiny.info
    assert info.parameters == sum(p.numel() for p in tiny._engine.model.parameters())
    assert (info.context, info.device, info.has_chat_template) == (512, "cpu", True)
    assert info.notes == ()


def test_samples_carry_what_was_drawn(tiny: LocalModel) -> None:
    settings = Decoding(max_new_tokens=40, temperature=1.5)
    samples = list(tiny.generate(ASK, indices=range(64), decoding=settings, seed=5))
    assert sorted(sample.index for sample in samples) == list(range(64))
    assert len({sample.call_id for sample in samples}) == 64
    stopped = [sample for sample in samples if sample.finish is FinishReason.STOP]
    assert stopped
    for sample in samples:
        assert len(sample.token_ids) == len(sample.logprobs) == len(sample.entropies)
        assert all(logprob <= 0 for logprob in sample.logprobs)
        assert not any(marker in sample.text for marker in ("<|end|>", "<|user|>", "harbour?"))
    assert all(sample.token_ids[-1] == 1 for sample in stopped)


def test_an_end_token_that_is_not_special_stays_out_of_the_text(tiny: LocalModel) -> None:
    from dataclasses import replace

    letters = frozenset(range(5, 200))
    engine = replace(tiny._engine, eos_ids=letters)
    model = LocalModel(engine, tiny._chat, tiny._reader, tiny.info, tiny._shape)
    for sample in model.generate(ASK, indices=range(20), decoding=Decoding(), seed=1):
        if sample.finish is FinishReason.STOP and len(sample.token_ids) == 1:
            assert sample.text == ""
            return
    pytest.fail("no draw ended with its first token")


def test_end_tokens_come_from_all_who_name_them(folder: Path) -> None:
    edit_json(folder / "generation_config.json", eos_token_id=[7, 8])
    edit_json(folder / "config.json", eos_token_id=9)
    assert load(folder)._engine.eos_ids == {1, 7, 8, 9}
    edit_json(folder / "generation_config.json", eos_token_id="end")
    assert load(folder)._engine.eos_ids == {1, 9}


def test_a_context_left_out_is_that_of_the_architecture(tmp_path: Path) -> None:
    save_family(tmp_path, "phi3")
    edit_json(tmp_path / "config.json", max_position_embeddings=None)
    assert load(tmp_path).info.context == 4096


@pytest.mark.parametrize("quantization", ["bf16", "int8", "nf4"])
def test_every_precision_runs_on_a_cpu(
    checkpoint: Callable[..., Path], tiny: LocalModel, quantization: Quantization
) -> None:
    model = load(checkpoint("llama"), quantization)
    layer = model._engine.model.model.layers[0].mlp.up_proj
    expected = {"bf16": torch.float32, "int8": torch.int8, "nf4": torch.uint8}[quantization]
    assert layer.weight.dtype == expected
    assert (FLOAT32_ON_CPU in model.info.notes) == (quantization == "bf16")
    samples = list(model.generate(ASK, indices=range(5), decoding=Decoding(), seed=5))
    assert len(samples) == 5
    assert model.info.parameters == tiny.info.parameters


def test_nf4_of_an_odd_shape_runs_or_is_refused_in_words(checkpoint: Callable[..., Path]) -> None:
    # Some processors' kernels take only multiples of 64, others any shape.
    narrow = checkpoint("llama", hidden_size=32, intermediate_size=48)
    refused, count = "", 0
    try:
        model = load(narrow, "nf4")
        count = len(list(model.generate(ASK, indices=range(3), decoding=Decoding(), seed=5)))
    except ModelError as error:
        refused = str(error)
    assert count == 3 or "can't be run in nf4" in refused


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (AssertionError("N must be divisible"), ModelError, "can't be run in fp32: N must be"),
        (torch.OutOfMemoryError("CUDA out of memory."), MemoryBudgetError, "no memory left to run"),
    ],
)
def test_whatever_a_first_run_raises_is_said(
    checkpoint: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    kind: type[ModelError],
    message: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("models.continuation.read_prompt", fails)
    with pytest.raises(kind, match=message):
        load(checkpoint("llama"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("quantization", ["bf16", "int8", "nf4"])
def test_every_precision_runs_on_a_gpu(
    checkpoint: Callable[..., Path], quantization: Quantization
) -> None:
    model = load_local(ModelRef(str(checkpoint("llama")), quantization=quantization))
    assert model.info.device == "cuda"
    samples = list(model.generate(ASK, indices=range(40), decoding=Decoding(), seed=5))
    assert len(samples) == 40


def test_the_bundled_model_answers() -> None:
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    model = load(BUNDLED_ID, "bf16")
    assert model._engine.shares_prefix
    question = [Message("user", "What should the town do with the old lighthouse?")]
    samples = list(model.generate(question, indices=range(8), decoding=Decoding(), seed=1))
    assert all(sample.text.strip() for sample in samples)


def test_a_prompt_must_leave_room_for_an_answer(tiny: LocalModel) -> None:
    used = tiny.count_tokens([Message("user", ""), *ASK])
    exactly = [Message("user", "x" * (512 - used)), *ASK]
    assert tiny.count_tokens(exactly) == 512
    with pytest.raises(PromptError, match=r"512 tokens, but .* at most 512"):
        tiny.generate(exactly, indices=[0], decoding=Decoding(), seed=1)
    nearly = [Message("user", "x" * (510 - used)), *ASK]
    (sample,) = tiny.generate(nearly, indices=[0], decoding=Decoding(), seed=1)
    assert len(sample.token_ids) <= 2


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_bad_prompts_are_refused_before_anything_runs(tiny: LocalModel, text: str) -> None:
    with pytest.raises(PromptError):
        tiny.generate([Message("user", text)], indices=[0], decoding=Decoding(), seed=1)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config.json"):
        load(tmp_path)


def test_a_config_that_is_no_config(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="can't be read"):
        load(folder)


def test_a_pickle_only_checkpoint(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        load(folder)


def test_no_weights_at_all(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights"):
        load(folder)


def test_damaged_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="damaged"):
        load(folder)


def test_weights_cut_short(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"bytes are missing at its end\. Download"):
        load(folder)


def test_weights_with_holes(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="incomplete: 1"):
        load(folder)


def test_code_from_a_model_is_never_run(folder: Path) -> None:
    edit_json(
        folder / "config.json",
        model_type="homemade",
        auto_map={"AutoModelForCausalLM": "modeling.Homemade"},
    )
    (folder / "modeling.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    with pytest.raises(ModelError, match="runs no code from models"):
        load(folder)


def test_an_unknown_architecture(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="homemade")
    with pytest.raises(ModelError, match="homemade"):
        load(folder)


def test_a_model_that_writes_no_text(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="vit", architectures=["ViTModel"])
    with pytest.raises(ModelError, match="can't be loaded"):
        load(folder)


def test_a_missing_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="without a tokenizer"):
        load(folder)


def test_a_broken_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer of .* can't be read"):
        load(folder)


def test_too_little_memory_is_said_before_loading(
    checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.loading.available_memory", lambda _: 2**20)
    monkeypatch.setattr("models.loading._load_model", None)
    with pytest.raises(MemoryBudgetError, match=r"needs about .* GiB"):
        load(checkpoint("llama"))


def test_little_memory_makes_smaller_batches(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {s.index: s for s in tiny.generate(ASK, indices=range(40), decoding=Decoding(), seed=5)}
    assert tiny._rows_that_fit(64) > 1000
    monkeypatch.setattr("models.local.available_memory", lambda _: 4 * 2**20)
    assert 1 < tiny._rows_that_fit(64) < 40
    few = tiny.generate(ASK, indices=range(40), decoding=Decoding(), seed=5)
    assert {sample.index: sample for sample in few} == whole


def test_a_listed_model_too_large_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.loading.available_memory", lambda _: 2**30)
    monkeypatch.setattr("models.loading_hub.fetch", None)
    with pytest.raises(MemoryBudgetError, match=r"Qwen3 8B needs about"):
        load("Qwen/Qwen3-8B")


def test_running_out_while_loading_is_said(
    checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM

    def fails(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", fails)
    with pytest.raises(MemoryBudgetError, match="while it was loaded"):
        load(checkpoint("llama"))
