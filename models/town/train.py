"""Train the bundled model: `python -m models.town.train`.

Every step draws fresh dialogues from (seed, step), so a resumed training goes on exactly as an
uninterrupted one would.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.town import WEIGHTS
from models.town.corpus import Batch, draw_batch
from models.town.tokenizer import train_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

CHECKPOINT = Path(".chorale/town/training.pt")
WARMUP_STEPS, DECAY_SHARE = 100, 0.5
CONVERSATION_EVERY = 3  # steps
JUDGEMENT_WEIGHT = 2.5
DECISION_WEIGHT = 2.0  # of a token that decides something, beside one that only words it


def build_model(tokenizer: PreTrainedTokenizerFast, *, hidden: int, layers: int) -> Any:
    """A fresh Llama with heads of 32 dimensions and tied embeddings."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=8 * hidden // 3,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        max_position_embeddings=tokenizer.model_max_length,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
        initializer_range=hidden**-0.5 / 2,
    )
    return LlamaForCausalLM(config)


def rate(step: int, *, steps: int, peak: float) -> float:
    """Learning rate: linear warm-up, a plateau, then linearly to zero over the second half."""
    decay = max(1, int(steps * DECAY_SHARE))
    return peak * min((step + 1) / WARMUP_STEPS, 1.0, (steps - step) / decay)


def loss_of(model: LlamaForCausalLM, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy in nats over the answers' tokens, and that of the judgements' odds.

    Where a reply is only worded, it is the cross-entropy at a higher temperature, which leaves the
    model surer of itself at temperature 1.
    """
    import torch

    hidden = model.model(
        input_ids=torch.from_numpy(batch.tokens),
        attention_mask=torch.from_numpy(batch.mask),
        position_ids=torch.from_numpy(batch.positions),
        use_cache=False,
    ).last_hidden_state
    labels = torch.from_numpy(batch.labels)
    wanted = labels >= 0
    temperatures = torch.from_numpy(batch.temperatures)[wanted]
    each = torch.nn.functional.cross_entropy(
        model.lm_head(hidden[wanted]) / temperatures[:, None], labels[wanted], reduction="none"
    )
    weights = torch.where(temperatures == 1, DECISION_WEIGHT, 1.0)
    loss: torch.Tensor = (each * weights).sum() / weights.sum()
    if not batch.odds:
        return loss
    places = torch.tensor([(row, place) for row, place, _, _ in batch.odds])
    expected = torch.zeros(len(batch.odds), model.config.vocab_size)
    for index, (_, _, options, shares) in enumerate(batch.odds):
        expected[index, list(options)] = torch.tensor(shares)
    judged = model.lm_head(hidden[places[:, 0], places[:, 1]])
    return loss + JUDGEMENT_WEIGHT * torch.nn.functional.cross_entropy(judged, expected)


def train(options: argparse.Namespace) -> float:
    """Train from the checkpoint, or from scratch if there is none.

    Returns:
        Mean loss of the last steps, in nats.
    """
    import torch

    torch.manual_seed(options.seed)
    tokenizer = _tokenizer(options)
    model = build_model(tokenizer, hidden=options.hidden, layers=options.layers)
    if options.begin_with:
        _copy_weights(options.begin_with, model)
    if options.compile:
        model.model.compile(dynamic=False)
    optimizers = optimizers_for(model)
    first = _resume(options.checkpoint, model, optimizers)
    print(f"{model.num_parameters():,} parameters, from step {first} to {options.steps}")
    started, losses = time.monotonic(), []
    for step in range(first, options.steps):
        losses.append(_step(model, optimizers, tokenizer, step, options))
        if (step + 1) % options.report == 0:
            pace = (time.monotonic() - started) / (step + 1 - first)
            left = pace * (options.steps - step - 1) / 60
            recent = np.mean(losses[-options.report :])
            print(
                f"step {step + 1}  loss {recent:.4f}  {pace:.2f} s/step  {left:.1f} min left",
                flush=True,
            )
        if (step + 1) % options.save == 0 or step + 1 == options.steps:
            _save(options, model, optimizers, tokenizer, step + 1)
    return float(np.mean(losses[-options.report :])) if losses else float("nan")


def optimizers_for(model: Any) -> list[Any]:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms.

    Muon makes each step's update orthogonal; scaled to AdamW's step size, it takes the same
    learning rate.
    """
    import torch

    from models.town.muon import Muon

    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    inside = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in inside]
    return [
        Muon(matrices, weight_decay=0.01),
        torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    ]


