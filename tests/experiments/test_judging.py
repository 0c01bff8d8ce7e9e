from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from data.errors import ModelError, QueueError
from data.judgements import JudgementStore
from data.schema import ModelRef
from experiments.assessing import Assessments, Progress, Stopped
from experiments.grouping import (
    CLASSIFIER,
    MODEL,
    Grouping,
    labels_by_verdicts,
    likeness_by_verdicts,
)
from experiments.judging import Bench, Classifiers, pair_work, rating_work
from experiments.limits import Limits
from experiments.quality import P_TRUE, REWARD, quality_scores
from models.manager import ModelManager
from tests.factories import make_data

TOPICS = ["boats", "lights", "fish"]
TEXTS = [f"{topic} {number}" for number in range(8) for topic in TOPICS]
BY_CLASSIFIER = Grouping(CLASSIFIER, "greedy", 0.5, ModelRef("judge"))


class Topical:
    """Two answers are the same if they are about one topic; counts what it reads."""

    task = "score"

    def __init__(self):
        self.pairs = 0

    def column(self, word):
        return None

    def logits(self, firsts, seconds=None, *, each=0, should_stop=lambda: False):
        self.pairs += len(firsts)
        same = [a.split()[0] == b.split()[0] for a, b in zip(firsts, seconds, strict=True)]
        return np.where(same, 5.0, -5.0)[:, None]

    def rewards(self, question, answers, *, should_stop=lambda: False):
        return np.array([float(len(answer)) for answer in answers])


class Yes:
    """A model that always begins with yes, and finds long answers true."""

    def choice_probabilities(self, chats, choices):
        return np.array([[0.9, 0, 0.1, 0]] * len(chats))


@pytest.fixture
def data():
    return make_data({"a": TEXTS[:12], "b": TEXTS[12:]})


@pytest.fixture
def bench(tmp_path):
    kept = JudgementStore(tmp_path / "chorale.db")
    models = ModelManager(lambda ref: _named(ref))
    yield Bench(kept, models, Classifiers(lambda name, revision: Topical()), Limits())
    models.close()
    kept.close()


def _named(ref):
    model = Yes()
    model.info = None
    return model


def progress(told=None, stop=lambda: False):
    return Progress(lambda done, more: None if told is None else told.append((done, more)), stop)


@pytest.fixture(autouse=True)
def sizeless(monkeypatch):
    monkeypatch.setattr("models.manager.held_bytes", lambda ref, info: 0)


def test_a_classifier_groups_what_it_finds_the_same(bench, data):
    told = []
    pair_work(bench, data, BY_CLASSIFIER, owner="ann")(progress(told))
    found = bench.kept.verdicts(data.run.id, BY_CLASSIFIER.judge_id)
    labels = labels_by_verdicts(data, found, BY_CLASSIFIER)
    assert labels.tolist() == [0, 1, 2] * 8
    # 23 with the first boat, 15 with the first light, 7 with the first fish
    assert len(found) == sum(more for _, more in told) == 23 + 15 + 7
    done = [share for share, _ in told]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= 1


def test_what_was_judged_is_not_asked_again(bench, data):
    pair_work(bench, data, BY_CLASSIFIER, owner="ann")(progress())
    asked = bench.classifiers.use(ModelRef("judge"), lambda judge: judge.pairs)
    pair_work(bench, data, BY_CLASSIFIER, owner="bob")(progress())
    assert bench.classifiers.use(ModelRef("judge"), lambda judge: judge.pairs) == asked
    chains = replace(BY_CLASSIFIER, rule="union-find")
    assert (
        labels_by_verdicts(data, bench.kept.verdicts(data.run.id, chains.judge_id), chains) is None
    )
    pair_work(bench, data, chains, owner="ann")(progress())
    found = bench.kept.verdicts(data.run.id, chains.judge_id)
    assert labels_by_verdicts(data, found, chains).tolist() == [0, 1, 2] * 8


def test_every_pair_of_a_condition_can_be_judged(bench, data):
    told = []
    pair_work(bench, data, BY_CLASSIFIER, owner="ann", every=True)(progress(told))
    found = bench.kept.verdicts(data.run.id, BY_CLASSIFIER.judge_id)
    assert len(found) == 2 * 66  # 12 texts of each condition, none of both
    assert told[-1][0] == 1
    assert likeness_by_verdicts(data, found) is not None


def test_a_stop_keeps_what_was_judged(bench, data):
    asked = []
    stop = lambda: len(asked) > 1 or asked.append(0)  # noqa: E731  (at the third look)
    with pytest.raises(Stopped):
        pair_work(bench, data, BY_CLASSIFIER, owner="ann")(progress(stop=stop))
    kept = bench.kept.verdicts(data.run.id, BY_CLASSIFIER.judge_id)
    assert 0 < len(kept) < 45


