"""Asking the question as it is, once per answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.schema import Sample
from experiments.strategies.base import Method, Question, ShouldStop
from models.base import LanguageModel


@dataclass(frozen=True, slots=True)
class Plain:
    """One call per answer.

    Attributes:
        system: put behind the persona.
    """

    system: str = ""
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
        return model.generate(
            question.messages(system=self.system),
            indices=calls,
            decoding=question.decoding,
            seed=question.seed,
            should_stop=should_stop,
        )


PLAIN = Method(
    name="plain",
    label="Plain sampling",
    summary="Asks the question as it is, once for every answer.",
    rule="Each token is drawn from the model’s own distribution, reshaped in this order: "
    "temperature, top-k, top-p, min-p. Temperature T raises probabilities to 1/T; top-p keeps "
    "the likeliest tokens whose mass reaches p; min-p those with at least p times the "
    "probability of the likeliest.",
    cost="Nothing beside the answers.",
    cannot_tell="A higher temperature also writes more nonsense, and nonsense counts as new.",
    references=("Holtzman et al. 2020, nucleus sampling", "Nguyen et al. 2025, min-p"),
    taught=True,
    make=Plain,
)
