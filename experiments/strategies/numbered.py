"""Asking each time for another possibility, by its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data.schema import Message, Sample
from experiments.strategies.base import Method, Question, Setting, ShouldStop
from models.base import LanguageModel

_NUMBERED = (
    "{prompt}\nThink of all the different answers that one could give. Then give answer "
    "number {number} of them, and nothing else."
)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One call per answer, which asks for a possibility by its number.

    Attributes:
        possibilities: numbers in use, from 1 on; they take turns.
    """

    possibilities: int
    size: int = 1

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`."""
        return n * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""
        for number in range(1, self.possibilities + 1):
            samples = model.generate(
                self._chat(question, number),
                indices=[
                    call for call in calls if question.turn(call) % self.possibilities == number - 1
                ],
                decoding=question.decoding,
                seed=question.seed,
                should_stop=should_stop,
            )
            for sample in samples:
                yield replace(sample, origin=f"number {number}")

    def _chat(self, question: Question, number: int) -> tuple[Message, ...]:
        return question.messages(_NUMBERED.format(prompt=question.prompt, number=number))


NUMBERED = Method(
    name="numbered",
    label="Possibility numbers",
    summary="Asks each time for another number out of all possible answers.",
    rule="Call c asks for possibility number (c mod k) + 1. The numbers take turns; calls know "
    "nothing of each other.",
    cost="Nothing beside the answers.",
    cannot_tell="A model that was not tuned for it may see no meaning in the number. As each "
    "number gets its fixed share of calls, intervals are if anything too wide.",
    references=("Mai and Carson-Berndsen 2024, Possibility Exploration Fine-Tuning",),
    note="The wording is our own, for questions instead of dialogues, and "
    "without the tuning that the paper is about.",
    taught=False,
    settings=(
        Setting("possibilities", "Numbers in use", 5, 2, 50, help="From 1 on; they take turns."),
    ),
    make=Numbered,
)
