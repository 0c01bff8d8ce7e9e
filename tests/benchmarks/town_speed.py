"""How fast the bundled model is beside its first version: python -m tests.benchmarks.town_speed.

Draws 64 answers of 40 tokens in one call of the engine, from the bundled weights and from random
ones in the shape of the first version (4 layers of width 192, 3,072 tokens), in interleaved runs.
Ends with the line `speed_ratio=…`: the first version's median time over the present one's; above
1 the present model is the faster.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from data.schema import Decoding
from models.continuation import Engine
from models.decoding import Request, sample
from models.prefix_check import checked
from tests.benchmarks.engine import BUNDLED, load, measure

ROUNDS, N, TOKENS, PROMPT = 15, 64, 40, 30


def first_version() -> Engine:
    """Random weights in the shape of the first version."""
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        vocab_size=3072,
        tie_word_embeddings=True,
    )
    model: Any = LlamaForCausalLM(config).eval()
    return checked(Engine(model, model.config._attn_implementation, frozenset()))[0]


def draw(engine: Engine) -> int:
    """Tokens drawn in one call, end tokens switched off."""
    request = Request(Decoding(max_new_tokens=TOKENS), seed=1, limit=TOKENS)
    endless = replace(engine, eos_ids=frozenset())
    return sum(len(d.token_ids) for d in sample(endless, range(10, 10 + PROMPT), range(N), request))


def main() -> None:
    name, engine = "bundled model", load(BUNDLED, "fp32", "cpu")
    first = first_version()
    works = {name: lambda: draw(engine), "first version": lambda: draw(first)}
    seconds = measure(works, ROUNDS, N * TOKENS)
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    for way, median in medians.items():
        print(f"{way:16}{median:.3f} s  {N / median:.0f} samples/s")
    print(f"speed_ratio={medians['first version'] / medians[name]:.2f}")


if __name__ == "__main__":
    main()
