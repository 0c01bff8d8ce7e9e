"""Answers that a model reads instead of drawing them: logits at every token, in bounded pieces.

The prompt is read once and its cache repeated for a few answers at a time, which then go through
the model right-padded and several tokens at once; what stands behind a token never changes what
the model says at it. Models that can't go on from a cache in this way (recurrent ones, for the
most part) read prompt and answers again for every group of answers.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from data.errors import MemoryBudgetError
from models.continuation import Engine, Prefill, read_prompt, read_prompts, takes
from models.decoding import is_out_of_memory
from models.shared_prefix import use_attention

# Bounds on what is held at once beside the weights: a gigabyte or two for a model of 8B.
TOKENS = 2**14  # of prompts and answers in one pass, so of keys and values; one text at least
LOGITS = 2**25  # numbers, 128 MiB each time they are held in float32
PADDING = 0  # a token behind the end of an answer; any would do


@dataclass(frozen=True, slots=True)
class Piece:
    """Logits at some tokens of one answer.

    Attributes:
        answer: which.
        first: place of the first of these tokens in the answer.
        logits: (positions, vocabulary), of the tokens at these places, in the model's precision.
    """

    answer: int
    first: int
    logits: torch.Tensor


class Reading:
    """A few answers, read together: all to one prompt, or each to its own.

    Args:
        engine: the model.
        prefill: its prompt; or those of the answers, which need `blocks`.
        answers: at least one, none empty.
        blocks: whether the model goes on from its cache with several tokens at once; see
            `models.reading_check.reads_blocks`.
    """

    def __init__(
        self, engine: Engine, prefill: Prefill, answers: Sequence[Sequence[int]], *, blocks: bool
    ) -> None:
        self._engine, self._prefill = engine, prefill
        self._tokens = _padded(answers, engine.model.device)
        self._rows = prefill.prompt_of_row(len(answers))
        padding = prefill.padding
        self._padding = None if padding is None else padding[self._rows, None]
        self._cache = None
        if blocks and prefill.cache is not None:
            self._cache = copy.deepcopy(prefill.cache)
            self._cache.reorder_cache(cast(torch.LongTensor, self._rows))

    def logits(self, first: int, last: int) -> torch.Tensor:
        """Of the tokens at places first ≤ i < last, which come from the tokens before them.

        Places must be asked for in order and without gaps.

        Returns:
            (rows, last − first, vocabulary).
        """
        parts = []
        if first == 0:
            parts.append(self._prefill.logits[self._rows, None])
        if last > max(first, 1):
            parts.append(self.feed(max(first - 1, 0), last - 1))
        return torch.cat(parts, 1)

    @torch.inference_mode()
    def feed(self, first: int, last: int) -> torch.Tensor:
        """Read the tokens at these places.

        Args:
            first: place of the first; all before it have been read.
            last: place after the last.

        Returns:
            (rows, last − first, vocabulary) logits of what follows each token.
        """
        use_attention(self._engine.model, self._engine.attention)
        places = torch.arange(first, last, device=self._tokens.device) + self._prefill.length
        if self._cache is None:
            return self._reread(last, places)
        inputs: dict[str, Any] = {self._prefill.cache_name: self._cache}
        positions = places.expand(len(self._tokens), -1)
        if self._padding is not None:
            positions = positions - self._padding
            seen = torch.arange(self._prefill.length + last, device=places.device) >= self._padding
            inputs["attention_mask"] = seen.long()
        if takes(self._engine, "position_ids"):
            inputs["position_ids"] = positions
        tokens = self._tokens[:, first:last]
        return self._engine.model(input_ids=tokens, use_cache=True, **inputs).logits

    def _reread(self, last: int, places: torch.Tensor) -> torch.Tensor:
        prompt = torch.tensor(self._prefill.prompt_ids, device=self._tokens.device)
        texts = torch.cat((prompt.expand(len(self._tokens), -1), self._tokens[:, :last]), 1)
        return _logits_at(self._engine, texts, places)


def read_answers(
    engine: Engine, prompt_ids: Sequence[int], answers: Sequence[Sequence[int]], *, blocks: bool
) -> Iterator[Piece]:
    """Logits at every token of every answer, in order.

    Args:
        engine: the model.
        prompt_ids: at least one token.
        answers: tokens the model knows; empty ones are passed over.
        blocks: see `Reading`.

    Raises:
        MemoryBudgetError: not even one answer fits.
    """
    prefill = read_prompt(engine, prompt_ids)

    def read(group: range) -> Iterator[Piece]:
        return _read_group(engine, prefill, answers, group, blocks=blocks)

    yield from _halving(answers, read, prompt=len(prompt_ids), vocabulary=prefill.logits.shape[-1])


def read_answers_each(
    engine: Engine, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
) -> Iterator[Piece]:
    """Logits at every token of every answer, in order, where each has a prompt of its own.

    Neighbours are read together, padded to the longest prompt; a prompt that several of them share
    is read once. The engine must be able to; see `models.reading_check.reads_together_in_blocks`.

    Args:
        engine: the model.
        prompts: at least one token each; one per answer.
        answers: as of `read_answers`.

    Raises:
        MemoryBudgetError: not even one answer fits.
    """
    vocabulary = int(engine.model.config.get_text_config().vocab_size)

    def read(group: range) -> Iterator[Piece]:
        prefill = read_prompts(engine, [prompts[i] for i in group])
        return _read_group(engine, prefill, answers, group, blocks=True)

    yield from _halving(answers, read, prompt=max(map(len, prompts)), vocabulary=vocabulary)


def _halving(
    answers: Sequence[Sequence[int]],
    read: Callable[[range], Iterator[Piece]],
    *,
    prompt: int,
    vocabulary: int,
) -> Iterator[Piece]:
    """Read group by group; one for which memory runs out is read again in two halves."""
    waiting = deque(groups(answers, prompt=prompt, vocabulary=vocabulary))
    while waiting:
        group, failed = waiting.popleft(), False
        try:
            yield from read(group)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            failed = True
        if failed:  # outside of the handler: the error's frames hold the tensors that must go
            waiting.extendleft(reversed(_halves(group)))
            torch.cuda.empty_cache()


def _halves(group: range) -> list[range]:
    if len(group) == 1:
        raise MemoryBudgetError(
            "There is no memory left to read even one answer.",
            "Choose a smaller model, or NF4, or shorter prompts and answers.",
        )
    middle = group.start + len(group) // 2
    return [range(group.start, middle), range(middle, group.stop)]


def groups(answers: Sequence[Sequence[int]], *, prompt: int, vocabulary: int) -> Iterator[range]:
    """Neighbouring answers that may be read together within `TOKENS` and `LOGITS`.

    Args:
        answers: tokens; an empty one ends a group.
        prompt: tokens of it.
        vocabulary: logits at each token.
    """
    start, longest = 0, 0
    for place, answer in enumerate(answers):
        longest = max(longest, len(answer))
        rows = place + 1 - start
        wide = rows * longest * vocabulary > LOGITS or rows * (prompt + longest) > TOKENS
        if not answer or (wide and rows > 1):
            if place > start:
                yield range(start, place)
            start, longest = (place, len(answer)) if answer else (place + 1, 0)
    if start < len(answers):
        yield range(start, len(answers))


def blocks_of(length: int, *, rows: int, vocabulary: int) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) places of the pieces in which answers of a length are read."""
    size = max(1, LOGITS // (rows * vocabulary))
    for first in range(0, length, size):
        yield first, min(first + size, length)


def _read_group(
    engine: Engine,
    prefill: Prefill,
    answers: Sequence[Sequence[int]],
    group: range,
    *,
    blocks: bool,
) -> Iterator[Piece]:
    read = [answers[i] for i in group]
    reading = Reading(engine, prefill, read, blocks=blocks)
    longest = max(map(len, read))
    size = prefill.logits.shape[-1]
    # Several blocks only where there is one row, so pieces come in order.
    for first, last in blocks_of(longest, rows=len(read), vocabulary=size):
        logits = reading.logits(first, last)
        for answer, row in zip(group, logits, strict=True):
            yield Piece(answer, first, row[: len(answers[answer]) - first])


def next_logits(
    engine: Engine, prompts: Sequence[Sequence[int]]
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Logits of the first token of an answer to each of many prompts, read in padded batches.

    Yields:
        Places of some prompts, and their (prompts, vocabulary) logits; from short to long.
    """
    vocabulary = int(engine.model.config.get_text_config().vocab_size)
    for places in _alike(list(map(len, prompts)), most=max(1, LOGITS // vocabulary)):
        texts = _padded([prompts[place] for place in places], engine.model.device)
        ends = [len(prompts[place]) - 1 for place in places]
        kept = sorted(set(ends))
        use_attention(engine.model, engine.attention)
        logits = _logits_at(engine, texts, torch.tensor(kept, device=texts.device))
        yield places, logits[range(len(places)), [kept.index(end) for end in ends]]


def _alike(lengths: list[int], *, most: int) -> Iterator[list[int]]:
    """Places of texts of like length; with logits at each of their ends at most `most` of them."""
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        rows, ends = len(group) + 1, len({lengths[i] for i in (*group, place)})
        if group and (rows * lengths[place] > TOKENS or rows * ends > most):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


@torch.inference_mode()
def _logits_at(engine: Engine, texts: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Logits (rows, places, vocabulary) at these places of whole texts, (rows, length)."""
    if takes(engine, "logits_to_keep"):
        kept = {"logits_to_keep": places}
        return engine.model(input_ids=texts, use_cache=False, **kept).logits
    return engine.model(input_ids=texts, use_cache=False).logits[:, places]


def _padded(texts: Sequence[Sequence[int]], device: torch.device) -> torch.Tensor:
    """(rows, longest) int64, padded on the right."""
    longest = max(map(len, texts))
    rows = [[*text, *[PADDING] * (longest - len(text))] for text in texts]
    return torch.tensor(rows, device=device)
