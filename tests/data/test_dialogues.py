import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dialogues import FORMATS, format_of, read_corpus, read_turns
from data.dialogues.tables import MAX_BYTES
from data.errors import CorpusError

SHARED = Path(__file__).parents[3] / "shared" / "data" / "style"

TABLE = """conversation_id,turn,speaker,text,mood
x,1,Ada,"Good day, Ben.",calm
y,1,Cleo,Hm.,
x,0,Ben,Hello!,glad
"""


def texts(corpus):
    return {d.id: [(t.speaker, t.text) for t in d.turns] for d in corpus.dialogues}


def test_a_table_of_turns():
    found = read_turns(TABLE)
    assert texts(found) == {
        "x": [("Ben", "Hello!"), ("Ada", "Good day, Ben.")],
        "y": [("Cleo", "Hm.")],
    }
    assert (found.turns, found.problems) == (3, ())
    ben = found.dialogues[0].turns[0]
    assert (ben.row, ben.other) == (4, {"mood": "glad"})
    assert found.dialogues[0].speakers == ("Ben", "Ada")


@pytest.mark.parametrize(
    "file",
    [
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("conversation_id", "Dialogue_ID").replace("text", " Utterance "),
        "\n".join(
            json.dumps(dict(zip(("conv_id", "turn", "role", "content"), row, strict=True)))
            for row in [
                ("x", 1, "Ada", "Good day, Ben."),
                ("y", 1, "Cleo", "Hm."),
                ("x", 0, "Ben", "Hello!"),
            ]
        ),
    ],
    ids=["utf-8 with a mark", "utf-16", "windows lines", "other names", "json lines"],
)
def test_the_same_in_other_clothes(file):
    assert texts(read_turns(file)) == texts(read_turns(TABLE))


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_delimiters(sign):
    rows = [line.replace(",", sign) for line in ["dialog_id,speaker,text", "x,A,Hi", "x,B,Yes"]]
    assert texts(read_turns("\n".join(rows))) == {"x": [("A", "Hi"), ("B", "Yes")]}


def test_whole_conversations_per_line_of_json():
    lines = [
        {
            "conversation_id": 7,
            "topic": "sea",
            "turns": [{"role": "user", "content": "Hi", "x": 1}],
        },
        {"dialog": ["One.", "Two.", "Three."]},
    ]
    found = read_turns("\n".join(map(json.dumps, lines)))
    assert texts(found) == {
        "7": [("user", "Hi")],
        "2": [("A", "One."), ("B", "Two."), ("A", "Three.")],
    }
    assert found.dialogues[0].turns[0].other == {"topic": "sea", "x": "1"}


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (",A,Hi", "conversation_id", "it is empty"),
        ("x, ,Hi", "speaker", "it is empty"),
        ("x,A", "", "it has 2 cells where the header has 3"),
        ("x,A,Hi, you", "", "it has 4 cells where the header has 3"),
    ],
)
def test_rows_that_cannot_be_placed_are_told_and_kept(row, column, said):
    found = read_turns(f"conversation_id,speaker,text\nx,A,Hello\n{row}\nx,B,Bye\n")
    assert texts(found) == {"x": [("A", "Hello"), ("B", "Bye")]}
    [problem] = found.problems
    assert (problem.row, problem.column, problem.content) == (3, column, row)
    assert said in problem.what
    assert problem.what.startswith("Row 3, column" if column else "Row 3:")


def test_an_empty_text_stays_a_turn():
    found = read_turns("conversation_id,speaker,text\nx,A,\nx,B,Hi\n")
    assert texts(found) == {"x": [("A", ""), ("B", "Hi")]}
    assert "Row 2, column “text”: it is empty" in found.problems[0].what


def test_odd_turn_numbers_lose_no_turn():
    head = "conversation_id,turn,speaker,text\n"
    odd = read_turns(head + "x,2,A,one\nx,first,B,two\nx,1,A,three\n")
    assert [t.text for t in odd.dialogues[0].turns] == ["one", "two", "three"]
    assert "Row 3, column “turn”: it is no number" in odd.problems[0].what
    twice = read_turns(head + "x,2,A,one\nx,1,B,two\nx,2,A,three\n")
    assert [t.text for t in twice.dialogues[0].turns] == ["two", "one", "three"]
    assert "Row 4, column “turn”" in twice.problems[0].what
    assert read_turns(head + "x,,A,one\nx,,B,two\n").problems == ()


