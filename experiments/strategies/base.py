"""What every strategy is: a way of getting n answers to one question out of a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from data.schema import Decoding, FinishReason, Message, Option, Sample, Step, Strategy
from models.base import LanguageModel

MAX_NEW_TOKENS = 4096  # of one reply
MOST_TEXTS, LONGEST_TEXT = 64, 2000  # of an option that takes texts

ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Question:
    """What a condition asks, whatever the strategy.

    Attributes:
        prompt: what the user asks.
        system: persona or other system prompt; "" sends none.
        decoding: how tokens are drawn; its limit is that of one answer.
        seed: the condition's; with a call's number it fixes the call.
        n: answers wanted.
        voices: models that take turns, call by call.
    """

    prompt: str
    system: str
    decoding: Decoding
    seed: int
    n: int
    voices: int = 1

    def messages(self, text: str = "", *, system: str = "") -> tuple[Message, ...]:
        """The chat that asks the prompt, or another text, with more put behind the persona."""
        persona = "\n".join(part for part in (self.system.strip(), system) if part)
        head = (Message("system", persona),) if persona else ()
        return (*head, Message("user", text or self.prompt))

    def longer(self, factor: int) -> Decoding:
        """The same decoding with room for this many answers in one reply."""
        limit = min(factor * self.decoding.max_new_tokens, MAX_NEW_TOKENS)
        return replace(self.decoding, max_new_tokens=limit)

    def step_seed(self, step: str) -> int:
        """A seed for one step of a call, apart from all others; 0 ≤ seed < 2⁶³."""
        digest = hashlib.sha256(f"chorale step {self.seed} {step}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    def call_id(self, call: int) -> str:
        """The name that the answers of one call share."""
        return f"{self.seed}-{call}"

    def turn(self, call: int) -> int:
        """Which of its own calls this is to the model that makes it."""
        return call // self.voices

    def places(self, call: int, size: int) -> range:
        """Indices of the answers that a call of this size is for."""
        return range(call * size, min((call + 1) * size, self.n))


class Way(Protocol):
    """A strategy with its options set. Made anew for each run; may keep what it learns."""

    @property
    def size(self) -> int:
        """Answers that one call gives: those from call · size on. 1: all are independent."""
        ...

    def most_tokens(self, n: int, limit: int) -> int:
        """Tokens that n answers may take at most.

        Args:
            n: answers.
            limit: new tokens of one answer.
        """
        ...

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """Make these calls; each answer is yielded as soon as it is there.

        A call is fixed by the question's seed and its number, whatever others are made. Every
        place of a finished call gets a sample, if need be one that says why there is no answer.

        Raises:
            ModelError: this model can't carry the strategy.
        """
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of a strategy.

    Attributes:
        default: a whole number, a number, a text out of `choices`, or texts (then any number).
        low: smallest number allowed.
        high: largest.
        step: between neighbouring numbers on a slider.
    """

    name: str
    label: str
    default: Option
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What there is to know about a strategy: all that its card says, and how to make it.

    Attributes:
        name: in files and in the store.
        label: on the screen.
        summary: what it does, in one plain sentence.
        rule: the procedure, with its formula.
        cost: what it spends beside its answers.
        cannot_tell: what to keep in mind.
        references: papers.
        note: where it departs from the paper or its code, and why; "" where it doesn't.
        reconstructed: whether it was rebuilt from secondary sources.
        needs: what a model must be able to do, beyond chatting; "" for nothing.
        taught: whether the bundled teaching model can carry it.
        taught_given: whether it can where the entries are given to it.
        settings: its options.
        make: from the options by name to the strategy.
    """

    name: str
    label: str
    summary: str
    rule: str
    cost: str
    cannot_tell: str
    references: tuple[str, ...]
    note: str = ""
    reconstructed: bool = False
    needs: str = ""
    taught: bool
    taught_given: bool = False
    settings: tuple[Setting, ...] = ()
    make: Callable[..., Way]

    def suits_bundled(self, chosen: Strategy) -> bool:
        """Whether the bundled teaching model can carry it with these options."""
        return self.taught or (self.taught_given and bool(dict(chosen.options).get("given")))


def shared(tokens: int, places: Sequence[int]) -> dict[int, int]:
    """Whole numbers per place that add up to what a call drew for all of them together."""
    each, rest = divmod(tokens, max(len(places), 1))
    return {place: each + (order < rest) for order, place in enumerate(places)}


def void(
    place: int, call_id: str, why: FinishReason, steps: tuple[Step, ...], spent: int
) -> Sample:
    """The sample of a place for which its call gave no answer."""
    return Sample(place, call_id, "", (), (), (), why, steps=steps, spent=spent)
