"""Tables of a data set on the Hugging Face Hub, by its id."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from data.errors import UploadError
from data.reading_tables import FORMATS

MOST_BYTES = 200_000_000  # of one file
DATASET_ID = re.compile(r"[\w.-]+/[\w.-]+")
# Files to take where the repository of a known data set holds more than the answers.
KNOWN = {
    "HannahKirk/prism-alignment": ("utterances.jsonl", "survey.jsonl"),
    "facebook/community-alignment-dataset": (),
}


def hub_tables(dataset_id: str, *, file: str = "") -> tuple[tuple[str, bytes], ...]:
    """Download the tables of a data set.

    Args:
        dataset_id: owner/name.
        file: which file; those known to hold the answers, or the only table, if not given.

    Returns:
        Names and contents.

    Raises:
        UploadError: there is no such data set, it can't be reached, it is too large, or it holds
            several tables and none was named.
    """
    if not DATASET_ID.fullmatch(dataset_id):
        raise UploadError(f"“{dataset_id}” is no Hugging Face id.", "Write it as owner/name.")
    sizes = _sizes(dataset_id)
    names = _wanted(dataset_id, sizes, file)
    for name in names:
        if sizes[name] > MOST_BYTES:
            raise UploadError(
                f"{name} of {dataset_id} has {sizes[name] / 1e6:,.0f} MB, more than the "
                f"{MOST_BYTES / 1e6:,.0f} MB that are read at once.",
                "Download it and upload the rows you need.",
            )
    return tuple((Path(name).name, _content(dataset_id, name)) for name in names)


def _wanted(dataset_id: str, sizes: dict[str, int], file: str) -> tuple[str, ...]:
    tables = [name for name in sizes if Path(name).suffix.lower() in FORMATS]
    if file:
        if file not in sizes:
            raise UploadError(f"{dataset_id} has no file {file}.", _listed(tables))
        return (file,)
    known = KNOWN.get(dataset_id, ())
    if known and set(known) <= set(sizes):
        return known
    if len(tables) == 1:
        return (tables[0],)
    raise UploadError(
        f"{dataset_id} holds {len(tables)} tables.", _listed(tables) or "None can be read here."
    )


def _listed(tables: list[str]) -> str:
    shown = ", ".join(tables[:6])
    return f"Name one: {shown}{' …' if len(tables) > 6 else ''}." if tables else ""


def _sizes(dataset_id: str) -> dict[str, int]:
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(dataset_id, files_metadata=True, timeout=20)
    except Exception as error:
        raise _explained(error, dataset_id) from error
    return {one.rfilename: int(one.size or 0) for one in info.siblings or []}


def _content(dataset_id: str, name: str) -> bytes:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(dataset_id, name, repo_type="dataset")).read_bytes()
    except Exception as error:
        raise _explained(error, dataset_id) from error


def _explained(error: Any, dataset_id: str) -> UploadError:
    """What a failed look-up or download means to the visitor."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return UploadError(
            f"{dataset_id} is gated: its owner asks for an accepted licence.",
            f"Accept it at huggingface.co/datasets/{dataset_id}, then start Chorale with your "
            "HF_TOKEN.",
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return UploadError(
            f"There is no data set {dataset_id} on Hugging Face, or it is private.",
            "Check the spelling.",
        )
    return UploadError(
        f"Hugging Face can’t be reached for {dataset_id}.",
        "Check the connection, or upload the file.",
    )
