"""Recorded chats: the same chat in every format, bad files by their place, and real ones."""

import json
from pathlib import Path

import pytest

from data.errors import CorpusError
from data.schema import Message
from data.transcripts import MAX_BYTES, read_roles, read_transcripts

SHARED = Path(__file__).parents[3] / "shared" / "data" / "drift"

CHAT = [
    {"role": "system", "content": "You are Ada, a baker."},
    {"role": "user", "content": "Where do you live, Ada?"},
    {"role": "assistant", "content": "In the café,\nby the harbour."},
]
TABLE = (
    "dialogue_id,turn,role,text\n"
    'x,0,system,"You are Ada, a baker."\n'
    'x,1,user,"Where do you live, Ada?"\n'
    'x,2,assistant,"In the café,\nby the harbour."\n'
)
TEXT = (
    "System: You are Ada, a baker.\nUser: Where do you live, Ada?\n"
    "Assistant:\nIn the café,\nby the harbour.\n"
)


def read(text, name="chats.jsonl", encoding="utf-8"):
    return read_transcripts(text.encode(encoding), name=name)


def lines(*records):
    return "\n".join(json.dumps(record) for record in records)


def chat(*messages, **other):
    return {"messages": [{"role": who, "content": text} for who, text in messages], **other}


GOOD = chat(("user", "Hello"), ("assistant", "Good day"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(CHAT)),
        ("a.json", json.dumps({"messages": CHAT})),
        ("a.JSON", json.dumps([{"conversation": CHAT}])),
        ("a.jsonl", "\n" + json.dumps({"turns": CHAT[1:], "system_prompt": CHAT[0]["content"]})),
        ("a.csv", TABLE),
        ("a.csv", TABLE.replace("role,text", " speaker , content ")),
        ("a.csv", TABLE.replace("assistant", "Bot").replace("user", "HUMAN")),
        ("a.csv", TABLE.replace("dialogue_id", "mood")),
        ("a.txt", TEXT),
        ("a.txt", "---\n" + TEXT + "---\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_same_chat_in_every_format(name, text, encoding):
    [found] = read(
        text.replace("\n", "\r\n") if name == "a.txt" else text, name, encoding
    ).transcripts
    assert found.system == "You are Ada, a baker."
    assert found.turns == (
        Message("user", "Where do you live, Ada?"),
        Message("assistant", "In the café,\nby the harbour."),
    )
    assert found.messages == (Message("system", found.system), *found.turns)


def test_another_encoding_is_said_in_a_note():
    found = read(TEXT, "a.txt", "cp1252")
    assert "café" in found.transcripts[0].turns[1].content
    assert "Windows-1252" in found.notes[0]
    assert read(TEXT, "a.txt").notes == ()


def test_what_stands_beside_the_messages():
    found = read(lines({**GOOD, "task_id": 4, "trial": 2, "persona": "A guest", "reward": 1}))
    [only] = found.transcripts
    assert (only.id, only.repeat, only.persona, only.system) == ("4/2", 2, "A guest", "")
    assert only.messages == only.turns
    assert found.notes == ("Not read: reward.",)


def test_two_other_speakers_get_roles_in_the_order_in_which_they_speak():
    found = read(lines(chat(("Ben", "Hi"), ("Ada", "Hello"), ("BEN", "Bye"), ("Ada", "Bye"))))
    roles = [message.role for message in found.transcripts[0].turns]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert found.notes == ("“Ben” is read as the user and “Ada” as the assistant.",)


def test_rows_of_a_table_and_dialogues_of_a_text_are_kept_apart():
    table = "dialogue_id,role,text\n" + "".join(
        f"{key},{who},{key} {who}\n" for who in ("user", "assistant") for key in "ba"
    )
    found = read(table, "a.csv").transcripts
    assert [(each.id, each.turns[0].content) for each in found] == [
        ("b", "b user"),
        ("a", "a user"),
    ]
    texts = read("User: 1\nBot: 2\n---\nUser: 3\nNote: 4\nBot: 5\n", "a.txt").transcripts
    assert [each.id for each in texts] == ["1", "2"]
    assert texts[1].turns[0].content == "3\nNote: 4"


@pytest.mark.parametrize(
    ("name", "text", "place", "why"),
    [
        # Roles and texts.
        ("a.jsonl", lines(GOOD, {"messages": [{"content": "Hi"}]}), "row 2, message 1", "“role”"),
        ("a.jsonl", lines({"messages": [{"role": "user"}]}), "row 1, message 1", "“content”"),
        ("a.jsonl", lines(chat(("user", "Hi"), ("tool", "4"))), "row 1, message 2", "“tool”"),
        ("a.jsonl", lines(chat(("user", " \n"))), "message 1, “content”", "empty"),
        ("a.jsonl", lines(chat(("user", "Hi"))), "row 1", "no message is by the assistant"),
        ("a.jsonl", lines({"messages": []}), "row 1, “messages”", "list"),
        ("a.jsonl", lines({"messages": ["Hi"]}), "row 1, message 1", "object"),
        ("a.jsonl", lines(chat(("user", "x" * 50_001))), "message 1, “content”", "longer"),
        ("a.jsonl", lines({**GOOD, "trial": "first"}), "row 1, “trial”", "whole number"),
        # System prompts.
        (
            "a.jsonl",
            lines(chat(("system", "A"), ("system", "B"), ("user", "Hi"), ("assistant", "Hm"))),
            "row 1, message 2",
            "two system prompts",
        ),
        (
            "a.jsonl",
            lines(chat(("system", "A"), ("assistant", "Hm"), system="B")),
            "row 1, message 1",
            "two system prompts",
        ),
        (
            "a.jsonl",
            lines(chat(("user", "Hi"), ("system", "A"), ("assistant", "Hm"))),
            "row 1, message 2",
            "must be the first",
        ),
        # Sizes and ids.
        ("a.jsonl", lines(chat(*[("user", "a"), ("bot", "b")] * 250)), "row 1", "500 messages"),
        ("a.jsonl", lines({**GOOD, "id": 1}, {**GOOD, "id": 2}, {**GOOD, "id": 1}), "row 3", "“1”"),
        ("a.jsonl", "\n".join([lines(GOOD)] * 5001), "a.jsonl", "5001"),
        # JSON.
        ("a.jsonl", lines(GOOD) + "\n{oh", "row 2", "no JSON"),
        ("a.jsonl", "[1]", "row 1", "object"),
        ("a.json", "[]", "a.json", "no transcript"),
        ("a.json", '[{"text": "Hi"}]', "message 1", "“role” or “speaker” is missing"),
        ("a.json", '[{"name": "Hi"}]', "transcript 1", "“messages” or"),
        ("a.json", "[" * 200_000, "a.json", "nested"),
        ("a.json", "1" * 5000, "a.json", "too long"),
        # Tables.
        ("a.csv", "role,words\nuser,Hi\n", "row 1", "“text” or “content” is missing"),
        ("a.csv", "text\nHi\n", "row 1", "“role” or “speaker” is missing"),
        ("a.csv", "role,text,text\nuser,Hi,Hm\n", "row 1", "twice"),
        ("a.csv", "role,text\nuser,Hi\nassistant\n", "row 3, “text”", "empty"),
        ("a.csv", "role,text\n,Hi\n", "row 2, “role”", "empty"),
        ("a.csv", "role,text\nuser,Hi,Hm\n", "row 2", "more cells"),
        ("a.csv", 'role,text\nuser,"Hi\n', "row 2", "no CSV"),
        ("a.csv", 'role,"text\n', "row 1", "no CSV"),
        ("a.csv", "dialogue_id,role,text\n,user,Hi\n", "row 2, “dialogue_id”", "empty"),
        ("a.csv", "turn,role,text\n2,user,Hi\n1,bot,Hm\n", "row 3, “turn”", "1 comes after 2"),
        ("a.csv", "turn,role,text\none,user,Hi\n", "row 2, “turn”", "whole number"),
        # Plain text.
        ("a.txt", "\nHello\nUser: Hi\n", "line 2", "no role"),
        ("a.txt", "User: Hi\nAssistant:\n", "line 2, “text”", "empty"),
        # Files.
        ("a.txt", " \n", "a.txt", "empty"),
        ("a.txt", "User: \x00", "a.txt", "isn't text"),
        ("a.pdf", "User: Hi", "a.pdf", "must end in"),
        ("a.txt", "x" * (MAX_BYTES + 1), "a.txt", "20 MB"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(name, text, place, why):
    with pytest.raises(CorpusError) as caught:
        read(text, name)
    assert place in caught.value.what_happened.split("):")[0]
    assert why in str(caught.value)


def test_an_unknown_encoding_is_refused():
    with pytest.raises(CorpusError, match=r"encoding is unknown \(byte 0\)"):
        read_transcripts(b"\x81\x8d", name="a.txt")
    with pytest.raises(CorpusError, match="encoding is unknown"):
        read_transcripts(b"\xff\xfea", name="a.txt")  # half of a UTF-16 letter


ROLE = {"role": "baker", "system_prompts": ["You bake."], "probe_questions": ["What do you do?"]}


def test_roles():
    [found] = read_roles(lines(ROLE).encode(), name="roles.jsonl")
    assert (found.role, found.system_prompts) == ("baker", ("You bake.",))
    assert found.probe_questions == ("What do you do?",)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({**ROLE, "role": ""}, "row 1, “role”"),
        ({**ROLE, "system_prompts": ["a", " "]}, "row 1, “system_prompts” 2"),
        ({"role": "baker", "system_prompts": ["a"]}, "“probe_questions” is missing"),
        (["baker"], "row 1"),
    ],
)
def test_a_bad_role_is_refused(record, why):
    with pytest.raises(CorpusError, match=why):
        read_roles(lines(record).encode(), name="roles.jsonl")


def shared(name):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside this checkout")
    return path.read_bytes()


@pytest.mark.parametrize("topic", ["coding", "therapy", "writing"])
def test_published_transcripts(topic):
    name = f"assistantaxis_transcript_{topic}.json"
    content = shared(name)
    [found] = read_transcripts(content, name=name).transcripts
    recorded = json.loads(content)
    assert [message.content for message in found.turns] == [
        message["content"] for message in recorded["conversation"]
    ]
    assert found.persona == recorded["persona"]


@pytest.mark.parametrize(
    "name", ["synthetic_persona_chat.jsonl", "taubench_airline_gpt4o_user_sim.jsonl"]
)
def test_published_dialogues(name):
    content = shared(name)
    records = [json.loads(line) for line in content.splitlines()]
    found = read_transcripts(content, name=name)
    assert len(found.transcripts) == len(records)
    for record, transcript in zip(records, found.transcripts, strict=True):
        assert [message.content for message in transcript.turns] == [
            turn["text"] for turn in record["turns"] if turn.get("role") != "system"
        ]
    assert found.notes


def test_published_roles():
    content = shared("assistantaxis_roles.jsonl")
    found = read_roles(content, name="assistantaxis_roles.jsonl")
    assert len(found) == len(content.splitlines())
    assert found[0].role == "aberration"
