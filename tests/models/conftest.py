"""Tiny checkpoints, built by code: random weights, byte-level tokenizer, template of our own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.schema import ModelRef
from models.continuation import Engine
from models.local import LocalModel, load_local
from tests.models.stub_server import StubServer

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SIZES = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 512,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "bos_token_id": None,
}
# The default spread of fresh weights leaves attention almost uniform; wider, it matters.
LIVELY = {"initializer_range": 0.3}
KINDS: dict[str, dict[str, object]] = {
    "llama": {},
    "qwen2": {"num_key_value_heads": 2},
    "mistral": {"sliding_window": 24, "num_key_value_heads": 2},
    "gemma2": {
        "head_dim": 16,
        "num_key_value_heads": 2,
        "attn_logit_softcapping": 1.0,
        "query_pre_attn_scalar": 16,
        "sliding_window": 256,
    },
}


def save_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    roles = ["<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=290,
        special_tokens=["<|pad|>", "<|end|>", *roles],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the harbour and the sea", "a boat in the harbour"], trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        additional_special_tokens=roles,
        chat_template=template,
    ).save_pretrained(folder)


def save_checkpoint(folder: Path, kind: str, *, seed: int = 0, **changes: object) -> Path:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(seed)
    settings = {**SIZES, **LIVELY, **KINDS.get(kind, {}), **changes}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **settings))
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder of a tiny checkpoint of this architecture; built once, not to be changed."""
    built: dict[str, Path] = {}

    def build(kind: str, **changes: object) -> Path:
        if changes:
            return save_checkpoint(tmp_path_factory.mktemp(kind), kind, **changes)
        if kind not in built:
            built[kind] = save_checkpoint(tmp_path_factory.mktemp(kind), kind)
        return built[kind]

    return build


@pytest.fixture(scope="session")
def tiny(checkpoint: Callable[..., Path]) -> LocalModel:
    """A tiny Llama in float32 on the CPU."""
    return load_local(ModelRef(str(checkpoint("llama")), quantization="fp32"), device="cpu")


@pytest.fixture
def engine(tiny: LocalModel) -> Engine:
    """The tiny Llama, ending often: a tenth of its vocabulary ends an answer."""
    return replace(tiny._engine, eos_ids=frozenset(range(0, 300, 10)))


@pytest.fixture
def folder(tmp_path: Path, checkpoint: Callable[..., Path]) -> Path:
    """A copy of the tiny Llama's folder that a test may spoil."""
    return Path(shutil.copytree(checkpoint("llama"), tmp_path / "model"))


@pytest.fixture
def stub() -> Iterator[Callable[..., StubServer]]:
    """Starts model servers that behave as told; they end with the test."""
    started: list[StubServer] = []

    def start(**behaviour: object) -> StubServer:
        started.append(StubServer(**behaviour))
        return started[-1]

    yield start
    for server in started:
        server.close()
