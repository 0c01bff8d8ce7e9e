"""Tables of a data set on the Hugging Face Hub, by its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.errors import UploadError
from data.reading_tables import FORMATS

Report = Callable[[int, int], None]  # bytes that are here, of how many

CONVERTED = "refs/convert/parquet"  # the branch on which the Hub keeps its own copy of a data set
SPLITS = ("validation", "test", "train")  # the smaller ones first
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
    _check_id(dataset_id)
    sizes = _sizes(dataset_id)
    names = _wanted(dataset_id, sizes, file)
    for name in names:
        _check_size(dataset_id, name, sizes[name])
    return tuple((Path(name).name, _content(dataset_id, name)) for name in names)


def hub_split(dataset_id: str, *, report: Report | None = None) -> tuple[str, bytes]:
    """Download the smallest split of a data set from the Hub's own copy in parquet.

    Data sets whose repository holds a script are read so too: no script is run.

    Args:
        dataset_id: owner/name.
        report: told how far the download is, from any thread.

    Returns:
        Name of the split ("validation", "test" or "train") and its first file.

    Raises:
        UploadError: there is no such data set or no copy of it, it can't be reached, or it is too
            large.
    """
    _check_id(dataset_id)
    sizes = _sizes(dataset_id, CONVERTED)
    for split in SPLITS:
        found = [n for n in sizes if split in Path(n).parts and n.endswith(".parquet")]
        if found:
            name = min(found)
            _check_size(dataset_id, name, sizes[name])
            return split, _content(dataset_id, name, CONVERTED, report)
    raise UploadError(
        f"The Hub keeps no copy of {dataset_id} that can be read.", "Upload a file of it instead."
    )


def _check_id(dataset_id: str) -> None:
    if not DATASET_ID.fullmatch(dataset_id):
        raise UploadError(f"“{dataset_id}” is no Hugging Face id.", "Write it as owner/name.")


def _check_size(dataset_id: str, name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise UploadError(
            f"{name} of {dataset_id} has {size / 1e6:,.0f} MB, more than the "
            f"{MOST_BYTES / 1e6:,.0f} MB that are read at once.",
            "Download it and upload the rows you need.",
        )


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


def _sizes(dataset_id: str, revision: str = "") -> dict[str, int]:
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(
            dataset_id, revision=revision or None, files_metadata=True, timeout=20
        )
    except Exception as error:
        raise _explained(error, dataset_id) from error
    return {one.rfilename: int(one.size or 0) for one in info.siblings or []}


def _content(dataset_id: str, name: str, revision: str = "", report: Report | None = None) -> bytes:
    from huggingface_hub import hf_hub_download

    try:
        place = hf_hub_download(
            dataset_id, name, repo_type="dataset", revision=revision or None,
            tqdm_class=None if report is None else _reporting(report),
        )  # fmt: skip
    except Exception as error:
        raise _explained(error, dataset_id) from error
    return Path(place).read_bytes()


def _reporting(report: Report) -> type[Any]:
    """A progress bar that draws nothing and tells how far it is."""
    from tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})
            self.total = int(options.get("total") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.n += int(n or 0)
            report(self.n, self.total)
            return None

    return Bar


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
    if isinstance(error, errors.RevisionNotFoundError | errors.EntryNotFoundError):
        return UploadError(
            f"The Hub keeps no copy of {dataset_id} that can be read.",
            "Upload a file of it instead.",
        )
    return UploadError(
        f"Hugging Face can’t be reached for {dataset_id}.",
        "Check the connection, or upload the file.",
    )
