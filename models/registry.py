"""Which models there are, where they come from, and whether they fit. Needs no torch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import psutil

from data.errors import ModelError
from data.schema import ModelRef, Quantization
from models.fitting import precision_name
from models.known import BUNDLED_ID, KNOWN, KnownModel, known
from models.server_address import is_server, own_models, parse_server, server_name
from models.shape import ModelShape, memory_of, read_shape

__all__ = ["BUNDLED_ID", "KNOWN", "KnownModel", "known"]

BUNDLED_FOLDER = Path(__file__).parent / "town" / "weights"
QUANTIZATIONS: tuple[Quantization, ...] = get_args(Quantization)
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
SMALL = 2_000_000_000  # parameters; what a public host offers unless its operator says otherwise


def offered_ids(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Ids of the models that a public host offers: its operator's list.

    These are the operator's first choice (CHORALE_MODEL), what CHORALE_MODELS names with commas
    between, and the models of the operator's server in CHORALE_SERVER_MODELS. Without
    CHORALE_MODELS, the bundled model and the small listed ones that need no licence accepted.
    """
    own = environment.get("CHORALE_MODEL", BUNDLED_ID)
    named = (name.strip() for name in environment.get("CHORALE_MODELS", "").split(","))
    listed = frozenset(filter(None, named)) or frozenset(m.id for m in KNOWN if _is_modest(m))
    return listed | {own, *own_models(environment)}


def _is_modest(model: KnownModel) -> bool:
    return model.shape is None or (not model.gated and model.shape.parameters <= SMALL)


def display_name(model_id: str) -> str:
    """A model's name as people call it; of a folder its last part, of a server where it is."""
    if (model := known(model_id)) is not None:
        return model.name
    if is_server(model_id):
        return server_name(model_id)
    folder = Path(model_id).expanduser()
    if folder.is_absolute() or folder.is_dir():
        return folder.name or model_id
    return model_id.rpartition("/")[2] or model_id


def model_name(ref: ModelRef) -> str:
    """A model as people call it, with its precision where that isn't the usual one."""
    name = display_name(ref.id)
    return name if ref.quantization == "bf16" else f"{name} · {precision_name(ref.quantization)}"


def resolve(ref: ModelRef) -> Path | str:
    """Where a model's files are: a folder, or else its Hub id; a server's model has none here.

    Raises:
        ModelError: the id is neither known, nor a folder, nor the form of a Hub id or of a
            server's model.
    """
    if is_server(ref.id):
        parse_server(ref.id)
        return ref.id
    if ref.id == BUNDLED_ID:
        if not (BUNDLED_FOLDER / "config.json").is_file():
            raise ModelError(
                "The bundled model's weights are missing from this copy of the app.",
                "Fetch the whole repository, or train them: python -m models.town.train",
            )
        return BUNDLED_FOLDER
    folder = Path(ref.id).expanduser()
    if ref.id.strip() and "\0" not in ref.id and folder.is_dir():
        return folder
    if HUB_ID.fullmatch(ref.id):
        return ref.id
    raise ModelError(
        f"There is no model or folder called “{ref.id}”.",
        f"Choose one from the list ({BUNDLED_ID} needs no download), or give a folder or a "
        "Hugging Face id such as owner/name.",
    )


def estimate_memory(
    ref: ModelRef,
    *,
    device: str = "cpu",
    n: int = 64,
    prompt_tokens: int = 512,
    new_tokens: int = 64,
) -> int | None:
    """Bytes that a model takes while it writes; None when its size can't be told offline.

    A model on a server takes none here.

    Args:
        ref: the model and its precision.
        device: "cpu" or "cuda".
        n: answers at a time.
        prompt_tokens: of the prompt.
        new_tokens: of each answer.

    Raises:
        ModelError: the model is unknown, or its folder holds none.
    """
    place = resolve(ref)
    if is_server(ref.id):
        return 0
    if (shape := known_shape(ref, place)) is None:
        return None
    return memory_of(
        shape,
        ref.quantization,
        device=device,
        n=n,
        prompt_tokens=prompt_tokens,
        new_tokens=new_tokens,
    )


def known_shape(ref: ModelRef, place: Path | str) -> ModelShape | None:
    """A model's sizes, from its folder or from the list; None where neither has them.

    Raises:
        ModelError: its folder holds no model.
    """
    if isinstance(place, Path):
        return read_shape(place)
    listed = known(ref.id)
    return listed.shape if listed else None


def available_memory(device: str = "cpu") -> int:
    """Bytes that can still be used on a device, within the container's limit if there is one."""
    if device.startswith("cuda"):
        import torch

        # What torch has reserved and not in use counts as free: it will be used first.
        spare = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + spare
    return min(int(psutil.virtual_memory().available), *_container_room())


def _container_room() -> list[int]:
    """Bytes left under a control group's limit (version 2); one very large number without."""
    room = [2**62]
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = ((group / name).read_text() for name in ("memory.max", "memory.current"))
        room.append(max(0, int(limit) - int(used)))
    except (OSError, ValueError):  # no such file, or "max"
        pass
    return room
