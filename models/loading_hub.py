"""From a Hub id to a folder on this machine, or to a message that says why not."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import MemoryBudgetError, ModelError
from models.loading import GIB, PICKLES, first_line, no_safetensors

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

WANTED = ("*.safetensors", "*.json", "*.model", "*.txt", "*.jinja")
LOST = (ConnectionError, TimeoutError)  # offline mode is a ConnectionError as well
UNWANTED = ("*/*",)  # other formats and originals lie in sub-folders

_UNREACHABLE = "Hugging Face can't be reached, and {} was not downloaded before."
_NEEDS_NONE = "Check the connection, or choose the bundled model, which needs none."


def fetch(model_id: str, revision: str = "") -> Path:
    """Download a model, or find it among those downloaded before.

    Args:
        model_id: "owner/name".
        revision: branch, tag or commit; "" takes the default branch.

    Returns:
        The folder with its files.

    Raises:
        ModelError: there is no such model, it is gated, unsafe, or the Hub can't be reached.
    """
    from huggingface_hub import snapshot_download

    if (folder := _downloaded(model_id, revision)) is not None:
        return folder
    try:
        check_listing(_listing(model_id, revision), model_id)
        place = snapshot_download(
            model_id,
            revision=revision or None,
            allow_patterns=list(WANTED),
            ignore_patterns=list(UNWANTED),
        )
    except ModelError:
        raise
    except Exception as error:
        raise explain(error, model_id, revision) from error
    return Path(place)


def _downloaded(model_id: str, revision: str) -> Path | None:
    """The folder of an earlier download that is whole, so that it also works offline."""
    from huggingface_hub import snapshot_download

    try:
        place = snapshot_download(model_id, revision=revision or None, local_files_only=True)
    except Exception:  # not there, or never finished: ask the Hub
        return None
    folder = Path(place)
    whole = (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return folder if whole and not _is_partial(folder) else None


def _is_partial(folder: Path) -> bool:
    """Whether a shard that the index names is missing."""
    import json

    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return False
    shards = set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
    return not all((folder / shard).is_file() for shard in shards)


def _listing(model_id: str, revision: str) -> ModelInfo:
    from huggingface_hub import HfApi

    return HfApi().model_info(model_id, revision=revision or None, files_metadata=True)


def check_listing(info: ModelInfo, model_id: str) -> None:
    """See whether a model's files are worth downloading.

    Raises:
        ModelError: no safetensors.
        MemoryBudgetError: the disk has no room for them.
    """
    from huggingface_hub.constants import HF_HUB_CACHE

    files = {file.rfilename: file.size or 0 for file in info.siblings or []}
    weights = [name for name in files if fnmatch(name, "*.safetensors") and "/" not in name]
    if not weights:
        pickled = any(fnmatch(name, kind) for name in files for kind in PICKLES)
        raise no_safetensors(model_id, pickled=pickled)
    _check_disk(sum(files[name] for name in weights), Path(HF_HUB_CACHE), model_id)


def _check_disk(needed: int, cache: Path, model_id: str) -> None:
    import shutil

    place = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise MemoryBudgetError(
            f"{model_id} is a download of {needed / GIB:.1f} GiB, but the disk has "
            f"{free / GIB:.1f} GiB left.",
            "Make room, or choose a smaller model.",
        )


def _transport() -> type[BaseException]:
    """The base of the HTTP client's own errors, whichever client the Hub's library uses."""
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


def explain(error: Exception, model_id: str, revision: str = "") -> ModelError:
    """What a failed download means to the user."""
    from huggingface_hub import errors

    meanings: tuple[tuple[type[BaseException], str, str], ...] = (
        (  # a kind of RepositoryNotFoundError, so it comes first
            errors.GatedRepoError,
            f"{model_id} is gated: its owner asks for an accepted licence.",
            f"Accept it at huggingface.co/{model_id}, then start Chorale with your HF_TOKEN.",
        ),
        (
            errors.RepositoryNotFoundError,
            f"There is no model {model_id} on Hugging Face, or it is private.",
            "Check the spelling; for a private model start Chorale with your HF_TOKEN.",
        ),
        (
            errors.RevisionNotFoundError,
            f"{model_id} has no revision “{revision}”.",
            "Leave it empty for the default branch.",
        ),
        (
            errors.HFValidationError,
            f"“{model_id}” is no Hugging Face id.",
            "Write it as owner/name.",
        ),
        (
            errors.HfHubHTTPError,
            f"Hugging Face refused the download of {model_id}: {first_line(error)}.",
            "Try again later, or choose another model.",
        ),
        *((kind, _UNREACHABLE.format(model_id), _NEEDS_NONE) for kind in (_transport(), *LOST)),
    )
    for kind, what_happened, what_to_do in meanings:
        if isinstance(error, kind):
            return ModelError(what_happened, what_to_do)
    return ModelError(
        f"The download of {model_id} failed: {first_line(error)}.",
        "Check the connection and the room on the disk, then try again.",
    )
