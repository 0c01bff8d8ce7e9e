"""A transformers model on this machine, fulfilling `models.base.LanguageModel`.

torch and transformers are imported in the loader, never at import of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.decoding import SplitDecoding
from data.errors import PromptError
from data.schema import Decoding, Message, ModelRef, Sample
from models.attentive import Attentive
from models.base import Answers, Distributions, Divergence, ModelInfo
from models.chat_template import ChatTemplate
from models.loading import check_tokens
from models.memory import PeakMemory, forget_peak, peak_memory
from models.reading import Reader, Reading
from models.registry import available_memory, display_name, known, resolve
from models.shape import ModelShape, rows_that_fit
from models.spelling import spellings
from models.trees import Lookahead, Tree
from models.valued import Valued

if TYPE_CHECKING:
    from models.continuation import Engine
    from models.decoding import Draw, Request
    from models.scoring import Scorer


class LocalModel(Attentive, Valued):
    """A loaded causal language model. Used by one thread at a time.

    Args:
        engine: the model as it was found to be decodable.
        chat: how to speak to it.
        reader: how to understand it.
        info: what it is.
        shape: its sizes.
    """

    def __init__(
        self,
        engine: Engine,
        chat: ChatTemplate,
        reader: Reader,
        info: ModelInfo,
        shape: ModelShape,
    ) -> None:
        self._engine, self._chat, self._reader = engine, chat, reader
        self._info, self._shape = info, shape

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        return self._info

    @property
    def peak_memory(self) -> PeakMemory:
        """The most memory in use since the last call of `generate` began to draw."""
        return peak_memory(self._info.device)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt as the model will see it, template included.

        Raises:
            PromptError: the prompt is empty or can't be read.
        """
        return len(self._chat.encode(messages))

    def generate(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one independent answer per index; see `models.base.LanguageModel.generate`."""
        prompt = self._prompt(messages)
        return self._samples(prompt, indices, self._request(prompt, decoding, seed, should_stop))

    def generate_each(
        self,
        chats: Sequence[Sequence[Message]],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """One answer to each of several chats; see `models.base.LanguageModel.generate_each`."""
        if isinstance(decoding, SplitDecoding):
            return self._split_samples(chats, indices, decoding, seed, should_stop)
        prompts = {i: self._prompt(chat) for i, chat in zip(indices, chats, strict=True)}
        return self._samples_of_each(prompts, decoding, seed, should_stop)

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
        """Grow one tree of answers per call; see `models.trees.BranchingModel`."""
        from models.lookahead import grow

        prompt = self._prompt(messages)
        request = self._request(prompt, decoding, seed, should_stop)
        for grown in grow(self._engine, prompt, calls, request, ahead):
            call_id = f"{seed}-{grown.call}"
            leaves = (
                replace(self._sample(leaf, request), index=grown.call, call_id=call_id)
                for leaf in grown.leaves
            )
            yield Tree(grown.call, tuple(leaves), grown.tokens)

    def _request(
        self,
        prompt: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool],
        *,
        together: bool = False,
    ) -> Request:
        from models.decoding import Request

        limit = min(decoding.max_new_tokens, self._info.context - len(prompt))
        shares = self._engine.shares(len(prompt) + limit) and not together
        rows = self._rows_that_fit(limit if shares else len(prompt) + limit)
        stop = decoding.stop
        ended = (lambda tokens: self._reader.has_stopped(tokens, stop)) if stop else None
        return Request(decoding, seed, limit, should_stop, rows, ended)

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """The tokens of a text as an answer, without an end token."""
        return self._chat.answer_ids(text)

    def score(self, messages: Sequence[Message], answers: Answers) -> list[NDArray[np.float64]]:
        """Log-probability of each token; see `models.base.LanguageModel.score`."""
        return self._scorer.score(self._prompt(messages), answers)

    def divergence(
        self, messages: Sequence[Message], other: Sequence[Message], answers: Answers
    ) -> list[Divergence]:
        """What a change of the prompt does; see `models.base.LanguageModel.divergence`."""
        return self._scorer.divergence(self._prompt(messages), self._prompt(other), answers)

    def divergence_each(
        self,
        chats: Sequence[Sequence[Message]],
        others: Sequence[Sequence[Message]],
        answers: Answers,
    ) -> list[Divergence]:
        """Of many chats at once; see `models.base.LanguageModel.divergence_each`."""
        read = cache(self._prompt)
        prompts, references = ([read(tuple(chat)) for chat in given] for given in (chats, others))
        return self._scorer.divergence_each(prompts, references, answers)

    def distributions(self, messages: Sequence[Message], answers: Answers) -> Distributions:
        """Log-softmax in pieces; see `models.base.LanguageModel.distributions`."""
        return self._scorer.distributions(self._prompt(messages), answers)

    def choice_probabilities(
        self, chats: Sequence[Sequence[Message]], choices: Sequence[str]
    ) -> NDArray[np.float64]:
        """How replies begin; see `models.base.LanguageModel.choice_probabilities`."""
        written = [spellings(choice, self.answer_ids) for choice in choices]
        return self._scorer.choice_probabilities([self._prompt(chat) for chat in chats], written)

    def hidden_states(
        self, messages: Sequence[Message], answers: Answers, *, layers: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Mean residual streams; see `models.base.LanguageModel.hidden_states`."""
        return self._scorer.hidden_states(self._prompt(messages), answers, layers)

    @cached_property
    def _scorer(self) -> Scorer:
        from models.scoring import Scorer

        return Scorer(self._engine, self._info.name, self._info.context)

    @cached_property
    def _reads_together(self) -> bool:
        from models.reading_check import reads_together

        return reads_together(self._engine)

    def _rows_that_fit(self, tokens: int) -> int:
        device, kind = self._info.device, self._info.ref.quantization
        free = available_memory(device)
        return rows_that_fit(self._shape, kind, device=device, tokens=tokens, free=free)

    def _samples(
        self, prompt: list[int], indices: Sequence[int], request: Request
    ) -> Iterator[Sample]:
        from models.decoding import sample

        forget_peak(self._info.device)
        for drawn in sample(self._engine, prompt, indices, request):
            yield self._sample(drawn, request)

    def _samples_of_each(
        self,
        prompts: Mapping[int, list[int]],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool],
    ) -> Iterator[Sample]:
        """Those with room for a whole answer together, the others prompt by prompt."""
        from models.decoding import sample_each

        most = self._info.context - decoding.max_new_tokens
        roomy = {index: prompt for index, prompt in prompts.items() if len(prompt) <= most}
        alone = dict(prompts)
        if len(set(map(tuple, roomy.values()))) > 1 and self._reads_together:
            longest = max(roomy.values(), key=len)
            request = self._request(longest, decoding, seed, should_stop, together=True)
            forget_peak(self._info.device)
            for drawn in sample_each(self._engine, roomy, request):
                yield self._sample(drawn, request)
            alone = {index: prompts[index] for index in prompts.keys() - roomy.keys()}
        for prompt in dict.fromkeys(map(tuple, alone.values())):
            group = [index for index in alone if tuple(alone[index]) == prompt]
            request = self._request(prompt, decoding, seed, should_stop)
            yield from self._samples(list(prompt), group, request)

    def _sample(self, drawn: Draw, request: Request) -> Sample:
        reading = self._read(drawn.token_ids, request.decoding.stop)
        return Sample(
            index=drawn.index,
            call_id=f"{request.seed}-{drawn.index}",
            text=reading.text,
            thinking=reading.thinking,
            token_ids=drawn.token_ids,
            logprobs=drawn.logprobs,
            entropies=drawn.entropies,
            finish=drawn.finish,
        )

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        prompt = self._chat.encode(messages)
        # Tokens may have been added to a tokenizer that the model never learnt.
        check_tokens(max(prompt), self._engine.model, self._info.name)
        if len(prompt) >= self._info.context:
            raise PromptError(
                f"The prompt has {len(prompt):,} tokens, but {self._info.name} reads at most "
                f"{self._info.context:,}, its answer included.",
                "Shorten the prompt or the persona, or choose a model with a longer context.",
            )
        return prompt

    def _read(self, token_ids: tuple[int, ...], stop: tuple[str, ...]) -> Reading:
        # Some end tokens are not marked as special, so the last one goes by its id.
        ended = token_ids[-1] in self._engine.eos_ids
        return self._reader.read(token_ids[:-1] if ended else token_ids, stop)


def load_local(ref: ModelRef, *, device: str | None = None) -> LocalModel:
    """Load a model by its reference: the bundled one, a folder, or from the Hub.

    On a CPU, models of up to 500 million parameters compute in float32 even when bf16 is asked
    for: it is faster there (see `models.shape`), and weights stored in bf16 lose nothing.

    Args:
        ref: which model, in which precision.
        device: "cpu" or "cuda"; None takes a GPU if there is one.

    Raises:
        MemoryBudgetError: it doesn't fit.
        ModelError: it can't be found or loaded.
    """
    import torch

    from models.assembling import assemble
    from models.loading import check_memory, load_folder
    from models.loading_hub import fetch

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    shown = display_name(ref.id)
    place = resolve(ref)
    if (listed := known(ref.id)) is not None and listed.shape is not None:
        check_memory(listed.shape, ref.quantization, device=device, shown=shown)
    folder = place if isinstance(place, Path) else fetch(place, ref.revision)
    loaded = load_folder(folder, quantization=ref.quantization, device=device, shown=shown)
    return assemble(loaded, ref, device)
