"""One prompt cache for many rows: the attention in which every row meets the same prompt.

While n answers to one prompt are decoded, the keys and values of the prompt are the same for all.
Here they are held once. Each step multiplies the queries of all rows with them in one product per
key-value head, and with each row's own short suffix beside it; one softmax runs over both, so the
result is ordinary attention over the prompt followed by the suffix.

References:
    Juravsky et al. 2024, "Hydragen: High-Throughput LLM Inference with Shared Prefixes".
"""

from __future__ import annotations

from typing import Any, cast

import torch
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicLayer, DynamicSlidingWindowLayer

ATTENTION = "chorale_shared_prefix"
FIRST_CAPACITY = 64  # tokens; doubled when full


class Unsupported(Exception):
    """This model's attention is not a plain softmax over prompt and suffix."""


class SuffixLayer(CacheLayerMixin):
    """One layer's keys and values: the prompt's once, and each row's own suffix.

    Suffixes lie head first, (kv heads, rows, capacity, d), so that the products of a step run on
    views without copies.

    Args:
        prompt_keys: (1, kv heads, prompt, d) as prefilled.
        prompt_values: likewise.
        rows: number of answers decoded together.
    """

    is_sliding = False
    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, prompt_keys: torch.Tensor, prompt_values: torch.Tensor, rows: int) -> None:
        super().__init__()
        self.prompt_keys = prompt_keys[0].contiguous()
        self.prompt_values = prompt_values[0].contiguous()
        self.prompt_length = prompt_keys.shape[2]
        self.length = 0
        self.keys = self._room(self.prompt_keys, rows, FIRST_CAPACITY)
        self.values = self._room(self.prompt_values, rows, FIRST_CAPACITY)
        self.is_initialized = True

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
            The suffixes so far, (kv heads, rows, length, d) each.

        Raises:
            Unsupported: more than one token at a time, or another number of rows.
        """
        if key_states.shape[2] != 1 or key_states.shape[0] != self.keys.shape[1]:
            raise Unsupported
        if self.length == self.keys.shape[2]:
            self.keys, self.values = self._grown(self.keys), self._grown(self.values)
        self.keys[:, :, self.length] = key_states[:, :, 0].transpose(0, 1)
        self.values[:, :, self.length] = value_states[:, :, 0].transpose(0, 1)
        self.length += 1
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

    def _grown(self, old: torch.Tensor) -> torch.Tensor:
        new = self._room(old[:, 0], old.shape[1], 2 * old.shape[2])
        new[:, :, : self.length] = old[:, :, : self.length]
        return new

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


def shared_cache(prefilled: Cache, rows: int) -> Cache:
    """Put room for `rows` suffixes beside a prompt's cache, which is not copied.

    Args:
        prefilled: cache of a batch of one after the prompt.
        rows: answers to decode together.

    Raises:
        Unsupported: a layer keeps anything but the keys and values of every prompt token.
    """
    layers: list[Any] = []
    for layer in prefilled.layers:
        if type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer):  # not their subclasses
            raise Unsupported
        if not isinstance(layer, DynamicLayer) or layer.keys is None or layer.values is None:
            raise Unsupported
        if layer.keys.shape[2] != layer.get_seq_length():  # a window has dropped tokens
            raise Unsupported
        layers.append(SuffixLayer(layer.keys, layer.values, rows))
    return Cache(layers=layers)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    shared_prefix: Cache | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token per row over the shared prompt and the row's suffix.

    Args:
        module: the attention layer; its `layer_idx` finds its prompt cache.
        query: (n, heads, 1, d); heads is a multiple of kv heads.
        key: (kv heads, n, length, d), from `SuffixLayer.update`.
        value: likewise.
        attention_mask: must be None; every row sees all of its tokens.
        scaling: factor on the scores; d ** -0.5 when None.
        shared_prefix: the cache that holds the prompt.
        **kwargs: what other attentions understand; some of it makes this one refuse.

    Returns:
        (n, 1, heads, d), and None for the weights.

    Raises:
        Unsupported: the layer asks for more than a softmax over all tokens.
    """
    if shared_prefix is None or attention_mask is not None:
        raise Unsupported
    layer = shared_prefix.layers[cast(int, module.layer_idx)]
    if not isinstance(layer, SuffixLayer):
        raise Unsupported
    _refuse_other_attention(layer, **kwargs)
    n, heads, _, d = query.shape
    kv, prompt = layer.prompt_keys.shape[:2]
    rows, length = n * (heads // kv), layer.length
    factor = d**-0.5 if scaling is None else scaling
    # Head-major queries: (kv, rows, d) for the prompt and (kv * n, group, d) for the suffixes.
    grouped = (query * factor).view(n, kv, -1, d).transpose(0, 1).contiguous()
    scores = query.new_empty((kv, rows, prompt + length))
    # Written by assignment: bmm(out=...) into a view takes a slow path on CPUs.
    scores[:, :, :prompt] = grouped.view(kv, rows, d) @ layer.prompt_keys.transpose(1, 2)
    own = grouped.view(kv * n, -1, d) @ key.reshape(kv * n, length, d).transpose(1, 2)
    scores[:, :, prompt:] = own.view(kv, rows, length)
    weights = torch.softmax(scores, -1, dtype=torch.float32).to(value.dtype)
    own = weights.view(kv * n, heads // kv, prompt + length)[:, :, prompt:]
    mixed = torch.bmm(weights[:, :, :prompt], layer.prompt_values)
    width = mixed.shape[-1]
    mixed.view(kv * n, -1, width).baddbmm_(own, value.reshape(kv * n, length, width))
    return mixed.view(kv, n, -1, width).transpose(0, 1).reshape(n, 1, heads, width), None


def _refuse_other_attention(
    layer: SuffixLayer,
    *,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    position_bias: torch.Tensor | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> None:
    if softcap is not None or s_aux is not None or position_bias is not None:
        raise Unsupported
    if sliding_window is not None and layer.get_seq_length() > sliding_window:
        raise Unsupported


def use_attention(model: PreTrainedModel, name: str) -> None:
    """Switch the model's attention, if it is not the one in use.

    Raises:
        Unsupported: the model brings an attention of its own that can't be replaced.
    """
    if model.config._attn_implementation == name:
        return
    if not model._can_set_attn_implementation():
        raise Unsupported
    model.set_attn_implementation(name)


AttentionInterface.register(ATTENTION, attend)
