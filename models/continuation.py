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

from models.replay import RECORDERS, ReplayedSteps
from models.shared_prefix import ATTENTION, use_attention
from models.suffixes import shared_cache

CACHES = ("past_key_values", "cache_params")  # what architectures call what they keep of a text


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model and how it wants to be decoded.

    Attributes:
        attention: the name of its ordinary attention.
        eos_ids: tokens that end an answer.
        shares_prefix: whether rows may share the prompt's cache; see `models.prefix_check`.
        window: tokens of prompt and answer beyond which they may not; 0 when there is no such
            bound.
        rereads: whether each token takes reading the whole text again, because the model keeps
            nothing that could be continued.
        replays: whether steps that share the prompt's cache are recorded as CUDA graphs; see
            `models.replay`.
    """

    model: PreTrainedModel
    attention: str
    eos_ids: frozenset[int]
    shares_prefix: bool = False
    window: int = 0
    rereads: bool = False
    replays: bool = False

    def shares(self, tokens: int) -> bool:
        """Whether the prompt's cache is held once, given the tokens of prompt and answer."""
        return self.shares_prefix and not self.rereads and not 0 < self.window < tokens


@dataclass(frozen=True, slots=True)
class Prefill:
    """A prompt as its model has read it.

    Attributes:
        cache: of a batch of one, or of one row per prompt; None for a model that keeps none.
        cache_name: what the model calls it.
        logits: (1, vocabulary) for the first token of every answer, or of each.
        prompt_ids: the prompt, or the longest of several.
        padding: (prompts,) tokens in front of each prompt that nobody may see; None for one.
        owners: the prompt of each answer; () where all have one.
    """

    cache: Cache | None
    cache_name: str
    logits: torch.Tensor
    prompt_ids: tuple[int, ...]
    padding: torch.Tensor | None = None
    owners: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Of the prompt, in tokens."""
        return len(self.prompt_ids)

    def prompt_of_row(self, rows: int) -> torch.Tensor:
        """Which prompt each row continues, (rows,) int64; rows beyond the answers are fillers."""
        owners = [*self.owners, *[0] * (rows - len(self.owners))]
        return torch.tensor(owners, device=self.logits.device)


@torch.inference_mode()
def read_prompt(engine: Engine, prompt_ids: Sequence[int]) -> Prefill:
    """Run the prompt through the model once, with its ordinary attention."""
    use_attention(engine.model, engine.attention)
    ids = torch.tensor([list(prompt_ids)], device=engine.model.device)
    output = _forward(engine, input_ids=ids, use_cache=not engine.rereads)
    kept = [(name, getattr(output, name, None)) for name in CACHES]
    name, cache = next((pair for pair in kept if isinstance(pair[1], Cache)), (CACHES[0], None))
    return Prefill(cache, name, output.logits[:, -1], tuple(prompt_ids))


@torch.inference_mode()
def read_prompts(engine: Engine, prompts: Sequence[Sequence[int]]) -> Prefill:
    """Run several prompts through the model together, padded in front.

    Args:
        engine: keeps a cache, and goes by positions and masks.
        prompts: at least one token each; the same one may come several times.
    """
    use_attention(engine.model, engine.attention)
    distinct = list(dict.fromkeys(map(tuple, prompts)))
    longest = max(distinct, key=len)
    padding = torch.tensor([len(longest) - len(each) for each in distinct])
    rows = [[*each[:1] * int(pad), *each] for each, pad in zip(distinct, padding, strict=True)]
    ids = torch.tensor(rows, device=engine.model.device)
    padding = padding.to(ids.device)
    mask = torch.arange(ids.shape[1], device=ids.device) >= padding[:, None]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    output = _forward(
        engine, input_ids=ids, attention_mask=mask.long(), position_ids=positions, use_cache=True
    )
    owners = tuple(distinct.index(tuple(prompt)) for prompt in prompts)
    cache, logits = output.past_key_values, output.logits[:, -1]
    return Prefill(cache, CACHES[0], logits, longest, padding, owners)


def _forward(engine: Engine, **inputs: Any) -> Any:
    """One pass of the model, with logits of the last token only: prompts are long."""
    if takes(engine, "logits_to_keep"):
        inputs["logits_to_keep"] = 1
    return engine.model(**inputs)


def takes(engine: Engine, name: str) -> bool:
    """Whether the model's forward pass has an argument of this name."""
    return name in inspect.signature(engine.model.forward).parameters


