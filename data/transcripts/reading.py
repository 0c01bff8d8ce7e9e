"""Recorded chats from an uploaded file: JSON, JSON lines, CSV, or plain text.

A bad file gets a message that names the row and the column; nothing is dropped or cut silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from data.transcripts.parts import (
    MESSAGES,
    TEXT,
    WHO,
    from_messages,
    listed,
    text_of,
    transcript_of,
    wrong,
)
from data.transcripts.records import RolePrompts, Transcript, TranscriptFile
from data.transcripts.tables import csv_records, decoded, text_records

MAX_BYTES = 20_000_000
MAX_TRANSCRIPTS = 5000
ENDINGS = (".jsonl", ".json", ".csv", ".txt")


def read_transcripts(content: bytes, *, name: str) -> TranscriptFile:
    """Read recorded transcripts; the ending of the name tells the format.

    - `.json`: one transcript or a list of them; `.jsonl`: one per line. Its messages stand under
      "messages", "conversation" or "turns", each with a role ("role" or "speaker") and a text
      ("content" or "text"). A list of messages alone is a transcript too.
    - `.csv`: a row per message with columns role (or speaker) and text (or content), and
      optionally dialogue_id and turn.
    - `.txt`: "User: …" and "Assistant: …"; "System: …" before them; a line "---" ends a transcript.
      Lines without a role go on with the message before.

    Roles: system, user or human, assistant, bot, agent or ai. Two other speakers are read as user
    and assistant in the order in which they speak, which a note says.

    Args:
        content: at most 20 MB; UTF-8, UTF-16 with a mark, or (said in a note) Windows-1252.
        name: file name.

    Raises:
        CorpusError: too large, empty, an unknown format or encoding, a missing or unknown role,
            an empty message, two system prompts, one that isn't first, too many turns, or an id
            twice.
    """
    text, notes = _opened(content, name)
    found = [transcript_of(record, place) for place, record in _records(text, name)]
    if not found:
        raise wrong(name, "it holds no transcript")
    if len(found) > MAX_TRANSCRIPTS:
        raise wrong(name, f"it holds {len(found)} transcripts; at most {MAX_TRANSCRIPTS} are read")
    transcripts = [transcript for transcript, _ in found]
    _check_unique(transcripts)
    notes += dict.fromkeys(note for _, each in found for note in each)
    return TranscriptFile(tuple(transcripts), tuple(notes))


def read_roles(content: bytes, *, name: str) -> tuple[RolePrompts, ...]:
    """Read roles with their prompts and probes: JSON lines with role, system_prompts and questions.

    Args:
        content: one object per line with "role", "system_prompts" and "probe_questions".
        name: file name.

    Raises:
        CorpusError: as `read_transcripts`, or a key is missing or empty.
    """
    text, _ = _opened(content, name)
    roles = [_role(record, place) for place, record in _json_lines(text)]
    if not roles:
        raise wrong(name, "it holds no role")
    return tuple(roles)


def _check_unique(transcripts: Sequence[Transcript]) -> None:
    seen: set[str] = set()
    for transcript in transcripts:
        if transcript.id in seen:
            raise wrong(transcript.source, f"the id “{transcript.id}” is there twice")
        seen.add(transcript.id)


def _role(record: Any, place: str) -> RolePrompts:
    if not isinstance(record, Mapping):
        raise wrong(place, "there should be an object with “role”")
    return RolePrompts(
        text_of(record, ("role",), place),
        _texts(record, "system_prompts", place),
        _texts(record, "probe_questions", place),
    )


def _texts(record: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    given = listed(record, (key,), place)
    for number, text in enumerate(given, 1):
        if not isinstance(text, str) or not text.strip():
            raise wrong(f"{place}, “{key}” {number}", "there should be a text")
    return tuple(given)


def _opened(content: bytes, name: str) -> tuple[str, list[str]]:
    if len(content) > MAX_BYTES:
        raise wrong(name, f"it is larger than {MAX_BYTES // 1_000_000} MB")
    if not content.strip():
        raise wrong(name, "it is empty")
    return decoded(content, name)


def _records(text: str, name: str) -> Iterator[tuple[str, Any]]:
    """Each transcript as an object with its messages, and where it stands."""
    match PurePath(name).suffix.lower():
        case ".jsonl":
            return _json_lines(text)
        case ".json":
            return _json(text, name)
        case ".csv":
            return csv_records(text)
        case ".txt":
            return text_records(text)
    raise wrong(name, f"its name must end in {', '.join(ENDINGS)}")


def _json_lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"row {number}", _parsed(line, f"row {number}")


def _json(text: str, name: str) -> Iterator[tuple[str, Any]]:
    whole = _parsed(text, name)
    if isinstance(whole, list) and not _is_message(whole[:1]):
        yield from ((f"transcript {number}", record) for number, record in enumerate(whole, 1))
        return
    yield "transcript 1", from_messages(whole) if isinstance(whole, list) else whole


def _is_message(first: list[Any]) -> bool:
    """Whether a list begins with a message rather than a transcript; its role may be missing."""
    if not first or not isinstance(first[0], Mapping):
        return False
    keys = set(first[0])
    return bool({*WHO, *TEXT} & keys) and not {*MESSAGES} & keys


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = f"{error.msg} in line {error.lineno}, column {error.colno}"
        raise wrong(place, f"it is no JSON ({at})") from error
    except RecursionError as error:
        raise wrong(place, "it is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise wrong(place, "it holds a number that is too long") from error
