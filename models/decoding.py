"""The sampling loop: many independent answers to one prompt, each on a random stream of its own.

The prompt is read once. Its rows then advance together, one token per step, and leave when they
are done. Row i draws with uniforms that (seed, i) alone determine, by inverting its cumulative
distribution, so its answer depends on nothing else as long as the model's logits don't.

Matrix kernels add up in another order for a handful of rows than for many, which moves logits in
their last bits. So rows are computed in multiples of `ROW_BLOCK`, filled up with rows that nobody
reads: on a CPU in float32 a row's logits are then the same to the bit in every batch. On GPUs and
in 16 bits they are nearly the same, and a draw can change where its uniform lies within rounding
of the border between two tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import MemoryBudgetError, ModelError
from data.schema import Decoding, FinishReason
from models.continuation import Continuation, Engine, Prefill, read_prompt, read_prompts
from models.truncation import Lean, draw
from models.word_values import Leaning

ROW_BLOCK = 16
WORTH_COMPACTING = 7 / 8  # of the rows are left; copying their suffixes costs about half a step
WORTH_RECORDING = 1 / 2  # likewise where steps are recorded, which takes about three of them
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


@dataclass(frozen=True, slots=True)
class Draw:
    """One finished row: what was drawn, and how likely it was. See `data.schema.Sample`."""

    index: int
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]
    finish: FinishReason


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of every row of one call.

    Attributes:
        limit: new tokens per answer, ≥ 1.
        should_stop: once true, the draws end within one token step.
        rows: answers to decode together at most, ≥ 1.
        has_ended: whether the tokens of an answer, the newest included, end it; besides the
            engine's end tokens. Asked for every row at every step.
        leaning: what draws the likeliest tokens towards some of them; None where nothing does.
    """

    decoding: Decoding
    seed: int
    limit: int
    should_stop: Callable[[], bool] = lambda: False
    rows: int = 512
    has_ended: Callable[[Sequence[int]], bool] | None = None
    leaning: Leaning | None = None


