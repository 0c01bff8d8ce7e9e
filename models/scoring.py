"""How likely answers are, and how far distributions are apart: `models.base` for local models.

Softmax is taken in float32 whatever the precision of the weights. What is held at once is bounded
by `models.forcing.TOKENS` and `models.forcing.LOGITS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import ModelError, PromptError
from models.base import Answers, Distributions, Divergence
from models.continuation import Engine, read_prompt
from models.divergence import Piece, compare_pieces
from models.forcing import (
    Reading,
    blocks_of,
    groups,
    next_logits,
    read_answers,
    read_answers_each,
)
from models.loading import check_tokens
from models.reading_check import reads_blocks, reads_together_in_blocks


class Scorer:
    """Scores answers with one model.

    Args:
        engine: the model.
        name: what messages call it.
        context: tokens of prompt and answer together.
    """

    def __init__(self, engine: Engine, name: str, context: int) -> None:
        self._engine, self._name, self._context = engine, name, context

    @cached_property
    def _blocks(self) -> bool:
        return reads_blocks(self._engine)

    @cached_property
    def _together(self) -> bool:
        return reads_together_in_blocks(self._engine)

    def score(self, prompt: Sequence[int], answers: Answers) -> list[NDArray[np.float64]]:
        """See `models.base.LanguageModel.score`; the prompt as tokens."""
        self._check(prompt, answers)
        found = [np.empty(len(answer)) for answer in answers]
        for answer, first, logprobs in self._pieces(prompt, answers):
            places = slice(first, first + len(logprobs))
            tokens = torch.tensor(list(answers[answer][places]), device=logprobs.device)
            found[answer][places] = logprobs.gather(-1, tokens[:, None])[:, 0].cpu()
        return found

    def divergence(
        self, prompt: Sequence[int], other: Sequence[int], answers: Answers
    ) -> list[Divergence]:
        """See `models.base.LanguageModel.divergence`; the prompts as tokens."""
        self._check(prompt, answers)
        self._check(other, answers)
        return compare_pieces(self._pieces(prompt, answers), self._pieces(other, answers), answers)

    def divergence_each(
        self, prompts: Answers, others: Answers, answers: Answers
    ) -> list[Divergence]:
        """See `models.base.LanguageModel.divergence_each`; the prompts as tokens."""
        for prompt, other, answer in zip(prompts, others, answers, strict=True):
            self._check(prompt, [answer])
            self._check(other, [answer])
        first, second = (self._pieces_each(given, answers) for given in (prompts, others))
        return compare_pieces(first, second, answers)

    def distributions(self, prompt: Sequence[int], answers: Answers) -> Distributions:
        """See `models.base.LanguageModel.distributions`; the prompt as tokens."""
        self._check(prompt, answers)
        pieces = self._pieces(prompt, answers)
        return ((answer, first, logprobs.cpu().numpy()) for answer, first, logprobs in pieces)

    def choice_probabilities(
        self, prompts: Sequence[Sequence[int]], spellings: Sequence[Answers]
    ) -> NDArray[np.float64]:
        """Probability that an answer begins with one of the spellings of each choice.

        Args:
            prompts: tokens of each chat.
            spellings: per choice the ways to write it, none empty; none begins another.

        Returns:
            (prompts, choices).
        """
        flat = [spelling for choice in spellings for spelling in choice]
        for prompt in prompts:
            self._check(prompt, flat)
        if all(len(spelling) == 1 for spelling in flat):
            masses = self._first_tokens(prompts, [spelling[0] for spelling in flat])
        else:  # every prompt is read once for all choices
            rows = [[logprobs.sum() for logprobs in self.score(p, flat)] for p in prompts]
            masses = np.exp(np.array(rows).reshape(len(prompts), len(flat)))
        ends = np.cumsum([0, *map(len, spellings)])
        columns = [masses[:, a:b].sum(1) for a, b in pairwise(ends)]
        return np.stack(columns, 1)

    def hidden_states(
        self, prompt: Sequence[int], answers: Answers, layers: Sequence[int] | None
    ) -> NDArray[np.float32]:
        """See `models.base.LanguageModel.hidden_states`; the prompt as tokens."""
        self._check(prompt, answers)
        chosen = self._layers(layers)
        size = int(self._engine.model.config.get_text_config().hidden_size)
        means = np.full((len(answers), len(chosen), size), np.nan, np.float32)
        prefill = read_prompt(self._engine, prompt)
        vocabulary = prefill.logits.shape[-1]
        for group in groups(answers, prompt=len(prompt), vocabulary=vocabulary):
            read = [answers[i] for i in group]
            reading = Reading(self._engine, prefill, read, blocks=self._blocks)
            lengths = torch.tensor([len(answer) for answer in read])
            blocks = blocks_of(int(lengths.max()), rows=len(read), vocabulary=vocabulary)
            means[group] = _mean_states(reading, chosen, lengths, blocks).cpu()
        return means

    def _layers(self, layers: Sequence[int] | None) -> list[torch.nn.Module]:
        found = _decoder_layers(self._engine)
        wanted = range(len(found)) if layers is None else layers
        unknown = [layer for layer in wanted if not -len(found) <= layer < len(found)]
        if unknown:
            raise ModelError(
                f"{self._name} has no layer {unknown[0]}.",
                f"Choose from its {len(found)} layers, counted from 0.",
            )
        return [found[layer] for layer in wanted]

    def _pieces(self, prompt: Sequence[int], answers: Answers) -> Iterator[Piece]:
        for piece in read_answers(self._engine, prompt, answers, blocks=self._blocks):
            yield piece.answer, piece.first, _log_softmax(piece.logits)

    def _pieces_each(self, prompts: Answers, answers: Answers) -> Iterator[Piece]:
        """Together where the model can, else prompt by prompt."""
        if self._together and any(map(len, answers)):
            for piece in read_answers_each(self._engine, prompts, answers):
                yield piece.answer, piece.first, _log_softmax(piece.logits)
            return
        for place, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            for _, first, logprobs in self._pieces(prompt, [answer]):
                yield place, first, logprobs

    def _first_tokens(
        self, prompts: Sequence[Sequence[int]], tokens: Sequence[int]
    ) -> NDArray[np.float64]:
        """Probabilities (prompts, tokens) that an answer begins with each token."""
        masses = np.empty((len(prompts), len(tokens)))
        for places, logits in next_logits(self._engine, prompts):
            masses[places] = _log_softmax(logits)[:, list(tokens)].double().exp().cpu()
        return masses

    def _check(self, prompt: Sequence[int], answers: Answers) -> None:
        if min((min(answer, default=0) for answer in answers), default=0) < 0:
            raise ModelError(
                "An answer holds tokens whose ids are not known.",
                "Read its text again as tokens of this model.",
            )
        largest = max((max(answer, default=0) for answer in answers), default=0)
        check_tokens(largest, self._engine.model, self._name)
        length = len(prompt) + max(map(len, answers), default=0)
        if length > self._context:
            raise PromptError(
                f"Prompt and answer have {length:,} tokens, but {self._name} reads at most "
                f"{self._context:,}.",
                "Shorten the prompt or the answer, or choose a model with a longer context.",
            )


def _log_softmax(logits: torch.Tensor) -> torch.Tensor:
    logprobs = logits.float().log_softmax(-1)
    if bool(logprobs.isnan().any()):
        raise ModelError(
            "The model's output is not a number.",
            "Load it in a wider precision (bf16 or fp32), or choose another model.",
        )
    return logprobs


def _decoder_layers(engine: Engine) -> torch.nn.ModuleList:
    """The model's layers, found by their number: each architecture has a name of its own."""
    count = engine.model.config.get_text_config().num_hidden_layers
    decoder: Any = engine.model.get_decoder() or engine.model
    for module in decoder.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return module
    raise ModelError(
        "The layers of this architecture can't be found.", "Choose a model of another architecture."
    )


def _mean_states(
    reading: Reading,
    layers: Sequence[torch.nn.Module],
    lengths: torch.Tensor,
    blocks: Iterator[tuple[int, int]],
) -> torch.Tensor:
    """What these layers put out, averaged over each answer's tokens; (rows, layers, d) float32."""
    sums: dict[int, torch.Tensor] = {}
    first = last = 0

    def add(place: int, output: Any) -> None:
        states = output[0] if isinstance(output, tuple) else output
        inside = torch.arange(first, last)[None] < lengths[:, None]
        shown = states[:, first - last :].float() * inside[:, :, None].to(states.device)
        sums[place] = sums.get(place, 0) + shown.sum(1)

    with ExitStack() as stack:
        for place, layer in enumerate(layers):
            hook = layer.register_forward_hook(lambda *seen, place=place: add(place, seen[-1]))
            stack.callback(hook.remove)
        for first, last in blocks:
            reading.feed(first, last)  # its logits too: some models drop what no logit needs
    means = torch.stack([sums[place] for place in range(len(layers))], 1)
    return means / lengths[:, None, None].to(means.device)
