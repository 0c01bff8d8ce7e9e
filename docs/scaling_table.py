"""The sizes in docs/scaling.md, from the formulas there: `python -m docs.scaling_table`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.schema import MAX_SAMPLES, Quantization
from models.registry import KNOWN
from models.shape import ModelShape, memory_of, token_bytes, weight_bytes

PAGE = Path(__file__).with_name("scaling.md")
SIZES = "sizes", "speeds"
PROMPT, NEW = 1000, 256  # tokens of the example
CROWD = 256  # answers of the example
GIB = 2**30  # what makers of GPUs call a GB
COUNTS = 1, 16, 64, 256
_MEMORY_HEAD = ("Model", "bf16", "int8", "NF4", "A token", "64 answers", "256 answers")
_SPEED_HEAD = ("Hardware", "Model", "Has", "Needs", "Most at once", *(f"n = {n}" for n in COUNTS))


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the tables.

    Attributes:
        tied: whether its embedding serves as its head; else only the head is read at each step.
    """

    name: str
    shape: ModelShape
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Hardware:
    """Where it runs; per device, as its maker states it.

    Attributes:
        memory: bytes.
        bandwidth: bytes per second.
        devices: that share the work evenly.
    """

    name: str
    memory: float
    bandwidth: float
    devices: int = 1
    kind: str = "cuda"


def _untied(name: str, billions: float, *, hidden: int, layers: int, vocabulary: int) -> Model:
    """A model with 8 key-value heads of 128, as all of these have."""
    shape = ModelShape(
        parameters=int(billions * 1e9),
        embeddings=2 * hidden * vocabulary,
        layers=layers,
        width=8 * 128,
        vocabulary=vocabulary,
        context=131072,
    )
    return Model(name, shape)


_LISTED = {
    listed.id: Model(listed.name, listed.shape, tied=listed.architecture.tied)
    for listed in KNOWN
    if listed.shape is not None and listed.architecture is not None
}
SMALL, MIDDLE = _LISTED["Qwen/Qwen3-0.6B"], _LISTED["Qwen/Qwen3-1.7B"]
LLAMA_8B = _untied("Llama 3.1 8B", 8.030, hidden=4096, layers=32, vocabulary=128256)
QWEN_14B = _untied("Qwen2.5 14B", 14.770, hidden=5120, layers=48, vocabulary=152064)
QWEN_32B = _untied("Qwen2.5 32B", 32.764, hidden=5120, layers=64, vocabulary=152064)
LLAMA_70B = _untied("Llama 3.1 70B", 70.554, hidden=8192, layers=80, vocabulary=128256)
LLAMA_405B = _untied("Llama 3.1 405B", 405.853, hidden=16384, layers=126, vocabulary=128256)
MODELS = (SMALL, MIDDLE, LLAMA_8B, QWEN_14B, QWEN_32B, LLAMA_70B, LLAMA_405B)

_LAPTOP = Hardware("laptop, 16 GB of DDR5 in two channels", 16 * GIB, 80e9, kind="cpu")
_16GB = Hardware("RTX 4060 Ti 16 GB", 16 * GIB, 288e9)
_4090 = Hardware("RTX 4090 24 GB", 24 * GIB, 1008e9)
_H100 = Hardware("H100 SXM 80 GB", 80 * GIB, 3350e9)
_4_H100 = Hardware("4 × H100 SXM 80 GB", 80 * GIB, 3350e9, devices=4)
_16_H200 = Hardware("2 nodes of 8 × H200 141 GB", 139 * GIB, 4800e9, devices=16)
PLANS: tuple[tuple[Hardware, Model, Quantization], ...] = (
    (_LAPTOP, SMALL, "bf16"),
    (_16GB, MIDDLE, "bf16"),
    (_16GB, LLAMA_8B, "nf4"),
    (_4090, LLAMA_8B, "bf16"),
    (_H100, LLAMA_8B, "bf16"),
    (_H100, QWEN_32B, "bf16"),
    (_4_H100, LLAMA_70B, "bf16"),
    (_16_H200, LLAMA_405B, "bf16"),
)


