"""What users foretell of themselves, with intervals and what chance gives."""

import numpy as np
import pytest

from data.examples.dialogues import town_dialogues
from experiments.foretelling import WINDOWS, foretold
from experiments.speech import speech_of
from metrics.foretelling import by_window
from metrics.synchrony import cosines, over_turns


@pytest.fixture(scope="module")
def users():
    return speech_of(town_dialogues(changes=False, conversations=20, turns=10), "town").users


@pytest.mark.parametrize("lagged", [False, True])
def test_values_are_the_measure_and_beyond_chance(users, lagged):
    found = foretold(users, lagged=lagged)
    assert [each.window for each in found] == list(WINDOWS)
    expected = by_window(users, WINDOWS, lagged=lagged).mean(axis=1)
    assert [each.own.value for each in found] == pytest.approx(expected.tolist())
    for each in found:
        assert each.own.low < each.own.value < each.own.high
        assert each.own.n == 20
        assert each.gain.low > 0  # users of one manner foretell themselves
        assert each.gain.value == pytest.approx(each.own.value - each.others.value)


def test_the_same_turns_are_those_that_every_window_reaches(users):
    [short, _] = foretold(users, (1, 8), same_turns=True)
    late = cosines(users.vectors[:, 7:-1], users.vectors[:, 8:])
    assert short.own.value == pytest.approx(np.nanmean(over_turns(late)))
    assert foretold(users, (1, 8))[0].own.value != pytest.approx(short.own.value)


def test_a_window_that_no_conversation_reaches_has_no_number(users):
    [found] = foretold(users, (12,))
    assert not found.own.is_defined
    assert "0 of at least 8" in found.own.reason
