"""What a local model gives whose tokens lean towards words of value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from data.schema import Message, Sample, ValueDecoding
from models.word_values import Leaning, WordValues

_FULL_STOP = "."


@runtime_checkable
class ValuedModel(Protocol):
    """A model whose logits can be added to."""

    def generate_valued(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: ValueDecoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one independent answer per index, by value-augmented sampling.

        As `LanguageModel.generate` otherwise; at a strength of 0 the same answers to the bit.
        Log-probabilities and entropies are those of the model as it is. What a model thinks before
        it answers leans too.

        Raises:
            PromptError, ModelError: as `LanguageModel.generate`.
        """
        ...


class Valued:
    """Gives a local model what `ValuedModel` asks for."""

    _engine: Any
    _chat: Any
    _reader: Any

    def generate_valued(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: ValueDecoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """See `ValuedModel.generate_valued`."""
        prompt = self._prompt(messages)  # type: ignore[attr-defined]
        request = self._request(prompt, decoding, seed, should_stop)  # type: ignore[attr-defined]
        if decoding.strength > 0:
            request = replace(request, leaning=self._leaning(decoding))
        samples: Iterator[Sample] = self._samples(prompt, indices, request)  # type: ignore[attr-defined]
        return samples

    def _leaning(self, decoding: ValueDecoding) -> Leaning:
        return Leaning(
            WordValues(dict(decoding.words)),
            self._reader.decode,
            before=self._chat.answer_ids(_FULL_STOP),
            ends=self._engine.eos_ids,
            strength=decoding.strength,
            top=decoding.top,
        )
