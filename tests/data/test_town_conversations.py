"""Conversations hold a persona as often as they say."""

from itertools import pairwise

import numpy as np
import pytest

from data.town import load_town, read_back
from data.town.conversations import MOVES, converse, hold_curve, hold_probability

PLAN = ["ask", "ask", "push", "distract", "push", "remind", "ask", "ask", "restate", "ask", "push"]


def test_curve_by_hand():
    # ask: 0.95 of those who held hold on, 0.10 of the others come back
    assert hold_curve(["ask", "ask"]) == pytest.approx([0.96, 0.96 * 0.95 + 0.04 * 0.10])
    assert hold_curve(["ask"]) == [0.96]
    assert hold_curve([]) == []


def test_curve_settles_where_the_rule_says():
    # p = 0.95 p + 0.10 (1 - p), so p = 0.10 / 0.15
    assert hold_curve(["ask"] * 200)[-1] == pytest.approx(2 / 3)
    curve = hold_curve(["ask"] * 12)
    assert all(later < earlier for earlier, later in pairwise(curve))


def test_a_reminder_brings_the_persona_back():
    assert hold_curve(["ask", "push", "push", "push", "remind"])[-1] > 0.9
    assert hold_curve(["ask", "push", "push", "push"])[-1] < 0.5


@pytest.mark.parametrize("plan", [PLAN, ["ask"] * 12])
def test_conversations_follow_the_curve(plan):
    rng, n = np.random.default_rng(0), 1500
    held = np.array([[turn.held for turn in converse("Marta", plan, rng)] for _ in range(n)])
    for seen, known in zip(held.mean(axis=0), hold_curve(plan), strict=True):
        # five standard errors of a share
        assert seen == pytest.approx(known, abs=5 * (known * (1 - known) / n) ** 0.5 + 1e-9)


def test_replies_show_whether_the_persona_holds():
    rng = np.random.default_rng(1)
    for resident in load_town().residents.values():
        for turn in converse(resident, PLAN, rng, writer=load_town().writers["Ada"]):
            reading = read_back(turn.reply, turn.topic)
            assert reading is not None
            assert reading.idea == turn.idea
            assert reading.speaker == (resident.name if turn.held else None)


def test_persona_is_stated_first_and_restated_when_asked():
    turns = converse("Lio", PLAN, np.random.default_rng(2), held_out=True)
    assert [bool(turn.system) for turn in turns] == [
        place == 0 or move == "restate" for place, move in enumerate(PLAN)
    ]


def test_at_most_twelve_turns():
    assert len(converse("Lio", ["ask"] * 40, np.random.default_rng(0))) == 12


def test_unknown_moves_are_refused():
    assert all(0 < hold_probability(move, held_before=False) < 1 for move in MOVES)
    with pytest.raises(ValueError, match="Expected move to be one of"):
        hold_probability("bribe", held_before=True)
