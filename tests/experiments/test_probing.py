"""Probes on copies of conversations: what the model is shown, what is kept, what it tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.probes import Probe, ProbeSet, declines, example_probe_sets
from data.readings import ReadingStore
from data.schema import Condition, Decoding, ModelRef, Plan
from experiments.conversation import ConversationExperiment
from experiments.followups import Followups, Piece
from experiments.probe_results import asker_effects, declined, stability, stance, usable
from experiments.probing import ProbeAnswer, answers_of, kind_of, probe_pieces
from models.echo import EchoModel
from tests.experiments.scripted import ScriptedModel
from tests.experiments.workshop import WAIT

PLAN = Plan(("Hello.", "And now?"), replicates=10, replies=1, marks=("ahoy",), reminders=(2,))
MARTA = {"name": "Marta", "trade": "fisher"}
ASKED = Condition(
    "a", "Plain", ModelRef("echo"), Decoding(max_new_tokens=12), "You are Marta.", PLAN.draws,
    plan=PLAN,
)  # fmt: skip
SETS = example_probe_sets()


@pytest.fixture
def finished(workshop):
    """A workshop with a run of conversations that has ended, and what is found out of it."""
    shop = workshop()
    run_id = shop.jobs.submit(ConversationExperiment("Marta", (ASKED,), seed=2), owner="ann")
    data = shop.finished(run_id).data
    readings = ReadingStore(shop.store._engine.url.render_as_string(hide_password=False))
    yield shop, data, readings
    readings.close()


def answer(turn=1, replicate=0, probe="name", asker="", text="", odds=(), condition="a"):
    return ProbeAnswer(condition, turn, replicate, probe, asker, text, odds)


def test_every_probe_is_asked_on_a_copy_of_every_conversation(finished):
    _, data, _ = finished
    model = ScriptedModel(lambda asked, index: f"{index}")
    pieces = probe_pieces(data, SETS["stability"], [0, 2])
    assert [piece.name for piece in pieces] == ["a 0 0", "a 0 8", "a 2 0", "a 2 8"]
    answers = answers_of({p.name: p.work(model, lambda: False) for p in pieces})
    assert len(answers) == 2 * 10 * 6
    assert len({one.text for one in answers}) == len(answers)  # no two share a random stream
    before, after = model.asked[0], model.asked[-1]
    assert before == ("You are Marta.", SETS["stability"].probes[0].question)
    # The second line comes behind a restated system prompt; the probe never does.
    assert len(after) == 1 + 2 + 1 + 2 + 1
    assert after[3:5] == ("You are Marta.", "And now?")
    assert after[-1] == SETS["stability"].probes[-1].question


def test_a_stop_keeps_no_half_asked_group(finished):
    _, data, _ = finished
    piece = probe_pieces(data, SETS["stability"], [1])[0]
    assert piece.work(ScriptedModel(lambda asked, index: "x"), lambda: True) is None


def test_askers_put_the_question_and_statements_come_with_odds(finished):
    _, data, _ = finished
    model = EchoModel()
    [first, _] = probe_pieces(data, SETS["identity"], [1])
    answers = answers_of({"": first.work(model, lambda: False)})
    assert {one.asker for one in answers} == set(SETS["identity"].askers)
    [first, _] = probe_pieces(data, SETS["stance"], [1])
    for one in answers_of({"": first.work(model, lambda: False)}):
        assert np.shape(one.odds) == (2, 2)
        assert (np.array(one.odds) >= 0).all()


def test_probes_asked_in_the_background_are_kept_and_not_asked_again(finished):
    shop, data, readings = finished
    work, asked = Followups(shop.store, readings, shop.models), []

    def counted(piece: Piece) -> Piece:
        def ask(model, stop):
            asked.append(piece.name)
            return piece.work(model, stop)

        return replace(piece, work=ask)

    kind = kind_of("stability")
    pieces = list(map(counted, probe_pieces(data, SETS["stability"], [1])))
    assert work.shown(data.run.id, kind) is None
    for turns in (pieces[:1], pieces):
        work.start(data.run.id, kind, turns, owner="ann")
        work.wait(data.run.id, kind, WAIT)
    assert asked == ["a 1 0", "a 1 8"]
    shown = work.shown(data.run.id, kind)
    assert (shown.done, shown.wanted, shown.active, shown.error) == (2, 2, False, None)
    assert not work.busy(data.run.id)
    assert len(answers_of(readings.load(data.run.id, kind))) == 60


def test_a_failure_in_the_background_is_said(finished):
    shop, data, readings = finished
    work = Followups(shop.store, readings, shop.models)

    def breaks(model, stop):
        raise RuntimeError("no")

    work.start(data.run.id, "x", [Piece("1", ModelRef("echo"), breaks)], owner="ann")
    work.wait(data.run.id, "x", WAIT)
    assert "Something in Chorale broke" in str(work.shown(data.run.id, "x").error)
    work.start(data.run.id, "y", [Piece("1", ModelRef("echo:no"), breaks)], owner="ann")
    work.wait(data.run.id, "y", WAIT)
    assert "no echo model" in str(work.shown(data.run.id, "y").error)
    work.shutdown()


def test_stability_is_the_share_that_passes_their_rules():
    probes = replace(SETS["stability"], probes=SETS["stability"].probes[:2])
    texts = {"name": "I am Marta.", "introduce": "This is somebody."}
    answers = [
        answer(turn, replicate, probe, text=text if turn == 1 or probe != "name" else "Who knows?")
        for turn in (1, 2)
        for replicate in range(12)
        for probe, text in texts.items()
    ]
    found = stability(answers, probes, MARTA)
    # Turn 1: one of two probes in every conversation; turn 2: none. All agree: rule of three.
    np.testing.assert_array_equal(found.means, [0.5, 0.0])
    assert found.turns == (1, 2)
    assert [one.n for one in found.estimates] == [12, 12]
    assert found.estimates[0].low < 0.5 < found.estimates[0].high
    assert stability(answers, probes, {"name": "", "trade": ""}) is None
    assert len(usable(SETS["stability"], {"name": "", "trade": ""})) == 1  # the machine's
    few = stability(answers[:8], probes, MARTA)
    assert not few.estimates[0].is_defined
    assert "too few" in few.estimates[0].reason


def test_a_stance_is_the_mean_place_of_both_orders_and_statements():
    # harbour-for: 0.6 and 0.2 for agreeing against 0.2 and 0.6: places (0.5 − 0.5) / 2 = 0, and
    # harbour-against: 0.9 against 0.1 in both orders: 0.8, reversed −0.8. Mean −0.4.
    odds = {
        "harbour-for": ((0.6, 0.2), (0.2, 0.6)),
        "harbour-against": ((0.9, 0.1), (0.9, 0.1)),
    }
    answers = [
        answer(2, replicate, probe, odds=found)
        for replicate in range(10)
        for probe, found in odds.items()
    ]
    curve, mass = stance(answers, SETS["stance"], "harbour")
    np.testing.assert_allclose(curve.means, [-0.4])
    assert curve.estimates[0].n == 10
    assert mass == pytest.approx((0.8 + 1.0) / 2)
    assert stance(answers, SETS["stance"], "taxes") is None
    impossible = [replace(one, odds=((0.0, 0.0), (0.0, 0.0))) for one in answers]
    assert stance(impossible, SETS["stance"], "harbour")[0].means == pytest.approx(0)


def test_declining_is_read_by_rule():
    assert declines("I don’t know what to say.")
    assert declines("As an AI, I have no view.")
    assert not declines("More boats, by my nets!")
    assert not declines("")
    ids = [probe.id for probe in SETS["stance"].probes]
    answers = [
        answer(1, r, probe, text="I cannot say." if place == 0 else "Yes.")
        for r in range(10)
        for place, probe in enumerate(ids)
    ]
    found = declined(answers, SETS["stance"])
    assert found.means[0] == pytest.approx(1 / len(ids))
    assert found.estimates[0].low < found.means[0] < found.estimates[0].high


def test_an_askers_effect_is_paired_by_question():
    probes = ProbeSet(
        "asker", "", tuple(Probe(f"q{i}", f"Question {i}?") for i in range(6)),
        askers={"plain": "{question}", "expert": "I know. {question}"},
    )  # fmt: skip
    said = {"plain": "The boats are good.", "expert": "The boats are good in the storm."}
    answers = [
        answer(1, replicate, f"q{i}", asker, text + " Fish." * i)
        for replicate in range(4)
        for i in range(6)
        for asker, text in said.items()
    ]
    found = {one.score: one for one in asker_effects(answers, probes, ("ahoy",))}
    # Three words more for every question, whatever its own length: no spread, so no width.
    assert found["words"].effect.value == pytest.approx(3)
    assert found["words"].effect.n == 6
    assert found["words"].plain == pytest.approx(4 + 2.5)
    assert found["held"].effect.value == 0
    assert set(found) == {"words", "content", "warmth", "held"}
    same = [replace(one, text="The boats are good.") for one in answers]
    assert all(one.effect.value == 0 for one in asker_effects(same, probes, ()))
