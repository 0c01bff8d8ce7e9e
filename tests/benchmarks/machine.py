"""What the machine is, what its memory delivers, and how much of it was in use at most."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import torch
from transformers import PreTrainedModel

from models.memory import forget_peak, peak_memory
from tests.benchmarks.peers import Ask


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def parameters(model: PreTrainedModel) -> int:
    """How many there are; NF4 packs two into a byte."""
    return sum(p.numel() * (2 if p.dtype == torch.uint8 else 1) for p in model.parameters())


def begin_peak(device: str) -> None:
    """Begin a new high-water mark; Linux keeps one for a process, too."""
    forget_peak(device)
    mark = Path("/proc/self/clear_refs")
    if device == "cpu" and mark.exists():
        mark.write_text("5")


def process_peak(device: str) -> int:
    """Bytes at most since `begin_peak`: of torch on a GPU, of the whole process on a CPU."""
    status = Path("/proc/self/status")
    if device == "cpu" and status.exists():
        (line,) = (s for s in status.read_text().splitlines() if s.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return peak_memory(device).bytes


def bandwidth(device: str) -> float:
    """Bytes per second that memory reads and writes while copying 256 MB; the best of 10."""
    source = torch.ones(2**26, device=device)
    target, best = torch.empty_like(source), float("inf")
    for _ in range(10):
        start = time.perf_counter()
        target.copy_(source)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * source.nbytes / best


def floor_bytes(model: PreTrainedModel, ask: Ask) -> float:
    """Bytes that one step must read, halfway through the answers."""
    config = model.config.get_text_config()
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    weights = sum(tensor.nbytes for tensor in model.parameters())
    if table is not head:
        weights -= table.nbytes
    heads = config.num_key_value_heads
    split = config.hidden_size // config.num_attention_heads
    width = heads * (getattr(config, "head_dim", None) or split)
    a_token = 2 * config.num_hidden_layers * width * table.element_size()
    return weights + a_token * (len(ask.prompt) + ask.n * ask.tokens / 2)