def test_a_quote_left_open_swallows_nothing():
    found = read_turns('conversation_id,speaker,text\nx,A,Hi\nx,B,"open\nx,A,Bye\n')
    assert texts(found) == {"x": [("A", "Hi")]}
    assert found.problems[0].row == 3
    assert found.problems[0].content == 'x,B,"open\nx,A,Bye\n'


def test_broken_lines_of_json_are_told_and_kept():
    good = json.dumps({"conversation_id": "x", "speaker": "A", "text": "Hi"})
    found = read_turns(f'{good}\n{{"text": \n[1]\n{{"dialog": ["a", 3]}}\n')
    assert [(p.row, p.content) for p in found.problems] == [
        (2, '{"text": '), (3, "[1]"), (4, "3"),
    ]  # fmt: skip
    assert "character 10" in found.problems[0].what
    assert texts(found) == {"x": [("A", "Hi")], "4": [("A", "a")]}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "no conversation in this file. It is empty."),
        ("conversation_id,speaker,text\n", "no conversation"),
        ("conversation_id,speaker\nx,A\n", "Row 1 has no column “text”, only conversation_id"),
        ('{"speaker": "A", "text": "Hi"}', "Row 1 has no column “conversation_id”"),
        ("conversation_id,speaker,text\n,,\n", "Row 2, column “conversation_id”: it is empty."),
        (b"conversation_id,speaker,text\nx,A,\xff\n", "Row 2 holds a byte that is no UTF-8"),
        (" " * (MAX_BYTES + 1), "more than 50 MB"),
    ],
    ids=["empty", "header", "column", "json", "rows", "bytes", "large"],
)
def test_files_without_conversations_are_refused(file, said):
    with pytest.raises(CorpusError, match=r"Row|conversation|MB") as caught:
        read_turns(file)
    assert said in caught.value.what_happened
    assert caught.value.what_to_do


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.text(max_size=5)] * 3), max_size=6))
def test_every_row_is_a_turn_or_a_problem_with_its_content(rows):
    lines = [json.dumps(dict(zip(("conversation_id", "speaker", "text"), r, strict=True)))
             for r in rows]  # fmt: skip
    try:
        found = read_turns("\n".join(lines))
    except CorpusError:
        assert not any(a.strip() and b.strip() for a, b, _ in rows)
        return
    kept = [t.row for d in found.dialogues for t in d.turns]
    lost = [p.row for p in found.problems if p.content]
    assert sorted(kept + lost) == list(range(1, len(rows) + 1))


def test_the_format_is_found():
    starts = {
        "turns": TABLE,
        "daily_dialog": "Hi . __eou__ Yes . __eou__\n",
        "persona_chat": "1 your persona: i ski .\n2 hi\tyes\n",
        "empathetic_dialogues": "conv_id,utterance_idx,context,prompt,speaker_idx,utterance\n"
        "c,1,sad,It rained,3,Oh.\n",
    }
    assert set(starts) == set(FORMATS)
    for kind, text in starts.items():
        assert format_of(text) == kind
        assert texts(read_corpus(text)) == texts(read_corpus(text, kind))
    assert format_of("1 hi\tyes\n") == "persona_chat"
    with pytest.raises(CorpusError, match="“xml” is no known format"):
        read_corpus(TABLE, "xml")


@pytest.mark.parametrize(
    ("name", "turns", "conversations"),
    [
        ("casino_turns.csv", 5527, 400),
        ("topicalchat_turns.csv", 4329, 200),
        ("taskmaster4_selfdialog_turns.csv", 750, 200),
    ],
)
def test_real_files(name, turns, conversations):
    file = SHARED / name
    if not file.exists():
        pytest.skip(f"{name} is not beside this checkout")
    found = read_corpus(file.read_bytes())
    assert (found.turns, len(found.dialogues)) == (turns, conversations)
    assert not any(problem.content for problem in found.problems)
