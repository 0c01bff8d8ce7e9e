"""Whether a model fits, how many answers at a time, and what would fit instead. Needs no torch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from data.schema import MAX_SAMPLES, Quantization
from models.known import KNOWN, KnownModel, known
from models.shape import ModelShape, memory_of, weight_bytes

MODEST_N = 16  # answers at a time for which there must be room before a model is loaded
OFFERED: tuple[Quantization, ...] = ("bf16", "int8", "nf4")


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a model, where.

    Attributes:
        free: bytes.
        device: "cpu" or "cuda".
        n: answers at a time.
        prompt_tokens: of the prompt.
        new_tokens: of each answer.
    """

    free: int
    device: str = "cpu"
    n: int = 64
    prompt_tokens: int = 512
    new_tokens: int = 64


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model in one precision meets a demand.

    Attributes:
        quantization: precision of the weights.
        weights: bytes of the weights alone.
        needed: bytes with everything that n answers take.
        largest_n: answers that can be written together, up to what a run may ask for.
        n: answers asked for.
    """

    quantization: Quantization
    weights: int
    needed: int
    largest_n: int
    n: int

    @property
    def loads(self) -> bool:
        """Whether it is loaded at all: with room for a modest number of answers at a time."""
        return self.largest_n >= MODEST_N

    @property
    def whole(self) -> bool:
        """Whether all answers are written together, not in turns."""
        return self.largest_n >= self.n


def fit_of(shape: ModelShape, quantization: Quantization, demand: Demand) -> Fit:
    """How a model of this shape meets the demand."""

    def needed(n: int) -> int:
        return memory_of(
            shape,
            quantization,
            device=demand.device,
            n=n,
            prompt_tokens=demand.prompt_tokens,
            new_tokens=demand.new_tokens,
        )

    return Fit(
        quantization=quantization,
        weights=weight_bytes(shape, quantization, demand.device),
        needed=needed(demand.n),
        # More answers never need less, so the last one that fits can be searched for.
        largest_n=bisect_right(range(1, MAX_SAMPLES + 1), demand.free, key=needed),
        n=demand.n,
    )


def suggestions(
    model_id: str, shape: ModelShape, quantization: Quantization, demand: Demand
) -> Iterator[str]:
    """What to do where a model doesn't fit, most alike first; nothing where it does.

    Args:
        model_id: whose siblings are looked for; may be unlisted.
        shape: of that model.
        quantization: precision that was chosen.
        demand: what is asked of it.
    """
    if fit_of(shape, quantization, demand).loads:
        return
    narrower = (fit_of(shape, kind, demand) for kind in OFFERED)
    if fit := next((f for f in narrower if f.loads and f.quantization != quantization), None):
        yield f"Take {precision_name(fit.quantization)}: it needs {gigabytes(fit.needed)}."
    if (found := _largest_that_fits(model_id, demand)) is not None:
        other, fit = found
        yield (
            f"Take {other.name} in {precision_name(fit.quantization)}: "
            f"it needs {gigabytes(fit.needed)}."
        )


def _largest_that_fits(model_id: str, demand: Demand) -> tuple[KnownModel, Fit] | None:
    """The largest listed model that fits: siblings first, as published rather than quantized."""
    model = known(model_id)
    family, kind = (model.family, model.kind) if model else ("", "chat")
    fitting = [
        (other, fit)
        for other in KNOWN
        if other.shape and other.kind == kind and other.id != model_id
        for quantization in OFFERED
        if (fit := fit_of(other.shape, quantization, demand)).loads
    ]
    published = [pair for pair in fitting if pair[1].quantization == "bf16"]
    return max(
        published or fitting,
        key=lambda pair: (pair[0].family == family, pair[1].weights),
        default=None,
    )


def precision_name(quantization: Quantization) -> str:
    """A precision as it is written in a sentence."""
    return "NF4" if quantization == "nf4" else quantization


def gigabytes(size: float) -> str:
    """Bytes as people say them (1 GB is 10⁹), to two digits: "14 MB", "0.27 GB", "141 GB"."""
    if 0 < size < 0.995e8:
        return f"{size / 1e6:.0f} MB" if size >= 9.95e6 else f"{size / 1e6:.2g} MB"
    billions = size / 1e9
    return f"{billions:.0f} GB" if billions >= 9.95 else f"{billions:.2g} GB"


def parameter_count(parameters: int) -> str:
    """In words: "3.4 million parameters", "8 billion parameters"."""
    scale, word = (1e9, "billion") if parameters >= 0.995e9 else (1e6, "million")
    count = parameters / scale
    return f"{count:.0f} {word} parameters" if count >= 9.95 else f"{count:.2g} {word} parameters"
