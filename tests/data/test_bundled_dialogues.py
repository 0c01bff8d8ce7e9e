"""The bundled dialogues: who writes how, and that nobody's question mark decides the register."""

import numpy as np

from data.examples.dialogues import (
    CHANGING,
    CONVERSATIONS,
    STEADY,
    TURNS,
    town_corpora,
    town_dialogues,
)
from data.town import load_town


def test_every_conversation_alternates_and_has_its_turns():
    for corpus in town_corpora().values():
        assert len(corpus.dialogues) == CONVERSATIONS
        assert not corpus.problems
        for dialogue in corpus.dialogues:
            assert [t.speaker for t in dialogue.turns] == ["user", "town"] * TURNS


def test_users_ask_without_a_question_mark():
    said = [t.text for c in town_corpora().values() for d in c.dialogues for t in d.turns]
    assert not any("?" in text for text in said)


def test_users_change_their_manner_only_where_they_should():
    writers = [d.about["writer"] for d in town_corpora()[CHANGING].dialogues]
    assert all(", then " in each for each in writers)
    steady = {d.about["writer"] for d in town_corpora()[STEADY].dialogues}
    assert steady <= set(w.name for w in load_town().writers.values())


def test_the_seed_fixes_them():
    one, same, other = (town_dialogues(conversations=2, turns=3, seed=s) for s in (1, 1, 2))
    assert one == same
    assert one != other
    assert np.unique([len(d.turns) for d in one.dialogues]).tolist() == [6]
