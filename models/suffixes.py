"""Caches of rows that continue one prompt: what they share is held once, the rest per row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from transformers.cache_utils import (
    Cache,
    CacheLayerMixin,
    DummyLayer,
    DynamicLayer,
    DynamicSlidingWindowLayer,
    LinearAttentionAndFullAttentionLayer,
    LinearAttentionLayer,
)

FIRST_CAPACITY = 64  # tokens; doubled when full, up to what an answer may have


class Unsupported(Exception):
    """This model's attention is of a kind that can't share a prompt's cache."""


class SuffixLayer(CacheLayerMixin):
    """One layer's keys and values: the prompt's once, and each row's own suffix.

    Suffixes lie head first, (kv heads, rows, capacity, d), so that the products of a step run on
    views without copies.

    Args:
        prompt_keys: (1, kv heads, held, d) as prefilled; a window may hold its last tokens only.
        prompt_values: likewise.
        rows: number of answers decoded together.
        prompt_length: tokens of the whole prompt.
        limit: tokens of a suffix at most.
        window: last tokens that a token sees, itself included; 0 when it sees all.
    """

    is_sliding = False
    keys: torch.Tensor
    values: torch.Tensor

    def __init__(
        self,
        prompt_keys: torch.Tensor,
        prompt_values: torch.Tensor,
        rows: int,
        *,
        prompt_length: int,
        limit: int,
        window: int = 0,
    ) -> None:
        super().__init__()
        sizes = {"prompt_length": prompt_length, "limit": limit, "window": window}
        self._begin(prompt_keys, prompt_values, rows, **sizes)

    def _begin(
        self,
        prompt_keys: torch.Tensor,
        prompt_values: torch.Tensor,
        rows: int,
        *,
        prompt_length: int,
        limit: int,
        window: int = 0,
    ) -> None:
        self.prompt_keys = prompt_keys[0].contiguous()
        self.prompt_values = prompt_values[0].contiguous()
        self.prompt_length, self.window, self._limit = prompt_length, window, limit
        self.length = 0
        capacity = self._first_capacity()
        self.keys = self._room(self.prompt_keys, rows, capacity)
        self.values = self._room(self.prompt_values, rows, capacity)
        self.is_initialized = True

    def _first_capacity(self) -> int:
        return min(FIRST_CAPACITY, self._limit)

    @staticmethod
    def _room(like: torch.Tensor, rows: int, capacity: int) -> torch.Tensor:
        return like.new_empty((like.shape[0], rows, capacity, like.shape[2]))

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing to do: the room is there from the start."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append one token per row.

        Args:
            key_states: (rows, kv heads, 1, d).
            value_states: likewise.
            *args: ignored.
            **kwargs: ignored.

        Returns:
            What the new token sees of the suffixes, (kv heads, rows, length, d) each.

        Raises:
            Unsupported: more than one token at a time, or another number of rows.
        """
        self._refuse_others(key_states)
        if self.length == self.keys.shape[2]:
            self.keys, self.values = self._grown(self.keys), self._grown(self.values)
        self.keys[:, :, self.length] = key_states[:, :, 0].transpose(0, 1)
        self.values[:, :, self.length] = value_states[:, :, 0].transpose(0, 1)
        self.length += 1
        first = max(0, self.length - self.window) if self.window else 0
        return self.keys[:, :, first : self.length], self.values[:, :, first : self.length]

    def _refuse_others(self, key_states: torch.Tensor) -> None:
        if key_states.shape[2] != 1 or key_states.shape[0] != self.keys.shape[1]:
            raise Unsupported

    def _grown(self, old: torch.Tensor) -> torch.Tensor:
        wanted = max(self.length + 1, min(2 * self.length, self._limit))
        new = self._room(old[:, 0], old.shape[1], wanted)
        new[:, :, : self.length] = old[:, :, : self.length]
        return new

    def prompt_seen(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the newest token sees of the prompt: keys and values, (kv heads, seen, d)."""
        if not self.window:
            return self.prompt_keys, self.prompt_values
        held = self.prompt_keys.shape[1]
        first = held - min(held, max(0, self.window - self.length))
        return self.prompt_keys[:, first:], self.prompt_values[:, first:]

    @property
    def hidden(self) -> torch.Tensor | None:
        """(prompt seen + suffix seen,) bool: what is there but not to be seen; None for nothing."""
        return None

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length of prompt and suffix with the coming tokens, and offset."""
        return self.get_seq_length() + query_length, 0

    def get_seq_length(self) -> int:
        """Tokens of prompt and suffix."""
        return self.prompt_length + self.length

    def get_max_length(self) -> int:
        """-1: grows as needed."""
        return -1

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Keep these rows, in this order."""
        self.keys = self.keys.index_select(1, beam_idx)
        self.values = self.values.index_select(1, beam_idx)


