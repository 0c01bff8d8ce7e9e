"""Rows of a CSV or JSON-lines file, with the place of whatever is wrong."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.dialogues.records import Problem, problem
from data.errors import CorpusError

MAX_BYTES = 50 * 2**20
PARQUET = b"PAR1"  # how a parquet file begins

csv.field_size_limit(MAX_BYTES)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        number: 1 for the first line of the file; of a CSV file the header is 1, and a row is
            one row however many lines its cells have.
        cells: column → value; JSON's own types in JSON lines.
        content: as it stood in the file, or nearly so.
    """

    number: int
    cells: Mapping[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that could be read, the columns they have, and the rows that couldn't."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def decoded(file: str | bytes) -> str:
    """A file's text: UTF-8, with or without a mark at its start; UTF-16 with one.

    Raises:
        CorpusError: it is larger than 50 MB, or is another encoding; names the row.
    """
    if len(file) > MAX_BYTES:
        raise CorpusError(f"The file has more than {MAX_BYTES >> 20} MB.", "Give a part of it.")
    if isinstance(file, str):
        return file.removeprefix("\ufeff")
    encoding = "utf-16" if file[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return file.decode(encoding)
    except UnicodeDecodeError as error:
        row = file[: error.start].count(b"\n") + 1
        raise CorpusError(
            f"Row {row} holds a byte that is no {encoding.upper().removesuffix('-SIG')}.",
            "Save the file as UTF-8.",
        ) from error


def csv_table(text: str) -> Table:
    """A table with a header; columns are parted by commas, semicolons or tabs.

    A row with more or fewer cells than the header is a problem: which cell is whose is unknown.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    lines = list(io.StringIO(text, newline=""))
    columns: list[str] = []
    rows: list[Row] = []
    problems: list[Problem] = []
    for number in itertools.count(1):
        begun = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            content = "".join(lines[begun : reader.line_num])
            problems.append(problem(number, "", f"it can't be read ({error})", content))
            continue
        if not columns:
            columns = [name.strip() for name in cells]
        elif len(cells) == len(columns):
            rows.append(Row(number, dict(zip(columns, cells, strict=True)), _joined(cells)))
        elif any(cells):
            what = f"it has {len(cells)} cells where the header has {len(columns)}"
            problems.append(problem(number, "", what, _joined(cells)))
    return Table(tuple(columns), tuple(rows), tuple(problems))


def json_table(text: str) -> Table:
    """One JSON object per line; empty lines are passed over."""
    rows, problems, columns = [], [], dict[str, None]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            place = (
                f" at character {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            )
            problems.append(problem(number, "", f"it is no JSON{place}", line))
            continue
        if not isinstance(cells, dict):
            problems.append(problem(number, "", "it is no JSON object", line))
            continue
        columns |= dict.fromkeys(cells)
        rows.append(Row(number, cells, line))
    return Table(tuple(columns), tuple(rows), tuple(problems))


def parquet_table(content: bytes) -> Table:
    """A table from a parquet file; its first row is row 1.

    Raises:
        CorpusError: it can't be read.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise CorpusError(
            f"The parquet file can't be read: {error}", "Download it again, or save it as CSV."
        ) from error
    cells = table.to_pylist()
    rows = tuple(Row(number, row, str(row)[:1000]) for number, row in enumerate(cells, start=1))
    return Table(tuple(table.column_names), rows, ())


def _delimiter(text: str) -> str:
    header = text.lstrip("\n").split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _joined(cells: list[str]) -> str:
    """Cells as one line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().rstrip("\r\n")
