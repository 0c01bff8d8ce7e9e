"""How a model can be decoded: tried at load, against reading every text from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from data.errors import ModelError

if TYPE_CHECKING:
    import torch

    from models.continuation import Engine, Prefill

PROMPT, ROWS, STEPS = 8, 4, 3
Notes = tuple[str, ...]
NARROW = (
    2  # tokens: with it a token of the third step sees neither the prompt nor all of its answer
)
# Of the norm of the centred logits of one token. In float32 all ways agree to about 1e-6; 16 bits
# round each product to 2 or 3 digits. A wrong attention differs by a tenth and more, a cache that
# is not what it seems by a half and more. Where layers are many and wide, rounding alone may pass
# the second bound: there a way may differ by `ROUNDINGS` times what two ordinary attentions of the
# model differ by, up to the third. In a random model of 32 layers these differed by 0.033 and a
# shared cache by 0.032; one that forgot the first of eight tokens differed by 0.66.
EXACT, SHARED, REPEATED, ROUNDINGS = 1e-4, 5e-2, 0.25, 2.0
PLAIN_ATTENTION = "eager"

NOT_SHARED = (
    "Keeps a copy of the prompt's cache for every sample, because its attention is of a kind that "
    "can't share one: long prompts take more time and memory."
)
WINDOWED = (
    "Some of its layers see only the last {window:,} tokens. Where prompt and answer are longer "
    "together, a copy of the prompt's cache is kept for every sample."
)
NOT_REPLAYED = (
    "Its steps can't be recorded as a CUDA graph, so their kernels are started one by one: small "
    "models are slower for it."
)
REREADS = (
    "Reads prompt and answer again for every token, because what it keeps of a text can't be "
    "continued by many answers: it is slow, the more so the longer they are."
)


def checked(engine: Engine, *, seed: int = 0) -> tuple[Engine, tuple[str, ...]]:
    """Find out how a model can be decoded.

    Random rows continue a random prompt in every way: reading all again at each token, with a copy
    of the prompt's cache per row, and with that cache shared. The fastest way is taken whose logits
    agree with the first. Where layers have a window, they are given a very short one for a moment.
    On a GPU its norms become one kernel each, and a shared cache is tried with recorded steps as
    well.

    Args:
        engine: the model; whatever it says of sharing is ignored.
        seed: of the random tokens.

    Returns:
        The engine with `shares_prefix`, `window`, `rereads` and `replays` set, and notes for the
        user.

    Raises:
        ModelError: the model says nothing.
    """
    from models.norms import fuse_norms
    from models.replay import RECORDERS

    plain = replace(engine, shares_prefix=False, window=0, rereads=False, replays=False)
    if engine.model.device.type in RECORDERS:
        fuse_norms(engine.model)
    tokens = random_tokens(plain, seed)
    prefill, steps = prefilled(plain, tokens)
    if not bool(prefill.logits.isfinite().all()):
        raise ModelError(
            "The model's output is not a number: its weights are damaged, or too large for this "
            "precision.",
            "Load it in a wider precision (bf16 or fp32), or download it again.",
        )
    if not _agrees(plain, prefill, steps, REPEATED):
        return replace(plain, rereads=True), (REREADS,)
    shared = replace(plain, shares_prefix=True)
    if not _agrees(shared, prefill, steps, SHARED):
        return plain, (NOT_SHARED,)
    shared, said = _windowed(shared, prefill, tokens)
    replayed, said_too = _replayed(shared, prefill, steps, tokens)
    return replayed, (*said, *said_too)


def _windowed(engine: Engine, prefill: Prefill, tokens: torch.Tensor) -> tuple[Engine, Notes]:
    """The engine, bounded by its window unless that is served too."""
    windows = windows_of(prefill)
    if not windows or _agrees_when_narrow(engine, tokens):
        return engine, ()
    window = min(windows)
    return replace(engine, window=window), (WINDOWED.format(window=window),)


def _replayed(
    engine: Engine, prefill: Prefill, steps: torch.Tensor, tokens: torch.Tensor
) -> tuple[Engine, Notes]:
    """The engine, with recorded steps where its device has them and they say the same."""
    from models.replay import RECORDERS

    if engine.model.device.type not in RECORDERS:
        return engine, ()
    replayed = replace(engine, replays=True)
    windowed = bool(windows_of(prefill)) and not engine.window
    if _agrees(replayed, prefill, steps, SHARED):
        if not windowed or _agrees_when_narrow(replayed, tokens):
            return replayed, ()
    return engine, (NOT_REPLAYED,)


def random_tokens(engine: Engine, seed: int) -> torch.Tensor:
    """A prompt and what its rows are continued with, (tokens,) int64."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    vocabulary = int(engine.model.config.get_text_config().vocab_size)
    return torch.randint(vocabulary, (PROMPT + STEPS * ROWS,), generator=generator)