class StatefulSuffixLayer(SuffixLayer, LinearAttentionLayer):
    """A layer that attends and keeps a state as well: the state is each row's own.

    Args:
        layer: as prefilled, for a batch of one.
        rows: number of answers decoded together.
        limit: tokens of a suffix at most.
    """

    def __init__(
        self, layer: LinearAttentionAndFullAttentionLayer, rows: int, *, limit: int
    ) -> None:
        kept = {
            name: value for name, value in vars(layer).items() if name not in ("keys", "values")
        }
        vars(self).update(copy.deepcopy(kept))
        # Past the constructors between: they would empty the state again.
        LinearAttentionLayer.reorder_cache(self, _repeat(rows))
        keys, values = cast(torch.Tensor, layer.keys), cast(torch.Tensor, layer.values)
        self._begin(keys, values, rows, prompt_length=layer.get_seq_length(), limit=limit)

    def lazy_initialization(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: room and states are there from the start."""

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Keep these rows, in this order."""
        LinearAttentionLayer.reorder_cache(self, cast(torch.LongTensor, beam_idx))
        SuffixLayer.reorder_cache(self, beam_idx)


def _repeat(rows: int) -> torch.LongTensor:
    return cast(torch.LongTensor, torch.zeros(rows, dtype=torch.long))


def shared_cache(
    prefilled: Cache,
    rows: int,
    *,
    limit: int,
    make: Callable[..., SuffixLayer] = SuffixLayer,
) -> Cache:
    """Put room for `rows` suffixes beside a prompt's cache, which is not copied.

    Layers with a state instead of a cache (recurrent, convolution) get a state per row.

    Args:
        prefilled: cache of a batch of one after the prompt.
        rows: answers to decode together.
        limit: tokens of each at most.
        make: the layers that do nothing but attend.

    Raises:
        Unsupported: a layer keeps something else.
    """
    sized = partial(make, rows=rows, limit=limit)
    return Cache(layers=[_suffix_layer(layer, rows, limit, sized) for layer in prefilled.layers])


def _suffix_layer(layer: Any, rows: int, limit: int, make: Callable[..., SuffixLayer]) -> Any:
    kind = type(layer)  # not their subclasses, which may keep more
    if kind is LinearAttentionLayer:
        own = copy.deepcopy(layer)
        own.reorder_cache(_repeat(rows))
        return own
    if kind is LinearAttentionAndFullAttentionLayer:
        return StatefulSuffixLayer(layer, rows, limit=limit)
    if kind is DummyLayer:
        return layer
    if kind not in (DynamicLayer, DynamicSlidingWindowLayer) or layer.keys is None:
        raise Unsupported
    return make(
        layer.keys,
        layer.values,
        prompt_length=layer.get_seq_length(),
        window=layer.sliding_window if kind is DynamicSlidingWindowLayer else 0,
    )


def layer_of(cache: Cache, module: torch.nn.Module, key: torch.Tensor) -> SuffixLayer:
    """The layer in which an attention finds its prompt: its own, or the one whose keys it borrows.

    Raises:
        Unsupported: there is none.
    """
    layer = cache.layers[cast(int, module.layer_idx)]
    if isinstance(layer, SuffixLayer):
        return layer
    place = key.untyped_storage().data_ptr()
    for other in cache.layers:
        if isinstance(other, SuffixLayer) and other.keys.untyped_storage().data_ptr() == place:
            return other
    raise Unsupported
