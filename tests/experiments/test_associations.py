"""Implicit association and decision bias as an audit."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from data.association_sets import own_associations
from data.schema import ModelRef
from experiments.audits.associations import associated, association_audit
from metrics.association import association_score
from models.echo import EchoModel
from tests.experiments.workshop import WAIT

LEAN, PULL, MASS = 1.5, -0.6, 0.8


class Stereotyper(EchoModel):
    """Gives every topic's negative words to its group at risk, and tasks to the other; with a pull
    towards the second place. Where it is asked to be even-handed, it is.
    """

    def __init__(self, ref: ModelRef, **options) -> None:
        super().__init__(ModelRef("echo"), step_delay=0.0)

    def choice_probabilities(self, chats, choices):
        return np.array([self._said(chat[-1].content) for chat in chats])

    def _said(self, text: str) -> list[float]:
        first = re.search(r"\nA: (.*)\n", text)[1]
        question = next(q for q in own_associations().questions if _same(q, text))
        a_is_first = question.text.split("\nA: ")[1].startswith(first + "\n")
        lean = 0.0 if "written here" in text else LEAN
        taste = -lean if question.part == "positive" else lean
        p = expit(PULL + (taste if a_is_first else -taste))
        return [MASS * p, MASS * (1 - p)]


def _same(question, text: str) -> bool:
    return text.split("\n\n")[0] in (question.text, question.turned)


@pytest.fixture
def audit(workshop):
    def run(**options):
        one = workshop(loader=Stereotyper)
        experiment = association_audit(own_associations(), ModelRef("echo"), **options)
        shown = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), WAIT)
        assert shown.error is None, shown.error
        return shown.data

    return run


def test_a_lean_comes_back_in_every_topic_without_the_pull(audit):
    found = associated(audit())["a"]
    p = expit(LEAN)
    known = association_score([p] * 6, [1 - p] * 6)
    assert set(found.words) == set(own_associations().groups)
    for topic, estimate in found.words.items():
        assert estimate.value == pytest.approx(known)
        assert estimate.n == 12
        assert found.decisions[topic].value == pytest.approx(p)
        assert found.decisions[topic].n == 9
    assert found.rows["stereotyped"].to_numpy() == pytest.approx(p)
    assert found.shown_first.value == pytest.approx(expit(PULL))
    assert found.mass.value == pytest.approx(MASS)


def test_a_mitigation_is_compared(audit):
    found = associated(audit(mitigations=["Even-handed"]))
    assert list(found) == ["a", "b"]
    for estimate in found["b"].words.values():
        assert estimate.value == pytest.approx(0, abs=0.01)
    for estimate in found["b"].decisions.values():
        assert estimate.value == pytest.approx(0.5)


def test_a_part_of_the_answers_is_analysed_as_far_as_it_goes(audit):
    data = audit()
    part = associated(replace(data, voids=data.voids[:8]))["a"]
    assert [e.is_defined for e in part.words.values()] == [False]
    assert part.decisions == {}
    assert associated(replace(data, voids=())) == {}


def test_every_question_has_both_orders_and_an_equal_share_of_each_kind():
    own = own_associations()
    assert len(own.questions) == 4 * (6 + 6 + 9)
    for question in own.questions:
        assert question.text != question.turned
        assert sorted(question.text) == sorted(question.turned)
        assert "{" not in question.text
