"""From one record of a file to a dialogue: roles, system prompt, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.dialogue import Dialogue
from data.errors import ChoraleError
from data.schema import Message, Role

MAX_TURNS = 200
MAX_LETTERS = 50_000
_MESSAGES = ("messages", "conversation", "turns")
_TEXT = ("content", "text")
_WHO = ("role", "speaker")
_SYSTEM = ("system", "system_prompt")
_PERSONA = ("user_persona_instruction", "persona")
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "bot": "assistant",
    "agent": "assistant",
    "ai": "assistant",
}


class DialogueError(ChoraleError):
    """A dialogue file that can't be read."""


def wrong(place: str, why: str) -> DialogueError:
    """The error for a place in a file."""
    return DialogueError(f"The dialogue file is wrong ({place}): {why}.", "Correct it there.")


def from_messages(messages: Sequence[Any]) -> dict[str, Any]:
    """A record that has nothing but messages."""
    return {"messages": messages}


def dialogue_of(record: Any, place: str) -> tuple[Dialogue, list[str]]:
    """One dialogue and notes on how it was read.

    Args:
        record: an object with messages; each may bring its own place under "place".
        place: where it stands in its file.

    Raises:
        DialogueError: anything in it isn't as it should be.
    """
    if not isinstance(record, Mapping):
        raise wrong(place, "there should be an object with its messages")
    given = listed(record, _MESSAGES, place)
    said = [_said(entry, f"{place}, message {i}") for i, entry in enumerate(given, 1)]
    messages, notes = _with_roles(said)
    system = _system(record, messages, place)
    turns = tuple(message for _, message in messages if message.role != "system")
    if not any(message.role == "assistant" for message in turns):
        raise wrong(place, "no message is by the assistant")
    if len(turns) > MAX_TURNS:
        raise wrong(place, f"it has {len(turns)} messages; at most {MAX_TURNS} are read")
    repeat = record.get("trial", 0)
    return (
        Dialogue(
            id=_id(record, place),
            turns=turns,
            system=system,
            source=place,
            persona=_optional(record, _PERSONA, place),
            repeat=repeat if isinstance(repeat, int) else 0,
        ),
        [*notes, *_unread(record)],
    )


def listed(record: Mapping[str, Any], keys: Sequence[str], place: str) -> list[Any]:
    """The list under the first of these keys that is there.

    Raises:
        DialogueError: none is, or it is no list, or empty.
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
        DialogueError: none is, or it is no text, empty, or too long.
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
    return place, text_of(entry, _WHO, place).strip(), text_of(entry, _TEXT, place)


def _with_roles(
    said: Sequence[tuple[str, str, str]],
) -> tuple[list[tuple[str, Message]], list[str]]:
    """Messages with roles we know; two speakers of other names get them in order."""
    roles, notes = dict(_ROLES), []
    names = list(dict.fromkeys(who for _, who, _ in said if who.lower() not in ("system",)))
    if len(names) == 2 and not any(name.lower() in _ROLES for name in names):
        roles |= {names[0].lower(): "user", names[1].lower(): "assistant"}
        notes.append(f"“{names[0]}” is read as the user and “{names[1]}” as the assistant.")
    messages = []
    for place, who, text in said:
        if who.lower() not in roles:
            raise wrong(place, f"the role “{who}” is unknown; known are {', '.join(_ROLES)}")
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


def _id(record: Mapping[str, Any], place: str) -> str:
    if "task_id" in record:
        return f"{record['task_id']}/{record.get('trial', 0)}"
    return str(record.get("dialogue_id", record.get("id", place)))


def _unread(record: Mapping[str, Any]) -> list[str]:
    """A note that names what a dialogue has no place for."""
    read = {*_MESSAGES, *_SYSTEM, *_PERSONA, "task_id", "trial", "dialogue_id", "id"}
    left = sorted(str(key) for key in record if key not in read)
    return [f"Not read: {', '.join(left)}."] if left else []
