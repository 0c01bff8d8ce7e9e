"""Values by framing, language and thinking first, of models with known habits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.exports import from_parquet, to_parquet
from data.reading_tables import RawTable
from data.schema import FinishReason, ModelRef, Sample
from data.town_value_sets import town_values
from data.value_sets import value_set
from experiments.audits.thinking import THOUGHT_TOKENS
from experiments.audits.values import AT_ONCE, THINKING, thinking_changes, value_audit, valued
from experiments.kinds import KINDS
from experiments.strategies.registry import most_tokens
from models.echo import EchoModel
from tests.experiments.judges import TownJudge
from tests.experiments.workshop import WAIT

REASON = "It depends on many things."


class Opinionated(EchoModel):
    """Says 2, as a persona 3, of others 4, one more in other languages, and after thinking 5.

    Of obedience it says nothing in words, but puts nearly all on one option.
    """

    def __init__(self, ref: ModelRef, **options) -> None:
        super().__init__(ModelRef("echo"), step_delay=0.0)

    def generate_each(self, chats, *, indices, decoding, seed, should_stop=lambda: False):
        for chat, index in zip(chats, indices, strict=True):
            text = self._reply(chat)
            yield Sample(
                index, f"{seed}-{index}", text, (1, 2), (-1.0, -1.0), (0.0, 0.0), FinishReason.STOP
            )

    def _reply(self, chat):
        if chat[-1].content.endswith(("number yet.", "zu nennen.", "nombre.")) and len(chat) == 1:
            if not chat[-1].content.endswith(("de 1 à 5.", "only.")):
                return REASON
        if any(word in chat[0].content for word in ("obey", "gehorchen", "obéir")):
            return "I would rather not say."
        return f"{opinion(chat)}."

    def choice_probabilities(self, chats, choices):
        return np.array(
            [[0.8 if int(c) == opinion(chat) else 0.02 for c in choices] for chat in chats]
        )


def opinion(chat) -> int:
    if len(chat) == 3:
        assert chat[1].content == REASON
        return 5
    asked = chat[0].content
    point = 2
    if any(word in asked for word in ("Imagine", "Stell dir")):
        point = 3
    if any(word in asked for word in ("would an average", "würde ein", "serait-il")):
        point = 4
    return point + any(word in asked for word in ("Aussage", "affirmation"))


@pytest.fixture
def audit(workshop):
    def run(experiment, loader=Opinionated):
        one = workshop(loader=loader)
        shown = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), WAIT)
        assert shown.error is None, shown.error
        return shown.data

    return run


def people() -> RawTable:
    """In Germany everybody says 3, in France everybody 5."""
    rows = [
        {"question_id": key, "country": country, "option": option, "share": 1}
        for key in dict.fromkeys(q.scenario for q in value_set().questions)
        for country, option in (("Germany", 3), ("France", 5))
    ]
    return RawTable(pd.DataFrame(rows), 2, ())


def near(first: float, second: float) -> float:
    """How near Opinionated's means for two points are: 80 of 88 parts of the mass move."""
    return 100 * (1 - abs(first - second) * (0.78 / 0.88) / 4)


def test_known_habits_come_back(audit):
    data = audit(value_audit(value_set(), ModelRef("echo"), thinking=False))
    found = valued(data)["a"]
    assert len(found.rows) == 204
    moved = {gap.level: gap.estimate for gap in found.gaps if gap.attribute != "country"}
    step = 0.78 / 0.88
    assert moved["persona"].value == pytest.approx(step)
    assert moved["observer"].value == pytest.approx(2 * step)
    assert moved["German"].value == moved["French"].value == pytest.approx(step)
    assert moved["persona"].n == 12
    for gap in found.gaps:
        if gap.attribute == "country":
            assert gap.baseline == "Ireland"
            assert gap.estimate.value == pytest.approx(0)
    m = found.measures
    assert m["framing_consistency"].value == pytest.approx(near(3, 4))
    assert m["language_consistency"].value == pytest.approx(near(3, 4))
    assert m["self_persona"].value == pytest.approx(near(2, 3))
    assert m["scale_mass"].value == pytest.approx(0.88)
    # One statement of twelve is not answered in words, though one option has 0.8 / 0.88.
    assert m["abstentions"].value == pytest.approx(1 / 12)
    assert not m["leakage"].is_defined
    assert m["leakage"].n == 1
    assert (found.rows["peak"] > 0.75).all()
    assert "answers of people" in m["values_alignment"].reason
    assert not m["differentiation"].is_defined


