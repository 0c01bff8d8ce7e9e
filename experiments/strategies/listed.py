"""Several answers from one call, as a list: each is written with the others in sight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.schema import Sample
from experiments.strategies.base import Question, Setting, ShouldStop
from experiments.strategies.lists import draw_lists, number_word
from models.base import LanguageModel


@dataclass(frozen=True, slots=True)
class Listed:
    """Lists of answers.

    Attributes:
        ask: with places for the prompt and the number in words.
        answers: per list.
        chances: whether the entries carry probabilities.
    """

    ask: str
    answers: int
    chances: bool = False

    @property
    def size(self) -> int:
        """See `Way`."""
        return self.answers

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`."""
        return -(-n // self.answers) * self.answers * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""
        ask = self.ask.replace("{count}", number_word(self.answers))
        return draw_lists(
            model,
            question,
            calls,
            should_stop,
            size=self.answers,
            ask=ask.replace("{prompt}", question.prompt),
            chances=self.chances,
        )


ANSWERS = Setting(
    "answers", "Answers per list", 5, 2, 20, help="Longer lists see more, and go wrong more often."
)
DEPENDENT = (
    "Answers of one list know of each other: measures that need independent answers are not "
    "shown, the others go by whole lists."
)
WHOLE_LIST = "Whatever the list says beside its answers; lists that can’t be read are paid too."
