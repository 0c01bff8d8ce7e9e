import numpy as np
import pytest

from data.dialogues import (
    read_daily_dialog,
    read_empathetic_dialogues,
    read_persona_chat,
    read_style_log,
)
from data.errors import CorpusError
from tests.data.test_dialogues import SHARED, texts

EMPATHETIC = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"


def test_daily_dialog():
    found = read_daily_dialog(
        "The tide is in . __eou__ So it is . __eou__ Good . __eou__\n\nno mark\nHi __eou__\n"
    )
    assert texts(found) == {
        "1": [("A", "The tide is in ."), ("B", "So it is ."), ("A", "Good .")],
        "4": [("A", "Hi")],
    }
    [problem] = found.problems
    assert (problem.row, problem.content) == (3, "no mark")


def test_an_unfinished_or_empty_turn_stays():
    assert texts(read_daily_dialog("Hi __eou__ __eou__ and")) == {
        "1": [("A", "Hi"), ("B", ""), ("A", "and")]
    }


def test_persona_chat():
    found = read_persona_chat(
        "1 your persona: i mend nets .\n2 your persona: i have a cat .\n"
        "3 partner's persona: i sail .\n4 hello\thi there\t\tother|reply\n5 how are you\tfine\n"
        "1 good day\tyes\n"
    )
    assert texts(found) == {
        "1": [("A", "hello"), ("B", "hi there"), ("A", "how are you"), ("B", "fine")],
        "2": [("A", "good day"), ("B", "yes")],
    }
    assert found.dialogues[0].personas == {
        "B": ("i mend nets .", "i have a cat ."),
        "A": ("i sail .",),
    }
    assert found.dialogues[1].personas == {}
    assert found.problems == ()


def test_persona_chat_with_faults():
    found = read_persona_chat("1 hello\thi\nno number\n2 how are you\n")
    assert texts(found) == {"1": [("A", "hello"), ("B", "hi"), ("A", "how are you")]}
    assert [(p.row, p.content) for p in found.problems] == [(2, "no number"), (3, "")]


def test_empathetic_dialogues():
    found = read_empathetic_dialogues(
        EMPATHETIC + "c1,2,sad,My boat sank_comma_ alas,7,Oh no_comma_ really?,5|5|5,\n"
        'c1,1,sad,My boat sank_comma_ alas,3,"It sank,5|5|5,\n'
        "c2,1,glad,Sun,3,Nice.,,\n"
    )
    assert texts(found) == {
        "c1": [("3", '"It sank'), ("7", "Oh no, really?")],
        "c2": [("3", "Nice.")],
    }
    assert found.dialogues[0].about == {"context": "sad", "prompt": "My boat sank, alas"}
    short = read_empathetic_dialogues(EMPATHETIC + "c1,1,sad,Rain,3,Oh.\n")
    assert texts(short) == {"c1": [("3", "Oh.")]}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("c,1,sad,Rain", ""),
        ("c,1,sad,Rain,3,Oh,no,5,tags", ""),
        (",1,sad,Rain,3,Oh,,", "conv_id"),
        ("c,one,sad,Rain,3,Oh,,", "utterance_idx"),
    ],
)
def test_rows_that_cannot_be_placed_are_told_and_kept(row, column):
    found = read_empathetic_dialogues(f"{EMPATHETIC}c,1,sad,Rain,3,Oh.,,\n{row}\n")
    assert found.turns == 1
    [problem] = found.problems
    assert (problem.row, problem.column, problem.content) == (3, column, row)


def test_missing_columns_and_conversations_are_named():
    with pytest.raises(CorpusError, match="Row 1 has no column “prompt”"):
        read_empathetic_dialogues(EMPATHETIC.replace("prompt", "situation") + "c,1,a,b,3,d,e,f\n")
    for read in (read_empathetic_dialogues, read_daily_dialog, read_persona_chat):
        with pytest.raises(CorpusError, match="no conversation"):
            read("")
    with pytest.raises(CorpusError, match=r"Row 1: there is no __eou__\."):
        read_daily_dialog("just a line")


LOG = (
    "participant_id,session_id,turn_number,condition,stability_score,user_style_vector,"
    "bot_style_vector\n"
    'P1,S1,2,static,0.5,"[2, 0, 0, 0, 0, 0, 0, 0.5]","[0, 0, 0, 0, 0, 0, 0, 1]"\n'
    'P1,S1,1,static,,"[1, 0, 0, 0, 0, 0, 0, 0.5]","[0, 0, 0, 0, 0, 0, 0, 2]"\n'
)


def test_style_log():
    log = read_style_log(LOG)
    assert log.turns.tolist() == [1, 2]
    assert log.users[:, 0].tolist() == [1, 2]
    assert log.bots[:, 7].tolist() == [2, 1]
    assert (log.participants, log.sessions, log.conditions) == (
        ("P1", "P1"), ("S1", "S1"), ("static", "static"),
    )  # fmt: skip
    assert np.array_equal(log.logged["stability_score"], [np.nan, 0.5], equal_nan=True)
    assert list(log.logged) == ["stability_score"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("session_id", "session", "Row 1 has no column “session_id”"),
        ("[2, 0", "[2", "Row 2, column “user_style_vector”: it is no list of 8 numbers"),
        ("[2, 0", "[2; 0", "Row 2, column “user_style_vector”: it is no list"),
        ("0, 2]", "null, 2]", "Row 3, column “bot_style_vector”: it holds something"),
        ("S1,1,", "S1,first,", "Row 3, column “turn_number”: “first” is no number"),
        ("0.5,", "much,", "Row 2, column “stability_score”: “much” is no number"),
        ("static,,", "static,", "Row 3: it has 6 cells"),
    ],
)
def test_faults_of_a_log_are_named(old, new, said):
    with pytest.raises(CorpusError) as caught:
        read_style_log(LOG.replace(old, new, 1))
    assert said in caught.value.what_happened
    assert "user_style_vector" in caught.value.what_to_do


def test_an_empty_log_is_refused():
    with pytest.raises(CorpusError, match="no rows"):
        read_style_log(LOG.split("\n")[0])


def test_the_published_log():
    file = SHARED / "synchrony_turn_level_metrics.csv"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside this checkout")
    log = read_style_log(file.read_bytes())
    assert log.users.shape == log.bots.shape == (2470, 8)
    assert len(set(log.sessions)) == len(set(log.participants)) == 162
    assert np.nanmean(log.logged["synchrony_embedding"]) == pytest.approx(0.704, abs=5e-4)
    assert np.nanmean(log.logged["stability_score"]) == pytest.approx(0.185, abs=5e-4)
