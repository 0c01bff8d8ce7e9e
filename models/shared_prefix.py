"""One prompt cache for many rows: the attention in which every row meets the same prompt.

While n answers to one prompt are decoded, the keys and values of the prompt are the same for all.
Here they are held once. Each step multiplies the queries of all rows with them in one product per
key-value head, and with each row's own short suffix beside it; one softmax runs over both, so the
result is ordinary attention over the prompt followed by the suffix. Windows, soft caps and sinks
are served as the model's ordinary attention has them.

References:
    Juravsky et al. 2024, "Hydragen: High-Throughput LLM Inference with Shared Prefixes".
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import Cache

from models.suffixes import SuffixLayer, Unsupported, layer_of

ATTENTION = "chorale_shared_prefix"


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
        attention_mask: must be None; what a row sees is up to the window of its layer.
        scaling: factor on the scores; d ** -0.5 when None.
        shared_prefix: the cache that holds the prompt.
        **kwargs: what other attentions understand. `softcap` and `s_aux` are heeded as they do;
            some others make this one refuse.

    Returns:
        (n, 1, heads, d), and None for the weights.

    Raises:
        Unsupported: the layer asks for more than this.
    """
    if shared_prefix is None or attention_mask is not None:
        raise Unsupported
    layer = layer_of(shared_prefix, module, key)
    _refuse_other_attention(layer, **kwargs)
    n, heads, _, d = query.shape
    kv, prompt_keys, prompt_values = key.shape[0], *layer.prompt_seen()
    rows, prompt, length = n * (heads // kv), prompt_keys.shape[1], key.shape[2]
    factor = d**-0.5 if scaling is None else scaling
    # Head-major queries: (kv, rows, d) for the prompt and (kv * n, group, d) for the suffixes.
    grouped = query.view(n, kv, -1, d).transpose(0, 1).contiguous()
    scores = query.new_empty((kv, rows, prompt + length))
    _multiply(scores[:, :, :prompt], grouped.view(kv, rows, d), prompt_keys, factor)
    suffixes = scores.view(kv * n, -1, prompt + length)[:, :, prompt:]
    _multiply(suffixes, grouped.view(kv * n, -1, d), key.reshape(kv * n, length, d), factor)
    weights = _weights(scores, layer.hidden, **kwargs).to(value.dtype)
    own = weights.view(kv * n, heads // kv, prompt + length)[:, :, prompt:]
    mixed = torch.bmm(weights[:, :, :prompt], prompt_values)
    width = mixed.shape[-1]
    mixed.view(kv * n, -1, width).baddbmm_(own, value.reshape(kv * n, length, width))
    return mixed.view(kv, n, -1, width).transpose(0, 1).reshape(n, 1, heads, width), None


def _multiply(
    scores: torch.Tensor, queries: torch.Tensor, keys: torch.Tensor, factor: float
) -> None:
    """Write factor · queries · keysᵀ into scores, a part of a larger tensor."""
    turned = keys.transpose(1, 2)
    if scores.is_cuda:
        torch.baddbmm(scores, queries, turned, beta=0, alpha=factor, out=scores)
    else:  # to write a product into a part of a tensor takes a slow path here
        scores.copy_(queries * factor @ turned)


def _weights(
    scores: torch.Tensor,
    hidden: torch.Tensor | None,
    *,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    **_: Any,
) -> torch.Tensor:
    """Softmax over the last dimension; of 16 bits too it is summed in float32.

    Args:
        scores: (kv heads, n * group, length).
        hidden: (length,) what gets no weight; None for nothing.
        softcap: bound on the scores, s → cap · tanh(s / cap); none when None.
        s_aux: (heads,) sinks: a further score per head, whose weight goes nowhere.
        **_: ignored.
    """
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    if s_aux is None:
        return torch.softmax(scores, -1)
    kv, rows, length = scores.shape
    group = len(s_aux) // kv
    sinks = s_aux.to(scores.dtype).view(kv, 1, group).expand(kv, rows // group, group)
    scores = torch.cat((scores, sinks.reshape(kv, rows, 1)), -1)
    return torch.softmax(scores, -1)[:, :, :length].contiguous()


def _refuse_other_attention(
    layer: SuffixLayer,
    *,
    position_bias: torch.Tensor | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> None:
    """Refuse biases, and windows of which the cache doesn't know."""
    if position_bias is not None or (sliding_window is not None and not layer.window):
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
