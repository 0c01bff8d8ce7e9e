"""What flows between the rooms: frozen values without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.decoding import LEAST_ENTROPY as LEAST_ENTROPY
from data.decoding import AdaptiveDecoding as AdaptiveDecoding
from data.decoding import Decoding as Decoding
from data.decoding import SplitDecoding as SplitDecoding
from data.decoding import ValueDecoding as ValueDecoding
from data.mirroring import Mirroring

Role = Literal["system", "user", "assistant"]
Quantization = Literal["bf16", "fp32", "int8", "nf4"]
Reference = Literal["alone", "restated", "larger"]
Option = int | float | str | tuple[str, ...]

MIN_SAMPLES, MAX_SAMPLES = 8, 512
MAX_CONDITIONS = 8  # as many as there are colours and symbols that can be told apart
MAX_CHOIR = 4  # models that answer in turn under one condition


class FinishReason(StrEnum):
    """Why a draw ended."""

    STOP = "stop"  # the model ended its answer
    LENGTH = "length"  # the limit of new tokens, or of the context, was reached
    MISSING = "missing"  # no answer: its call gave fewer than it was asked for
    UNREAD = "unread"  # no answer: what its call gave could not be read
    JUDGED = "judged"  # no answer was drawn: how likely given ones are was read from the model


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
class Strategy:
    """By which strategy answers are asked for; see `experiments.strategies`.

    Attributes:
        name: "plain" asks the question as it is, once per answer.
        options: what is set for it, as pairs of name and value, in the strategy's own order.
    """

    name: str = "plain"
    options: tuple[tuple[str, Option], ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model that plays somebody.

    Attributes:
        system: who it should be.
    """

    model: ModelRef
    system: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversation that is held several times over: what the user says, and what is watched.

    Attributes:
        lines: what the user says, turn by turn; an empty one is left to `user`.
        replicates: conversations, each on a random stream of its own.
        replies: sampled in every turn; the first goes on, the others only measure.
        reminders: turns, from 1, that remind of the persona.
        reminder: what the user then says before the line; "" restates the persona as the system.
        marks: words by which the persona is known; a reply that holds any of them holds it.
        reference: the chat against which replies are measured, and in which one is drawn too:
            "alone" is the persona and the last line, "restated" the same conversation with the
            persona put before its last line, "larger" the same conversation as `larger` reads it.
        user: the model that says the lines left to it, in each conversation its own.
        larger: a model with the same tokenizer; None unless it is the reference.
        split: exponent of split-softmax, in (0, 1]: attention to the system prompt is held up while
            the model speaks; 1 is off. See `data.decoding.SplitDecoding`.
        live: whether a person says the lines one by one: one conversation, which grows.
        scripts: conversations in `lines`, equally long, one behind the other.
        mirroring: how the replies should follow the user's style; None where they shouldn't.
    """

    lines: tuple[str, ...]
    replicates: int = 16
    replies: int = 4
    reminders: tuple[int, ...] = ()
    reminder: str = ""
    marks: tuple[str, ...] = ()
    reference: Reference = "alone"
    user: Speaker | None = None
    larger: ModelRef | None = None
    split: float = 1.0
    live: bool = False
    scripts: int = 1
    mirroring: Mirroring | None = None

    @property
    def draws(self) -> int:
        """Replies in all."""
        return self.replicates * len(self.lines) * self.replies

    @property
    def beside(self) -> int:
        """What is drawn beside the replies: lines that are left to `user`, and references."""
        left = sum(not line.strip() for line in self.lines)
        return self.replicates * (len(self.lines) + left)

    def reference_index(self, replicate: int, turn: int) -> int:
        """The index of what is drawn in the reference chat: behind those of all replies."""
        return self.draws + replicate * len(self.lines) + turn

    def index(self, replicate: int, turn: int, reply: int) -> int:
        """A reply's index among all draws; everything is counted from 0."""
        return (replicate * len(self.lines) + turn) * self.replies + reply


@dataclass(frozen=True, slots=True)
class Condition:
    """One way of asking: the unit that a run compares.

    Attributes:
        key: stable within its run ("a" … "d"); its letter fixes its colour and symbol.
        name: what the user calls it.
        system: persona or other system prompt; "" sends none.
        n: answers wanted; independent of each other unless the strategy takes several from a call.
        strategy: how they are asked for.
        choir: more models that take turns with the first, call by call.
        plan: of the conversation that its draws make up; None where each answers for itself.
    """

    key: str
    name: str
    model: ModelRef
    decoding: Decoding = Decoding()
    system: str = ""
    n: int = 64
    strategy: Strategy = Strategy()
    choir: tuple[ModelRef, ...] = ()
    plan: Plan | None = None

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Every model that it needs, the one that answers first."""
        others: list[ModelRef] = []
        if self.plan is not None and self.plan.user is not None:
            others.append(self.plan.user.model)
        if self.plan is not None and self.plan.larger is not None:
            others.append(self.plan.larger)
        return (self.model, *self.choir, *others)


@dataclass(frozen=True, slots=True)
class Step:
    """What was written on the way to an answer: a plan, a list, a role; and what that is."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One draw. Independent of every draw with another call_id.

    Where a call gave no answer for its place, text and tokens are empty and `finish` says why. A
    judgement has only log-probabilities: one of each given answer in each chat that asked for it;
    what was written before or beside it are its steps.

    A server may not tell all of it: token ids are then −1, log-probabilities and entropies NaN,
    one each per token; where not even the number of tokens is told, there are none.

    Attributes:
        index: place in its condition, 0 ≤ index < n; with the condition's seed it fixes the draw.
        call_id: draws that came from one model call share it; one per sample in plain sampling.
        text: what the model answered, special tokens removed.
        token_ids: the tokens drawn: thinking, answer, and the end token or stop text that ended it;
            none where it is a part of a longer reply.
        logprobs: natural log-probability of each under the model at T = 1, before truncation.
        entropies: nats, of the model's full distribution at T = 1 at each step.
        thinking: what it wrote for itself before it answered; "" when it doesn't mark any.
        origin: what set its asking apart from the others': a role, a wording, a model; or "".
        steps: what was written on the way to it, in order.
        spent: tokens drawn for its sake, all steps included. What a call's answers have in common
            is shared out among them, so that the sum is what was drawn; None: its own tokens.
    """

    index: int
    call_id: str
    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]
    finish: FinishReason
    thinking: str = ""
    origin: str = ""
    steps: tuple[Step, ...] = ()
    spent: int | None = None

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.finish in (FinishReason.STOP, FinishReason.LENGTH)

    @property
    def cost(self) -> int:
        """Tokens drawn for its sake; 0 where a server doesn't tell."""
        return len(self.token_ids) if self.spent is None else self.spent


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
        voids: draws that gave no answer, and judgements, with their condition keys; they have no
            row, but they were asked for and paid for.
    """

    run: Run
    keys: tuple[str, ...]
    samples: tuple[Sample, ...]
    vectors: NDArray[np.float32]
    coordinates: NDArray[np.float32]
    voids: tuple[tuple[str, Sample], ...] = ()
