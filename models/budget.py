"""Which models may be in memory at once. Needs no torch."""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import ChoraleError, ModelError
from data.schema import ModelRef
from models.base import ModelInfo
from models.loading_watch import LoadingState
from models.memory import PeakMemory
from models.registry import available_memory, known_shape, resolve
from models.server_address import is_server
from models.shape import ModelShape, memory_of, weight_bytes


@dataclass(frozen=True, slots=True)
class Resident:
    """A model in memory or on its way there.

    Attributes:
        ref: which.
        size: bytes of its weights; 0 where they are not here.
        info: what it is, once it is loaded.
        loading: how far it is, until it is loaded.
        peak: the most that was in use by the end of its last turn; None before, and elsewhere.
    """

    ref: ModelRef
    size: int
    info: ModelInfo | None
    loading: LoadingState | None
    peak: PeakMemory | None = None


def is_echo(ref: ModelRef) -> bool:
    """Whether a reference names the model without weights."""
    return ref.id.partition(":")[0].partition("#")[0] == "echo"


def within_budget(loaded: Sequence[ModelRef], wanted: ModelRef) -> bool:
    """Whether a model may be loaded beside others that nobody chose together with it.

    Those that need memory must be small: CHORALE_SHARED_MEMORY_GB (1) holds them all.
    """
    needed = [size for ref in (*loaded, wanted) if (size := bytes_needed(ref)) > 0]
    return len(needed) < 2 or bytes_needed(wanted) == 0 or sum(needed) <= shared_bytes()


def fits_beside(loaded: Iterable[ModelRef], loading: Iterable[ModelRef], wanted: ModelRef) -> bool:
    """Whether a model may be loaded beside others that were chosen together with it.

    The memory that is free now decides. It must hold the model and its answers, the answers of
    those that are loaded, and all of those that are being loaded.
    """
    needed = bytes_needed(wanted) + sum(map(bytes_needed, loading))
    needed += sum(bytes_needed(ref) - held_bytes(ref) for ref in loaded)
    return needed <= 0 or needed <= available_memory(local_device())


def fit_together(refs: Iterable[ModelRef], residents: Iterable[Resident]) -> bool:
    """Whether several models can be in memory at once, when all others have made room.

    Args:
        refs: the models, each once.
        residents: what is in memory now.
    """
    chosen, held = tuple(refs), {other.ref: other.size for other in residents}
    if within_budget(chosen[1:], chosen[0]):
        return True
    needed = sum(map(bytes_needed, chosen))
    return needed <= available_memory(local_device()) + sum(held.values())


def shared_bytes(environment: Mapping[str, str] = os.environ) -> float:
    """Memory that models may share which nobody chose together.

    Raises:
        ChoraleError: CHORALE_SHARED_MEMORY_GB is no number.
    """
    text = environment.get("CHORALE_SHARED_MEMORY_GB", "").strip() or "1"
    try:
        size = float(text) * 1e9
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise ChoraleError(
            f"CHORALE_SHARED_MEMORY_GB is “{text}”, which is not a number of GB.",
            "Correct it in the environment and start Chorale again.",
        )
    return size


def bytes_needed(ref: ModelRef) -> float:
    """Of a model while it writes; 0 where it takes none here, infinite where it can't be told."""
    if is_echo(ref) or is_server(ref.id):
        return 0.0
    try:
        shape = find_shape(ref)
    except ModelError:
        return 0.0  # it will not load: no reason to let another go
    return math.inf if shape is None else memory_of(shape, ref.quantization, device=local_device())


def held_bytes(ref: ModelRef, info: ModelInfo | None = None) -> int:
    """Of a loaded model's weights; 0 where they are not here.

    Args:
        ref: the model.
        info: of the loaded model, which counts where its files tell nothing.
    """
    if is_echo(ref) or is_server(ref.id):
        return 0
    try:
        shape = find_shape(ref)
    except ModelError:
        shape = None
    if shape is None:
        shape = ModelShape(info.parameters if info else 0, 0, 0, 0, 0, 0)
    return weight_bytes(shape, ref.quantization, info.device if info else local_device())


def find_shape(ref: ModelRef) -> ModelShape | None:
    """A model's sizes, from its folder, the list, or an earlier download; None without.

    Raises:
        ModelError: there is no such model, or its folder holds none.
    """
    place = resolve(ref)
    shape = known_shape(ref, place)
    if shape is not None or not isinstance(place, str):
        return shape
    folder = _snapshot(place, ref.revision)
    return None if folder is None else known_shape(ref, folder)


def _snapshot(model_id: str, revision: str) -> Path | None:
    """Where an earlier download has at least a model's sizes. Only looks: it is asked often."""
    from huggingface_hub.constants import HF_HUB_CACHE

    home = Path(HF_HUB_CACHE) / f"models--{model_id.replace('/', '--')}"
    named = home / "refs" / (revision or "main")
    commit = named.read_text(encoding="utf-8").strip() if named.is_file() else revision
    folder = home / "snapshots" / commit
    whole = commit and (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return folder if whole else None


def local_device() -> str:
    """Where models are loaded here: "cuda" with a GPU that torch sees, "cpu" without.

    Until torch has been imported, in the background as a rule, it says "cpu".
    """
    torch = sys.modules.get("torch")
    if torch is None or getattr(torch.__spec__, "_initializing", False):
        return "cpu"
    return "cuda" if torch.cuda.is_available() else "cpu"


def free_memory() -> None:
    """Give freed weights back before the next model is loaded."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
