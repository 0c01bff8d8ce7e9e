"""Transcripts from tables and plain text, and bytes in whatever encoding they came."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from data.transcripts.parts import ROLES, wrong

_ROLE_LINE = re.compile(r"^(\w[\w ]{0,30}?)\s*:\s*(.*)$")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UNUSED_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")  # bytes that Windows-1252 gives no meaning


def decoded(content: bytes, name: str) -> tuple[str, list[str]]:
    """The text of a file with plain line ends, and a note if its encoding had to be guessed.

    Raises:
        CorpusError: it is neither UTF-8, nor UTF-16 with a mark, nor Windows-1252, or it holds
            binary data.
    """
    notes: list[str] = []
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16" or not _UNUSED_1252.isdisjoint(content):
            raise wrong(name, f"its encoding is unknown (byte {error.start})") from error
        text = content.decode("cp1252")
        notes = ["The file isn't UTF-8 and was read as Windows-1252: check accents and quotes."]
    if "\x00" in text:
        raise wrong(name, "it isn't text")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def csv_records(text: str) -> Iterator[tuple[str, Any]]:
    """Rows of one dialogue_id together; all rows are one transcript where there is none.

    Raises:
        CorpusError: a column is missing or there twice, a row has cells too many, or turns
            don't rise.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows.fieldnames = _columns(rows)
    transcripts: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(rows):
        transcripts.setdefault(row.get("dialogue_id", ""), []).append(row)
    for key, messages in transcripts.items():
        _check_order(messages)
        place = f"transcript {key}" if key else "the only transcript"
        yield place, {"messages": messages, "dialogue_id": key or "1"}


def _columns(rows: csv.DictReader[str]) -> list[str]:
    try:
        columns = [column.strip() for column in rows.fieldnames or ()]
    except csv.Error as error:
        raise wrong("row 1", f"it is no CSV ({error})") from error
    for wanted in (("role", "speaker"), ("text", "content")):
        if not set(wanted) & set(columns):
            raise wrong("row 1", f"the column “{'” or “'.join(wanted)}” is missing")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise wrong("row 1", f"the column “{twice[0]}” is there twice")
    return columns


def _rows(rows: csv.DictReader[str]) -> Iterator[dict[str, Any]]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise wrong(f"row {rows.reader.line_num}", f"it is no CSV ({error})") from error
        if None in row:
            raise wrong(f"row {rows.line_num}", "it has more cells than the first row")
        if "dialogue_id" in row and not row["dialogue_id"]:
            raise wrong(f"row {rows.line_num}, “dialogue_id”", "it is empty")
        yield {**row, "place": f"row {rows.line_num}"}


def _check_order(messages: list[dict[str, Any]]) -> None:
    last = None
    for message in messages:
        if "turn" not in message:
            return
        try:
            turn = int(message["turn"])
        except (TypeError, ValueError):
            raise wrong(f"{message['place']}, “turn”", "there should be a whole number") from None
        if last is not None and turn <= last:
            raise wrong(f"{message['place']}, “turn”", f"{turn} comes after {last}")
        last = turn


def text_records(text: str) -> Iterator[tuple[str, Any]]:
    """Messages that begin with a role and a colon; "---" stands between transcripts.

    Raises:
        CorpusError: text stands before the first role.
    """
    number, messages = 1, list[dict[str, Any]]()
    for line_number, line in enumerate(text.split("\n"), 1):
        if line.strip() == "---":
            if messages:
                yield f"transcript {number}", {"messages": messages, "id": number}
                number, messages = number + 1, []
            continue
        begun = _ROLE_LINE.match(line)
        if begun and begun[1].lower() in ROLES:
            messages.append({"role": begun[1], "text": begun[2], "place": f"line {line_number}"})
        elif messages:
            messages[-1]["text"] = f"{messages[-1]['text']}\n{line}".strip()
        elif line.strip():
            raise wrong(f"line {line_number}", "there is no role, such as “User:”, before the text")
    if messages:
        yield f"transcript {number}", {"messages": messages, "id": number}
