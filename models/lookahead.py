"""Answers as the leaves of a tree: branch where the model wavers, look ahead, prune what converges.

A branch goes on from a copy of its parent's cache row; what they share is computed once. As long
as a tree has room, its branches take the likeliest token, and where the second is likely too and
close behind, a child takes that. A child that after some tokens still says nearly what its parent
says is dropped. Once the tree is full, tokens are drawn as usual.

References:
    Xing et al. 2025, LATR. Written from the paper's rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import MemoryBudgetError, ModelError
from data.schema import FinishReason
from models.continuation import Continuation, Engine, Prefill, read_prompt
from models.decoding import ROW_BLOCK, Draw, Request, is_out_of_memory, uniforms
from models.edits import edit_distance
from models.trees import Lookahead
from models.truncation import draw

STREAMS = 2**20  # random streams kept for the branches of one tree


@dataclass(frozen=True, slots=True)
class Grown:
    """A finished tree.

    Attributes:
        call: which.
        leaves: its answers, in the order in which they branched off.
        tokens: drawn for all of it, what was pruned included, what is shared once.
    """

    call: int
    leaves: tuple[Draw, ...]
    tokens: int


def grow(
    engine: Engine,
    prompt_ids: Sequence[int],
    calls: Sequence[int],
    request: Request,
    ahead: Lookahead,
) -> Iterator[Grown]:
    """Grow one tree per call, each yielded when its last branch ends.

    Args:
        engine: the model.
        prompt_ids: at least one token.
        calls: which trees; with the seed each fixes its own.
        request: how to draw once a tree is full; its rows bound how many grow together.
        ahead: when to branch and to prune.

    Raises:
        MemoryBudgetError: not even one tree fits.
        ModelError: the model gives numbers that are none.
    """
    together = max(1, request.rows // ahead.width)
    prefill = read_prompt(engine, prompt_ids) if calls and not request.should_stop() else None
    if prefill is None:
        return
    for start in range(0, len(calls), together):
        yield from _fitting(engine, prefill, calls[start : start + together], request, ahead)


def _fitting(
    engine: Engine, prefill: Prefill, calls: Sequence[int], request: Request, ahead: Lookahead
) -> Iterator[Grown]:
    """Grow some trees together, or in halves where memory runs out."""
    done, short = set[int](), False
    try:
        for grown in _together(engine, prefill, calls, request, ahead):
            done.add(grown.call)
            yield grown
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        short = True
    if short:  # outside of the handler, whose frames hold the tensors that must go first
        torch.cuda.empty_cache()
        left = [call for call in calls if call not in done]
        if len(left) == 1:
            raise MemoryBudgetError(
                "There is not enough memory for one tree of answers to this prompt.",
                "Ask for fewer branches, shorten the prompt or the answer, or choose a smaller "
                "model.",
            )
        for half in (left[: len(left) // 2], left[len(left) // 2 :]):
            yield from _fitting(engine, prefill, half, request, ahead)


def _together(
    engine: Engine, prefill: Prefill, calls: Sequence[int], request: Request, ahead: Lookahead
) -> Iterator[Grown]:
    trees = [_Tree(call, request, ahead, engine.eos_ids) for call in calls]
    rows = _padded(list(range(len(trees))))
    continuation = Continuation(engine, prefill, rows=len(rows), limit=request.limit)
    logits = prefill.logits.expand(len(rows), -1)
    device = engine.model.device
    active = [tree.root for tree in trees]
    while active and not request.should_stop():
        grown, sources = _advance(active, trees, logits, request)
        for tree in trees:
            if tree.is_finished():
                yield tree.grown()
        trees = [tree for tree in trees if not tree.is_finished()]
        if not grown:
            return
        kept = _padded(sources)
        if kept != list(range(len(logits))):
            continuation.keep(torch.tensor(kept, device=device))
        newest = _padded([branch.tokens[-1] for branch in grown])
        logits = continuation.step(torch.tensor(newest, device=device))
        active = grown


def _padded(rows: list[int]) -> list[int]:
    """Full blocks, for a row's logits to be the same in every batch; see `models.decoding`."""
    return rows + rows[:1] * (-len(rows) % ROW_BLOCK)


def _advance(
    active: list[_Branch], trees: list[_Tree], logits: torch.Tensor, request: Request
) -> tuple[list[_Branch], list[int]]:
    """One token for every branch; the branches that go on, and the rows they go on from."""
    choices = _choices(active, logits[: len(active)], request)
    by_call = {tree.call: tree for tree in trees}
    rows: dict[int, list[int]] = {}
    for row, branch in enumerate(active):
        rows.setdefault(branch.call, []).append(row)
    grown: list[_Branch] = []
    sources: list[int] = []
    for call, own in rows.items():
        for branch, row in by_call[call].step([active[r] for r in own], own, choices):
            grown.append(branch)
            sources.append(row)
    return grown, sources


@dataclass(frozen=True, slots=True)
class _Choices:
    """What each row could take next: (3, rows) of token, log-probability and entropy.

    Attributes:
        drawn: as usual.
        first: the likeliest token.
        second: the second.
    """

    drawn: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]


