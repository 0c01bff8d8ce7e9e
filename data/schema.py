"""What flows between the rooms: frozen values without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["system", "user", "assistant"]
Quantization = Literal["bf16", "fp32", "int8", "nf4"]

MIN_SAMPLES, MAX_SAMPLES = 8, 512
MAX_CONDITIONS = 4


class FinishReason(StrEnum):
    """Why a draw ended."""

    STOP = "stop"  # the model ended its answer
    LENGTH = "length"  # the limit of new tokens, or of the context, was reached


class RunState(StrEnum):
    """Where a run stands. Only INCOMPLETE runs can be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"  # stopped, failed, or cut off; what was drawn is kept


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights, in which precision: everything that determines a loaded model.

    Attributes:
        id: "saltmere" (bundled), "echo", a folder, a Hub id ("owner/name"), or a model on a server
            ("server:NAME" on the operator's, "server:NAME@http://host:port/v1" on any).
        revision: Hub branch, tag or commit; "" takes the default branch.
        quantization: precision of the weights in memory.
    """

    id: str
    revision: str = ""
    quantization: Quantization = "bf16"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a token is drawn from the model's distribution.

    Applied in this order: temperature, then top-k, then top-p, then min-p, each on the
    renormalised outcome of the one before. (vLLM applies temperature first too; transformers'
    `generate` orders its warpers likewise.)

    Attributes:
        temperature: ≥ 0; 0 takes the likeliest token.
        top_p: in (0, 1]; smallest set of tokens whose mass reaches it; 1 is off.
        top_k: ≥ 0 tokens kept; 0 is off.
        min_p: in [0, 1); tokens at least this fraction of the likeliest; 0 is off.
        max_new_tokens: > 0; thinking counts.
        stop: texts that end the answer and are left out of it. They are looked for in the answer
            as it is read, without special tokens, and not in the thinking before it.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One way of asking: the unit that a run compares.

    Attributes:
        key: stable within its run ("a" … "d"); its letter fixes its colour and symbol.
        name: what the user calls it.
        system: persona or other system prompt; "" sends none.
        n: independent draws wanted.
    """

    key: str
    name: str
    model: ModelRef
    decoding: Decoding = Decoding()
    system: str = ""
    n: int = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """One draw. Independent of every draw with another call_id.

    A server may not tell all of it: token ids are then −1, log-probabilities and entropies NaN,
    one each per token; where not even the number of tokens is told, there are none.

    Attributes:
        index: place in its condition, 0 ≤ index < n; with the condition's seed it fixes the draw.
        call_id: draws that came from one model call share it; one per sample in plain sampling.
        text: what the model answered, special tokens removed.
        token_ids: the tokens drawn: thinking, answer, and the end token or stop text that ended it.
        logprobs: natural log-probability of each under the model at T = 1, before truncation.
        entropies: nats, of the model's full distribution at T = 1 at each step.
        thinking: what it wrote for itself before it answered; "" when it doesn't mark any.
    """

    index: int
    call_id: str
    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]
    finish: FinishReason
    thinking: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment as asked for, and where it stands.

    Attributes:
        id: 32 hexadecimal digits, unguessable.
        owner: hash of the visitor who may see it; "" is the app's own (recorded examples).
        kind: the experiment ("sampling").
        seed: with the condition's key and the sample's index it fixes every draw.
        note: why it is incomplete, in words for the user; "" otherwise.
    """

    id: str
    owner: str
    kind: str
    prompt: str
    conditions: tuple[Condition, ...]
    seed: int
    state: RunState
    created: datetime  # UTC, aware
    embedder: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunData:
    """A run with what has been drawn and placed so far; row i of everything is one sample.

    Attributes:
        keys: (m,) condition key per row, in order of arrival.
        samples: (m,) the draws.
        vectors: (m, d) float32 L2-normalised embeddings, read-only.
        coordinates: (m, 2) float32 places on the map, read-only.
    """

    run: Run
    keys: tuple[str, ...]
    samples: tuple[Sample, ...]
    vectors: NDArray[np.float32]
    coordinates: NDArray[np.float32]
