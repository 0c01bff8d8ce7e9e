"""A model that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from data.schema import Condition, Decoding, FinishReason, Message, ModelRef, Sample, Strategy
from experiments.sampling import SamplingExperiment
from experiments.strategies.registry import strategy
from models.base import ModelInfo
from models.chat_by_chat import ChatByChat

ECHO = ModelRef("echo")
Reply = Callable[[str, int], str]  # from the last message and the index to what is said


@dataclass
class ScriptedModel(ChatByChat):
    reply: Reply
    ref: ModelRef = ECHO
    asked: list[tuple[str, ...]] = field(default_factory=list)  # contents, system first
    seeds: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    decodings: list[Decoding] = field(default_factory=list)
    entropies: float = 0.5

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(self.ref, "Scripted", 0, 512, "none", has_chat_template=True)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def generate(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        if not indices:
            return
        self.asked.append(tuple(message.content for message in messages))
        self.seeds.append(seed)
        self.decodings.append(decoding)
        for index in indices:
            if should_stop():
                return
            said = self.reply(messages[-1].content, index)
            words = said.split()[: decoding.max_new_tokens]
            cut = len(words) < len(said.split())
            yield Sample(
                index, f"{seed}-{index}", " ".join(words) if cut else said,
                tuple(range(len(words))), (-1.0,) * len(words), self._entropies(len(words)),
                FinishReason.LENGTH if cut else FinishReason.STOP,
            )  # fmt: skip

    def _entropies(self, count: int) -> tuple[float, ...]:
        if math.isnan(self.entropies):
            return (math.nan,) * count
        return tuple(self.entropies * (1 + place % 5) for place in range(count))


def asking(
    name: str, *, n: int = 12, limit: int = 64, system: str = "", **options
) -> SamplingExperiment:
    chosen = strategy(name, options)
    return SamplingExperiment("Why?", (_condition(chosen, n, limit, system),), seed=3)


def _condition(chosen: Strategy, n: int, limit: int, system: str) -> Condition:
    decoding = Decoding(max_new_tokens=limit)
    return Condition("a", "A", ModelRef("echo"), decoding, system, n, chosen)


def drawn(
    experiment: SamplingExperiment,
    model: ScriptedModel,
    *,
    there: frozenset[int] = frozenset(),
    should_stop: Callable[[], bool] = lambda: False,
    pace: int = 16,
) -> dict[int, Sample]:
    """All that comes of an experiment with one condition, by index; nothing comes twice."""
    found: dict[int, Sample] = {}
    for turn in experiment.turns({"a": there}, lambda: pace):
        for event in turn.work(model, should_stop):
            assert event.sample.index not in found
            assert event.sample.index not in there
            found[event.sample.index] = event.sample
    return found


def lists(entries: int = 5):
    """A model that answers every order for a list, with entries of its own per call."""

    def reply(asked: str, index: int) -> str:
        if "Name" in asked or "Ask the same" in asked or "Think of" in asked:
            return "\n".join(f"{i}. thing {index} {i} (10%)" for i in range(1, entries + 1))
        return f"answer {index} to {asked}"

    return ScriptedModel(reply)