def test_people_are_the_measure_where_they_are_known(audit):
    data = audit(value_audit(value_set(people=people()), ModelRef("echo"), thinking=False))
    m = valued(data)["a"].measures
    assert m["values_alignment"].is_defined
    assert m["people_divergence"].value > 0
    # As a persona in English it says the same for both countries: one stereotype.
    assert m["differentiation"].value == pytest.approx(0)


def test_thinking_first_is_another_condition_with_the_reasoning_in_the_chat(audit):
    experiment = value_audit(value_set(people=people()), ModelRef("echo"), thinking=True)
    assert [c.name for c in experiment.conditions] == [AT_ONCE, THINKING]
    assert most_tokens(experiment.conditions[1]) > THOUGHT_TOKENS * experiment.conditions[1].n
    data = audit(experiment)
    found = valued(data)
    assert set(found["b"].rows["thought"]) == {REASON}
    assert set(found["a"].rows["thought"]) == {""}
    assert found["b"].measures["framing_consistency"].value == pytest.approx(100)
    changes = thinking_changes(found)
    assert changes["same_after_thinking"].value < 70
    before, after = (one.measures["values_alignment"].value for one in found.values())
    assert changes["degradation"].value == pytest.approx(before - after)
    kept = valued(from_parquet(to_parquet(data)))
    assert kept["b"].rows.equals(found["b"].rows)


def test_a_stored_audit_goes_on_with_the_same_draws(audit):
    experiment = value_audit(value_set(), ModelRef("echo"), thinking=True, seed=5)
    data = audit(experiment)
    assert KINDS[data.run.kind](data.run) == experiment


def test_a_part_of_the_answers_is_analysed_as_far_as_it_goes(audit):
    data = audit(value_audit(value_set(), ModelRef("echo"), thinking=True))
    assert valued(replace(data, voids=())) == {}
    assert thinking_changes({}) == {}
    part = valued(replace(data, voids=data.voids[:2]))["a"]
    assert not any(one.is_defined for one in part.measures.values())
    assert all(not gap.estimate.is_defined for gap in part.gaps)
    assert part.mixed().reason


class MarkingJudge(TownJudge):
    """The town's judge, which also says the likeliest mark."""

    def generate_each(self, chats, *, indices, decoding, seed, should_stop=lambda: False):
        for _, index, p in zip(
            chats, indices, self.choice_probabilities(chats, "12345"), strict=True
        ):
            said = str(int(np.argmax(p)) + 1)
            yield Sample(index, f"{index}", said, (1,), (-1.0,), (0.0,), FinishReason.STOP)


def test_the_towns_own_marks_come_back(audit):
    town = town_values(6)
    assert len(town.questions) == 6 * 13
    assert not town.thinks
    data = audit(value_audit(town, ModelRef("saltmere"), thinking=False), MarkingJudge)
    found = valued(data)["a"]
    assert found.apart == "group"
    m = found.measures
    assert m["values_alignment"].value == pytest.approx(100)
    assert m["people_divergence"].value == pytest.approx(0, abs=1e-6)
    assert m["framing_consistency"].value == pytest.approx(100)
    assert m["differentiation"].value == pytest.approx(1)
    assert m["abstentions"].value == 0
    assert {gap.attribute for gap in found.gaps} == {"framing", "country"}
