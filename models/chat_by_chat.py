"""Several chats answered one after the other, for models that gain nothing by batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.errors import UnsupportedError
from data.schema import Message, Sample, SplitDecoding
from models.base import Answers, Divergence


class ChatByChat:
    """Gives a model that takes one chat the methods of `LanguageModel` that take several."""

    def generate_each(
        self: Any, chats: Sequence[Sequence[Message]], *, indices: Sequence[int], **how: Any
    ) -> Iterator[Sample]:
        """Draw one answer to each chat, in order; see `models.base.LanguageModel`."""
        if isinstance(how["decoding"], SplitDecoding):
            raise UnsupportedError(
                f"{self.info.name} has no attention that could be held up.",
                "Choose a local model with ordinary attention.",
            )
        for chat, index in zip(chats, indices, strict=True):
            yield from self.generate(chat, indices=[index], **how)

    def divergence_each(
        self: Any,
        chats: Sequence[Sequence[Message]],
        others: Sequence[Sequence[Message]],
        answers: Answers,
    ) -> list[Divergence]:
        """One after the other; see `models.base.LanguageModel`."""
        return [
            self.divergence(chat, other, [answer])[0]
            for chat, other, answer in zip(chats, others, answers, strict=True)
        ]
