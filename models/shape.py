"""How large a model is, read from its folder, and the memory it takes. Needs no torch."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from data.errors import ModelError
from data.schema import Quantization
from models.prequantized import Stored, stored_precision

# Up to here a CPU computes in float32: measured with AVX-512 at 4M and 99M parameters, float32
# took 0.5 to 0.9 of the time of bf16, and older processors have no bf16 at all.
SMALL_ON_CPU = 500_000_000
WEIGHTS = "*.safetensors"
OVERHEAD = 300 * 2**20  # bytes; libraries, allocator slack, activations
# How architectures call the length of their context.
CONTEXT_NAMES = (
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "seq_length",
    "context_length",
)
SCRATCH_LOGITS = 2**24  # logits handled at once, see `models.truncation.CHUNK`
SCRATCH_BYTES = 40  # for each: log-probabilities, probabilities, what is kept of them


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The sizes that decide a model's memory.

    Attributes:
        parameters: all of them, shared ones once.
        embeddings: those of them that stay in 16 bits under int8 and NF4 (embedding and head).
        width: of one token's keys in one layer: kv heads × head dimension.
        context: tokens of prompt and answer together.
        stored: bytes of weights that are kept in few bits, as a checkpoint that was saved so has
            them; 0 where the weights are quantized when they are loaded, or not at all.
    """

    parameters: int
    embeddings: int
    layers: int
    width: int
    vocabulary: int
    context: int
    stored: int = 0


def computes_in_float32(quantization: Quantization, parameters: int, device: str) -> bool:
    """Whether the weights that aren't quantized are held in float32 rather than in 16 bits."""
    if quantization == "fp32":
        return True
    return device == "cpu" and (quantization != "bf16" or parameters <= SMALL_ON_CPU)


def memory_of(
    shape: ModelShape,
    quantization: Quantization,
    *,
    device: str = "cpu",
    n: int = 64,
    prompt_tokens: int = 512,
    new_tokens: int = 64,
) -> int:
    """Bytes that a loaded model takes while it writes n answers to one prompt.

    The prompt's cache counts once, as `models.shared_prefix` holds it.

    Args:
        shape: of the model.
        quantization: precision of its weights.
        device: "cpu" or "cuda".
        n: answers at a time.
        prompt_tokens: of the prompt.
        new_tokens: of each answer.
    """
    wide = _bytes_per_number(shape, quantization, device)
    cache = token_bytes(shape, quantization, device) * (prompt_tokens + n * new_tokens)
    logits = n * shape.vocabulary
    scratch = SCRATCH_BYTES * min(max(SCRATCH_LOGITS, shape.vocabulary), logits) + wide * logits
    return weight_bytes(shape, quantization, device) + cache + scratch + OVERHEAD


def weight_bytes(shape: ModelShape, quantization: Quantization, device: str) -> int:
    """Bytes of a model's weights in memory."""
    if shape.stored:
        return shape.stored
    wide = _bytes_per_number(shape, quantization, device)
    # NF4 with double quantization takes 4.127 bits (Dettmers et al. 2023); int8 a scale per row.
    narrow = {"int8": 1.01, "nf4": 0.516}.get(quantization, wide)
    return int(shape.embeddings * wide + (shape.parameters - shape.embeddings) * narrow)


def token_bytes(shape: ModelShape, quantization: Quantization, device: str) -> int:
    """Bytes of one token in the cache: a key and a value in every layer."""
    return 2 * shape.layers * shape.width * _bytes_per_number(shape, quantization, device)


def _bytes_per_number(shape: ModelShape, quantization: Quantization, device: str) -> int:
    return 4 if computes_in_float32(quantization, shape.parameters, device) else 2


