"""Which models there are, where they come from, and whether they fit. Needs no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import psutil

from data.errors import ModelError
from data.schema import ModelRef, Quantization
from models.server_address import is_server, parse_server, server_name
from models.shape import ModelShape, memory_of, read_shape

BUNDLED_ID = "saltmere"
BUNDLED_FOLDER = Path(__file__).parent / "town" / "weights"
QUANTIZATIONS: tuple[Quantization, ...] = get_args(Quantization)
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known of a model before it is loaded.

    Attributes:
        id: as in `ModelRef`.
        name: as people call it.
        summary: one or two sentences for who chooses.
        licence: SPDX name, or the publisher's own.
        shape: its sizes; None for the bundled model, whose folder is read.
        gated: whether the Hub asks for an accepted licence and a token.
        quantizations: precisions it can be loaded in.
    """

    id: str
    name: str
    summary: str
    licence: str
    shape: ModelShape | None = None
    gated: bool = False
    quantizations: tuple[Quantization, ...] = QUANTIZATIONS

    @property
    def bundled(self) -> bool:
        """Whether it comes with the app."""
        return self.id == BUNDLED_ID


def _shape(
    millions: float, *, hidden: int, layers: int, width: int, vocabulary: int, context: int
) -> ModelShape:
    """Sizes of a model whose embedding serves as its head, as all those below do."""
    return ModelShape(
        parameters=int(millions * 1e6),
        embeddings=hidden * vocabulary,
        layers=layers,
        width=width,
        vocabulary=vocabulary,
        context=context,
    )


KNOWN: tuple[KnownModel, ...] = (
    KnownModel(
        BUNDLED_ID,
        "Saltmere",
        "The bundled teaching model. It knows one small, made-up town and nothing else.",
        "Apache-2.0",
    ),
    KnownModel(
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "SmolLM2 135M Instruct",
        "The smallest here that answers any question; often wrong, quick on a laptop.",
        "Apache-2.0",
        _shape(135, hidden=576, layers=30, width=192, vocabulary=49152, context=8192),
    ),
    KnownModel(
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "SmolLM2 360M Instruct",
        "Small and quick, a little steadier than its 135M sibling.",
        "Apache-2.0",
        _shape(362, hidden=960, layers=32, width=320, vocabulary=49152, context=8192),
    ),
    KnownModel(
        "HuggingFaceTB/SmolLM2-1.7B-Instruct",
        "SmolLM2 1.7B Instruct",
        "The largest of the SmolLM2 family.",
        "Apache-2.0",
        _shape(1711, hidden=2048, layers=24, width=2048, vocabulary=49152, context=8192),
    ),
    KnownModel(
        "Qwen/Qwen2.5-0.5B-Instruct",
        "Qwen2.5 0.5B Instruct",
        "Small and multilingual. Without a system prompt its template adds one of its own.",
        "Apache-2.0",
        _shape(494, hidden=896, layers=24, width=128, vocabulary=151936, context=32768),
    ),
    KnownModel(
        "Qwen/Qwen2.5-1.5B-Instruct",
        "Qwen2.5 1.5B Instruct",
        "A good answerer for its size. Without a system prompt its template adds one of its own.",
        "Apache-2.0",
        _shape(1544, hidden=1536, layers=28, width=256, vocabulary=151936, context=32768),
    ),
    KnownModel(
        "Qwen/Qwen3-0.6B",
        "Qwen3 0.6B",
        "Newer and small; used here without its thinking mode.",
        "Apache-2.0",
        _shape(596, hidden=1024, layers=28, width=1024, vocabulary=151936, context=40960),
    ),
    KnownModel(
        "Qwen/Qwen3-1.7B",
        "Qwen3 1.7B",
        "Newer, steadier than the 0.6B; used here without its thinking mode.",
        "Apache-2.0",
        _shape(1721, hidden=2048, layers=28, width=1024, vocabulary=151936, context=40960),
    ),
    KnownModel(
        "meta-llama/Llama-3.2-1B-Instruct",
        "Llama 3.2 1B Instruct",
        "Gated: accept its licence on the Hub first and set HF_TOKEN. Its template adds the date.",
        "Llama 3.2 Community License",
        _shape(1236, hidden=2048, layers=16, width=512, vocabulary=128256, context=131072),
        gated=True,
    ),
)


def known(model_id: str) -> KnownModel | None:
    """What the list has on a model; None when it isn't listed."""
    return next((model for model in KNOWN if model.id == model_id), None)


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
    model = known(ref.id)
    shape = read_shape(place) if isinstance(place, Path) else model.shape if model else None
    if shape is None:
        return None
    return memory_of(
        shape,
        ref.quantization,
        device=device,
        n=n,
        prompt_tokens=prompt_tokens,
        new_tokens=new_tokens,
    )


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
