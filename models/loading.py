"""From a folder to a model and a tokenizer in memory, or to a message that says why not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from data.errors import MemoryBudgetError, ModelError
from data.schema import ModelRef, Quantization
from models.fitting import MODEST_N
from models.loading_watch import LoadingCancelled, Stage, Watch, current_watch
from models.prequantized import Stored, check_packages, stored_precision
from models.registry import available_memory, display_name
from models.shape import (
    ModelShape,
    computes_in_float32,
    memory_of,
    missing_shards,
    read_config,
    read_shape,
)

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "tekken.json",
)
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder held."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    shape: ModelShape
    stored: Stored | None = None


def load_folder(folder: Path, *, quantization: Quantization, device: str, shown: str) -> Loaded:
    """Load a causal language model.

    Args:
        folder: as save_pretrained writes it, weights as safetensors.
        quantization: precision in memory.
        device: "cpu" or "cuda".
        shown: what messages call the model.

    Raises:
        MemoryBudgetError: it doesn't fit.
        ModelError: it can't be loaded.
    """
    check_files(folder, shown)
    shape = read_shape(folder)
    stored = stored_precision(read_config(folder))
    if stored is not None:
        check_packages(stored, shown)
    check_memory(shape, quantization, device=device, shown=shown)
    watch = current_watch()
    watch.report(Stage.READING)
    tokenizer = _load_tokenizer(folder, shown)
    model = _load_model(folder, shape, quantization if stored is None else None, device, shown)
    check_tokens(tokenizer.vocab_size - 1, model, shown)
    watch.report(Stage.CHECKING)
    return Loaded(model, tokenizer, shape, stored)


def check_files(folder: Path, shown: str) -> None:
    """See whether a folder holds what is needed, before anything is read.

    Raises:
        ModelError: it doesn't.
    """
    config = read_config(folder)
    check_code(config, shown)
    if not any(folder.glob("*.safetensors")):
        raise no_safetensors(shown, pickled=any(any(folder.glob(kind)) for kind in PICKLES))
    if missing := missing_shards(folder):
        what = f"{shown} is incomplete: it lacks {', '.join(missing[:3])}."
        raise ModelError(what, "Download the model again.")
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise ModelError(
            f"{shown} comes without a tokenizer.",
            "Put its tokenizer files (such as tokenizer.json) beside the weights.",
        )


def no_safetensors(shown: str, *, pickled: bool) -> ModelError:
    """The error for a model whose weights can't be read safely."""
    if pickled:
        return ModelError(
            f"{shown} has its weights as pickle files only, which can run code when opened.",
            "Choose a model with safetensors, or convert it with transformers' save_pretrained.",
        )
    return ModelError(f"{shown} has no weights.", "Choose a folder with *.safetensors files.")


def check_code(config: dict[str, Any], shown: str) -> None:
    """See whether transformers knows the architecture without running the model's own code.

    Raises:
        ModelError: it doesn't.
    """
    from transformers import CONFIG_MAPPING

    kind = config.get("model_type")
    if kind in CONFIG_MAPPING:
        return
    if "auto_map" in config:
        raise _needs_code(shown)
    raise ModelError(
        f"{shown} is of the architecture “{kind}”, which transformers doesn't know.",
        "Choose another model, or update transformers.",
    )


def _needs_code(shown: str) -> ModelError:
    return ModelError(
        f"{shown} needs code of its own to run, and Chorale runs no code from models.",
        "Choose a model whose architecture is part of transformers.",
    )


def check_tokens(largest: int, model: PreTrainedModel, shown: str) -> None:
    """See whether a model has a place for a token. To read one that it hasn't breaks a GPU's work.

    Args:
        largest: id of the token.
        model: the model.
        shown: what messages call it.

    Raises:
        ModelError: it hasn't.
    """
    places = len(cast("torch.Tensor", model.get_input_embeddings().weight))
    if largest >= places:
        raise ModelError(
            f"The tokenizer of {shown} doesn't belong to its weights: it has a token {largest:,}, "
            f"but they know {places:,} tokens only.",
            "Download the model again, or choose another.",
        )