def step_bytes(model: Model, quantization: Quantization, n: int, kind: str = "cuda") -> float:
    """Bytes that one decoding step must read, halfway through n answers to one prompt.

    All weights but the embedding table, of which n rows are needed; the prompt's cache once; and
    half of each answer's own.
    """
    wide = token_bytes(model.shape, quantization, kind) / (2 * model.shape.layers)
    wide /= model.shape.width
    table = 0.0 if model.tied else model.shape.embeddings / 2 * wide
    cache = token_bytes(model.shape, quantization, kind) * (PROMPT + n * NEW / 2)
    return weight_bytes(model.shape, quantization, kind) - table + cache


def ceiling(hardware: Hardware, model: Model, quantization: Quantization, n: int) -> float:
    """Tokens per second that memory allows at most when n answers are written together."""
    seconds = step_bytes(model, quantization, n, hardware.kind) / (
        hardware.bandwidth * hardware.devices
    )
    return n / seconds


def needed(hardware: Hardware, model: Model, quantization: Quantization, n: int) -> int:
    """Bytes for n answers, over all devices; see `models.shape.memory_of`."""
    return memory_of(
        model.shape,
        quantization,
        device=hardware.kind,
        n=n,
        prompt_tokens=PROMPT,
        new_tokens=NEW,
    )


def most_at_once(hardware: Hardware, model: Model, quantization: Quantization) -> int:
    """Answers that fit together, up to what one run may ask for; 0 where not even one does."""
    room = hardware.memory * hardware.devices
    fits = (needed(hardware, model, quantization, n) <= room for n in range(1, MAX_SAMPLES + 1))
    return sum(fits)  # more answers never need less


def memory_table(models: Iterable[Model] = MODELS) -> str:
    """A Markdown table of weights and caches on a GPU, one row per model."""
    return _table(_MEMORY_HEAD, map(_memory_row, models))


def speed_table(plans: Iterable[tuple[Hardware, Model, Quantization]] = PLANS) -> str:
    """A Markdown table of what fits where, and how fast it can be, one row per plan."""
    return _table(_SPEED_HEAD, (_speed_row(*plan) for plan in plans))


def with_tables(page: str) -> str:
    """The page with both tables between their markers renewed.

    Raises:
        ValueError: a marker is missing or stands twice.
    """
    for name, table in zip(SIZES, (memory_table(), speed_table()), strict=True):
        begin = f"<!-- {name}: written by python -m docs.scaling_table -->"
        end = f"<!-- end of {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"Expected the page to hold {begin!r} and {end!r} once each.")
        before, rest = page.split(begin)
        page = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return page


def _memory_row(model: Model) -> tuple[str, ...]:
    shape = model.shape
    weights = (weight_bytes(shape, kind, "cuda") for kind in ("bf16", "int8", "nf4"))
    token = token_bytes(shape, "bf16", "cuda")
    caches = (token * (PROMPT + n * NEW) for n in (64, 256))
    return (model.name, *map(_gb, weights), f"{token / 1e3:,.0f} kB", *map(_gb, caches))


def _speed_row(hardware: Hardware, model: Model, quantization: Quantization) -> tuple[str, ...]:
    precision = "NF4" if quantization == "nf4" else quantization
    has = hardware.memory * hardware.devices
    need = needed(hardware, model, quantization, CROWD)
    most = most_at_once(hardware, model, quantization)
    speeds = (
        _rounded(ceiling(hardware, model, quantization, n)) if n <= most else "–" for n in COUNTS
    )
    return (hardware.name, f"{model.name}, {precision}", _gb(has), _gb(need), str(most), *speeds)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _gb(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e11 else f"{size / 1e9:.3g} GB"


def _rounded(value: float) -> str:
    """To two digits, as the inputs deserve."""
    return f"{float(f'{value:.2g}'):,.0f}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
