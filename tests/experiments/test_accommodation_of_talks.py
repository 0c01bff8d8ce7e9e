"""Matching of small words over a corpus."""

import numpy as np
import pytest

from data.dialogues import read_turns
from data.examples.dialogues import town_dialogues
from experiments.accommodation import accommodation, chance
from experiments.exchanges import Exchange, exchanges_of
from metrics.accommodation import language_style_matching

# A user whose articles come and go, and a bot that takes them up, or never does.
WITH, WITHOUT = "The cat sat on the mat near the door.", "Cats sit on mats near doors."


def talk(follows, n=8, turns=6):
    said = [WITH if (turn + talk) % 2 else WITHOUT for talk in range(n) for turn in range(turns)]
    return tuple(
        Exchange(str(place // turns), text, text if follows else WITH if place % 3 else WITHOUT)
        for place, text in enumerate(said)
    )


def test_a_bot_that_takes_words_up_coordinates_beyond_chance():
    follows, strays = (accommodation(talk(each), shuffles=200) for each in (True, False))
    assert follows.coordination.aggregate_3 > chance(follows.coordination)[1]
    assert follows.coordination.p_value < 0.01
    assert follows.bot_follows.value == pytest.approx(1)
    assert strays.bot_follows.value < 1
    assert strays.coordination.aggregate_3 < follows.coordination.aggregate_3


def test_lsm_is_the_mean_over_conversations():
    dialogues = town_dialogues(conversations=9, turns=6).dialogues
    exchanges = [e for d in dialogues for e in exchanges_of(d)]
    found = accommodation(exchanges, shuffles=10)
    alone = [
        language_style_matching([e.said for e in each], [e.reply for e in each])
        for each in map(exchanges_of, dialogues)
    ]
    assert found.lsm.value == pytest.approx(np.nanmean(alone))
    assert found.lsm.n == np.isfinite(alone).sum()
    assert found.rlsm.low < found.rlsm.value < found.rlsm.high


def test_few_conversations_and_missing_replies_are_no_numbers():
    found = accommodation([Exchange("1", "Hello there.", ""), Exchange("1", "Again.", "")],
                          shuffles=5)  # fmt: skip
    assert not found.lsm.is_defined
    assert np.isnan(found.coordination.aggregate_3)
    assert np.isnan(chance(found.coordination)).all()


def test_formality_counts_the_tags_of_both_speakers():
    turns = "conversation_id,speaker,text,tags\n" + "\n".join(
        f"{n},{who},text,{tags}"
        for n in range(9)
        for who, tags in (("u", "PRON VERB ADV " * 10), ("b", "DET NOUN " * 15 + "ODD" * (n == 3)))
    )
    exchanges = [e for d in read_turns(turns).dialogues for e in exchanges_of(d)]
    found = accommodation(exchanges, shuffles=2)
    user, bot = found.formality
    assert (user.value, user.n) == (0, 270)
    assert (bot.value, bot.n) == (100, 240)  # the turn with an unknown tag is left out
    assert found.unknown_tags == ("ODD",)


def test_without_tags_there_is_no_formality():
    assert accommodation(talk(follows=True, n=2, turns=2), shuffles=2).formality is None
