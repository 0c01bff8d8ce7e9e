"""Attention that tells how much of it a span of the prompt gets, and can hold that share up.

It computes every weight, as eager attention does, so it is slower than the ordinary one and only
used where one of the two is asked for. Layers with a window or sinks are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from models.continuation import Engine
from models.suffixes import Unsupported

ATTENTION = "chorale_watched"


@dataclass
class Watch:
    """What is looked at in the passes to come.

    Attributes:
        first: place of the span's first token, padding in front of a prompt not counted.
        last: place after its last.
        exponent: k in (0, 1]; below 1, for every token behind the span its share π becomes π to
            the power of k, and all else shrinks in proportion.
        shares: per layer, the span's share in each pass, a mean over heads; (rows, queries) each.
    """

    first: int
    last: int
    exponent: float = 1.0
    shares: dict[int, list[torch.Tensor]] = field(default_factory=dict)


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """Passes of a `watched` engine in this thread look at this span meanwhile."""
    token = _WATCH.set(watch)
    try:
        yield watch
    finally:
        _WATCH.reset(token)


def watched(engine: Engine) -> Engine:
    """The engine with this attention."""
    return replace(engine, attention=ATTENTION, shares_prefix=False, replays=False)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    softcap: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ordinary attention, with the span's share noted and, where asked for, held up.

    Args:
        module: the attention layer.
        query: (rows, heads, queries, d).
        key: (rows, kv heads, keys, d).
        value: likewise.
        attention_mask: (rows or 1, 1, queries, keys) to be added to the scores.
        scaling: factor on the scores; d ** -0.5 when None.
        softcap: bound on the scores.
        **kwargs: windows and sinks among them are refused, the rest is ignored.

    Returns:
        (rows, queries, heads, d), and the weights.

    Raises:
        Unsupported: the layer asks for more than this.
    """
    if any(kwargs.get(name) is not None for name in ("sliding_window", "s_aux")):
        raise Unsupported
    group = query.shape[1] // key.shape[1]
    keys, values = (each.repeat_interleave(group, 1) for each in (key, value))
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = (query @ keys.transpose(2, 3)).float() * factor
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if attention_mask is not None:
        scores = scores + attention_mask[..., : keys.shape[2]].float()
    weights = torch.softmax(scores, -1)
    if (watch := _WATCH.get()) is not None:
        weights = _watch(watch, int(getattr(module, "layer_idx", 0)), weights, attention_mask)
    weights = weights.to(value.dtype)
    return (weights @ values).transpose(1, 2).contiguous(), weights


def _watch(
    watch: Watch, layer: int, weights: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """The weights to go on with, (rows, heads, queries, keys)."""
    rows, _, queries, keys = weights.shape
    places = torch.arange(keys, device=weights.device) - _padding(mask, rows, keys, weights.device)
    inside = ((places >= watch.first) & (places < watch.last))[:, None, None, :]
    share = (weights * inside).sum(-1, keepdim=True)
    watch.shares.setdefault(layer, []).append(share.mean(1)[..., 0])
    if watch.exponent == 1:
        return weights
    behind = (places[:, keys - queries :] >= watch.last)[:, None, :, None]
    return torch.where(behind, _held_up(weights, share, inside, watch.exponent), weights)


def _held_up(
    weights: torch.Tensor, share: torch.Tensor, inside: torch.Tensor, exponent: float
) -> torch.Tensor:
    """Split-softmax: π → π^k inside the span; rows still add up to 1."""
    raised = share**exponent
    more = raised / share.clamp(min=torch.finfo(share.dtype).tiny)
    less = (1 - raised) / (1 - share).clamp(min=torch.finfo(share.dtype).eps)
    changed = torch.where(inside, weights * more, weights * less)
    return torch.where((share > 0) & (share < 1), changed, weights)


def _padding(mask: torch.Tensor | None, rows: int, keys: int, device: torch.device) -> torch.Tensor:
    """(rows, 1) keys in front of each row's text, which its last query doesn't see."""
    if mask is None:
        return torch.zeros(rows, 1, dtype=torch.long, device=device)
    seen = mask[:, 0, -1, :keys] >= 0
    return seen.int().argmax(-1, keepdim=True).expand(rows, 1)


AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, eager_mask)
