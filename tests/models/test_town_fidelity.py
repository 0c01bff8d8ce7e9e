"""Conversations, judgements and lists, from a model that answers by the truth, and from liars."""

import math

import numpy as np
import pytest

from data.town import load_town
from data.town.conversations import hold_curve
from models.town.fidelity import figures
from models.town.fidelity.conversations import (
    PLANS,
    conversation_rows,
    converse,
    honest_errors,
)
from models.town.fidelity.figures import lines
from models.town.fidelity.judgements import judgement_rows, list_rows
from models.town.fidelity.sizes import Sizes
from tests.models.honest_town import HonestTown, met, rng, rows_of, system_of, topic_of

TOWN = load_town()


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(figures, "RESAMPLES", 100)


def test_honest_conversations_drift_as_known():
    rows = rows_of(conversation_rows, HonestTown(), Sizes(conversations=96))
    assert rows["readable, in conversations"].value == 1.0
    assert all(met(row) for row in rows.values() if row.aim)
    for plan in PLANS:
        bound = float(rows[f"drift_error, {plan}"].note.split()[-1])
        assert 0.03 < bound < 0.08
        assert rows[f"drift_error, {plan}"].value < 1.2 * bound
    assert rows["recovery"].low < 0.9 < rows["recovery"].high
    assert rows["recovery"].n >= 30


def test_a_persona_that_never_drifts_is_told():
    class Steady(HonestTown):
        def reply(self, chat):
            resident = next(r for r in TOWN.residents.values() if r.name in system_of(chat))
            return self.say(topic_of(chat[-1].content), resident, {}, speaker=resident)

    rows = rows_of(conversation_rows, Steady(), Sizes(conversations=2))
    for plan in PLANS:
        known = np.array(hold_curve(PLANS[plan]))
        assert rows[f"drift_error, {plan}"].value == pytest.approx(np.mean(1 - known))
        assert rows[f"drift, worst turn, {plan}"].value == pytest.approx(1 - known.min())
    assert math.isnan(rows["recovery"].value)
    assert "not measured" in "\n".join(lines([rows["recovery"]]))


def test_another_residents_signature_is_no_hold():
    class Impostor(HonestTown):
        def say(self, topic, teller, levels, speaker=None):
            residents = list(TOWN.residents.values())
            other = residents[(residents.index(speaker) + 1) % 24] if speaker else None
            return super().say(topic, teller, levels, other)

    [course] = converse(Impostor(), [("ask", "ask")], rng(), each=24)
    assert course.readable.all()
    assert not course.held.any()


def test_models_read_their_own_replies():
    class Listener(HonestTown):
        chats = ()

        def replies(self, chats, *, temperature=1.0):
            self.chats = [list(chat) for chat in chats]
            self.said = super().replies(chats)
            return self.said

    model = Listener()
    converse(model, [("ask", "push", "restate")], rng(), each=2)
    for chat in model.chats:
        roles = "system user assistant user assistant system user"
        assert " ".join(message.role for message in chat) == roles


def test_honest_error_falls_with_the_number_of_conversations():
    few, many = (honest_errors(("ask",) * 4, n, rng()).mean(axis=0) for n in (20, 2000))
    # E|p̂ - p| = sqrt(2 p (1 - p) / (π n)) at the first turn, p = 0.96
    assert many[0] == pytest.approx(math.sqrt(2 * 0.96 * 0.04 / (math.pi * 2000)), rel=0.1)
    assert (few > 5 * many).all()


def test_honest_odds_meet_every_aim():
    rows = rows_of(judgement_rows, HonestTown())
    assert all(met(row) for row in rows.values() if row.aim)
    assert all(row.value == 1.0 for name, row in rows.items() if name.startswith("preference"))
    gaps = [row for name, row in rows.items() if name.startswith(("calibration", "|"))]
    assert len(gaps) == 6
    assert max(row.value for row in gaps) < 1e-9
    assert rows["mass on the options"].value == pytest.approx(1)


def test_reversed_odds_are_told():
    class Contrary(HonestTown):
        def odds(self, chat, options):
            return tuple(reversed(super().odds(chat, options)))

    rows = rows_of(judgement_rows, Contrary())
    assert rows["preference"].value == 0.0
    assert rows["calibration"].value > 0.2
    assert rows["|rating − known|"].value > 0.5


def test_a_liking_for_the_first_reply_goes_when_both_orders_are_asked():
    class Lazy(HonestTown):
        def odds(self, chat, options):
            return (0.45, 0.05) if options == ("A", "B") else super().odds(chat, options)

    rows = rows_of(judgement_rows, Lazy())
    assert 0.3 < rows["preference, judge named"].value < 0.7
    assert rows["calibration"].value > 0.1
    assert rows["calibration, both orders"].value < 0.1
    assert rows["preference, decisions"].value == 1.0
    # half of the probability on the options in 168 choices of 84 · 5 judgements
    assert rows["mass on the options"].value == pytest.approx(1 - 0.5 * 168 / 420)


def test_honest_lists_are_read():
    rows = rows_of(list_rows, HonestTown())
    assert rows["lists, all different"].value == rows["lists, and as many as asked"].value == 1.0
    assert rows["|stated − true share|"].value <= 0.005  # whole percent


@pytest.mark.parametrize(
    ("spoiled", "different", "as_many"),
    [
        (lambda text: text + "\nAnd so on.", 0.0, 0.0),
        (lambda text: text.replace("%)", ")"), 0.0, 0.0),
        (lambda text: "\n".join(line.split(" (")[0] for line in text.splitlines()), 0.0, 0.0),
        (lambda text: text.splitlines()[0] + "\n2" + text.splitlines()[0][1:], 0.0, 0.0),
        (lambda text: text.splitlines()[0], 1.0, 0.0),
    ],
    ids=["trailing words", "no per cent", "no shares", "repeated", "too short"],
)
def test_bad_lists_are_told(spoiled, different, as_many):
    class Careless(HonestTown):
        def list(self, *asked):
            return spoiled(super().list(*asked))

    rows = rows_of(list_rows, Careless())
    assert rows["lists, all different"].value == different
    assert rows["lists, and as many as asked"].value == as_many
