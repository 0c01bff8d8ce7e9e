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


class Embedder(Protocol):
    """Something that places texts in a space of meaning."""

    @property
    def id(self) -> str:
        """Name and revision; vectors of different ids are never mixed."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, shape (len(texts), d)."""
        ...
