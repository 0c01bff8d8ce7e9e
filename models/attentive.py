"""What a local model can tell of its attention to the system prompt, and how it is held to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from data.decoding import SplitDecoding
from data.errors import PromptError, UnsupportedError
from data.schema import Message, Sample
from models.base import Answers

if TYPE_CHECKING:
    import torch

    from models.continuation import Engine

Shares = tuple[NDArray[np.float64], NDArray[np.float64]]


@runtime_checkable
class AttentiveModel(Protocol):
    """A model that tells where it looks."""

    def attention_shares(self, messages: Sequence[Message], answers: Answers) -> Shares:
        """π: what part of its attention goes to the system prompt while it says each answer.

        Args:
            messages: the prompt, its first message a system prompt.
            answers: tokens, none empty.

        Returns:
            (answers, layers) means over heads and the answer's tokens, and (answers,) the system
            prompt's share of the tokens that are there on average.

        Raises:
            PromptError: there is no system prompt.
            UnsupportedError: its attention is of a kind that can't be watched.
            ChoraleError: as `LanguageModel.score`.

        References:
            Li et al. 2024 (Measuring and controlling persona drift, arXiv 2402.10962).
        """
        ...


class Attentive:
    """Gives a local model what `AttentiveModel` asks for, and split-softmax."""

    _engine: Engine
    _chat: Any
    _info: Any

    def attention_shares(self, messages: Sequence[Message], answers: Answers) -> Shares:
        """See `AttentiveModel.attention_shares`."""
        from models.continuation import read_prompt
        from models.forcing import Reading
        from models.watched_attention import Watch, watched, watching

        self._check_watchable()
        prompt, (first, last) = self._prompt(messages), self.system_span(messages)  # type: ignore[attr-defined]
        self._scorer._check(prompt, answers)  # type: ignore[attr-defined]
        engine = watched(self._engine)
        prefill, rows = read_prompt(engine, prompt), []
        for answer in answers:
            with watching(Watch(first, last)) as watch:
                Reading(engine, prefill, [answer], blocks=True).feed(0, len(answer))
            rows.append([_mean(watch.shares[layer]) for layer in sorted(watch.shares)])
        lengths = np.array([len(prompt) + (len(answer) + 1) / 2 for answer in answers])
        return np.array(rows, dtype=np.float64), (last - first) / lengths

    def system_span(self, messages: Sequence[Message]) -> tuple[int, int]:
        """First place and place behind the last of what the system prompt adds to the tokens.

        Raises:
            PromptError: there is none at the beginning.
        """
        if not messages or messages[0].role != "system":
            raise PromptError("There is no system prompt.", "Give the model a persona.")
        whole, rest = (self._chat.encode(given) for given in (messages, messages[1:]))
        most = min(len(whole), len(rest))
        before = next((i for i in range(most) if whole[i] != rest[i]), most)
        behind = next((i for i in range(most - before) if whole[-1 - i] != rest[-1 - i]), None)
        behind = most - before if behind is None else behind
        return before, len(whole) - behind

    def _split_samples(
        self,
        chats: Sequence[Sequence[Message]],
        indices: Sequence[int],
        decoding: SplitDecoding,
        seed: int,
        should_stop: Callable[[], bool],
    ) -> Iterator[Sample]:
        """Answers drawn while the system prompt's share of attention is held up."""
        from models.watched_attention import Watch, watched, watching

        self._check_watchable()
        spans = [self.system_span(chat) for chat in chats]
        own: Any = self
        twin = type(own)(watched(self._engine), own._chat, own._reader, own._info, own._shape)
        for first, last in dict.fromkeys(spans):
            prompts = {
                index: own._prompt(chat)
                for index, chat, span in zip(indices, chats, spans, strict=True)
                if span == (first, last)
            }
            found = twin._samples_of_each(prompts, decoding, seed, should_stop)
            while True:
                # Only while it draws: whoever takes the samples may use the model in between.
                with watching(Watch(first, last, decoding.exponent)):
                    sample = next(found, None)
                if sample is None:
                    break
                yield sample

    def _check_watchable(self) -> None:
        if not self._watchable:
            raise UnsupportedError(
                f"Where {self._info.name} looks can't be watched: its attention is of another "
                "kind.",
                "Choose a model with ordinary attention, such as the bundled one.",
            )

    @cached_property
    def _watchable(self) -> bool:
        from models.reading_check import can_be_watched

        return can_be_watched(self._engine)


def _mean(shares: Sequence[torch.Tensor]) -> float:
    """Of the only row, over its queries."""
    import torch

    return float(torch.cat(list(shares), 1)[0].mean())
