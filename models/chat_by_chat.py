"""Several chats answered one after the other, for models that gain nothing by batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.schema import Message, Sample


class ChatByChat:
    """Gives a model with `generate` the `generate_each` of `models.base.LanguageModel`."""

    def generate_each(
        self: Any, chats: Sequence[Sequence[Message]], *, indices: Sequence[int], **how: Any
    ) -> Iterator[Sample]:
        """Draw one answer to each chat, in order; see `models.base.LanguageModel`."""
        for chat, index in zip(chats, indices, strict=True):
            yield from self.generate(chat, indices=[index], **how)
