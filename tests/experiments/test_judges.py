from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from data.schema import ModelRef
from experiments.judges import classifier_verdicts, model_verdicts, self_ratings
from models.classifier import load_classifier
from models.echo import EchoModel
from tests.models.tiny_classifier import ENTAILMENT, save_classifier

SHORT, LONG = "a boat", "a boat comes home late and the keeper of the light is there"


@dataclass
class Scripted:
    """A classifier that says what it is told, and remembers what it read."""

    task: str
    rows: list[list[list[float]]]
    read: list[tuple[list[str], list[str], int]] = field(default_factory=list)

    def column(self, word):
        return {"entail": 1, "contra": 0}.get(word)

    def logits(self, firsts, seconds=None, *, each=0, should_stop=lambda: False):
        self.read.append((list(firsts), list(seconds), each))
        return np.log(np.array(self.rows.pop(0)))


class Asked:
    """A model that likes yes in one order and not in the other."""

    def __init__(self, rows):
        self.rows, self.chats = rows, []

    def choice_probabilities(self, chats, choices):
        self.chats, self.choices = list(chats), list(choices)
        return np.array(self.rows)


def test_entailment_reads_the_question_before_each_answer_both_ways():
    # contradiction, entailment, neutral: 0.8 against 0.15 forth, 0.3 against 0.6 back
    judge = Scripted("entailment", [[[0.05, 0.8, 0.15]], [[0.1, 0.3, 0.6]]])
    (found,) = classifier_verdicts(judge, "What now?", [("mend it", "leave it")])
    assert found.same == pytest.approx(0.3 / 0.9)
    assert found.mass == 1
    forth, back = judge.read
    assert forth[:2] == (["What now? mend it"], ["What now? leave it"])
    assert back[:2] == (forth[1], forth[0])


def test_equivalence_reads_two_answers_and_no_question():
    judge = Scripted("equivalence", [[[0.7, 0.3], [0.9, 0.1]]])
    found = classifier_verdicts(judge, "What now?", [(LONG, LONG[::-1]), (SHORT, "boat a")])
    assert [one.same for one in found] == [pytest.approx(0.3), 1]  # very short: by shared words
    assert judge.read == [([LONG, SHORT], [LONG[::-1], "boat a"], 128)]


def test_one_output_is_taken_as_a_logit():
    judge = Scripted("score", [[[1.0], [math.e]]])  # logits 0 and 1
    found = classifier_verdicts(judge, "", [("a", "b"), ("a", "c")])
    assert [one.same for one in found] == pytest.approx([0.5, 1 / (1 + math.exp(-1))])


def test_a_real_checkpoint_judges(tmp_path):
    judge = load_classifier(str(save_classifier(tmp_path, ENTAILMENT)))
    pairs = [("the sea", "a boat"), ("a boat", "the sea"), ("the sea", "the old pier")]
    found = [one.same for one in classifier_verdicts(judge, "what should the town do", pairs)]
    assert found[0] == pytest.approx(found[1], abs=1e-5)  # both directions: the order is nothing
    assert all(0 <= same <= 1 for same in found)
    alone = classifier_verdicts(judge, "what should the town do", pairs[2:])[0].same
    assert alone == pytest.approx(found[2], abs=1e-5)
    other = classifier_verdicts(judge, "the keeper", pairs)[0].same
    assert other != pytest.approx(found[0], abs=1e-4)


def test_the_model_is_asked_in_both_orders():
    # Yes yes No no; forth 0.3 of 0.4 says yes, back 0.1 of 0.4
    model = Asked([[0.2, 0.1, 0.05, 0.05], [0.1, 0.0, 0.2, 0.1]])
    (found,) = model_verdicts(model, "What now?", [("mend it", "leave it")])
    assert found.same == pytest.approx((0.75 + 0.25) / 2)
    assert found.mass == pytest.approx(0.4)
    assert model.choices == ["Yes", "yes", "No", "no"]
    forth, back = (chat[0].content for chat in model.chats)
    assert forth.index("mend it") < forth.index("leave it")
    assert back.index("leave it") < back.index("mend it")
    assert all("What now?" in text for text in (forth, back))


def test_a_model_that_says_neither_yes_nor_no_says_little():
    (half,) = model_verdicts(Asked([[0, 0, 0, 0], [0.1, 0, 0.1, 0]]), "?", [("a", "b")])
    assert (half.same, half.mass) == (0.5, pytest.approx(0.1))
    (none,) = model_verdicts(Asked([[0] * 4] * 2), "?", [("a", "b")])
    assert (none.same, none.mass) == (0, 0)


def test_an_answer_is_never_taken_for_a_place_in_the_question():
    model = Asked([[1, 0, 0, 0], [1, 0, 0, 0]])
    model_verdicts(model, "{second}", [("{question}", "leave it")])
    assert "First answer: {question}\nSecond answer: leave it" in model.chats[0][0].content
    assert "question: {second}" in model.chats[0][0].content


def test_p_true_by_hand():
    model = Asked([[0.3, 0.1, 0.3, 0.1], [0, 0, 0, 0], [0.5, 0, 0, 0], [0.009, 0, 0, 0]])
    found = self_ratings(model, "What now?", ["mend it", "leave it", "fish", "sing"])
    assert found[0] == pytest.approx(0.5)
    assert math.isnan(found[1])
    assert found[2] == 1
    assert math.isnan(found[3])  # less than a hundredth of its replies is no verdict
    assert model.choices == ["True", "true", "False", "false"]
    assert "What now?" in model.chats[0][0].content
    assert "mend it" in model.chats[0][0].content


def test_the_same_question_gets_the_same_verdict():
    model = EchoModel(ModelRef("echo"))
    pairs = [("a", "b"), ("c", "d")]
    assert model_verdicts(model, "?", pairs) == model_verdicts(model, "?", pairs)