class _Pass:
    """One pass of a model over one token per row.

    Args:
        engine: the model.
        cache_name: what the model calls what it keeps.
        shared: whether the cache holds the prompt once.
    """

    def __init__(self, engine: Engine, cache_name: str, *, shared: bool) -> None:
        self._model, self._name, self._shared = engine.model, cache_name, shared
        # As `generate` does: some models would count from 0 again.
        self._counts = takes(engine, "position_ids")

    def __call__(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        cache: Cache,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Tokens and positions (rows, 1) → logits (rows, vocabulary)."""
        inputs: dict[str, Any] = {"shared_prefix": cache} if self._shared else {}
        if mask is not None:
            inputs["attention_mask"] = mask
        if self._counts:
            inputs["position_ids"] = positions
        inputs[self._name] = cache
        return self._model(input_ids=ids, use_cache=True, **inputs).logits[:, -1]


class Continuation:
    """Rows that continue one prompt, or each its own. The prefill stays as it is.

    The cache of one prompt is held once where the model allows it, and once per row where not. A
    model without a usable cache reads prompt and answer again for every token.

    Args:
        engine: the model.
        prefill: its prompt; or one prompt per answer, and rows beyond them continue the first.
        rows: answers.
        limit: new tokens per answer.
    """

    def __init__(self, engine: Engine, prefill: Prefill, *, rows: int, limit: int) -> None:
        self._engine, self._length = engine, prefill.length
        self._padding = prefill.padding
        self._shared = self._padding is None and engine.shares(prefill.length + limit)
        self._pass = _Pass(engine, prefill.cache_name, shared=self._shared)
        device = engine.model.device
        self._replayed: ReplayedSteps | None = None
        if engine.rereads or prefill.cache is None:
            self._cache = None
            prompt = torch.tensor(prefill.prompt_ids, device=device)
            self._texts = prompt.expand(rows, -1)
        elif self._shared and engine.replays:
            self._replayed = ReplayedSteps(
                prefill.cache,
                rows=rows,
                limit=limit,
                device=device,
                forward=self._pass,
                record=RECORDERS[device.type],
            )
            self._cache = self._replayed.cache
        elif self._shared:
            self._cache = shared_cache(prefill.cache, rows, limit=limit)
        else:
            self._cache = copy.deepcopy(prefill.cache)
            self.keep(prefill.prompt_of_row(rows))

    @property
    def replays(self) -> bool:
        """Whether steps are recorded and replayed."""
        return self._replayed is not None and self._replayed.recording

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feed one token per row.

        Args:
            tokens: (rows,) int64.

        Returns:
            (rows, vocabulary) logits.
        """
        # Asked for at every step, for other rows may have used the model in between.
        use_attention(self._engine.model, ATTENTION if self._shared else self._engine.attention)
        if self._cache is None:
            self._texts = torch.cat((self._texts, tokens[:, None]), 1)
            logits = _forward(self._engine, input_ids=self._texts, use_cache=False).logits[:, -1]
        elif self._replayed is not None:
            logits = self._replayed.step(tokens)
        else:
            positions, mask = self._places(tokens)
            logits = self._pass(tokens[:, None], positions, self._cache, mask)
        self._length += 1
        return logits

    def _places(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Positions (rows, 1), and what may be seen, (rows, length + 1), where that isn't all."""
        positions = torch.full_like(tokens[:, None], self._length)
        if self._padding is None:
            return positions, None
        seen = torch.arange(self._length + 1, device=tokens.device) >= self._padding[:, None]
        return positions - self._padding[:, None], seen.long()

    @torch.inference_mode()
    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows only, in this order; (m,) int64."""
        if self._cache is None:
            self._texts = self._texts[rows]
        elif self._replayed is not None:
            self._replayed.keep(rows)
        else:
            self._cache.reorder_cache(cast(torch.LongTensor, rows))
            self._padding = self._padding[rows] if self._padding is not None else None
