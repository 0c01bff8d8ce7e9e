"""How a model can read: tried when it is first needed, as `models.prefix_check` tries at load."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.prefix_check import (
    NARROW,
    PROMPT,
    REPEATED,
    ROWS,
    STEPS,
    are_same,
    narrowed,
    prefilled,
    random_tokens,
    windows_of,
)

if TYPE_CHECKING:
    import torch

    from models.continuation import Engine

Trial = Callable[["Engine", "torch.Tensor", "torch.Tensor"], bool]


def reads_blocks(engine: Engine, *, seed: int = 0) -> bool:
    """Whether a model goes on from its prompt's cache with several tokens at once."""
    return _holds(engine, _agrees_in_blocks, seed, all_windows=True)


def reads_together(engine: Engine, *, seed: int = 0) -> bool:
    """Whether a model continues prompts of several lengths at once, each as if it were alone."""
    return _holds(engine, _agrees_together, seed)


def reads_together_in_blocks(engine: Engine, *, seed: int = 0) -> bool:
    """Whether answers to prompts of several lengths are read at once, each as if it were alone."""
    return _holds(engine, _agrees_together_in_blocks, seed)


def can_be_watched(engine: Engine, *, seed: int = 0) -> bool:
    """Whether `models.watched_attention` gives what the model's own attention does."""
    return not engine.rereads and _holds(engine, _agrees_watched, seed)


def _holds(engine: Engine, agrees: Trial, seed: int, *, all_windows: bool = False) -> bool:
    """Whether a way gives what reading all again gives, with a short window too if there is one.

    Args:
        engine: the model.
        agrees: tries the way.
        seed: of the random tokens.
        all_windows: whether every window must be one that can be made short.
    """
    if engine.rereads:
        return False
    tokens = random_tokens(engine, seed)
    prefill, steps = prefilled(engine, tokens)
    if prefill.cache is None or not agrees(engine, tokens, steps):
        return False
    if not windows_of(prefill):
        return True
    with narrowed(engine):
        short = windows_of(prefilled(engine, tokens)[0]) == {NARROW}
        return (short or not all_windows) and agrees(engine, tokens, steps)


def _agrees_in_blocks(engine: Engine, tokens: torch.Tensor, steps: torch.Tensor) -> bool:
    import torch

    from models.forcing import Reading

    prefill, answers = prefilled(engine, tokens)[0], steps.T.tolist()
    try:
        ways = [Reading(engine, prefill, answers, blocks=blocks) for blocks in (True, False)]
        found, truth = (
            torch.cat([way.feed(0, 2), way.feed(2, STEPS)], 1).float().transpose(0, 1)
            for way in ways
        )
    except Exception:  # whatever a model of unknown make raises, the answer is no
        return False
    return are_same(engine, found, truth, REPEATED)


def _agrees_together(engine: Engine, tokens: torch.Tensor, steps: torch.Tensor) -> bool:
    import torch

    from models.continuation import Continuation, read_prompts

    prompts = _prompts(tokens)
    try:
        prefill = read_prompts(engine, prompts)
        continuation = Continuation(engine, prefill, rows=ROWS, limit=STEPS)
        found = torch.stack([prefill.logits, *map(continuation.step, steps)]).float()
    except Exception:  # whatever a model of unknown make raises, the answer is no
        return False
    return are_same(engine, found, _read_again(engine, prompts, steps), REPEATED)


def _agrees_together_in_blocks(engine: Engine, tokens: torch.Tensor, steps: torch.Tensor) -> bool:
    import torch

    from models.forcing import read_answers_each

    prompts = _prompts(tokens)
    try:
        pieces = list(read_answers_each(engine, prompts, steps.T.tolist()))
        found = torch.stack([piece.logits for piece in pieces], 1).float()
    except Exception:  # whatever a model of unknown make raises, the answer is no
        return False
    return are_same(engine, found, _read_again(engine, prompts, steps[:-1]), REPEATED)


def _agrees_watched(engine: Engine, tokens: torch.Tensor, steps: torch.Tensor) -> bool:
    import torch

    from models.continuation import Continuation, read_prompts
    from models.watched_attention import Watch, watched, watching

    prompts, layers = _prompts(tokens), engine.model.config.get_text_config().num_hidden_layers
    try:
        with watching(Watch(0, 1)) as watch:
            own = watched(engine)
            prefill = read_prompts(own, prompts)
            continuation = Continuation(own, prefill, rows=ROWS, limit=STEPS)
            found = torch.stack([prefill.logits, *map(continuation.step, steps)]).float()
    except Exception:  # whatever a model of unknown make raises, the answer is no
        return False
    truth = _read_again(engine, prompts, steps)
    return len(watch.shares) == layers and are_same(engine, found, truth, REPEATED)


def _prompts(tokens: torch.Tensor) -> list[list[int]]:
    """As many prompts as rows, each of another length."""
    return [tokens[2 * row : PROMPT].tolist() for row in range(ROWS)]


def _read_again(engine: Engine, prompts: list[list[int]], steps: torch.Tensor) -> torch.Tensor:
    """(steps + 1, rows, vocabulary) float32 logits, each from reading a whole text by itself."""
    import torch

    from models.continuation import read_prompt

    followed = steps.T.tolist()
    rows = [
        [read_prompt(engine, [*prompt, *answer[:n]]).logits[0] for n in range(len(steps) + 1)]
        for prompt, answer in zip(prompts, followed, strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows], 1).float()
