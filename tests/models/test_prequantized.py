"""Checkpoints that were saved in few bits are loaded as they are, and counted for what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.errors import MemoryBudgetError, ModelError
from data.schema import Decoding, Message, ModelRef, Quantization
from models.local import LocalModel, load_local
from models.prequantized import Stored, stored_precision
from models.registry import estimate_memory
from models.shape import OVERHEAD, read_shape
from tests.models.conftest import save_tokenizer
from tests.models.families import edit_json

ASK = [Message("user", "A boat in the harbour?")]


@pytest.fixture(scope="module", params=["int8", "nf4"])
def pair(
    request: pytest.FixtureRequest,
    checkpoint: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[LocalModel, Path]:
    """A model quantized when it was loaded, and the folder into which it was then saved."""
    ref = ModelRef(str(checkpoint("llama")), quantization=request.param)
    model = load_local(ref, device="cpu")
    folder = tmp_path_factory.mktemp(request.param)
    model._engine.model.save_pretrained(folder)
    save_tokenizer(folder)
    return model, folder


@pytest.mark.parametrize("asked", ["bf16", "nf4"])
def test_weights_saved_in_few_bits_say_the_same(
    pair: tuple[LocalModel, Path], asked: Quantization
) -> None:
    saved, folder = pair
    again = load_local(ModelRef(str(folder), quantization=asked), device="cpu")
    assert any("stored in few bits (bitsandbytes" in note for note in again.info.notes)
    answers = [(40, 41, 7, 9), (5,)]
    for there, here in zip(saved.score(ASK, answers), again.score(ASK, answers), strict=True):
        # bf16 or float32 between the layers, as it was saved or as it is computed here
        np.testing.assert_allclose(here, there, atol=0.05)
    settings = Decoding(max_new_tokens=5)
    assert len(list(again.generate(ASK, indices=range(4), decoding=settings, seed=1))) == 4


def test_their_parameters_are_those_before_packing(
    pair: tuple[LocalModel, Path], tiny: LocalModel
) -> None:
    _, folder = pair
    assert read_shape(folder).parameters == tiny.info.parameters


def test_their_memory_is_what_is_stored(pair: tuple[LocalModel, Path]) -> None:
    _, folder = pair
    size = (folder / "model.safetensors").stat().st_size
    assert read_shape(folder).stored == size
    found = {q: estimate_memory(ModelRef(str(folder), quantization=q)) for q in ("int8", "nf4")}
    assert found["int8"] == found["nf4"] > size + OVERHEAD  # whatever precision is asked for


def test_too_little_memory_for_them_is_said(
    pair: tuple[LocalModel, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.loading.available_memory", lambda _: 2**20)
    with pytest.raises(MemoryBudgetError, match="needs about"):
        load_local(ModelRef(str(pair[1])), device="cpu")


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "optimum and gptqmodel"),
        ({"quant_method": "awq", "bits": 4}, "gptqmodel"),
    ],
)
def test_the_package_that_they_take_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], missing: str
) -> None:
    monkeypatch.setattr("models.prequantized.find_spec", lambda _: None)
    edit_json(folder / "config.json", quantization_config=settings)
    with pytest.raises(ModelError, match=f"not installed: {missing}") as refused:
        load_local(ModelRef(str(folder)), device="cpu")
    assert "pip install" in refused.value.what_to_do
    assert settings["quant_method"].upper() in refused.value.what_happened


def test_what_the_config_says_of_its_weights() -> None:
    assert stored_precision({}) is None
    assert stored_precision({"quantization_config": None}) is None
    four = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    assert stored_precision(four) == Stored("bitsandbytes", 4)
    assert stored_precision({"quantization_config": {"load_in_8bit": True}}).bits == 8
    awq = {"quantization_config": {"quant_method": "awq", "w_bit": 4}}
    assert stored_precision(awq).name == "AWQ, 4 bits"
    other = {"quantization_config": {"quant_method": "fp8"}}
    assert stored_precision(other) == Stored("fp8", 0)


def test_packed_weights_are_counted_one_by_one() -> None:
    """GPTQ: 8 weights of 4 bits in each int32; a layer of 64 × 32 is stored as (8, 32)."""
    stored = Stored("gptq", 4)
    packed = {"dtype": "I32", "shape": [8, 32]}
    assert stored.elements("layer.qweight", packed) == 64 * 32
    assert stored.elements("layer.qzeros", packed) == 0
    assert stored.elements("layer.g_idx", {"dtype": "I32", "shape": [64]}) == 0
    assert stored.elements("norm.weight", {"dtype": "F16", "shape": [32]}) == 32
    assert Stored("fp8", 0).elements("layer.weight", {"dtype": "F8_E4M3", "shape": [4, 4]}) == 16
