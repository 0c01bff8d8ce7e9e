"""Files of rows (csv, jsonl, parquet) as frames of text, with what had to be assumed."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.errors import UploadError

FORMATS = {".csv", ".jsonl", ".parquet"}
FIRST_ROW = "first_row"  # key in a frame's attrs: number that its file gives to its first row


@dataclass(frozen=True)
class RawTable:
    """What a file holds.

    Attributes:
        frame: its rows; cells are as the file gives them, columns of text have no type yet.
        first_row: number of the first row of data in the file, counted from 1.
        notes: what had to be assumed to read it, sentences.
    """

    frame: pd.DataFrame
    first_row: int
    notes: tuple[str, ...]


def read_table(source: Path | bytes, *, name: str = "") -> RawTable:
    """Read a csv, jsonl or parquet file.

    Csv in Latin-1 is read as that where it isn't UTF-8. Where columns without a name have one in
    the second line, both lines are headings and are joined by " — ".

    Args:
        source: a path, or the bytes of an upload.
        name: of the file, whose ending tells the format; that of the path if not given.

    Raises:
        UploadError: another format, no rows, or not readable.
    """
    title = name or (source.name if isinstance(source, Path) else "")
    kind = Path(title).suffix.lower()
    if kind not in FORMATS:
        raise UploadError(
            f"{title or 'The file'} is neither csv, jsonl nor parquet.",
            "Save it in one of these forms, with a name that ends so.",
        )
    content = source.read_bytes() if isinstance(source, Path) else source
    if not content.strip():
        raise UploadError(f"{title} is empty.")
    try:
        table = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[kind](content)
    except (ValueError, OSError, pd.errors.ParserError) as fault:
        raise UploadError(f"{title} can't be read: {fault}") from fault
    if table.frame.empty:
        raise UploadError(f"{title} has headings but no rows.")
    return table


def _csv(content: bytes) -> RawTable:
    text, notes = _decoded(content)
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False)
    unnamed = [str(column).startswith("Unnamed:") for column in frame.columns]
    if any(unnamed) and len(frame) and all(frame.iloc[0][unnamed] != ""):
        frame.columns = _joined(list(frame.columns), list(frame.iloc[0]))
        frame = frame.iloc[1:].reset_index(drop=True)
        return RawTable(frame, 3, (*notes, "The first two lines were both read as headings."))
    return RawTable(frame, 2, notes)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        note = "The file is not UTF-8; it was read as Latin-1, so accents may be wrong."
        return content.decode("latin-1"), (note,)


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    """Names over two lines as one; an empty cell repeats what stands left of it."""
    names, question = [], ""
    for above, below in zip(upper, lower, strict=True):
        if not above.startswith("Unnamed:"):
            question = above.replace("\xa0", " ").strip()
        below = below.replace("\xa0", " ").strip()
        names.append(question if below in {"", "Response"} else f"{question} — {below}")
    return names


def _jsonl(content: bytes) -> RawTable:
    rows = []
    lines = _decoded(content)[0].splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as fault:
                raise ValueError(f"row {number} is not JSON ({fault.msg})") from fault
            if not isinstance(rows[-1], dict):
                raise ValueError(f"row {number} is not an object with named values")
        else:
            rows.append({})
    return RawTable(pd.DataFrame(rows), 1, ())


def _parquet(content: bytes) -> RawTable:
    return RawTable(pd.read_parquet(io.BytesIO(content)), 1, ())
