"""Models of real sizes with random weights, made where they run: nothing is downloaded or saved."""

from __future__ import annotations

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from models.continuation import Engine
from models.prefix_check import checked
from models.registry import available_memory

_LLAMA_3: dict[str, Any] = {"vocab_size": 128256, "max_position_embeddings": 8192}
SIZES: dict[str, dict[str, Any]] = {
    "llama-8b": {
        **_LLAMA_3,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
    "llama-1b": {
        **_LLAMA_3,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "tie_word_embeddings": True,
    },
    "llama-30m": {
        "vocab_size": 8192,
        "hidden_size": 512,
        "intermediate_size": 1408,
        "num_hidden_layers": 8,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
    },
    "llama-tiny": {
        "vocab_size": 512,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
}
ROOMY = 40 * 10**9  # bytes in which any of these fits, wide and narrow
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "nf4": torch.bfloat16}


def random_engine(size: str, precision: str, device: str) -> Engine:
    """A model in the shape of a real one, ready to be decoded.

    Args:
        size: of `SIZES`.
        precision: "fp32", "bf16" or "nf4"; the last leaves embedding and head in bf16.
        device: "cpu" or "cuda".
    """
    torch.manual_seed(0)
    dtype = PRECISIONS[precision]
    config = LlamaConfig(**SIZES[size], dtype=dtype)
    # What is to be quantized need not fit the device before, but is made faster there.
    made_on = "cpu" if precision == "nf4" and available_memory(device) < ROOMY else device
    with torch.device(made_on):
        usual = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            model: Any = LlamaForCausalLM(config).eval()
        finally:
            torch.set_default_dtype(usual)
    if precision == "nf4":
        _quantize(model, device)
    return checked(Engine(model, model.config._attn_implementation, frozenset()))[0]


def _quantize(model: Any, device: str) -> None:
    """Make all layers of a model but the head NF4, as loading does."""
    from bitsandbytes.nn import Linear4bit

    for place, module in list(model.named_modules()):
        if not isinstance(module, torch.nn.Linear) or place == "lm_head":
            continue
        narrow = Linear4bit(
            module.in_features,
            module.out_features,
            bias=False,
            compute_dtype=module.weight.dtype,
            compress_statistics=True,
            quant_type="nf4",
            device="meta",
        )
        kind = type(narrow.weight)
        narrow.weight = kind(
            module.weight.data,
            requires_grad=False,
            quant_type="nf4",
            compress_statistics=True,
            module=narrow,
        )
        model.set_submodule(place, narrow.to(device))
    model.to(device)
