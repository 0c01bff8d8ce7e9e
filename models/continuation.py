"""A prompt that a model has read once, and rows that continue it token by token."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from data.errors import ModelError
from models.shared_prefix import ATTENTION, shared_cache, use_attention


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model and how it wants to be decoded.

    Attributes:
        attention: the name of its ordinary attention.
        eos_ids: tokens that end an answer.
        shares_prefix: whether rows may share the prompt's cache; see `models.prefix_check`.
        window: the shortest window of its attention layers, in tokens; 0 when all see everything.
    """

    model: PreTrainedModel
    attention: str
    eos_ids: frozenset[int]
    shares_prefix: bool = False
    window: int = 0

    def shares(self, tokens: int) -> bool:
        """Whether the prompt's cache is held once, given the tokens of prompt and answer."""
        return self.shares_prefix and not 0 < self.window < tokens


@dataclass(frozen=True, slots=True)
class Prefill:
    """A prompt as its model has read it.

    Attributes:
        cache: of a batch of one.
        logits: (1, vocabulary) for the first token of every answer.
        length: of the prompt, in tokens.
    """

    cache: Cache
    logits: torch.Tensor
    length: int


@torch.inference_mode()
def read_prompt(engine: Engine, prompt_ids: Sequence[int]) -> Prefill:
    """Run the prompt through the model once, with its ordinary attention.

    Raises:
        ModelError: the model keeps nothing that could be continued.
    """
    model = engine.model
    use_attention(model, engine.attention)
    ids = torch.tensor([list(prompt_ids)], device=model.device)
    # Logits of every prompt token would take prompt × vocabulary.
    can_skip = "logits_to_keep" in inspect.signature(model.forward).parameters
    output = model(input_ids=ids, use_cache=True, **({"logits_to_keep": 1} if can_skip else {}))
    if not isinstance(getattr(output, "past_key_values", None), Cache):
        raise ModelError(
            f"{type(model).__name__} keeps no cache that answers could share.",
            "Choose a model of another architecture.",
        )
    return Prefill(output.past_key_values, output.logits[:, -1], len(prompt_ids))


class Continuation:
    """Rows that continue one prompt. The prefill stays as it is.

    The prompt's cache is held once where the model allows it, and once per row where not: because
    it failed the equality check, or because a window is shorter than prompt and answer together.

    Args:
        engine: the model.
        prefill: its prompt.
        rows: answers.
        limit: new tokens per answer.
    """

    def __init__(self, engine: Engine, prefill: Prefill, *, rows: int, limit: int) -> None:
        self._engine = engine
        self._shared = engine.shares(prefill.length + limit)
        if self._shared:
            self._cache = shared_cache(prefill.cache, rows)
        else:
            self._cache = copy.deepcopy(prefill.cache)
            self.keep(torch.zeros(rows, dtype=torch.long, device=engine.model.device))

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feed one token per row.

        Args:
            tokens: (rows,) int64.

        Returns:
            (rows, vocabulary) logits.
        """
        model = self._engine.model
        # Asked for at every step, for other rows may have used the model in between.
        use_attention(model, ATTENTION if self._shared else self._engine.attention)
        extra: dict[str, Any] = {"shared_prefix": self._cache} if self._shared else {}
        output = model(
            input_ids=tokens[:, None], past_key_values=self._cache, use_cache=True, **extra
        )
        return output.logits[:, -1]

    @torch.inference_mode()
    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, in this order; (m,) int64."""
        self._cache.reorder_cache(cast(torch.LongTensor, rows))
