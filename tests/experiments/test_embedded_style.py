"""Policies on what an embedder hears: the same measures, without names."""

import numpy as np
import pytest

from data.dialogues import read_corpus
from data.errors import CorpusError
from data.examples.dialogues import town_dialogues
from experiments.embedded_style import embedded_speech
from experiments.speech import speech_of
from experiments.synchrony import MEASURES, by_chance, play
from metrics.policies import standard_policies
from models.embedding import HashEmbedder

HEAD = "conversation_id,speaker,text\n"


class Counting:
    """Vectors by hand; counts what it is asked."""

    id = "by-hand"

    def __init__(self, vectors):
        self.vectors, self.asked = vectors, []

    def embed(self, texts):
        self.asked += texts
        return np.array([self.vectors[text] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def speech():
    return embedded_speech(town_dialogues(conversations=10, turns=5), "town", HashEmbedder())


def test_styles_are_places_along_the_main_directions_of_both_speakers():
    embedder = Counting({"a": [0, 0], "b": [2, 0], "c": [4, 0], "d": [6, 0]})
    rows = "1,u,a\n1,t,b\n1,u,c\n1,t,d\n2,u,a\n2,t,d"
    found = embedded_speech(read_corpus(HEAD + rows), "hand", embedder)
    # Along x the six turns 0, 2, 4, 6, 0, 6 have the mean 3 and the variance 38 / 6.
    deviation = (38 / 6) ** 0.5
    assert found.users.vectors[0, :, 0] == pytest.approx(np.array([-3, 1]) / deviation)
    assert found.persona == pytest.approx([(2 + 6 + 6) / 3 / deviation - 3 / deviation])
    assert found.unit == pytest.approx(4 / deviation)
    assert sorted(embedder.asked) == ["a", "b", "c", "d"]  # each text once


def test_an_empty_turn_has_no_style_and_is_said():
    embedder = Counting({"a": [0, 0], "b": [2, 1], "c": [4, 0]})
    found = embedded_speech(read_corpus(HEAD + "1,u,a\n1,t,b\n1,u, \n1,t,c\n"), "gap", embedder)
    assert found.users.unobserved == 1
    assert any("can’t be followed" in note for note in found.notes)


def test_the_frontier_is_there_and_what_needs_names_is_not(speech):
    frontier = play(speech, standard_policies())
    assert not speech.is_named
    assert speech.embedder == "hash"
    assert set(MEASURES) - set(frontier.values) == {"register_flips", "legibility"}
    found = {p.key: frontier.estimates["synchrony"][n].value
             for n, p in enumerate(frontier.policies)}  # fmt: skip
    assert found["uncapped"] == pytest.approx(1)
    assert found["static"] < found["hybrid"] < found["uncapped"]
    assert "16 main directions" in speech.notes[0]


def test_only_what_lies_above_chance_is_following(speech):
    frontier = play(speech, standard_policies())
    keys = [policy.key for policy in frontier.policies]
    for key in ("uncapped", "ema"):
        place = keys.index(key)
        chance = by_chance(frontier, place)
        assert chance.high < frontier.estimates["synchrony"][place].low
        assert chance.n == 10
    named = play(speech_of(town_dialogues(conversations=10, turns=5), "t"), standard_policies())
    assert by_chance(named, 1).is_defined


def test_progress_is_reported(speech):
    heard = []
    embedded_speech(
        town_dialogues(conversations=20, turns=5), "town", HashEmbedder(),
        report=lambda *far: heard.append(far),
    )  # fmt: skip
    assert heard[0][0] == 0
    assert len(heard) > 1
    assert len({total for _, total in heard}) == 1


@pytest.mark.parametrize(
    ("rows", "told"), [("1,u,a\n1,t,a", "the same to this embedder"), ("1,u, \n1,t, ", "empty")]
)
def test_what_cannot_be_heard_is_said(rows, told):
    with pytest.raises(CorpusError, match=told):
        embedded_speech(read_corpus(HEAD + rows), "x", HashEmbedder())
