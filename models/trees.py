"""Trees of answers: what a model gives that can go on in several ways from the middle of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from data.schema import Decoding, Message, Sample


@dataclass(frozen=True, slots=True)
class Lookahead:
    """When a tree of answers branches and what it prunes; see `models.lookahead`.

    Attributes:
        width: branches at most, ≥ 1.
        likely: a child needs a second token above this probability at T = 1,
        close: and less than this below the first.
        ages: tokens after its fork at which a child is compared with its parent.
        differ: share of those tokens by which it must differ, as edit distance, to stay.
        until: tokens after which a tree branches no more.
    """

    width: int = 8
    likely: float = 0.25
    close: float = 0.15
    ages: tuple[int, ...] = (20, 30, 50)
    differ: float = 0.4
    until: int = 512


@dataclass(frozen=True, slots=True)
class Tree:
    """Answers that branched off each other.

    Attributes:
        call: the tree's number; also the index of each of its samples.
        samples: its leaves.
        tokens: drawn for all of it: what was pruned counts, what is shared counts once.
    """

    call: int
    samples: tuple[Sample, ...]
    tokens: int


@runtime_checkable
class BranchingModel(Protocol):
    """A model that can go on in several ways from the middle of an answer."""

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
        """Grow one tree of answers per call; (seed, call) fixes it.

        Once `should_stop` is true, ends within one token step; unfinished trees are dropped.

        Raises:
            PromptError, ModelError: as `LanguageModel.generate`.
        """
        ...
