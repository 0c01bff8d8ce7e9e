"""Token steps that are recorded once and replayed: on a GPU as a CUDA graph.

A small model's step is hundreds of short kernels, and to start them one by one takes longer than
to run them. A recorded step starts them all at once. For that nothing of it may depend on numbers
in the program: every tensor keeps its shape and its address from token to token, and where the
newest token stands lies on the device too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from transformers.cache_utils import Cache, DummyLayer

from models.suffixes import SuffixLayer, Unsupported, shared_cache

LOOK_AHEAD = 64  # tokens: a recorded step looks at so many places of the suffix, or a multiple

Step = Callable[[], torch.Tensor]


class Clock:
    """Where the coming token stands, and what it can't see.

    Args:
        device: of the model.

    Attributes:
        place: (1,) int64 among the tokens of its row's own, from 0.
        seen: leading places of the suffixes that are looked at; those not yet written are hidden.
    """

    def __init__(self, device: torch.device) -> None:
        self.place = torch.zeros(1, dtype=torch.long, device=device)
        self.seen = 0
        self._hidden: dict[tuple[int, int, int], torch.Tensor] = {}

    def start(self) -> None:
        """Forget what the step before could not see; the first call of every step."""
        self._hidden.clear()

    def hidden(self, held: int, prompt_length: int, window: int) -> torch.Tensor:
        """What the coming token can't see, computed once per step for all layers of a kind.

        Args:
            held: tokens of the prompt that the cache holds, its last ones.
            prompt_length: tokens of the prompt.
            window: last tokens that a token sees, itself included; 0 when it sees all.

        Returns:
            (held + seen,) bool.
        """
        key = (held, prompt_length, window)
        if key not in self._hidden:
            last = prompt_length + self.seen
            positions = torch.arange(prompt_length - held, last, device=self.place.device)
            newest = self.place + prompt_length
            hidden = positions > newest
            if window:
                hidden |= positions <= newest - window
            self._hidden[key] = hidden
        return self._hidden[key]


class FixedLayer(SuffixLayer):
    """A suffix layer of one size, written at the clock's place.

    All its room is there from the start.

    Args:
        *args: as for `SuffixLayer`.
        clock: of all layers.
        **kwargs: as for `SuffixLayer`.
    """

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        self._clock = clock
        super().__init__(*args, **kwargs)

    def _first_capacity(self) -> int:
        return self._limit

    @staticmethod
    def _room(like: torch.Tensor, rows: int, capacity: int) -> torch.Tensor:
        # What is hidden gets a weight of 0, and 0 times whatever memory holds may be no number.
        return like.new_zeros((like.shape[0], rows, capacity, like.shape[2]))

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one token per row at the clock's place; see `SuffixLayer.update`."""
        self._refuse_others(key_states)
        clock = self._clock
        self.keys.index_copy_(2, clock.place, key_states.transpose(0, 1))
        self.values.index_copy_(2, clock.place, value_states.transpose(0, 1))
        return self.keys[:, :, : clock.seen], self.values[:, :, : clock.seen]

    def prompt_seen(self) -> tuple[torch.Tensor, torch.Tensor]:
        """All that is held of the prompt; `hidden` says what of it is out of the window."""
        return self.prompt_keys, self.prompt_values

    @property
    def hidden(self) -> torch.Tensor:
        """What the coming token can't see of prompt and suffix."""
        return self._clock.hidden(self.prompt_keys.shape[1], self.prompt_length, self.window)


def cuda_graph(step: Step) -> Step:
    """Record a step as a CUDA graph.

    Args:
        step: runs it; what it returns is overwritten by each replay.

    Returns:
        Replays it.

    References:
        The CUDA semantics page of PyTorch, "CUDA Graphs".
    """
    side = _side_stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()  # libraries set themselves up, which can't be recorded
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    # Other threads (an embedder's) may allocate meanwhile without spoiling the record.
    with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
        output = step()

    def replay() -> torch.Tensor:
        graph.replay()
        return output

    return replay


_own = threading.local()


def _side_stream() -> torch.cuda.Stream:
    """This thread's stream for records. Matrix products hold scratch memory for every stream."""
    if not hasattr(_own, "stream"):
        _own.stream = torch.cuda.Stream()
    return cast(torch.cuda.Stream, _own.stream)


RECORDERS: dict[str, Callable[[Step], Step]] = {"cuda": cuda_graph}  # by kind of device


class ReplayedSteps:
    """Rows that continue one prompt by steps of one shape.

    Args:
        prefilled: the prompt's cache, of a batch of one.
        rows: answers to decode together.
        limit: tokens of each at most.
        device: of the model.
        forward: one pass of the model: tokens (rows, 1), positions (rows, 1), cache → logits
            (rows, vocabulary). It must not lead back to this object, or caches would outlive it.
        record: turns a step into its replay.

    Raises:
        Unsupported: a layer keeps more than keys and values.
    """

    def __init__(
        self,
        prefilled: Cache,
        *,
        rows: int,
        limit: int,
        device: torch.device,
        forward: Callable[[torch.Tensor, torch.Tensor, Cache], torch.Tensor],
        record: Callable[[Step], Step],
    ) -> None:
        self._clock = Clock(device)
        make = partial(FixedLayer, clock=self._clock)
        self.cache = shared_cache(prefilled, rows, limit=limit, make=make)
        if not all(isinstance(layer, FixedLayer | DummyLayer) for layer in self.cache.layers):
            raise Unsupported
        self._fixed = [layer for layer in self.cache.layers if isinstance(layer, FixedLayer)]
        self._prompt_length = prefilled.get_seq_length()
        self._limit, self._forward = limit, forward
        self._record: Callable[[Step], Step] | None = record
        self._tokens = torch.zeros((rows, 1), dtype=torch.long, device=device)
        self._length = 0
        self._replay: Step | None = None

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feed one token per row.

        Args:
            tokens: (rows,) int64.

        Returns:
            (rows, vocabulary) logits.
        """
        self._tokens.copy_(tokens[:, None])
        self._clock.place.fill_(self._length)
        seen = min(self._limit, (self._length // LOOK_AHEAD + 1) * LOOK_AHEAD)
        if self._replay is None or seen != self._clock.seen:
            self._begin_record(seen)
        logits = self._run() if self._replay is None else self._replay().clone()
        self._length += 1
        for layer in self._fixed:
            layer.length = self._length
        return logits

    @property
    def recording(self) -> bool:
        """Whether all steps could be recorded so far. What can't be runs kernel by kernel."""
        return self._record is not None

    def _begin_record(self, seen: int) -> None:
        self._forget()
        self._clock.seen = seen
        if self._record is not None:
            try:
                self._replay = self._record(self._run)
            except Exception:  # recorders raise what they like, and only time is lost
                self._record = None

    def _forget(self) -> None:
        """Let a record go before the next one's memory comes."""
        self._replay = None
        self._clock.start()

    def _run(self) -> torch.Tensor:
        self._clock.start()
        positions = (self._clock.place + self._prompt_length).expand(len(self._tokens), 1)
        return self._forward(self._tokens, positions, self.cache)

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, in this order; (m,) int64."""
        self._forget()
        self.cache.reorder_cache(cast(torch.LongTensor, rows))
        self._tokens = self._tokens[rows]