def _batch(tokenizer: Any, step: int, worker: int, options: argparse.Namespace) -> Batch:
    rng = np.random.default_rng([options.seed, step, worker])
    if step % CONVERSATION_EVERY == CONVERSATION_EVERY - 1:
        length = options.conversation_length
        rows = max(1, options.rows * options.length // length)
        return draw_batch(tokenizer, rng, rows=rows, length=length, conversations=True)
    return draw_batch(tokenizer, rng, rows=options.rows, length=options.length)


def _step(
    model: Any, optimizers: list[Any], tokenizer: Any, step: int, options: argparse.Namespace
) -> float:
    import torch

    parameters = list(model.parameters())

    def work(worker: int) -> tuple[float, tuple[torch.Tensor, ...]]:
        loss = loss_of(model, _batch(tokenizer, step, worker, options))
        return loss.item(), torch.autograd.grad(loss, parameters)

    torch.set_num_threads(1)  # batches side by side lose less to waiting than threads in each op
    with ThreadPoolExecutor(options.workers) as pool:
        losses, gradients = zip(*pool.map(work, range(options.workers)), strict=True)
    for parameter, *parts in zip(parameters, *gradients, strict=True):
        parameter.grad = sum(parts[1:], start=parts[0]) / len(parts)
    torch.set_num_threads(options.workers)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps=options.steps, peak=options.rate)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return float(np.mean(losses))


def _tokenizer(options: argparse.Namespace) -> PreTrainedTokenizerFast:
    # The merges follow the town's words: after an edit, only the old ones fit the old weights.
    folder = options.out if options.checkpoint.exists() else options.begin_with
    if folder:
        from transformers import AutoTokenizer

        saved: Any = AutoTokenizer.from_pretrained(folder)
        return saved
    return train_tokenizer(vocab_size=options.vocab, dialogues=options.words_from)


def _copy_weights(folder: Path, model: Any) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    earlier = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.load_state_dict(earlier.state_dict())


def _resume(path: Path, model: Any, optimizers: list[Any]) -> int:
    import torch

    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True)
    model.load_state_dict(saved["model"])
    for optimizer, state in zip(optimizers, saved["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return int(saved["step"])


def _save(
    options: argparse.Namespace, model: Any, optimizers: list[Any], tokenizer: Any, step: int
) -> None:
    import torch

    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "step": step,
        },
        options.checkpoint,
    )
    export(model, tokenizer, options.out)


def export(model: Any, tokenizer: Any, out: Path) -> None:
    """Write the folder that transformers loads, weights in bf16."""
    import copy

    import torch

    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command-line options."""
    parser = argparse.ArgumentParser(prog="python -m models.town.train", description=__doc__)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument(
        "--begin-with", type=Path, help="a folder of weights of the same shape, and their tokenizer"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=12, help="packed rows per step")
    parser.add_argument("--workers", type=int, default=2, help="threads with a batch each")
    parser.add_argument("--compile", action="store_true", help="1.4 times as fast, slow to start")
    parser.add_argument("--length", type=int, default=256, help="tokens per packed row")
    parser.add_argument("--conversation-length", type=int, default=640, help="tokens per row")
    parser.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--vocab", type=int, default=4096)
    parser.add_argument("--words-from", type=int, default=20_000, help="dialogues for the merges")
    parser.add_argument("--report", type=int, default=50, help="steps between printed lines")
    parser.add_argument("--save", type=int, default=250, help="steps between checkpoints")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    train(parse())
