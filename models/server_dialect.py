"""How one asks for the same thing in the dialects of different servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.schema import Decoding, Message

_SEEDS = 2**31  # the range that every server takes
_STRIDE = 0x9E3779B1  # odd, so that multiples of it are all different modulo a power of 2
_NO_THINKING: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which fields a server takes beside those that all take.

    Servers fall back on settings of their own, or of the model's publisher, wherever none are
    sent: so everything that shapes a draw is sent, above all what Chorale leaves switched off.

    Attributes:
        name: for people.
        decoding: the fields that say how tokens are drawn.
        extra: further fields.
        truncates: whether top-k and min-p can be asked for at all.
        logprobs: whether log-probabilities are asked for.
    """

    name: str
    decoding: Callable[[Decoding], Mapping[str, Any]]
    extra: Mapping[str, Any]
    truncates: bool = True
    logprobs: bool = True


def _engine_fields(decoding: Decoding) -> dict[str, Any]:
    """As vLLM and SGLang read them; the last two are llama.cpp's, which others pass over."""
    return {
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "top_k": decoding.top_k or -1,
        "min_p": decoding.min_p,
        "repetition_penalty": 1.0,
        "repeat_penalty": 1.0,
        # Unless told otherwise it truncates first and applies the temperature last.
        "samplers": ["temperature", "top_k", "top_p", "min_p"],
    }


def _transformers_fields(decoding: Decoding) -> dict[str, Any]:
    """As `transformers serve` reads them; without `do_sample` it takes the likeliest token."""
    drawn = {"temperature": decoding.temperature, "top_p": decoding.top_p}
    settings: dict[str, Any] = {
        "do_sample": decoding.temperature > 0,
        **(drawn if decoding.temperature > 0 else {}),
        "top_k": decoding.top_k,
        "min_p": decoding.min_p,
        "repetition_penalty": 1.0,
        "max_new_tokens": decoding.max_new_tokens,
    }
    return {"generation_config": json.dumps(settings)}


def _plain_fields(decoding: Decoding) -> dict[str, Any]:
    """As the API was first written down."""
    return {"temperature": decoding.temperature, "top_p": decoding.top_p}


# From the one that says most to the one that says least; the first that a server takes is used.
DIALECTS = (
    Dialect("engine", _engine_fields, {**_NO_THINKING, "return_token_ids": True}),
    Dialect("engine without template options", _engine_fields, {"return_token_ids": True}),
    Dialect("transformers", _transformers_fields, _NO_THINKING),
    Dialect("plain", _plain_fields, {}, truncates=False),
    Dialect("plain without log-probabilities", _plain_fields, {}, truncates=False, logprobs=False),
)


def chat_request(
    dialect: Dialect,
    model: str,
    messages: Sequence[Message],
    decoding: Decoding,
    *,
    seed: int,
    n: int = 1,
    top_logprobs: int = 1,
) -> dict[str, Any]:
    """The body of a request for n answers.

    Args:
        dialect: the server's.
        model: as the server calls it.
        messages: the chat so far.
        decoding: how to draw.
        seed: in [0, 2³¹).
        n: answers.
        top_logprobs: likeliest tokens to show at each step, ≥ 1 (for 0, llama.cpp shows nothing).
    """
    shown = {"logprobs": True, "top_logprobs": top_logprobs} if dialect.logprobs else {}
    return {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in messages],
        "max_tokens": decoding.max_new_tokens,
        "seed": seed,
        **({"n": n} if n > 1 else {}),
        **({"stop": list(decoding.stop)} if decoding.stop else {}),
        **shown,
        **dialect.decoding(decoding),
        **dialect.extra,
    }


def draw_seed(seed: int, index: int) -> int:
    """The seed of one draw, in [0, 2³¹): different for every index below that."""
    digest = hashlib.sha256(f"chorale draw {seed}".encode()).digest()
    return (int.from_bytes(digest[:4], "big") + index * _STRIDE) % _SEEDS