def check_memory(shape: ModelShape, quantization: Quantization, *, device: str, shown: str) -> None:
    """Estimate before loading whether a model fits with a modest run.

    Raises:
        MemoryBudgetError: it doesn't.
    """
    needed = memory_of(shape, quantization, device=device, n=MODEST_N)
    free = available_memory(device)
    place = "this machine" if device == "cpu" else "the GPU"
    if needed > free:
        raise MemoryBudgetError(
            f"{shown} needs about {needed / GIB:.1f} GiB in {quantization}, "
            f"but {free / GIB:.1f} GiB are free on {place}.",
            "Choose a smaller model"
            + (", or NF4, which takes about a quarter." if quantization != "nf4" else "."),
        )


def _load_tokenizer(folder: Path, shown: str) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        if "custom code" in str(error):
            raise _needs_code(shown) from error
        raise ModelError(
            f"The tokenizer of {shown} can't be read: {first_line(error)}.",
            "Download the model again, or choose another.",
        ) from error


def _load_model(
    folder: Path, shape: ModelShape, quantization: Quantization | None, device: str, shown: str
) -> PreTrainedModel:
    """Quantize as asked for, or with None leave the weights as they are stored."""
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import set_tqdm_hook

    set_tqdm_hook(_bar)
    dtype = compute_dtype(quantization or "nf4", parameters=shape.parameters, device=device)
    try:
        pair: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            device_map={"": device},
            **_bitsandbytes(quantization, dtype),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except LoadingCancelled:
        raise
    except Exception as error:
        raise _loading_failed(error, shown) from error
    model, report = pair
    if report["missing_keys"]:
        raise ModelError(
            f"The weights of {shown} are incomplete: {len(report['missing_keys'])} are missing.",
            "Download them again, or choose another model.",
        )
    return cast("PreTrainedModel", model.eval())


def _bar(factory: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A bar of transformers'; the one over weights tells our watch and ends with it.

    The hook is the process's, but the bar is made in the thread that loads.
    """
    if options.get("desc") != "Loading weights" or not args:
        return factory(*args, **options)
    return _told(args[0], current_watch())


def _told(items: Collection[Any], watch: Watch) -> Iterator[Any]:
    for place, item in enumerate(items):
        watch.report(Stage.READING, place, len(items))
        yield item


def _loading_failed(error: Exception, shown: str) -> ModelError:
    from models.decoding import is_out_of_memory

    if is_out_of_memory(error):
        return MemoryBudgetError(
            f"{shown} ran out of memory while it was loaded.",
            "Choose a smaller model, or NF4.",
        )
    return ModelError(
        f"{shown} can't be loaded: {first_line(error)}.",
        "Choose another model; this must be a text model whose weights are whole.",
    )


def running_failed(error: Exception, ref: ModelRef) -> ModelError:
    """The error for a model that was loaded and whose first run raised something."""
    from models.decoding import is_out_of_memory

    if is_out_of_memory(error):
        return MemoryBudgetError(
            f"There is no memory left to run {display_name(ref.id)}.",
            "Choose a smaller model, or NF4.",
        )
    return ModelError(
        f"{display_name(ref.id)} was loaded but can't be run in {ref.quantization}: "
        f"{first_line(error)}.",
        "Choose another precision or another model.",
    )


def compute_dtype(quantization: Quantization, *, parameters: int, device: str) -> torch.dtype:
    """The precision of what isn't quantized, and of all arithmetic."""
    import torch

    if computes_in_float32(quantization, parameters, device):
        return torch.float32
    if device != "cpu" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


def _bitsandbytes(quantization: Quantization | None, dtype: torch.dtype) -> dict[str, Any]:
    """The option that quantizes; to pass None would hide what the checkpoint's config says."""
    # It logs at every multiplication that float32 inputs are rounded to 16 bits.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    if quantization not in ("int8", "nf4"):
        return {}
    from transformers import BitsAndBytesConfig

    if quantization == "int8":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    four = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    return {"quantization_config": four}


def first_line(error: Exception) -> str:
    """What an error of a library says, in short."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
