"""The Hugging Face Hub, asked in a process of its own (`python -m models.hub_process`).

A download can hang in a connection, in a library's retries or in native code, where no thread can
be stopped. A process can: that is what cancelling does. It writes JSON, one object a line: how far
it is, and last of all {"result": …} or {"error": [what happened, what to do]}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import MemoryBudgetError, ModelError
from models.loading import GIB, PICKLES, first_line, no_safetensors

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

WANTED = ("*.safetensors", "*.json", "*.model", "*.txt", "*.jinja")
UNWANTED = ("*/*",)  # other formats and originals lie in sub-folders
LOST = (ConnectionError, TimeoutError)  # offline mode is a ConnectionError as well
EVERY_S = 0.2  # seconds between two reports

_UNREACHABLE = "Hugging Face can't be reached, and {} was not downloaded before."
_NEEDS_NONE = "Check the connection, or choose the bundled model, which needs none."

Report = Callable[[dict[str, Any]], None]


def download(model_id: str, revision: str, report: Report) -> str:
    """Download a model's files into the Hub's cache.

    Returns:
        Their folder.

    Raises:
        ModelError: there is no such model, it is gated or unsafe, or the Hub can't be reached.
    """
    try:
        info = _listing(model_id, revision)
        check_listing(info, model_id)
    except ModelError:
        raise
    except Exception as error:
        raise explain(error, model_id, revision) from error
    report(_begin(model_id, info))
    try:
        return _snapshot(model_id, revision, report)
    except Exception as error:
        if isinstance(error, (_transport(), *LOST)) and not _is_answer(error):
            raise ModelError(
                f"The connection to Hugging Face was lost while {model_id} was downloaded.",
                "Load it again when the connection is back; files that are whole are kept.",
            ) from error
        raise explain(error, model_id, revision) from error


def look_up(model_id: str, revision: str, report: Report) -> dict[str, Any]:
    """What the Hub tells of a model before its weights are downloaded.

    Returns:
        "config" and "parameters" for `models.shape.shape_of`, "download" in bytes, "licence",
        "gated", and "chat": whether it has a chat template.

    Raises:
        ModelError: as in `download`.
    """
    from huggingface_hub import hf_hub_download

    try:
        info = _listing(model_id, revision)
        check_listing(info, model_id)
        config = hf_hub_download(model_id, "config.json", revision=info.sha)
    except ModelError:
        raise
    except Exception as error:
        raise explain(error, model_id, revision) from error
    sizes = _sizes(info)
    weights = sum(size for name, size in sizes.items() if name.endswith(".safetensors"))
    card = info.card_data
    return {
        "config": json.loads(Path(config).read_text(encoding="utf-8")),
        # Weights are published in 16 bits as a rule, where the Hub hasn't counted them.
        "parameters": info.safetensors.total if info.safetensors else weights // 2,
        "download": sum(sizes.values()),
        "licence": str((card.get("license_name") or card.get("license") or "") if card else ""),
        "gated": bool(info.gated),
        "chat": _has_template(info),
    }


def _has_template(info: ModelInfo) -> bool:
    tokenizer = (info.config or {}).get("tokenizer_config") or {}
    return "chat_template.jinja" in _sizes(info) or bool(tokenizer.get("chat_template"))


def _listing(model_id: str, revision: str) -> ModelInfo:
    from huggingface_hub import HfApi

    return HfApi().model_info(model_id, revision=revision or None, files_metadata=True)


def _sizes(info: ModelInfo) -> dict[str, int]:
    """Bytes of the files that are downloaded, by name."""
    return {
        file.rfilename: file.size or 0
        for file in info.siblings or []
        if any(fnmatch(file.rfilename, kind) for kind in WANTED) and "/" not in file.rfilename
    }


def check_listing(info: ModelInfo, model_id: str) -> None:
    """See whether a model's files are worth downloading.

    Raises:
        ModelError: no safetensors.
        MemoryBudgetError: the disk has no room for them.
    """
    from huggingface_hub.constants import HF_HUB_CACHE

    weights = [size for name, size in _sizes(info).items() if name.endswith(".safetensors")]
    if not weights:
        names = [file.rfilename for file in info.siblings or []]
        pickled = any(fnmatch(name, kind) for name in names for kind in PICKLES)
        raise no_safetensors(model_id, pickled=pickled)
    _check_disk(sum(weights), Path(HF_HUB_CACHE), model_id)


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


def _begin(model_id: str, info: ModelInfo) -> dict[str, Any]:
    """Where the files will be, what was left there before, and how much is missing."""
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=model_id, repo_type="model")
    blobs = Path(constants.HF_HUB_CACHE) / name / "blobs"
    missing = (
        size
        for file, size in _sizes(info).items()
        if not isinstance(try_to_load_from_cache(model_id, file, revision=info.sha), str)
    )
    before = [part.name for part in blobs.glob("*.incomplete")]
    return {"blobs": str(blobs), "before": before, "total": sum(missing)}


def _snapshot(model_id: str, revision: str, report: Report) -> str:
    from huggingface_hub import snapshot_download

    class Bar(_Bar):
        """The library makes the bars, so the class must know whom to tell."""

        tell = staticmethod(report)

    return snapshot_download(
        model_id,
        revision=revision or None,  # by its name, under which it is found again without the Hub
        allow_patterns=list(WANTED),
        ignore_patterns=list(UNWANTED),
        tqdm_class=Bar,
    )


class _Bar:
    """What the Hub's library takes for a tqdm bar: counts bytes and reports them now and then."""

    tell: Report

    def __init__(
        self, *_: object, total: float | None = None, unit: str = "", **__: object
    ) -> None:
        self.n: float = 0
        self.total = total
        self.format_dict: dict[str, float] = {}
        self._counts = unit == "B"  # not the bar that counts files
        self._next = 0.0

    def update(self, n: float | None = 1) -> None:
        self.n += n or 0
        if self._counts and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            self.tell({"done": int(self.n)})

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def refresh(self) -> None:
        pass

    def set_description(self, *_: object) -> None:
        pass

    set_description_str = set_postfix_str = set_description

    def close(self) -> None:
        pass


def _transport() -> type[BaseException]:
    """The base of the HTTP client's own errors, whichever client the Hub's library uses."""
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


def _is_answer(error: Exception) -> bool:
    """Whether the Hub itself said no."""
    from huggingface_hub.errors import HfHubHTTPError

    return isinstance(error, HfHubHTTPError)


def explain(error: Exception, model_id: str, revision: str = "") -> ModelError:
    """What a failed download means to the user."""
    from huggingface_hub import errors, get_token

    token = "; your HF_TOKEN's account has no access yet" if get_token() else ""
    meanings: tuple[tuple[type[BaseException], str, str], ...] = (
        (  # a kind of RepositoryNotFoundError, so it comes first
            errors.GatedRepoError,
            f"{model_id} is gated: its owner asks for an accepted licence{token}.",
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


def _write(line: dict[str, Any]) -> None:
    """One line to whoever started this process; if that has gone, this ends it."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(errand: str, model_id: str, revision: str) -> None:
    """Do one errand and say how it went."""
    errands = {"download": download, "look_up": look_up}
    try:
        _write({"result": errands[errand](model_id, revision, _write)})
    except ModelError as error:
        _write({"error": [error.what_happened, error.what_to_do]})


if __name__ == "__main__":
    main(*sys.argv[1:])