@torch.inference_mode()
def _choices(active: list[_Branch], logits: torch.Tensor, request: Request) -> _Choices:
    place = len(active[0].tokens)
    stream = torch.tensor([branch.stream[place] for branch in active], dtype=torch.float64)
    drawn = draw(logits, stream.to(logits.device), request.decoding)
    two = logits.float().log_softmax(-1).topk(2, dim=-1)
    first, second = (
        torch.stack((two.indices[:, i].double(), two.values[:, i].double(), drawn[2]))
        for i in (0, 1)
    )
    found = torch.stack((drawn, first, second)).cpu().numpy()
    if not np.isfinite(found[:2]).all():
        raise ModelError(
            "The model's output is not a number.",
            "Load it in a wider precision (bf16 or fp32), or choose another model.",
        )
    return _Choices(*found)


@dataclass(eq=False)
class _Branch:
    """One row: what it has drawn since the prompt.

    Attributes:
        fork: tokens that it shares with its parent.
        ended: whether it ended by itself; None while it goes on.
    """

    call: int
    stream: NDArray[np.float64]
    parent: _Branch | None = None
    fork: int = 0
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    ended: bool | None = None

    def take(self, choice: NDArray[np.float64]) -> None:
        self.tokens.append(int(choice[0]))
        self.logprobs.append(float(choice[1]))
        self.entropies.append(float(choice[2]))

    def child(self, stream: NDArray[np.float64]) -> _Branch:
        return replace(
            self,
            stream=stream,
            parent=self,
            fork=len(self.tokens),
            tokens=list(self.tokens),
            logprobs=list(self.logprobs),
            entropies=list(self.entropies),
        )

    def drawn(self, order: int) -> Draw:
        reason = FinishReason.STOP if self.ended else FinishReason.LENGTH
        return Draw(order, tuple(self.tokens), tuple(self.logprobs), tuple(self.entropies), reason)


class _Tree:
    """One call: its branches, and the rules by which they come and go."""

    def __init__(self, call: int, request: Request, ahead: Lookahead, eos: frozenset[int]) -> None:
        self.call = call
        self._request, self._ahead, self._eos = request, ahead, eos
        self._made, self._tokens = 0, 0
        self.root = _Branch(call, self._stream())
        self._branches = [self.root]  # all but the pruned ones

    def step(
        self, own: list[_Branch], rows: list[int], choices: _Choices
    ) -> Iterator[tuple[_Branch, int]]:
        """Advance the tree's branches, given with their rows; yields those that go on."""
        place = len(own[0].tokens)
        greedy = self._has_room() and place < self._ahead.until
        born = self._born(own, rows, choices) if greedy else []
        for branch, row in zip(own, rows, strict=True):
            branch.take((choices.first if greedy else choices.drawn)[:, row])
        self._tokens += len(own) + len(born)
        self._branches += [child for child, _ in born]
        everyone = [*zip(own, rows, strict=True), *born]
        for branch, _ in everyone:
            self._end(branch)
        for branch, _ in everyone:
            if self._repeats_parent(branch):
                self._branches.remove(branch)
        left = set(map(id, self._branches))
        for branch, row in everyone:
            if branch.ended is None and id(branch) in left:
                yield branch, row

    def is_finished(self) -> bool:
        return all(branch.ended is not None for branch in self._branches)

    def grown(self) -> Grown:
        leaves = tuple(branch.drawn(order) for order, branch in enumerate(self._branches))
        return Grown(self.call, leaves, self._tokens)

    def _has_room(self) -> bool:
        return len(self._branches) < self._ahead.width

    def _born(
        self, own: list[_Branch], rows: list[int], choices: _Choices
    ) -> list[tuple[_Branch, int]]:
        """Children by the second token, the likeliest first, as far as there is room."""
        first, second = np.exp(choices.first[1]), np.exp(choices.second[1])
        wavering = [
            (branch, row)
            for branch, row in zip(own, rows, strict=True)
            if second[row] > self._ahead.likely and first[row] - second[row] < self._ahead.close
        ]
        wavering.sort(key=lambda each: -second[each[1]])
        born = []
        for branch, row in wavering[: self._ahead.width - len(self._branches)]:
            child = branch.child(self._stream())
            child.take(choices.second[:, row])
            born.append((child, row))
        return born

    def _stream(self) -> NDArray[np.float64]:
        self._made += 1
        number = self.call * STREAMS + self._made - 1
        return uniforms(self._request.seed, number, self._request.limit)

    def _end(self, branch: _Branch) -> None:
        has_ended = self._request.has_ended
        if branch.tokens[-1] in self._eos or (has_ended and has_ended(branch.tokens)):
            branch.ended = True
        elif len(branch.tokens) == self._request.limit:
            branch.ended = False

    def _repeats_parent(self, branch: _Branch) -> bool:
        """Whether a child that has reached an age of reckoning says what its parent says."""
        age = len(branch.tokens) - branch.fork
        if branch.parent is None or branch.ended is not None or age not in self._ahead.ages:
            return False
        theirs = branch.parent.tokens[branch.fork : branch.fork + age]
        return edit_distance(branch.tokens[branch.fork :], theirs) < self._ahead.differ * age
