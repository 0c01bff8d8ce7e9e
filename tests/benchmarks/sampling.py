"""Samples per second of the engine beside transformers' own ways of sampling.

All three draw the same number of tokens from the same model in the same precision with the same
settings, with end tokens switched off so that no draw ends early. Their runs are interleaved, and
medians are compared. The last line is for the 400-token prompt.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from data.schema import Decoding, ModelRef
from models.continuation import Engine
from models.decoding import Request, sample
from models.local import load_local
from models.prefix_check import checked
from models.registry import BUNDLED_FOLDER, BUNDLED_ID

PROMPTS = (40, 400)
ENGINE, BATCHED, SEQUENTIAL = "engine", "generate(num_return_sequences=n)", "generate, one by one"


def load() -> tuple[str, Engine]:
    """The bundled model, or a random one of its size where its weights are missing."""
    if (BUNDLED_FOLDER / "config.json").is_file():
        return "bundled model", load_local(ModelRef(BUNDLED_ID))._engine
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 192, "intermediate_size": 512, "vocab_size": 4096}
    layers = {"num_hidden_layers": 5, "num_attention_heads": 6, "num_key_value_heads": 6}
    model: Any = LlamaForCausalLM(LlamaConfig(**sizes, **layers)).eval()
    return "random Llama", checked(Engine(model, model.config._attn_implementation, frozenset()))[0]


def ways(engine: Engine, prompt: list[int], n: int, tokens: int) -> dict[str, Callable[[], int]]:
    """Three functions that draw n answers and return the number of tokens drawn."""
    engine = replace(engine, eos_ids=frozenset())
    request = Request(Decoding(max_new_tokens=tokens), seed=1, limit=tokens)
    ids = torch.tensor([prompt], device=engine.model.device)

    def generate(sequences: int) -> int:
        out = engine.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            num_return_sequences=sequences,
            max_new_tokens=tokens,
            use_cache=True,
            eos_token_id=None,
            pad_token_id=0,
        )
        return out[:, len(prompt) :].numel()

    def ordinary(work: Callable[[], int]) -> Callable[[], int]:
        def run() -> int:
            # Their own attention again, which the engine has exchanged for its own.
            engine.model.set_attn_implementation(engine.attention)
            with torch.inference_mode():
                return work()

        return run

    return {
        ENGINE: lambda: sum(
            len(draw.token_ids) for draw in sample(engine, prompt, range(n), request)
        ),
        BATCHED: ordinary(lambda: generate(n)),
        SEQUENTIAL: ordinary(lambda: sum(generate(1) for _ in range(n))),
    }


def measure(
    work: dict[str, Callable[[], int]], rounds: int, expected: int
) -> dict[str, list[float]]:
    """Seconds of each way, round by round; the first round is a warm-up and left out."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            start = time.perf_counter()
            drawn = run()
            seconds[name].append(time.perf_counter() - start)
            if drawn != expected:
                raise SystemExit(f"Expected {name} to draw {expected} tokens but it drew {drawn}.")
    return {name: times[1:] for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-n", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    name, engine = load()
    print(
        f"{name}, {engine.model.num_parameters():,} parameters, {engine.model.dtype}, "
        f"{engine.model.device}, {torch.get_num_threads()} threads; n = {options.n}, "
        f"{options.tokens} new tokens each; prompt cache shared: {engine.shares_prefix}"
    )
    print(f"{'prompt':>6}  {'way':34}{'median s':>9}{'range s':>14}{'samples/s':>11}")
    for length in PROMPTS:
        vocabulary = engine.model.config.get_text_config().vocab_size
        prompt = torch.randint(vocabulary, (length,), generator=torch.Generator().manual_seed(1))
        seconds = measure(
            ways(engine, prompt.tolist(), options.n, options.tokens),
            options.rounds,
            options.n * options.tokens,
        )
        medians = {way: statistics.median(times) for way, times in seconds.items()}
        for way, times in seconds.items():
            spread = f"{min(times):.2f}–{max(times):.2f}"
            rate = options.n / medians[way]
            print(f"{length:>6}  {way:34}{medians[way]:>9.2f}{spread:>14}{rate:>11.1f}")
    generate, sequential = (medians[way] / medians[ENGINE] for way in (BATCHED, SEQUENTIAL))
    print(f"ratio_vs_generate={generate:.1f} ratio_vs_sequential={sequential:.1f}")


if __name__ == "__main__":
    main()
