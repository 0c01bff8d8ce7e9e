"""What an experiment has in common that draws nothing and reads how likely given answers are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from data.errors import ChoraleError, PromptError
from data.schema import (
    MAX_CONDITIONS,
    Condition,
    FinishReason,
    Message,
    Option,
    Run,
    RunData,
    Sample,
    Strategy,
)
from experiments.base import Drawn, SampleDrawn, Turn
from experiments.strategies.registry import JUDGED
from models.base import LanguageModel

BATCH = 16  # judgements between two looks at whether to stop
LEAST = 1e-30  # probability as which an impossible answer is kept, so that files hold its logarithm
MAX_JUDGEMENTS = 20_000  # of one condition

Chat = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ForcedChoiceExperiment(ABC):
    """Ask under each condition how likely each of the same given answers is, chat by chat.

    A judgement is one or more chats (the same question with its options in another order, say).
    It is kept as a draw without a text whose log-probabilities are those of each answer in the
    first chat, then in the second, and so on. Nothing is sampled: the seed only fixes which
    judgements are asked for, where there are more than are wanted.

    Attributes:
        prompt: what the run is called.
        conditions: 1 to 8, each with a strategy made by `judged`.
        seed: see above.

    Raises:
        ChoraleError: a condition asks for something that can't be.
    """

    prompt: str
    conditions: tuple[Condition, ...]
    seed: int = 0

    kind: ClassVar[str] = "judging"

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise PromptError("There is no question.", "Say what is judged.")
        if not 1 <= len(self.conditions) <= MAX_CONDITIONS:
            raise ChoraleError(
                f"A run compares 1 to {MAX_CONDITIONS} conditions, "
                f"but {len(self.conditions)} were given.",
                "Add or remove some.",
            )
        for condition in self.conditions:
            if condition.strategy.name != JUDGED:
                raise ChoraleError(
                    f"“{condition.name}” doesn't say what is judged.", "Start it anew."
                )
            if not 1 <= condition.n <= MAX_JUDGEMENTS:
                raise ChoraleError(
                    f"“{condition.name}” asks for {condition.n:,} judgements, and 1 to "
                    f"{MAX_JUDGEMENTS:,} can be asked for.",
                    "Choose fewer of what is crossed.",
                )

    @classmethod
    def of(cls, run: Run) -> Self:
        """The experiment that a stored run asked for."""
        return cls(prompt=run.prompt, conditions=run.conditions, seed=run.seed)

    @abstractmethod
    def choices(self, condition: Condition) -> tuple[str, ...]:
        """The answers that are weighed."""

    @abstractmethod
    def chats(self, condition: Condition, index: int) -> tuple[Chat, ...]:
        """The chats of one judgement."""

    def turns(self, drawn: Drawn, pace: Callable[[], int]) -> Iterator[Turn]:
        """Condition by condition in step; see `experiments.base.Experiment`."""
        missing = {
            c.key: [i for i in range(c.n) if i not in drawn.get(c.key, {})] for c in self.conditions
        }
        for model in dict.fromkeys(c.model for c in self.conditions):
            group = [c for c in self.conditions if c.model == model]
            while any(missing[c.key] for c in group):
                behind = max(group, key=lambda c: len(missing[c.key]) / c.n)
                size = max(1, pace())
                chunk, missing[behind.key] = missing[behind.key][:size], missing[behind.key][size:]
                yield Turn(model, partial(self._judge, behind, chunk))

    def _judge(
        self,
        condition: Condition,
        indices: Sequence[int],
        model: LanguageModel,
        should_stop: Callable[[], bool],
    ) -> Iterator[SampleDrawn]:
        for start in range(0, len(indices), BATCH):
            if should_stop():
                return
            batch = indices[start : start + BATCH]
            asked = [self.chats(condition, index) for index in batch]
            chats = [chat for each in asked for chat in each]
            found = model.choice_probabilities(chats, self.choices(condition))
            rows = np.split(found, np.cumsum([len(each) for each in asked])[:-1])
            for index, row in zip(batch, rows, strict=True):
                yield SampleDrawn(condition.key, kept(index, row))


def kept(index: int, masses: NDArray[np.float64]) -> Sample:
    """A judgement as a draw without a text."""
    logprobs = tuple(float(each) for each in np.log(np.maximum(masses.ravel(), LEAST)))
    return Sample(index, f"judged-{index}", "", (), logprobs, (), FinishReason.JUDGED, spent=0)


def judged(**options: Option) -> Strategy:
    """What a condition keeps of a judgement's settings, in the order given."""
    return Strategy(JUDGED, tuple(options.items()))


def option(condition: Condition, name: str) -> Option:
    """One of the settings that `judged` kept.

    Raises:
        ChoraleError: there is none of this name.
    """
    found = dict(condition.strategy.options)
    if name not in found:
        raise ChoraleError(f"“{condition.name}” has no setting “{name}”.", "Start it anew.")
    return found[name]


def texts(condition: Condition, name: str) -> tuple[str, ...]:
    """A setting that is a list of texts.

    Raises:
        ChoraleError: it is something else, or absent.
    """
    value = option(condition, name)
    if not isinstance(value, tuple) or not value:
        raise ChoraleError(f"“{name}” of “{condition.name}” lists nothing.", "Start it anew.")
    return value


def masses(data: RunData, key: str) -> dict[int, NDArray[np.float64]]:
    """Index → probabilities of one condition's judgements, flat as they were kept."""
    return {
        sample.index: np.exp(np.array(sample.logprobs))
        for found, sample in data.voids
        if found == key and sample.finish is FinishReason.JUDGED
    }
