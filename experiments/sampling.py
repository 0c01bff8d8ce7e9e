"""One prompt, up to eight ways of asking it, many answers to each."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from data.errors import ChoraleError, PromptError
from data.schema import (
    MAX_CHOIR,
    MAX_CONDITIONS,
    MAX_SAMPLES,
    MIN_SAMPLES,
    Condition,
    Decoding,
    ModelRef,
    Run,
    Sample,
)
from experiments.base import Drawn, SampleDrawn, Turn
from experiments.strategies.base import MAX_NEW_TOKENS, Question, Way
from experiments.strategies.registry import voice_of, voices, way_of
from models.base import LanguageModel
from models.registry import display_name

MAX_TEMPERATURE = 5.0


@dataclass(frozen=True, slots=True)
class SamplingExperiment:
    """Ask one prompt under each condition until it has n answers, by the condition's strategy.

    Attributes:
        prompt: what is asked.
        conditions: 1 to 8 ways of asking, with keys of their own.
        seed: with a condition's key and a draw's index it fixes the draw.

    Raises:
        PromptError: the prompt is blank.
        ChoraleError: a condition asks for something that can't be.
    """

    prompt: str
    conditions: tuple[Condition, ...]
    seed: int = 0

    kind: ClassVar[str] = "sampling"

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise PromptError("The prompt is empty.", "Type a question first.")
        if not 1 <= len(self.conditions) <= MAX_CONDITIONS:
            raise ChoraleError(
                f"A run compares 1 to {MAX_CONDITIONS} conditions, "
                f"but {len(self.conditions)} were given.",
                "Add or remove conditions.",
            )
        if len({condition.key for condition in self.conditions}) < len(self.conditions):
            raise ChoraleError(
                "Two conditions have the same key.", "Give each condition a key of its own."
            )
        for condition in self.conditions:
            _check(condition)

    @classmethod
    def of(cls, run: Run) -> SamplingExperiment:
        """The experiment that a stored run asked for."""
        return cls(prompt=run.prompt, conditions=run.conditions, seed=run.seed)

    def seed_of(self, condition: Condition) -> int:
        """The seed of a condition's draws."""
        return condition_seed(self.seed, condition.key)

    def turns(self, drawn: Drawn, pace: Callable[[], int]) -> Iterator[Turn]:
        """Chunks of one condition each; see `experiments.base.Experiment`.

        Conditions of one model grow together, the one furthest behind first. Those of another
        model come after, so that no model is loaded twice. A call of which anything is missing is
        made again, and what it gave before is left out.
        """
        ways = {condition.key: way_of(condition.strategy) for condition in self.conditions}
        for model in dict.fromkeys(m for c in self.conditions for m in voices(c)):
            group = [c for c in self.conditions if model in voices(c)]
            missing = {c.key: _missing(c, ways[c.key], model, drawn.get(c.key, {})) for c in group}
            while any(missing.values()):
                behind = max(group, key=lambda c: len(missing[c.key]) * ways[c.key].size / c.n)
                way = ways[behind.key]
                size = max(1, pace() // way.size)
                chunk, missing[behind.key] = missing[behind.key][:size], missing[behind.key][size:]
                there = drawn.get(behind.key, {})
                yield Turn(model, partial(self._draw, behind, way, chunk, there))

    def _draw(
        self,
        condition: Condition,
        way: Way,
        calls: list[int],
        there: Collection[int],
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[SampleDrawn]:
        question = Question(
            prompt=self.prompt,
            system=condition.system,
            decoding=condition.decoding,
            seed=self.seed_of(condition),
            n=condition.n,
            voices=len(voices(condition)),
        )
        for sample in way.draw(model, question, calls, should_stop):
            if sample.index not in there:
                yield SampleDrawn(condition.key, _signed(condition, sample))


def condition_seed(seed: int, key: str) -> int:
    """The seed of one condition's draws, 0 ≤ seed < 2⁶³.

    Conditions of one run draw from separate random streams, so that draws with the same index
    are as independent between conditions as within them; two conditions with the same settings
    are two honest replicates. SHA-256 of seed and key: the same on every machine, for ever.
    """
    digest = hashlib.sha256(f"chorale condition {seed} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _missing(condition: Condition, way: Way, model: ModelRef, drawn: Collection[int]) -> list[int]:
    """The calls of this model's turn that lack something."""
    indices = (index for index in range(condition.n) if index not in drawn)
    calls = dict.fromkeys(index // way.size for index in indices)
    models = voices(condition)
    return [call for call in calls if models[call % len(models)] == model]


def _signed(condition: Condition, sample: Sample) -> Sample:
    """In a choir, with the name of the model that answered."""
    if not condition.choir:
        return sample
    name = display_name(voice_of(condition, sample.index).id)
    return replace(sample, origin=" · ".join(filter(None, (name, sample.origin))))


def _check(condition: Condition) -> None:
    if not condition.key or len(condition.key) > 16:
        raise _refused(condition, "the key", "1 to 16 characters", condition.key)
    if not MIN_SAMPLES <= condition.n <= MAX_SAMPLES:
        raise _refused(condition, "n", f"{MIN_SAMPLES} to {MAX_SAMPLES}", condition.n)
    if not all(model.id.strip() for model in voices(condition)):
        raise ChoraleError(f"Condition “{condition.name}” names no model.", "Choose a model.")
    if len(voices(condition)) > MAX_CHOIR or len(set(voices(condition))) < len(voices(condition)):
        raise ChoraleError(
            f"In condition “{condition.name}”, up to {MAX_CHOIR} different models take turns, but "
            f"{len(voices(condition))} were given, or one of them twice.",
            "Take each model once.",
        )
    way_of(condition.strategy)
    _check_decoding(condition, condition.decoding)


def _check_decoding(condition: Condition, decoding: Decoding) -> None:
    refused = partial(_refused, condition)
    if not 0 <= decoding.temperature <= MAX_TEMPERATURE:
        raise refused("the temperature", f"0 to {MAX_TEMPERATURE:g}", decoding.temperature)
    if not 0 < decoding.top_p <= 1:
        raise refused("top-p", "above 0 and up to 1", decoding.top_p)
    if decoding.top_k < 0:
        raise refused("top-k", "0 (off) or more", decoding.top_k)
    if not 0 <= decoding.min_p < 1:
        raise refused("min-p", "0 (off) or more, and below 1", decoding.min_p)
    if not 1 <= decoding.max_new_tokens <= MAX_NEW_TOKENS:
        raise refused(
            "the longest answer", f"1 to {MAX_NEW_TOKENS} tokens", decoding.max_new_tokens
        )
    if "" in decoding.stop:
        raise refused("a stop text", "at least one character long", "empty")


def _refused(condition: Condition, what: str, allowed: str, value: object) -> ChoraleError:
    shown = "not a number" if isinstance(value, float) and math.isnan(value) else value
    return ChoraleError(
        f"In condition “{condition.name}”, {what} must be {allowed}, but it was {shown}.",
        "Change it and try again.",
    )
