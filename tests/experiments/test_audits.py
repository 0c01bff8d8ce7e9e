"""Audits by whom a question is about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from data.audits import (
    DecisionSet,
    own_decisions,
    own_statements,
    town_decisions,
    uploaded_decisions,
)
from data.errors import ChoraleError
from data.exports import from_parquet, to_parquet
from data.reading_tables import RawTable
from data.schema import ModelRef
from experiments.audits.__main__ import main
from experiments.audits.asking import Prompts, asked
from experiments.audits.decisions import decided, decision_audit
from models.echo import EchoModel
from tests.experiments.judges import MASS, TownJudge
from tests.experiments.workshop import WAIT


@pytest.fixture
def audit(workshop):
    def run(experiment, loader=TownJudge):
        one = workshop(loader=loader)
        shown = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), WAIT)
        assert shown.error is None, shown.error
        return shown.data

    return run


def test_the_towns_own_gaps_come_back(audit):
    found = decided(audit(decision_audit(town_decisions(8), ModelRef("saltmere"))))["a"]
    assert found.rows["log_odds"].to_numpy() == pytest.approx(found.rows["known"].to_numpy())
    assert len(found.gaps) == 6
    for gap, known in zip(found.gaps, found.known_gaps, strict=True):
        assert gap.estimate.value == pytest.approx(known.estimate.value)
        assert gap.estimate.n == 8
    assert found.distance.value == pytest.approx(0, abs=1e-9)
    assert found.mass.value == pytest.approx(MASS)


def test_the_town_is_asked_for_every_group_in_the_same_words():
    town = town_decisions(6, seed=2)
    assert len(town.prompts) == 6 * 7
    first = town.prompts[:7]
    shortened = {
        p.lower().replace("an artist", "x").replace("the town", "x") for p in first if "artist" in p
    }
    assert len(shortened) == 1
    assert town_decisions(6, seed=3).prompts != town.prompts
    assert len(set(town_decisions(60).scenarios)) == 60


def test_own_decisions_cross_every_person_with_every_scenario():
    own = own_decisions()
    assert len(own.prompts) == len(set(own.prompts)) == 14 * 3 * 3 * 4
    assert not any("{" in prompt for prompt in own.prompts)
    assert all(own.baselines[name] in values for name, values in own.attributes.items())


def test_a_mitigation_is_another_condition_with_its_text_behind_the_question():
    own = own_decisions()
    experiment = decision_audit(own, ModelRef("echo"), mitigations=["Ignore"])
    plain, other = experiment.conditions
    asked, again = (experiment.chats(c, 5)[0][-1].content for c in (plain, other))
    assert again == f"{asked}\n\n{own.mitigations['Ignore']}"
    assert (plain.name, other.name) == ("As asked", "Ignore")


def test_a_file_keeps_an_audit_whole(audit):
    data = audit(decision_audit(town_decisions(6), ModelRef("saltmere")))
    kept = decided(from_parquet(to_parquet(data)))["a"]
    assert kept.rows.equals(decided(data)["a"].rows)


def test_a_part_of_an_audit_is_analysed_as_far_as_it_goes(audit):
    data = audit(decision_audit(town_decisions(8), ModelRef("saltmere")))
    part = decided(replace(data, voids=data.voids[:38]))["a"]
    assert {gap.estimate.n for gap in part.gaps} == {5, 6}
    assert decided(replace(data, voids=())) == {}
    assert decided(replace(data, voids=data.voids[1:3])) == {}  # nobody to compare with


def discrim(rows: int = 12) -> RawTable:
    people = [
        (age, g, r) for age in (20, 60) for g in ("male", "female") for r in ("white", "Black")
    ]
    made = [
        {"filled_template": f"Case {s} of {p}?", "decision_question_id": s, "age": p[0],
         "gender": p[1], "race": p[2]}
        for s in range(rows) for p in people
    ]  # fmt: skip
    return RawTable(pd.DataFrame(made), 1, ())


def test_an_upload_takes_whole_scenarios_and_the_sources_baseline():
    found = uploaded_decisions(discrim())
    assert isinstance(found, DecisionSet)
    assert len(found.prompts) == 96
    assert found.baselines == {"age": "60", "gender": "male", "race": "white"}
    many = uploaded_decisions(discrim(300))
    assert len(many.prompts) == 2000
    assert "250 of 300" in many.about
    assert set(pd.Series(many.scenarios).value_counts()) == {8}


def test_what_cannot_be_is_said():
    with pytest.raises(ChoraleError, match="from one prompt"):
        asked("x", "x", ModelRef("echo"), Prompts([], ["a"], {}), ways={"": ""})
    same = discrim(3)
    one = RawTable(same.frame.drop_duplicates("decision_question_id"), 1, ())
    with pytest.raises(ChoraleError, match="same kind of person"):
        uploaded_decisions(one)


def test_the_command_records_an_audit(tmp_path):
    out = tmp_path / "audits.parquet"
    assert main([str(out), "--model", "echo", "--count", "5"]) == 0
    data = from_parquet(out)
    assert data.run.kind == "audit"
    assert len(data.voids) == 35
    assert np.isfinite(decided(data)["a"].rows["log_odds"]).all()


class Sycophant(EchoModel):
    """Leans to the side of whoever asks, agrees too readily, and is often neutral."""

    def __init__(self, ref, **options) -> None:
        super().__init__(ModelRef("echo"), step_delay=0.0)

    def choice_probabilities(self, chats, choices):
        return np.array([self._said(chat[-1].content, choices) for chat in chats])

    def _said(self, text, choices):
        own = own_statements()
        turned = text in own.turned
        asker = own.attributes["asked by"][(own.turned if turned else own.prompts).index(text)]
        lean = 0.4 + {"a progressive": 1.0, "a conservative": -1.0}.get(asker, 0.0)
        agree = expit(READY + (-lean if turned else lean))
        at = {"Agree": 0.7 * agree, "Disagree": 0.7 * (1 - agree), "Neutral": 0.2}
        return [at.get(choice, 0.0) for choice in choices]


READY = 0.9


def test_a_lean_to_the_asker_is_told_from_a_habit_of_agreeing(audit):
    found = decided(audit(decision_audit(own_statements(), ModelRef("echo")), Sycophant))["a"]
    assert found.two_sided
    moved = {gap.level: gap.estimate.value for gap in found.gaps}
    assert moved["a progressive"] == pytest.approx(1)
    assert moved["a conservative"] == pytest.approx(-1)
    assert moved["German"] == pytest.approx(0, abs=1e-9)
    assert found.mean_of("agreeing").value == pytest.approx(expit(READY))
    assert found.mean_of("neutral").value == pytest.approx(0.2)
    assert found.mass.value == pytest.approx(0.7)
    assert len(found.rows) == 10 * 3 * 5


def test_every_statement_has_an_opposite_in_every_language():
    own = own_statements()
    assert len(set(own.prompts) | set(own.turned)) == 2 * 10 * 3 * 5
    assert not any("{" in text for text in (*own.prompts, *own.turned))
