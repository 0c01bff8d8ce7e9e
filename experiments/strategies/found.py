"""Ways to go that are given, or that the model finds first: roles, approaches, wordings, plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from data.schema import Message, Sample
from experiments.strategies.base import Question, Setting, ShouldStop
from experiments.strategies.lists import number_word
from experiments.strategies.steps import Choose, Search, draw_found, draw_given
from models.base import LanguageModel

_FIND = {
    "roles": (
        "Here is a question: {prompt}\nDo not answer it. Name {count} kinds of people who would "
        "disagree about it."
    ),
    "approaches": (
        "Here is a question: {prompt}\nDo not answer it. Name {count} quite different ways to go "
        "about it."
    ),
    "wordings": (
        "Here is a question: {prompt}\nDo not answer it. Ask the same in {count} other wordings."
    ),
    "observations": (
        "Here is a question: {prompt}\nDo not answer it yet. Name {count} different things worth "
        "noticing before one answers."
    ),
}
_BY = {
    "approaches": "{prompt}\nGo about it in this way: {entry}\nGive only your answer.",
    "observations": "{prompt}\nBuild your answer on this: {entry}\nGive only your answer.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Answers by entries of a list, given or written by the model.

    Attributes:
        kind: what the entries are.
        answers: per list, where the model writes it.
        given: entries that take turns; empty lets the model write them, call by call.
        notes: entries asked for where more than answers are; 0 asks for as many.
    """

    kind: str
    answers: int
    given: tuple[str, ...] = ()
    notes: int = 0

    @property
    def size(self) -> int:
        """See `Way`."""
        return 1 if self.given else self.answers

    @property
    def _wanted(self) -> int:
        return self.notes or self.answers

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`."""
        if self.given:
            return n * limit
        return n * limit + -(-n // self.answers) * self._wanted * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""

        def ask(entry: str) -> tuple[Message, ...]:
            return self._chat(question, entry)

        if self.given:
            return draw_given(model, question, calls, should_stop, given=self.given, ask=ask)
        find = _FIND[self.kind].replace("{count}", number_word(self._wanted))
        search = Search(
            size=self.answers,
            wanted=self._wanted,
            find=find.replace("{prompt}", question.prompt),
            label=f"the {self.kind} it found",
            ask=ask,
            choose=self._combined(question) if self.notes else lambda _call, found: found,
        )
        return draw_found(model, question, calls, should_stop, search)

    def _chat(self, question: Question, entry: str) -> tuple[Message, ...]:
        if self.kind == "wordings":
            return question.messages(entry)
        if self.kind == "roles":  # a given one is a system prompt of its own
            return question.messages(
                system=entry if self.given else f"Answer from this point of view: {entry}"
            )
        text = _BY[self.kind].replace("{prompt}", question.prompt)
        return question.messages(text.replace("{entry}", entry))

    def _combined(self, question: Question) -> Choose:
        """Different single notes and pairs, drawn by the call's own random numbers."""

        def choose(call: int, found: list[str]) -> list[str]:
            every = [c for size in (1, 2) for c in combinations(found, size)]
            rng = np.random.default_rng([question.step_seed("combine"), call])
            picked = rng.permutation(len(every))[: self.answers]
            return [" Also: ".join(every[place]) for place in picked]

        return choose


ANSWERS = Setting("answers", "Entries per call", 5, 2, 12)
CALLS = (
    "Answers that rest on one list share a call: measures that need independent answers are not "
    "shown then, the others go by whole calls."
)
LISTS = "One more reply per call, with the list; lists that can’t be read are paid too."
TURNS = (
    "Given ones take turns, every answer has a call of its own, and intervals are if anything too "
    "wide, because each has its fixed share of the answers."
)
