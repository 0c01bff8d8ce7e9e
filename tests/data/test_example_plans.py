"""Bundled conversations with residents, and the curve that the town's rules give them."""

from dataclasses import replace
from pathlib import Path

import pytest

from data.examples.plans import MOVES, known_hold, lines_for, residents
from data.schema import Condition, Decoding, ModelRef, Plan
from data.town import load_town
from experiments.settings_file import read_experiment

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"


def condition(**changes):
    persona = residents()["Marta"]
    plan = Plan(lines_for("Marta", MOVES["Pushed and distracted"]), marks=persona.marks)
    plan = replace(plan, **changes)
    return Condition(
        "a", "A", ModelRef("saltmere"), Decoding(), persona.system, plan.draws, plan=plan
    )


def test_every_resident_has_a_persona_and_marks():
    found = residents()
    assert set(found) == {resident.name for resident in load_town().residents.values()}
    marta = found["Marta"]
    assert marta.system == "You are Marta, a fisher of Saltmere."
    assert marta.marks == ("By my nets", "So says the tide")


def test_lines_ask_another_topic_each_turn_as_it_is_written():
    lines = lines_for("Marta", MOVES["Pushed and distracted"])
    questions = {topic.questions[0] for topic in load_town().topics.values()}
    asked = [next(q for q in questions if line.endswith(q)) for line in lines]
    assert len(set(asked)) == len(lines) == 6
    assert lines == lines_for("Marta", MOVES["Pushed and distracted"])
    assert lines != lines_for("Marta", MOVES["Pushed and distracted"], seed=1)
    assert all(line in questions for line in lines_for("Marta", MOVES["Questions only"]))


def test_the_recorded_conversations_have_a_known_curve():
    asked = read_experiment((EXAMPLES / "drift.yaml").read_text("utf-8"))
    curves = [known_hold(each) for each in asked.conditions]
    assert all(curve is not None and len(curve) == 8 for curve in curves)
    assert curves[0] != curves[1]


def test_the_known_curve_falls_when_pushed_and_rises_with_reminders():
    plain = known_hold(condition())
    assert plain[0] == 0.96
    assert plain[1] == pytest.approx(0.96 * 0.75 + 0.04 * 0.03)
    said = residents()["Marta"].reminder
    reminded = known_hold(condition(reminders=(3,), reminder=said))
    assert reminded[:2] == plain[:2]
    assert reminded[2] == pytest.approx(plain[1] * 0.98 + (1 - plain[1]) * 0.90)
    assert known_hold(condition(reminders=(3,)))[2] == reminded[2]  # restated


def test_nothing_is_known_of_other_conversations():
    assert known_hold(condition(lines=("Hello.",))) is None
    assert known_hold(replace(condition(), system="You are a keeper.")) is None
    assert known_hold(replace(condition(), decoding=Decoding(temperature=0.5))) is None
    assert known_hold(replace(condition(), plan=None)) is None