def rows_that_fit(
    shape: ModelShape, quantization: Quantization, *, device: str, tokens: int, free: int
) -> int:
    """Answers that can be decoded together. Where memory is overcommitted, nothing else would say.

    Args:
        shape: of the loaded model.
        quantization: precision of its weights.
        device: "cpu" or "cuda".
        tokens: each row keeps of its own.
        free: bytes.

    Returns:
        At least 1.
    """
    wide = _bytes_per_number(shape, quantization, device)
    cache = row_bytes(shape, quantization, device, tokens)
    logits = (wide + 4) * shape.vocabulary
    scratch = SCRATCH_BYTES * min(SCRATCH_LOGITS, 64 * shape.vocabulary)
    return max(1, (free - scratch) // max(1, cache + logits))


def row_bytes(shape: ModelShape, quantization: Quantization, device: str, tokens: int) -> int:
    """Bytes of one answer's own cache at most.

    When rows leave, or a cache grows, the new one stands beside the old one in one layer at a time.
    """
    cache = token_bytes(shape, quantization, device) * tokens
    return cache + cache // max(1, shape.layers)


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.json.

    Raises:
        ModelError: there is none, or it can't be read.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"The folder {folder} holds no model: it has no config.json.",
            "Choose a folder that transformers' save_pretrained wrote.",
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The config.json in {folder} can't be read: {error}.",
            "Download or save the model again.",
        ) from error
    if not isinstance(config, dict):
        raise ModelError(
            f"The config.json in {folder} describes no model.", "Download or save the model again."
        )
    return config


def read_shape(folder: Path) -> ModelShape:
    """Sizes from config.json and from the headers of the safetensors; no weights are read.

    Raises:
        ModelError: a file is missing or can't be read.
    """
    config = read_config(folder)
    packed = stored_precision(config)
    stored = 0 if packed is None else sum(file.stat().st_size for file in folder.glob(WEIGHTS))
    return shape_of(config, count_parameters(folder, packed), stored=stored)


def shape_of(config: Mapping[str, Any], parameters: int, *, stored: int = 0) -> ModelShape:
    """Sizes from what a config.json holds.

    Args:
        config: of the model; of one that also sees or hears, the part for text is taken.
        parameters: all of them, shared ones once.
        stored: bytes of weights that are stored in few bits; 0 for others.
    """
    text = config.get("text_config") or config
    hidden = _number(text, "hidden_size", "n_embd", "d_model")
    heads = _number(text, "num_attention_heads", "n_head", "n_heads") or 1
    head_dim = _number(text, "head_dim") or hidden // heads
    vocabulary = _number(text, "vocab_size")
    tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings", True))
    return ModelShape(
        parameters=parameters,
        stored=stored,
        embeddings=vocabulary * hidden * (1 if tied else 2),
        layers=_number(text, "num_hidden_layers", "n_layer", "n_layers"),
        width=(_number(text, "num_key_value_heads", "num_kv_heads") or heads) * head_dim,
        vocabulary=vocabulary,
        context=_number(text, *CONTEXT_NAMES),
    )


def _number(config: Mapping[str, Any], *names: str) -> int:
    """The first of these that is set; 0 when none is."""
    found = (config.get(name) for name in names)
    return next((value for value in found if isinstance(value, int)), 0)


def count_parameters(folder: Path, stored: Stored | None = None) -> int:
    """Elements of all tensors, from the headers of the folder's safetensors files.

    Args:
        folder: of the model.
        stored: how several weights are packed into one number, if they are.

    Raises:
        ModelError: a file is damaged.
    """
    return sum(_elements(file, stored) for file in sorted(folder.glob(WEIGHTS)))


def _elements(file: Path, stored: Stored | None) -> int:
    try:
        with file.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            if length > file.stat().st_size:
                raise ValueError(f"its header claims {length} bytes")
            header = json.loads(handle.read(length))
            tensors = {key: value for key, value in header.items() if key != "__metadata__"}
            ends = (tensor["data_offsets"][1] for tensor in tensors.values())
            end = 8 + length + max(ends, default=0)
            if end > file.stat().st_size:
                raise ValueError(f"{end - file.stat().st_size:,} bytes are missing at its end")
            if stored is not None:
                return sum(stored.elements(name, tensor) for name, tensor in tensors.items())
            return sum(prod(tensor["shape"]) for tensor in tensors.values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(
            f"The weights in {file.name} are damaged: {error}.", "Download them again."
        ) from error


def missing_shards(folder: Path) -> list[str]:
    """Files of weights that the folder's index names and that aren't there, by name.

    Raises:
        ModelError: the index is damaged.
    """
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return []
    try:
        named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return sorted(name for name in named if not (folder / name).is_file())
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError(f"{index.name} is damaged: {error}.", "Download it again.") from error
