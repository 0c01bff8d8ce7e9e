"""Asking again in the same chat: can you give a different answer?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data.schema import Message, Sample, Step
from experiments.strategies.base import Method, Question, Setting, ShouldStop
from models.base import LanguageModel

_AGAIN = "Can you give a different answer?"


@dataclass(frozen=True, slots=True)
class Again:
    """Chains of answers, each written with those before it in the chat.

    Attributes:
        answers: per chain.
    """

    answers: int

    @property
    def size(self) -> int:
        """See `Way`."""
        return self.answers

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
        firsts = model.generate(
            question.messages(),
            indices=calls,
            decoding=question.decoding,
            seed=question.seed,
            should_stop=should_stop,
        )
        for first in firsts:
            yield from self._chain(model, question, first, should_stop)

    def _chain(
        self, model: LanguageModel, question: Question, first: Sample, should_stop: ShouldStop
    ) -> Iterator[Sample]:
        """A call's answers; the chain ends where a stop leaves one out."""
        call, said = first.index, [first]
        for turn, place in enumerate(question.places(call, self.answers)):
            if turn:
                said += model.generate(
                    _chat(question, said),
                    indices=[call],
                    decoding=question.decoding,
                    seed=question.step_seed(f"again {turn}"),
                    should_stop=should_stop,
                )
            if len(said) <= turn:
                return
            steps = tuple(Step(f"answer {i}", each.text) for i, each in enumerate(said[:-1], 1))
            origin = f"answer {turn + 1} of its chat"
            yield replace(
                said[-1], index=place, call_id=question.call_id(call), origin=origin, steps=steps
            )


def _chat(question: Question, said: Sequence[Sample]) -> tuple[Message, ...]:
    more = [
        message
        for sample in said
        for message in (Message("assistant", sample.text), Message("user", _AGAIN))
    ]
    return (*question.messages(), *more)


AGAIN = Method(
    name="again",
    label="Asking again in the same chat",
    summary="Asks “Can you give a different answer?” after each answer.",
    rule="A chat begins with the question; its first answer is drawn as in plain sampling. Each "
    "further one is asked for with all before it in the chat, until there are k.",
    cost="No further tokens are drawn, but chats grow: each answer takes reading all before it.",
    cannot_tell="Answers of one chat know of each other: measures that need independent answers "
    "are not shown, the others go by whole chats.",
    references=("Zhang et al. 2025, NoveltyBench (in-context regeneration)",),
    taught=False,
    settings=(Setting("answers", "Answers per chat", 4, 2, 16),),
    make=Again,
)
