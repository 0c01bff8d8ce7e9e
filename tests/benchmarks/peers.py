"""Ways to draw n answers to one prompt: our engine and its peers, each told to draw as much.

End tokens are switched off, so that all draw n × tokens tokens, except where the time to the first
finished answer is asked for: there every 32nd token of the vocabulary ends an answer.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from data.schema import Decoding
from models.continuation import Engine
from models.decoding import Request, sample

ENDING = 32
PAGE = 32  # tokens of the cache that continuous batching gives out at a time on a CPU


@dataclass(frozen=True)
class Ask:
    """What each way is asked for: n answers of so many tokens to one prompt."""

    prompt: list[int]
    n: int
    tokens: int


Draw = Callable[[Ask], int]  # returns the tokens drawn
First = Callable[[Ask], float]  # seconds to the first finished answer


@dataclass(frozen=True)
class Way:
    """One way to draw.

    Attributes:
        draw: draws all answers, none of which ends early.
        first: draws answers that end, until one has; None where all come together at the end.
    """

    draw: Draw
    first: First | None


def ways(engine: Engine) -> dict[str, Way]:
    """All ways that are installed, ours first."""
    found = {
        "engine": _engine(engine),
        "generate": _generate(engine),
        "continuous batching": _continuous(engine),
    }
    if importlib.util.find_spec("vllm") is not None:
        found["vLLM"] = _vllm(engine)
    return found


def _ends(engine: Engine) -> list[int]:
    return list(range(0, engine.model.config.get_text_config().vocab_size, ENDING))


def _engine(engine: Engine) -> Way:
    def answers(ask: Ask, ends: list[int]) -> Iterator[int]:
        request = Request(Decoding(max_new_tokens=ask.tokens), seed=1, limit=ask.tokens)
        chosen = replace(engine, eos_ids=frozenset(ends))
        return (len(a.token_ids) for a in sample(chosen, ask.prompt, range(ask.n), request))

    def first(ask: Ask) -> float:
        start = time.perf_counter()
        next(answers(ask, _ends(engine)))
        return time.perf_counter() - start

    return Way(lambda ask: sum(answers(ask, [])), first)


def _own_attention(engine: Engine) -> None:
    """The model as its peers want it: with its own attention, which ours has been exchanged for."""
    engine.model.set_attn_implementation(engine.attention)


def _generate(engine: Engine) -> Way:
    def draw(ask: Ask) -> int:
        ids = torch.tensor([ask.prompt], device=engine.model.device)
        _own_attention(engine)
        with torch.inference_mode():
            out = engine.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                num_return_sequences=ask.n,
                max_new_tokens=ask.tokens,
                use_cache=True,
                eos_token_id=None,
                pad_token_id=0,
            )
        return out[:, len(ask.prompt) :].numel()

    return Way(draw, None)


def _continuous(engine: Engine) -> Way:
    """Transformers' continuous batching: one request, forked after its prompt is read."""

    def results(ask: Ask, ends: list[int]) -> Iterator[int]:
        from transformers import GenerationConfig
        from transformers.generation.continuous_batching.initialization import WorkloadHints

        settings = GenerationConfig(
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            num_return_sequences=ask.n,
            max_new_tokens=ask.tokens,
            eos_token_id=ends or -1,
            pad_token_id=0,
        )
        _own_attention(engine)
        with engine.model.continuous_batching_context_manager(
            generation_config=settings,
            continuous_batching_config=_pages(engine, ask),
            workload_hints=WorkloadHints(len(ask.prompt), ask.tokens, ask.n),
            timeout=5,
        ) as manager:
            manager.add_requests(inputs=[ask.prompt], max_new_tokens=ask.tokens)
            for _ in range(ask.n):
                while (result := manager.get_result(timeout=1)) is None or not result.is_finished():
                    if not manager.is_running():
                        raise RuntimeError("its thread ended before its answers came")
                if result.error is not None:
                    raise RuntimeError(str(result.error))
                yield len(result.generated_tokens)

    def first(ask: Ask) -> float:
        start = time.perf_counter()
        coming = results(ask, _ends(engine))
        next(coming)
        seconds = time.perf_counter() - start
        coming.close()
        return seconds

    return Way(lambda ask: sum(results(ask, [])), first)


def _pages(engine: Engine, ask: Ask) -> Any:
    """Its settings: its own on a GPU. On a CPU those would take nearly all memory there is."""
    from transformers import ContinuousBatchingConfig

    if engine.model.device.type != "cpu":
        return ContinuousBatchingConfig()
    each = -(-(len(ask.prompt) + ask.tokens) // PAGE) + 1
    at_once = max(len(ask.prompt), ask.n)
    return ContinuousBatchingConfig(
        page_size=PAGE, num_blocks=each * ask.n, max_batch_tokens=at_once
    )


def _vllm(engine: Engine) -> Way:
    """VLLM on the same weights, saved for it; its engine is built at the first call.

    Its offline interface gives all answers together, so nothing is said of its first one.
    """
    built: list[Any] = []

    def draw(ask: Ask) -> int:
        import tempfile

        from vllm import LLM, SamplingParams

        if not built:
            folder = tempfile.mkdtemp()
            engine.model.save_pretrained(folder)
            room = {"gpu_memory_utilization": 0.45, "max_model_len": 2048}
            built.append(LLM(folder, skip_tokenizer_init=True, **room))
        settings = SamplingParams(
            n=ask.n, max_tokens=ask.tokens, temperature=1.0, ignore_eos=True, detokenize=False
        )
        (output,) = built[0].generate({"prompt_token_ids": ask.prompt}, settings)
        return sum(len(answer.token_ids) for answer in output.outputs)

    return Way(draw, None)