def prefilled(engine: Engine, tokens: torch.Tensor) -> tuple[Prefill, torch.Tensor]:
    """The prompt, read, and the tokens that follow; (steps, rows) int64."""
    from models.continuation import read_prompt

    prefill = read_prompt(engine, tokens[:PROMPT].tolist())
    return prefill, tokens[PROMPT:].view(STEPS, ROWS).to(engine.model.device)


def _agrees(engine: Engine, prefill: Prefill, steps: torch.Tensor, coarse: float) -> bool:
    """Whether this way gives the logits that reading all again gives."""
    if prefill.cache is None:
        return False
    again = replace(engine, rereads=True, replays=False)
    truth = _logits(again, prefill, steps)
    try:
        found = _logits(engine, prefill, steps)
    except Exception:  # whatever a model of unknown make raises, the answer is no
        return False
    if are_same(engine, found, truth, coarse):
        return True
    if _is_exact(engine):
        return False
    rounding = _rounding(again, truth, prefill, steps)
    return are_same(engine, found, truth, min(REPEATED, ROUNDINGS * rounding))


def are_same(engine: Engine, found: torch.Tensor, truth: torch.Tensor, coarse: float) -> bool:
    """Whether two ways gave the same logits, (steps, rows, vocabulary)."""
    return _difference(found, truth) <= (EXACT if _is_exact(engine) else coarse)  # False for NaN


def _difference(found: torch.Tensor, truth: torch.Tensor) -> float:
    """The largest of all steps, as a share of the norm of their logits."""
    errors = (found - truth).norm(dim=-1)
    errors = errors / (truth - truth.mean(-1, keepdim=True)).norm(dim=-1)
    # All but one: a row of a mixture of experts may be sent to another expert by rounding alone.
    return float(errors.kthvalue(ROWS - 1, dim=-1).values.max())


def _rounding(again: Engine, truth: torch.Tensor, prefill: Prefill, steps: torch.Tensor) -> float:
    """What reading all again differs by with another ordinary attention; 0 if there is none."""
    try:
        plain = _logits(replace(again, attention=PLAIN_ATTENTION), prefill, steps)
    except Exception:  # whatever a model of unknown make raises, nothing is known of its rounding
        return 0.0
    return _difference(plain, truth)


def _is_exact(engine: Engine) -> bool:
    import torch

    quantized = getattr(engine.model, "hf_quantizer", None) is not None
    return engine.model.dtype == torch.float32 and not quantized


def _logits(engine: Engine, prefill: Prefill, steps: torch.Tensor) -> torch.Tensor:
    """(steps, rows, vocabulary) float32."""
    import torch

    from models.continuation import Continuation
    from models.suffixes import Unsupported

    continuation = Continuation(engine, prefill, rows=steps.shape[1], limit=len(steps))
    logits = torch.stack([continuation.step(tokens) for tokens in steps]).float()
    if engine.replays and not continuation.replays:
        raise Unsupported
    return logits


def windows_of(prefill: Prefill) -> set[int]:
    """Windows of the layers that have one, in tokens."""
    layers = prefill.cache.layers if prefill.cache is not None else []
    return {window for layer in layers if (window := getattr(layer, "sliding_window", None))}


def _agrees_when_narrow(engine: Engine, tokens: torch.Tensor) -> bool:
    """Whether windows are served too, where they are shorter than the text."""
    with narrowed(engine):
        prefill, steps = prefilled(engine, tokens)
        return windows_of(prefill) == {NARROW} and _agrees(engine, prefill, steps, SHARED)


@contextmanager
def narrowed(engine: Engine) -> Iterator[None]:
    """The model with windows of `NARROW` tokens: masks and caches ask its config for them."""
    config = engine.model.config.get_text_config()
    usual = getattr(config, "sliding_window", None)
    if usual is None:
        yield
        return
    config.sliding_window = NARROW
    try:
        yield
    finally:
        config.sliding_window = usual