def uniforms(seed: int, index: int, count: int) -> NDArray[np.float64]:
    """The random stream of one draw: (count,) in [0, 1), a prefix of any longer one.

    Args:
        seed: any integer; taken modulo 2⁶⁴.
        index: ≥ 0.
        count: of tokens at most.
    """
    key = np.array([seed % 2**64, index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).random(count)


def sample(
    engine: Engine, prompt_ids: Sequence[int], indices: Sequence[int], request: Request
) -> Iterator[Draw]:
    """Draw one answer per index, each yielded as soon as it is finished.

    When memory runs out, the rows not yet yielded start again in two halves; on their streams
    they draw the same.

    Args:
        engine: the model.
        prompt_ids: at least one token.
        indices: which draws; with the seed each fixes its own.
        request: how to draw.

    Raises:
        MemoryBudgetError: not even one row fits.
        ModelError: the model gives numbers that are none.
    """
    size = request.rows if request.rows < ROW_BLOCK else request.rows // ROW_BLOCK * ROW_BLOCK
    batches = [tuple(indices[i : i + size]) for i in range(0, len(indices), size)]
    read = cache(lambda: read_prompt(engine, prompt_ids))
    yield from _halving(engine, batches, request, lambda _: read())


def sample_each(
    engine: Engine, prompts: Mapping[int, Sequence[int]], request: Request
) -> Iterator[Draw]:
    """Draw one answer to each of several prompts, each yielded as soon as it is finished.

    Prompts of like length go together, since all are padded to the longest. The engine must keep a
    cache and go by masks; see `models.prefix_check.reads_together`.

    Args:
        engine: the model.
        prompts: index → at least one token.
        request: how to draw.

    Raises:
        MemoryBudgetError: not even one row fits.
        ModelError: the model gives numbers that are none.
    """
    order = sorted(prompts, key=lambda index: len(prompts[index]))
    size = request.rows
    batches = [tuple(order[i : i + size]) for i in range(0, len(order), size)]
    yield from _halving(
        engine, batches, request, lambda batch: read_prompts(engine, [prompts[i] for i in batch])
    )


def _halving(
    engine: Engine,
    batches: Sequence[tuple[int, ...]],
    request: Request,
    read: Callable[[tuple[int, ...]], Prefill],
) -> Iterator[Draw]:
    """Draw batch by batch; one for which memory runs out starts again in two halves."""
    waiting, block = deque(batches), ROW_BLOCK
    while waiting and not request.should_stop():
        batch, left = waiting.popleft(), None
        finished = set[int]()
        try:
            for answer in _batch(engine, read(batch), batch, request, block):
                finished.add(answer.index)
                yield answer
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            left = [index for index in batch if index not in finished]
        # Outside of the handler: the error's frames hold the tensors that must go first.
        if left is not None:
            block = ROW_BLOCK if len(batch) > ROW_BLOCK else 1
            waiting.extendleft(reversed(_halves(left)))
            torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on a GPU or in main memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(sign in str(error).lower() for sign in OUT_OF_MEMORY)


def _halves(left: list[int]) -> list[tuple[int, ...]]:
    if len(left) == 1:
        raise MemoryBudgetError(
            "There is not enough memory for even one answer to this prompt.",
            "Shorten the prompt or the answer, or choose a smaller or more quantized model.",
        )
    middle = (len(left) + 1) // 2
    return [half for half in (tuple(left[:middle]), tuple(left[middle:])) if half]


def _batch(
    engine: Engine, prefill: Prefill, indices: tuple[int, ...], request: Request, block: int
) -> Iterator[Draw]:
    """Decode rows together until each is done; fewer are yielded once `should_stop` is true."""
    rows = _Rows(indices, request, engine, block)
    continuation = Continuation(engine, prefill, rows=rows.count, limit=request.limit)
    logits = prefill.logits[prefill.prompt_of_row(rows.count)]
    while not request.should_stop():
        tokens = rows.advance(logits)
        yield from rows.take_finished()
        if not rows.alive.any():
            return
        kept = rows.compact(WORTH_RECORDING if continuation.replays else WORTH_COMPACTING)
        if kept is not None:
            continuation.keep(kept)
            tokens = tokens[kept]
        logits = continuation.step(tokens)


class _Rows:
    """Which rows are being computed, and what each has drawn so far.

    Attributes:
        slots: (rows,) where each row's record is; those beyond the indices asked for are fillers.
        alive: (rows,) whether anyone waits for the row.
    """

    def __init__(
        self, indices: tuple[int, ...], request: Request, engine: Engine, block: int
    ) -> None:
        count = -(-len(indices) // block) * block
        self._indices, self._request, self._block = indices, request, block
        self._device = engine.model.device
        self._eos = np.array(sorted(engine.eos_ids), dtype=np.int64)
        streams = np.zeros((count, request.limit))
        for slot, index in enumerate(indices):
            streams[slot] = uniforms(request.seed, index, request.limit)
        self._streams = torch.from_numpy(streams).to(self._device)
        self._record = np.empty((3, count, request.limit))
        self._length = 0
        self._tails: list[tuple[int, ...]] = [()] * count  # tokens of the word that is being said
        self.slots = np.arange(count)
        self.alive = self.slots < len(indices)

    @property
    def count(self) -> int:
        return len(self.slots)

    @torch.inference_mode()
    def advance(self, logits: torch.Tensor) -> torch.Tensor:
        """Draw one token per row; (rows,) int64 on the model's device."""
        lean = None if self._request.leaning is None else self._lean(logits, self._request.leaning)
        drawn = draw(logits, self._streams[:, self._length], self._request.decoding, lean)
        # The only time that a step without a lean waits for the device, once for all three numbers.
        seen = drawn.cpu().numpy()
        if not np.isfinite(seen[:, self.alive]).all():
            raise ModelError(
                "The model's output is not a number.",
                "Load it in a wider precision (bf16 or fp32), or choose another model.",
            )
        self._record[:, self.slots, self._length] = seen
        self._length += 1
        if (leaning := self._request.leaning) is not None:
            for slot, token in zip(self.slots, seen[0].astype(int).tolist(), strict=True):
                self._tails[slot] = leaning.after(self._tails[slot], token)
        return drawn[0].long()

    def _lean(self, logits: torch.Tensor, leaning: Leaning) -> Lean:
        """The likeliest tokens of each row, and what is added to their logits."""
        likeliest = logits.topk(min(leaning.top, logits.shape[-1]), dim=-1).indices
        amounts = np.zeros(likeliest.shape, dtype=np.float32)
        for row, tokens in enumerate(likeliest.tolist()):
            if self.alive[row]:
                amounts[row] = leaning.amounts(self._tails[self.slots[row]], tokens)
        return likeliest, torch.from_numpy(amounts).to(self._device)

    def take_finished(self) -> Iterator[Draw]:
        """The rows that ended with the last token; they are no longer alive."""
        ended = np.isin(self._record[0, self.slots, self._length - 1], self._eos)
        if (has_ended := self._request.has_ended) is not None:
            for row in np.flatnonzero(self.alive & ~ended):
                ended[row] = has_ended(self._tokens(self.slots[row]))
        full = self._length == self._request.limit
        for row in np.flatnonzero(self.alive & (ended | full)):
            self.alive[row] = False
            yield self._draw(self.slots[row], ended=bool(ended[row]))

    def _tokens(self, slot: int) -> tuple[int, ...]:
        return tuple(self._record[0, slot, : self._length].astype(int).tolist())

    def _draw(self, slot: int, *, ended: bool) -> Draw:
        _, logprobs, entropies = self._record[:, slot, : self._length]
        return Draw(
            index=self._indices[slot],
            token_ids=self._tokens(slot),
            logprobs=tuple(logprobs.tolist()),
            entropies=tuple(entropies.tolist()),
            finish=FinishReason.STOP if ended else FinishReason.LENGTH,
        )

    def compact(self, worth: float) -> torch.Tensor | None:
        """Drop finished rows; the places kept, or None for all if more than `worth` would stay."""
        alive = int(self.alive.sum())
        wanted = -(-alive // self._block) * self._block
        if wanted > worth * self.count:
            return None
        # Finished rows stay as fillers where the block needs some.
        kept = np.sort(np.argsort(~self.alive, kind="stable")[:wanted])
        self.slots, self.alive = self.slots[kept], self.alive[kept]
        places = torch.from_numpy(kept).to(self._device)
        self._streams = self._streams[places]
        return places
