"""The protocols every model fulfils. No torch here: opening a page must not import it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


class LanguageModel(Protocol):
    """Something that answers a chat."""

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


@dataclass(frozen=True, slots=True)
class Lookahead:
    """When a tree of answers branches and what it prunes; see `models.lookahead`.

    Attributes:
        width: branches at most, ≥ 1.
        likely: a child needs a second token above this probability at T = 1,
        close: and less than this below the first.
        ages: tokens after its fork at which a child is compared with its parent.
        differ: share of those tokens by which it must differ, as edit distance, to stay.
        until: tokens after which a tree branches no more.
    """

    width: int = 8
    likely: float = 0.25
    close: float = 0.15
    ages: tuple[int, ...] = (20, 30, 50)
    differ: float = 0.4
    until: int = 512


@dataclass(frozen=True, slots=True)
class Tree:
    """Answers that branched off each other.

    Attributes:
        call: the tree's number; also the index of each of its samples.
        samples: its leaves.
        tokens: drawn for all of it: what was pruned counts, what is shared counts once.
    """

    call: int
    samples: tuple[Sample, ...]
    tokens: int


@runtime_checkable
class BranchingModel(Protocol):
    """A model that can go on in several ways from the middle of an answer."""

    def branch(
        self,
        messages: Sequence[Message],
        *,
        calls: Sequence[int],
        decoding: Decoding,
        seed: int,
        ahead: Lookahead,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Tree]:
        """Grow one tree of answers per call; (seed, call) fixes it.

        Once `should_stop` is true, ends within one token step; unfinished trees are dropped.

        Raises:
            PromptError, ModelError: as `LanguageModel.generate`.
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
