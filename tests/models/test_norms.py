from __future__ import annotations

from pathlib import Path

import pytest
import torch

from data.schema import ModelRef
from models.continuation import Engine, read_prompt
from models.local import load_local
from models.norms import fuse_norms
from tests.models.families import save_family

PROMPT = list(range(5, 25))


def engine(folder: Path, name: str) -> Engine:
    ref = ModelRef(str(save_family(folder, name)), quantization="fp32")
    return load_local(ref, device="cpu")._engine


def spread_norms(model: torch.nn.Module) -> None:
    """Fresh norms multiply by 1, which hides what they do with their weights."""
    generator = torch.Generator().manual_seed(2)
    with torch.inference_mode():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.copy_(torch.rand(weight.shape, generator=generator) + 0.5)


@pytest.mark.parametrize(("name", "each"), [("llama", 2), ("qwen3", 4), ("olmo2", 4)])
def test_fused_norms_say_the_same(tmp_path: Path, name: str, each: int) -> None:
    found = engine(tmp_path, name)
    spread_norms(found.model)
    before = read_prompt(found, PROMPT).logits
    layers = found.model.config.num_hidden_layers
    assert fuse_norms(found.model) == each * layers + 1
    torch.testing.assert_close(read_prompt(found, PROMPT).logits, before, atol=1e-4, rtol=0)
    assert before.std() > 0.1


@pytest.mark.parametrize("name", ["gemma2", "gpt2"])
def test_other_norms_stay_as_they_are(tmp_path: Path, name: str) -> None:
    found = engine(tmp_path, name)
    spread_norms(found.model)
    before = read_prompt(found, PROMPT).logits
    assert fuse_norms(found.model) == 0
    assert torch.equal(read_prompt(found, PROMPT).logits, before)


def test_norms_that_are_wider_than_their_model_stay_as_they_are(tmp_path: Path) -> None:
    found = engine(tmp_path, "llama").model
    norm = found.model.norm
    norm.weight = torch.nn.Parameter(norm.weight.double())
    assert fuse_norms(found) == 2 * found.config.num_hidden_layers
    assert "forward" not in vars(norm)
