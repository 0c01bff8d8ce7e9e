"""Whether a model may share one prompt cache: tried at load, against its ordinary attention."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from models.continuation import Engine, Prefill

PROMPT, ROWS, STEPS = 8, 4, 2
# Of the norm of the centred logits. In float32 both ways agree to about 1e-6; 16 bits round each
# product to 2 or 3 digits. A wrong attention differs by a tenth and more.
TOLERANCE, COARSE_TOLERANCE = 1e-4, 5e-2

NOT_SHARED = (
    "Keeps a copy of the prompt's cache for every sample, because its attention is of a kind that "
    "can't share one: long prompts take more time and memory."
)
WINDOWED = (
    "Some of its layers see only the last {window:,} tokens. Where prompt and answer are longer "
    "together, a copy of the prompt's cache is kept for every sample."
)


def checked(engine: Engine, *, seed: int = 0) -> tuple[Engine, tuple[str, ...]]:
    """Find out how a model can be decoded.

    Random rows continue a random prompt twice, with the prompt's cache shared and repeated. Only
    if the logits agree is it shared from then on.

    Args:
        engine: the model; whatever it says of sharing is ignored.
        seed: of the random tokens.

    Returns:
        The engine with `shares_prefix` and `window` set, and notes for the user.
    """
    import torch

    from models.continuation import read_prompt

    generator = torch.Generator().manual_seed(seed)
    vocabulary = int(engine.model.config.get_text_config().vocab_size)
    tokens = torch.randint(vocabulary, (PROMPT + STEPS * ROWS,), generator=generator)
    prefill = read_prompt(engine, tokens[:PROMPT].tolist())
    steps = tokens[PROMPT:].view(STEPS, ROWS).to(engine.model.device)
    window = _shortest_window(prefill)
    try:
        shares = _agree(replace(engine, shares_prefix=True), prefill, steps)
    except Exception:  # whatever a model of unknown make raises, the answer is no
        shares = False
    notes = () if shares else (NOT_SHARED,)
    if shares and window:
        notes = (WINDOWED.format(window=window),)
    return replace(engine, shares_prefix=shares, window=window), notes


def _agree(engine: Engine, prefill: Prefill, steps: torch.Tensor) -> bool:
    """Compare both ways; steps is (steps, rows) int64."""
    import torch

    shared = _logits(engine, prefill, steps)
    repeated = _logits(replace(engine, shares_prefix=False), prefill, steps)
    scale = (repeated - repeated.mean(-1, keepdim=True)).norm()
    tolerance = TOLERANCE if engine.model.dtype == torch.float32 else COARSE_TOLERANCE
    return bool((shared - repeated).norm() <= tolerance * scale)  # False for NaN


def _logits(engine: Engine, prefill: Prefill, steps: torch.Tensor) -> torch.Tensor:
    import torch

    from models.continuation import Continuation

    continuation = Continuation(engine, prefill, rows=steps.shape[1], limit=len(steps))
    return torch.stack([continuation.step(tokens) for tokens in steps]).float()


def _shortest_window(prefill: Prefill) -> int:
    windows = [getattr(layer, "sliding_window", None) or 0 for layer in prefill.cache.layers]
    return min(filter(None, windows), default=0)