def test_the_model_itself_is_asked_in_turns(bench, data):
    grouping = Grouping(MODEL, "greedy", 0.5, ModelRef("echo"))
    pair_work(bench, data, grouping, owner="ann")(progress())
    found = bench.kept.verdicts(data.run.id, grouping.judge_id)
    assert labels_by_verdicts(data, found, grouping).max() == 0
    assert {round(one.same, 9) for one in found.values()} == {0.9}


def test_answers_are_rated_once(bench, data):
    told = []
    rating_work(bench, data, P_TRUE, owner="ann")(progress(told))
    scores = bench.kept.scores(data.run.id, P_TRUE)
    assert quality_scores(data, P_TRUE, scores).tolist() == pytest.approx([0.9] * 24)
    assert sum(more for _, more in told) == 24
    assert told[-1][0] == 1
    again = []
    rating_work(bench, data, P_TRUE, owner="bob")(progress(again))
    assert again == []


def test_a_reward_model_rates_by_its_logit(bench, data):
    work = rating_work(bench, data, "reward:judge@", owner="ann", judge=ModelRef("judge"))
    work(progress())
    scores = bench.kept.scores(data.run.id, "reward:judge@")
    assert quality_scores(data, REWARD, scores)[0] == len(TEXTS[0])


def test_one_classifier_is_in_memory_at_a_time():
    made = []

    def load(name, revision):
        made.append((name, holder._held))
        return Topical()

    holder = Classifiers(load)
    for name in ("one", "one", "two", "one"):
        holder.use(ModelRef(name), lambda judge: judge)
    assert [name for name, _ in made] == ["one", "two", "one"]
    assert all(held is None for _, held in made)


def test_a_host_takes_only_what_it_offers(bench, data):
    public = replace(bench, limits=Limits(tokens=400, models=frozenset({"judge"})))
    with pytest.raises(QueueError, match="552 readings"):
        pair_work(public, data, BY_CLASSIFIER, owner="ann")
    with pytest.raises(ModelError, match="doesn’t offer “other”"):
        pair_work(public, data, replace(BY_CLASSIFIER, judge=ModelRef("other")), owner="ann")
    with pytest.raises(ModelError, match="No judge"):
        pair_work(bench, data, Grouping(), owner="ann")
    with pytest.raises(ModelError, match="doesn’t offer “echo”"):
        rating_work(public, data, P_TRUE, owner="ann")


@pytest.fixture
def assessments():
    made = Assessments(Limits(runs=1))
    yield made
    made.shutdown()


def test_a_judgement_is_followed_to_its_end(assessments):
    def work(told):
        told.tell(0.5, 3)
        told.tell(0.6, 0)

    assert assessments.shown("task") is None
    assessments.start("task", work, run_id="run", owner="ann")
    assessments.wait("task", 10)
    shown = assessments.shown("task")
    assert (shown.done, shown.judged) == (0.6, 3)
    assert not shown.active
    assert shown.error is None
    assert not assessments.active("run")
    assessments.start("task", work, run_id="run", owner="ann")
    assessments.wait("task", 10)
    assert assessments.shown("task").judged == 3  # of this time


def test_a_judgement_is_stopped_and_takes_the_visitors_turn_meanwhile(assessments):
    begun, go_on = threading.Event(), threading.Event()

    def work(told):
        begun.set()
        go_on.wait(10)
        told.check()
        raise AssertionError("was not stopped")

    assessments.start("task", work, run_id="run", owner="ann")
    assert begun.wait(10)
    assessments.start("task", work, run_id="run", owner="ann")  # it is going: nothing happens
    with pytest.raises(QueueError, match="1 judgements going"):
        assessments.start("other", work, run_id="run", owner="ann")
    assert assessments.active("run")
    assessments.stop("task")
    go_on.set()
    assessments.wait("task", 10)
    assert assessments.shown("task").error is None
    assert not assessments.active("run")


def test_what_goes_wrong_is_said(assessments, caplog):
    def unlucky(told):
        raise ModelError("It broke.", "Take another.")

    def broken(told):
        raise RuntimeError("a mistake of ours")

    for task, work, says in (("a", unlucky, "It broke."), ("b", broken, "Something in Chorale")):
        assessments.start(task, work, run_id="run", owner="ann")
        assessments.wait(task, 10)
        assert assessments.shown(task).error.what_happened.startswith(says)
    assert "a mistake of ours" in caplog.text
