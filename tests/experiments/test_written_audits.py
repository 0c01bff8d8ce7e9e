"""Audits in which the model writes: perspectives, and sentences about groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.completion_sets import own_completions
from data.exports import from_parquet, to_parquet
from data.judgements import JudgementStore
from data.schema import ModelRef
from data.worldview_sets import own_worldviews
from experiments.assessing import Progress, Stopped
from experiments.audits.completions import completion_audit, continued, sentences
from experiments.audits.regard import regard_scores, regard_work
from experiments.audits.worldviews import viewed, viewed_changes, worldview_audit
from experiments.judging import Bench, Classifiers
from experiments.kinds import KINDS
from experiments.limits import Limits
from experiments.strategies.registry import most_tokens
from metrics.perspectives import normalised_entropy
from models.echo import EchoModel
from models.manager import ModelManager
from tests.experiments.scripted import ScriptedModel
from tests.experiments.workshop import WAIT

ECHO = ModelRef("echo")
VIEWS = ("A Christian would pray.", "Kant would reason.", "Confucius honours parents.", "Maybe.")


def traveller(text: str, index: int) -> str:
    """Western when asked plainly, three traditions in turn when asked for several."""
    if "several perspectives" not in text:
        return "Western thinkers would say no." if index % 4 else "Buddhists would smile."
    return " ".join(VIEWS[(index + step) % 4] for step in range(2))


def gossip(text: str, index: int) -> str:
    """Kind to most, unkind to rich people, silent about homeless people."""
    if "omeless people" in text:
        return "I’m sorry, but I can’t continue that."
    if "ich people" in text and "fair and kind" not in text:
        return "horrible, nasty liars."
    return "wonderful friends." if index * 7919 % 11 < 5 else "happy and good."


@pytest.fixture
def audit(workshop):
    def run(experiment, reply):
        one = workshop(loader=lambda ref: ScriptedModel(reply))
        shown = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), WAIT)
        assert shown.error is None, shown.error
        return shown.data

    return run


def test_perspectives_are_counted_with_and_without_the_request(audit):
    experiment = worldview_audit(own_worldviews(), ECHO, draws=4)
    assert [c.n for c in experiment.conditions] == [56, 56]
    data = audit(experiment, traveller)
    found = viewed(data)
    plain, several = found["a"], found["b"]
    assert plain.counts.shape == (14, 9)
    # Of 56 answers every fourth is Buddhist and the others are Western.
    assert plain.counts.sum().to_dict()["Western secular"] == 42
    assert plain.measures["perspective_entropy"].value == pytest.approx(
        normalised_entropy([42, 14, 0, 0, 0, 0, 0, 0, 0])
    )
    assert plain.measures["perspectives_named"].value == 1
    assert plain.measures["no_perspective"].value == 0
    assert several.measures["perspectives_named"].value == pytest.approx(1.5)
    changes = viewed_changes(plain, several)
    assert changes["entropy"].value > 0
    assert changes["Christian"].is_clear
    assert changes["Hindu"].value == 0
    assert viewed(from_parquet(to_parquet(data)))["b"].counts.equals(several.counts)


def test_draws_of_a_prompt_are_independent_and_each_prompt_comes_once_before_any_comes_again():
    experiment = worldview_audit(own_worldviews(), ECHO, draws=3)
    [condition, _] = experiment.conditions
    asked = [experiment.chats(condition, i)[0][-1].content for i in range(condition.n)]
    assert len(set(asked[:14])) == 14
    assert asked[:14] == asked[14:28] == asked[28:]
    assert most_tokens(condition) == 3 * 14 * condition.decoding.max_new_tokens
    assert KINDS["audit"](_run(experiment)) == experiment


def _run(experiment):
    from datetime import UTC, datetime

    from data.schema import Run, RunState

    return Run(
        "0" * 32, "", "audit", experiment.prompt, experiment.conditions, experiment.seed,
        RunState.DONE, datetime.now(UTC),
    )  # fmt: skip


def test_a_part_of_the_answers_is_analysed_as_far_as_it_goes(audit):
    data = audit(worldview_audit(own_worldviews(), ECHO, draws=1), traveller)
    assert viewed(replace(data, keys=(), samples=())) == {}
    part = replace(data, keys=data.keys[:3], samples=data.samples[:3])
    assert not viewed(part)["a"].measures["perspective_entropy"].is_defined
    assert not viewed_changes(viewed(part)["a"], viewed(data)["b"])["entropy"].is_clear


def test_sentences_about_groups_are_compared_with_the_baseline(audit):
    experiment = completion_audit(own_completions(), ECHO, draws=2, mitigations=["Fair and kind"])
    data = audit(experiment, gossip)
    found = continued(data)
    plain, kind = found["a"], found["b"]
    assert len(plain.rows) == 2 * 180
    by_outcome = {(gap.attribute, gap.level): gap for gap in plain.gaps}
    refused = by_outcome["refusals", "homeless people"]
    assert refused.estimate.value == 1
    assert refused.estimate.n == 10
    assert refused.is_clear
    rich = by_outcome["sentiment", "rich people"]
    assert rich.estimate.value < -1
    assert rich.is_clear
    assert not by_outcome["sentiment", "women"].is_clear
    # Whoever is refused has no sentiment, and nobody read regard.
    assert not by_outcome["sentiment", "homeless people"].estimate.is_defined
    assert not any(gap.attribute == "regard" for gap in plain.gaps)
    assert not plain.measures["regard"].is_defined
    assert plain.measures["refusals"].value == pytest.approx(1 / 18)
    softened = {(g.attribute, g.level): g for g in kind.gaps}["sentiment", "rich people"]
    assert not softened.is_clear
    fit = plain.mixed("sentiment")
    scores = dict(zip(fit.scores["term"], fit.scores["score"], strict=True))
    assert scores["group: rich people"] == pytest.approx(rich.estimate.value, abs=0.05)


def test_nobody_to_compare_with_gives_no_gap(audit):
    data = audit(completion_audit(own_completions(), ECHO, draws=1), gossip)
    rows = [i for i, s in enumerate(data.samples) if s.index in (1, 2)]
    part = replace(data, keys=("a",) * 2, samples=tuple(data.samples[i] for i in rows))
    one = continued(part)["a"]
    assert one.gaps == ()
    assert one.mixed().reason
    assert continued(replace(data, keys=(), samples=())) == {}


@pytest.fixture
def bench(tmp_path):
    kept, models = JudgementStore(tmp_path / "kept.db"), ModelManager(EchoModel)
    reader = Labelled("negative", "neutral", "positive")
    yield Bench(kept, models, Classifiers(lambda name, revision: reader), Limits())
    models.close()
    kept.close()


def test_regard_is_read_in_the_background_once_and_can_be_stopped(audit, bench):
    data = audit(completion_audit(own_completions(), ECHO, draws=1), gossip)
    lead = next(iter(sentences(data).values()))
    assert lead.startswith("People are known for ")
    told: list[int] = []
    judge = ModelRef("regard")
    stops = iter([False, True])
    work = regard_work(bench, data, "regard", judge)
    with pytest.raises(Stopped):
        work(Progress(lambda done, more: told.append(more), lambda: next(stops)))
    assert sum(told) == 16
    work(Progress(lambda done, more: told.append(more), lambda: False))
    assert sum(told) == 180
    kept = bench.kept.scores(data.run.id, "regard")
    assert len(kept) == 180
    assert list(kept.values()) == pytest.approx([-0.5] * 180)
    found = continued(data, kept)["a"]
    assert {gap.attribute for gap in found.gaps} == {"refusals", "sentiment", "regard"}
    assert found.measures["regard"].value == pytest.approx(-0.5)
    assert np.isnan(found.rows.loc[found.rows["refusals"] == 1, "regard"]).all()


class Labelled:
    id = "x"

    def __init__(self, *labels):
        self.labels = labels

    def column(self, word):
        return next((i for i, label in enumerate(self.labels) if label.startswith(word)), None)

    def logits(self, texts):
        return np.log(np.array([[0.6, 0.3, 0.1]] * len(texts)))


def test_regard_by_hand_and_only_from_its_labels():
    assert regard_scores(Labelled("positive", "neutral", "negative"), ["a"]) == pytest.approx([0.5])
    with pytest.raises(Exception, match="needs the labels"):
        regard_scores(Labelled("toxic", "neutral", "negative"), ["a"])
