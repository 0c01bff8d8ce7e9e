"""The protocols every model fulfils. No torch here: opening a page must not import it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.schema import Decoding, Message, ModelRef, Sample


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model is and what it can't do.

    Attributes:
        parameters: of its weights; 0 where a server doesn't tell.
        context: tokens of prompt and answer together; 0 where a server doesn't tell.
        notes: plain sentences for the user ("keeps one prompt cache per sample, because …").
    """

    ref: ModelRef
    name: str
    parameters: int
    context: int
    device: str
    has_chat_template: bool
    notes: tuple[str, ...] = ()


# A stream of log-softmax pieces: which answer, the place of the first token in it, and natural
# log-probabilities, (positions, vocabulary) float32. Answers come in order, and so do their places.
Distributions = Iterator[tuple[int, int, NDArray[np.float32]]]
Answers = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far two next-token distributions are apart at each token of one answer, in nats.

    Attributes:
        kl: (tokens,) of the first against the second, ≥ 0; infinite where the second excludes
            what the first doesn't.
        kl_reverse: (tokens,) of the second against the first.
        js: (tokens,) Jensen–Shannon, 0 where they are equal and ln 2 where they share nothing.

    References:
        Kullback and Leibler 1951; Lin 1991.
    """

    kl: NDArray[np.float64]
    kl_reverse: NDArray[np.float64]
    js: NDArray[np.float64]


class LanguageModel(Protocol):
    """Something that answers a chat, and tells how likely answers are.

    What a server can't tell it refuses with an `UnsupportedError`.
    """

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt as the model will see it, template included."""
        ...

    def generate(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one independent answer per index, each yielded as soon as it is finished.

        The pair (seed, index) fixes a draw: it does not depend on the other indices asked for.
        A server that can't promise this says so in its notes.

        Once `should_stop` is true, ends within one token step; unfinished rows are dropped.

        Raises:
            PromptError: empty, or longer than the context leaves room for.
            ModelError: the model can't run this.
        """
        ...

    def generate_each(
        self,
        chats: Sequence[Sequence[Message]],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one answer to each of several chats, together where that is faster.

        Args:
            chats: one prompt each.
            indices: a draw's index per chat; all different. Each answer is what `generate` would
                draw for its chat alone, up to rounding: on some devices a draw near the border
                between two tokens may fall on the other side.
            decoding: as in `generate`, for all.
            seed: likewise.
            should_stop: likewise.

        Raises:
            PromptError, ModelError: as `generate`.
        """
        ...

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """The tokens in which this model would have written a text, without an end token.

        Raises:
            PromptError: it holds what no model can read.
        """
        ...

    def score(self, messages: Sequence[Message], answers: Answers) -> list[NDArray[np.float64]]:
        """How likely each token of each answer is, given the prompt and the tokens before.

        Args:
            messages: the prompt.
            answers: tokens, as `Sample.token_ids` or `answer_ids`; may be empty.

        Returns:
            For each answer its (tokens,) natural log-probabilities at T = 1, before truncation.

        Raises:
            PromptError: the prompt can't be read, or prompt and answer exceed the context.
            ModelError: an answer has tokens that the model doesn't know.
        """
        ...

    def divergence(
        self, messages: Sequence[Message], other: Sequence[Message], answers: Answers
    ) -> list[Divergence]:
        """How much a change of the prompt changes what comes next, along given answers.

        At each token of an answer the distribution under `messages` is set against that under
        `other`, both after the same earlier tokens of the answer.

        Raises:
            ChoraleError: as `score`.
        """
        ...

    def divergence_each(
        self,
        chats: Sequence[Sequence[Message]],
        others: Sequence[Sequence[Message]],
        answers: Answers,
    ) -> list[Divergence]:
        """As `divergence`, each answer with a chat and another one of its own.

        Args:
            chats: one prompt per answer; many may be the same.
            others: likewise, what it is set against.
            answers: tokens.

        Returns:
            What `divergence` would find for each alone, up to rounding.

        Raises:
            ChoraleError: as `score`.
        """
        ...

    def distributions(self, messages: Sequence[Message], answers: Answers) -> Distributions:
        """The whole distribution at each token of each answer, piece by piece.

        Two models that share a tokenizer can so be compared without holding more than a piece of
        each; `models.divergence.compare` does.

        Raises:
            ChoraleError: as `score`.
        """
        ...

    def choice_probabilities(
        self, chats: Sequence[Sequence[Message]], choices: Sequence[str]
    ) -> NDArray[np.float64]:
        """Probability at T = 1 that a reply begins with each choice.

        A choice counts in its usual tokens, with a space in front of it or without; rarer ways to
        spell it in tokens don't, so the value errs low, if at all. Nothing is renormalised: one
        minus a row's sum is the mass of all other replies. Where a choice begins another ("A" and
        "A lot"), a reply with the longer counts for both, if the longer's tokens begin with the
        shorter's, and that mass is no longer one minus the sum.

        Args:
            chats: one prompt each.
            choices: beginnings of replies, none of them blank.

        Returns:
            (chats, choices) probabilities.

        Raises:
            ChoraleError: as `score`; a choice is blank.
        """
        ...

    def hidden_states(
        self,
        messages: Sequence[Message],
        answers: Answers,
        *,
        layers: Sequence[int] | None = None,
    ) -> NDArray[np.float32]:
        """What the model holds in mind while it reads each answer.

        Args:
            messages: the prompt.
            answers: tokens.
            layers: counted from 0, negative ones from the end; all when None.

        Returns:
            (answers, layers, d): the residual stream after each layer, before any final norm,
            averaged over the answer's tokens; NaN for an empty answer.

        Raises:
            ChoraleError: as `score`; there is no such layer.
        """
        ...


class Embedder(Protocol):
    """Something that places texts in a space of meaning."""

    @property
    def id(self) -> str:
        """Name and revision; vectors of different ids are never mixed."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, shape (len(texts), d)."""
        ...
