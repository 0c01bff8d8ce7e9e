"""Tiny checkpoints of many architectures: random weights, true to their kind, built in no time.

The weights are spread wider than fresh ones usually are, so that attention, windows, caps and
sinks change what a model says: a mistake in any of them changes its draws.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.models.templates import TEMPLATES
from tests.models.tokenizer_kinds import ENDS, save_tokenizer

VOCABULARY = 384  # more than any tokenizer here has, as padded embeddings do
CONTEXT = 96
WINDOW = 12
COMMON: dict[str, Any] = {"vocab_size": VOCABULARY, "tie_word_embeddings": False, "pad_token_id": 0}
SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.2,
}
WIDE: dict[str, Any] = {"head_dim": 32}  # heads that don't add up to the hidden size
EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
OLD: dict[str, Any] = {"n_embd": 64, "n_layer": 2, "n_head": 4, "initializer_range": 0.2}
MAMBA: dict[str, Any] = {
    "mamba_n_heads": 8,
    "mamba_d_head": 16,
    "mamba_d_ssm": 128,
    "mamba_n_groups": 1,
    "mamba_d_state": 8,
    "mamba_chunk_size": 8,
}
ALTERNATING: dict[str, Any] = {
    "sliding_window": WINDOW,
    "layer_types": ["sliding_attention", "full_attention"],
}
GEMMA: dict[str, Any] = {**WIDE, **ALTERNATING, "query_pre_attn_scalar": 16}
SIGHT: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2}
LATENT: dict[str, Any] = {
    "num_key_value_heads": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_group": 1,
    "topk_group": 1,
    "moe_intermediate_size": 32,
    "q_lora_rank": 32,
    "kv_lora_rank": 32,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 16,
    "v_head_dim": 24,
    "first_k_dense_replace": 1,
}
BORROWING: dict[str, Any] = {
    **WIDE,
    "global_head_dim": 32,
    "num_hidden_layers": 4,
    "num_kv_shared_layers": 2,
    "sliding_window": WINDOW,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "hidden_size_per_layer_input": 16,
    "vocab_size_per_layer_input": VOCABULARY,
    "num_global_key_value_heads": None,
}


@dataclass(frozen=True)
class Family:
    """One architecture as its checkpoints are.

    Attributes:
        settings: what its config says beyond `COMMON`.
        tokenizer: see `tests.models.tokenizer_kinds`.
        template: see `tests.models.templates`.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: str = "bytes"
    template: str = "turns"


def _modern(tokenizer: str = "bytes", template: str = "turns", **settings: Any) -> Family:
    return Family({**SIZES, **settings}, tokenizer, template)


FAMILIES: dict[str, Family] = {
    "llama": _modern("unigram", "merged"),
    "qwen2": _modern(),
    "qwen3": _modern("bytes", "switch", **WIDE),
    "mistral": _modern("unigram", "merged", sliding_window=WINDOW),
    "gemma2": _modern(
        "unigram", "refuses", attn_logit_softcapping=2.0, final_logit_softcapping=10.0, **GEMMA
    ),
    "gemma3_text": _modern("unigram", "refuses", **GEMMA),
    "gemma3": Family(  # reads images as well; its text model lies inside
        {
            "text_config": {**SIZES, **GEMMA, "vocab_size": VOCABULARY},
            "vision_config": {"num_hidden_layers": 1, "image_size": 28, "patch_size": 14, **SIGHT},
            "image_token_index": VOCABULARY - 1,
            "mm_tokens_per_image": 4,
        },
        "unigram",
        "parts",
    ),
    "gemma4_text": _modern("unigram", "turns", **BORROWING),
    "phi3": _modern("unigram", sliding_window=WINDOW),
    "olmo2": _modern(),
    "smollm3": _modern("bytes", "switch", no_rope_layers=[1, 0]),
    "mixtral": _modern("unigram", "merged", num_local_experts=4),
    "qwen3_moe": _modern("bytes", "opened", **WIDE, **EXPERTS),
    "olmoe": _modern("wordpiece", "none", **EXPERTS),
    "gpt_oss": _modern(num_local_experts=4, num_experts_per_tok=2, **WIDE, **ALTERNATING),
    "deepseek_v3": _modern("bytes", "opened", **LATENT),
    "llama4_text": _modern(
        attention_chunk_size=WINDOW,
        num_local_experts=2,
        num_experts_per_tok=1,
        intermediate_size_mlp=64,
        **WIDE,
    ),
    "lfm2": _modern(layer_types=["conv", "full_attention"], conv_L_cache=3),
    "bamba": _modern(attn_layer_indices=[1], **MAMBA),
    "falcon_h1": _modern(**MAMBA),
    "qwen3_5_text": _modern(
        "bytes",
        "switch",
        layer_types=["linear_attention", "full_attention"],
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        linear_key_head_dim=16,
        linear_value_head_dim=16,
        **WIDE,
    ),
    "mamba": Family({"hidden_size": 64, "num_hidden_layers": 2, "state_size": 8}),
    "recurrent_gemma": _modern(
        "unigram", "refuses", lru_width=64, attention_window_size=WINDOW, num_hidden_layers=3
    ),
    "gpt2": Family({"n_positions": CONTEXT, **OLD}, template="none"),
    "bloom": Family(
        {"hidden_size": 64, "n_layer": 2, "n_head": 4, "seq_length": CONTEXT}, template="none"
    ),
    "mpt": Family(
        {"d_model": 64, "n_heads": 4, "n_layers": 2, "max_seq_len": CONTEXT}, "wordpiece", "none"
    ),
}


def save_family(folder: Path, name: str, *, seed: int = 0, **changes: Any) -> Path:
    """Write a checkpoint as its publisher would; `changes` go into its config."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    family = FAMILIES[name]
    torch.manual_seed(seed)
    ends = {"eos_token_id": ENDS[family.tokenizer], "bos_token_id": None}
    config = AutoConfig.for_model(name, **{**COMMON, **ends, **family.settings, **changes})
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():  # biases and sinks begin as zeros and would say nothing
        for place, parameter in model.named_parameters():
            if place.endswith(("bias", "sinks")):
                parameter.normal_(std=0.5)
    model.save_pretrained(folder)
    save_tokenizer(folder, family.tokenizer, TEMPLATES[family.template])
    return folder


def edit_json(file: Path, **changes: object) -> None:
    """Set these keys of a JSON file; None removes one."""
    content = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    kept = {key: value for key, value in content.items() if value is not None}
    file.write_text(json.dumps(kept), encoding="utf-8")
