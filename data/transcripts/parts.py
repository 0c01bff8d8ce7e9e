"""From one record of a file to a transcript: roles, system prompt, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import CorpusError
from data.schema import Message, Role
from data.transcripts.records import Transcript

MAX_TURNS = 200
MAX_LETTERS = 50_000
MESSAGES = ("messages", "conversation", "turns")
TEXT = ("content", "text")
WHO = ("role", "speaker")
_SYSTEM = ("system", "system_prompt")
_PERSONA = ("user_persona_instruction", "persona")
ROLES: Mapping[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "bot": "assistant",
    "agent": "assistant",
    "ai": "assistant",
}


def wrong(place: str, why: str) -> CorpusError:
    """The error for a place in a file."""
    return CorpusError(f"The transcript file is wrong ({place}): {why}.", "Correct it there.")


def from_messages(messages: Sequence[Any]) -> dict[str, Any]:
    """A record that has nothing but messages."""
    return {"messages": messages}


def transcript_of(record: Any, place: str) -> tuple[Transcript, list[str]]:
    """One transcript and notes on how it was read.

    Args:
        record: an object with messages; each may bring its own place under "place".
        place: where it stands in its file.

    Raises:
        CorpusError: anything in it isn't as it should be.
    """
    if not isinstance(record, Mapping):
        raise wrong(place, "there should be an object with its messages")
    given = listed(record, MESSAGES, place)
    said = [_said(entry, f"{place}, message {i}") for i, entry in enumerate(given, 1)]
    messages, notes = _with_roles(said)
    system = _system(record, messages, place)
    turns = tuple(message for _, message in messages if message.role != "system")
    if not any(message.role == "assistant" for message in turns):
        raise wrong(place, "no message is by the assistant")
    if len(turns) > MAX_TURNS:
        raise wrong(place, f"it has {len(turns)} messages; at most {MAX_TURNS} are read")
    return (
        Transcript(
            id=_id(record, place),
            turns=turns,
            system=system,
            source=place,
            persona=_optional(record, _PERSONA, place),
            repeat=_repeat(record, place),
        ),
        [*notes, *_unread(record)],
    )


def listed(record: Mapping[str, Any], keys: Sequence[str], place: str) -> list[Any]:
    """The list under the first of these keys that is there.

    Raises:
        CorpusError: none is, or it is no list, or empty.
    """
    key = next((key for key in keys if key in record), None)
    if key is None:
        raise wrong(place, f"“{'” or “'.join(keys)}” is missing")
    if not isinstance(record[key], list) or not record[key]:
        raise wrong(f"{place}, “{key}”", "there should be a list that isn't empty")
    return list(record[key])


def text_of(record: Mapping[str, Any], keys: Sequence[str], place: str) -> str:
    """The text under the first of these keys that is there.

    Raises:
        CorpusError: none is, or it is no text, empty, or too long.
    """
    key = next((key for key in keys if key in record), None)
    if key is None:
        raise wrong(place, f"“{'” or “'.join(keys)}” is missing")
    text = record[key]
    if not isinstance(text, str) or not text.strip():
        raise wrong(f"{place}, “{key}”", "there should be a text, but it is empty or none")
    if len(text) > MAX_LETTERS:
        raise wrong(f"{place}, “{key}”", f"it is longer than {MAX_LETTERS} letters")
    return text


def _said(entry: Any, place: str) -> tuple[str, str, str]:
    if not isinstance(entry, Mapping):
        raise wrong(place, "there should be an object with a role and a text")
    place = str(entry.get("place", place))
    return place, text_of(entry, WHO, place).strip(), text_of(entry, TEXT, place)


def _with_roles(
    said: Sequence[tuple[str, str, str]],
) -> tuple[list[tuple[str, Message]], list[str]]:
    """Messages with roles we know; two speakers of other names get them in order."""
    roles, notes = dict(ROLES), []
    speakers = list(dict.fromkeys(who.lower() for _, who, _ in said if who.lower() != "system"))
    if len(speakers) == 2 and not set(speakers) & set(ROLES):
        roles |= {speakers[0]: "user", speakers[1]: "assistant"}
        first, second = (next(w for _, w, _ in said if w.lower() == name) for name in speakers)
        notes.append(f"“{first}” is read as the user and “{second}” as the assistant.")
    messages = []
    for place, who, text in said:
        if who.lower() not in roles:
            raise wrong(place, f"the role “{who}” is unknown; known are {', '.join(ROLES)}")
        messages.append((place, Message(roles[who.lower()], text)))
    return messages, notes


def _system(record: Mapping[str, Any], messages: Sequence[tuple[str, Message]], place: str) -> str:
    """The one system prompt, from its own key or the first message."""
    own = _optional(record, _SYSTEM, place)
    places = [i for i, (_, message) in enumerate(messages) if message.role == "system"]
    if len(places) + bool(own) > 1:
        raise wrong(messages[places[-1]][0], "it has two system prompts; one is allowed")
    if places and places[0] != 0:
        raise wrong(messages[places[0]][0], "the system prompt must be the first message")
    return messages[0][1].content if places else own


def _optional(record: Mapping[str, Any], keys: Sequence[str], place: str) -> str:
    there = [key for key in keys if record.get(key)]
    return text_of(record, there, place) if there else ""


def _repeat(record: Mapping[str, Any], place: str) -> int:
    given = record.get("trial", 0)
    if type(given) is not int or given < 0:
        raise wrong(f"{place}, “trial”", "there should be a whole number from 0")
    return given


def _id(record: Mapping[str, Any], place: str) -> str:
    if "task_id" in record:
        return f"{record['task_id']}/{record.get('trial', 0)}"
    return str(record.get("dialogue_id", record.get("id", place)))


def _unread(record: Mapping[str, Any]) -> list[str]:
    """A note that names what a transcript has no place for."""
    read = {*MESSAGES, *_SYSTEM, *_PERSONA, "task_id", "trial", "dialogue_id", "id"}
    left = sorted(str(key) for key in record if key not in read)
    return [f"Not read: {', '.join(left)}."] if left else []
