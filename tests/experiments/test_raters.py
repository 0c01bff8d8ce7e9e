"""Groups played by a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from data.errors import ChoraleError
from data.examples.raters import example_groups, town_answers, town_groups
from data.exports import from_parquet, to_parquet
from data.schema import ModelRef, Run, RunState
from data.town import idea_distribution, load_town
from experiments.people import choices_of
from experiments.played import play_checks, played, played_choices, played_responses, town_truth
from experiments.raters import RatersExperiment, played_by, units_of
from experiments.snapshot import empty_data
from metrics.preference import luce_strengths
from models.echo import EchoModel
from models.known import BUNDLED_ID
from models.manager import load
from models.registry import BUNDLED_FOLDER
from tests.experiments.judges import MASS, PULL, TownJudge
from tests.experiments.workshop import WAIT

TOPIC = "gulls"
QUESTION = load_town().topics[TOPIC].questions[0]
SALTMERE = ModelRef(BUNDLED_ID)


def gulls(count: int = 5, **options) -> RatersExperiment:
    groups = {name: town_groups()[name] for name in ("fishers", "artists")}
    return played_by(SALTMERE, groups, QUESTION, town_answers(TOPIC, count), **options)


@pytest.fixture
def play(workshop):
    def run(experiment):
        one = workshop(loader=TownJudge)
        shown = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), WAIT)
        assert shown.error is None, shown.error
        return shown.data

    return run


def test_known_odds_come_back_and_the_pull_is_measured(play):
    shown = played(play(gulls(each=6)))
    truth = town_truth(shown)
    assert truth.rows["played"].to_numpy() == pytest.approx(truth.rows["known"].to_numpy())
    assert truth.correlation == pytest.approx(1)
    assert truth.right.value == 1
    assert truth.score.score.value == pytest.approx(100)
    assert set(truth.rows["group"]) == {"fishers", "artists"}
    checks = play_checks(shown)
    assert checks.shown_first.value == pytest.approx(1 / (1 + np.exp(-PULL)))
    assert checks.abstained.value == pytest.approx(1 - MASS)
    assert checks.shown_first.n == 24  # raters of both groups


def test_every_rater_judges_the_same_pairs_in_every_group_in_both_orders():
    experiment = gulls(each=4, raters=10)
    first, second = experiment.conditions
    for index in (0, 3, 4, 39):
        assert experiment.judgement(first, index) == experiment.judgement(second, index)
    one, other = experiment.chats(first, 7)
    (a, b), (c, d) = ([chat[1].content.split(f"\n{x}: ")[1].split("\n")[0] for x in "AB"]
                      for chat in (one, other))  # fmt: skip
    assert (a, b) == (d, c)
    rater, pair = experiment.judgement(first, 7)
    assert rater == 1
    assert len(set(pair)) == 2


def test_the_seed_deals_out_the_pairs_and_all_are_dealt_before_any_comes_again():
    def dealt(seed):
        experiment = gulls(each=5, raters=10, seed=seed)
        return [experiment.judgement(experiment.conditions[0], i)[1] for i in range(50)]

    assert dealt(1) != dealt(2)
    assert len(set(dealt(1)[:10])) == units_of(5, "pairs") == 10


def test_probabilities_weigh_choices_and_no_letter_is_drawn(play):
    shown = played(play(gulls(3, each=3)))
    found = played_choices(shown, "fishers")
    strengths = luce_strengths(found.choices).values
    topic = load_town().topics[TOPIC]
    shares = np.array([idea_distribution(topic, "fishers")[i.id] for i in topic.ideas[:3]])
    known = np.log(shares) - np.log(shares).mean()
    assert strengths == pytest.approx(known, abs=0.02)  # up to the ridge
    with pytest.raises(ValueError, match="pairs"):
        played_choices(played(play(gulls(3, each=3, mode="scores"))), "fishers")


def test_play_becomes_answers_like_peoples_but_says_that_it_is_not(play):
    shown = played(play(gulls(each=6)))
    found = played_responses(shown, rng=np.random.default_rng(0))
    assert found.kind == "pairs"
    assert found.simulated == "Saltmere"
    assert "not people" in " ".join(found.notes)
    assert found.raters["group"].value_counts().to_dict() == {"fishers": 12, "artists": 12}
    assert len(found.table) == 2 * 12 * 6
    assert set(choices_of(found).items) == set(shown.items)
    again = played_responses(shown, rng=np.random.default_rng(0))
    assert again.table.equals(found.table)
    other = played_responses(shown, rng=np.random.default_rng(1))
    assert not other.table.equals(found.table)


def test_drawn_winners_follow_the_probabilities(play):
    shown = played(play(gulls(2, each=1, raters=16)))
    draws = [
        played_responses(shown, rng=np.random.default_rng(seed)).table["outcome"].mean()
        for seed in range(12)
    ]
    # 12 · 32 draws: four standard errors are 0.102 at most.
    assert np.mean(draws) == pytest.approx(shown.rows["preferred"].mean(), abs=0.102)


def test_scores_are_expected_values(play):
    shown = played(play(gulls(4, mode="scores", each=4)))
    truth = town_truth(shown)
    assert truth.rows["played"].to_numpy() == pytest.approx(truth.rows["known"].to_numpy())
    found = played_responses(shown, rng=np.random.default_rng(0))
    assert found.kind == "ratings"
    assert found.table["score"].between(1, 5).all()
    assert not play_checks(shown).shown_first.is_defined


def test_a_run_in_the_store_or_in_a_file_is_the_same(play, workshop):
    data = play(gulls(each=2))
    kept = from_parquet(to_parquet(data))
    assert played(kept).rows.equals(played(data).rows)


def test_stop_keeps_what_came_and_resume_gives_the_rest(workshop):
    whole = gulls(each=8, raters=16)
    one = workshop(loader=TownJudge)
    run_id = one.jobs.submit(whole, owner="ann")
    one.jobs.stop(run_id, owner="ann")
    shown = one.finished(run_id)
    if shown.run.state is RunState.INCOMPLETE:
        one.jobs.resume(run_id, owner="ann")
        shown = one.finished(run_id)
    assert shown.run.state is RunState.DONE
    assert len(played(shown.data).rows) == 2 * 16 * 8


def test_other_models_are_asked_in_wordings_of_our_own():
    experiment = played_by(ModelRef("echo"), example_groups(), "Why?", ["Yes.", "No {a}."])
    chat = experiment.chats(experiment.conditions[0], 0)[0]
    assert "a person of about twenty" in chat[0].content
    assert "Question: Why?" in chat[1].content
    assert "{a}" in chat[1].content  # an answer's braces are its own


def test_answers_that_are_not_the_towns_have_no_truth(play):
    groups = {name: town_groups()[name] for name in ("fishers", "artists")}
    answers = (*town_answers(TOPIC, 2), "Something else altogether.")
    experiment = played_by(ModelRef("echo"), groups, QUESTION, answers[1:], each=1)
    shown = played(play_echo(experiment))
    assert town_truth(shown) is None


def play_echo(experiment):
    """The draws of a run without a job manager."""
    run = Run("0" * 32, "", experiment.kind, experiment.prompt, experiment.conditions,
              experiment.seed, RunState.DONE, datetime.now(UTC))  # fmt: skip
    found = [
        (event.condition, event.sample)
        for turn in experiment.turns({}, lambda: 16)
        for event in turn.work(EchoModel(), lambda: False)
    ]
    return replace(empty_data(run), voids=tuple(found))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"raters": 9}, "10 to 16 raters"),
        ({"raters": 17}, "10 to 16 raters"),
        ({"each": 0}, "one pair or more"),
        ({"count": 1}, "2 to 64 different answers"),
    ],
)
def test_what_cannot_be_is_said(change, told):
    with pytest.raises(ChoraleError, match=told):
        gulls(**change)


def test_groups_and_answers_are_checked():
    with pytest.raises(ChoraleError, match="1 to 8 groups"):
        played_by(SALTMERE, {}, "Why?", ["a", "b"])
    with pytest.raises(ChoraleError, match="who its members are"):
        played_by(SALTMERE, {"Young": " "}, "Why?", ["a", "b"])
    with pytest.raises(ChoraleError, match="empty or longer"):
        played_by(SALTMERE, {"Young": "a child"}, "Why?", ["a", " "])
    with pytest.raises(ChoraleError, match="no question"):
        played_by(SALTMERE, {"Young": "a child"}, " ", ["a", "b"])


@pytest.mark.skipif(
    not (BUNDLED_FOLDER / "model.safetensors").is_file(), reason="needs the bundled weights"
)
def test_the_bundled_model_knows_something_of_its_town(workshop):
    one = workshop(loader=load)
    groups = {name: town_groups()[name] for name in ("fishers", "wardens")}
    items = town_answers("gulls", 6)
    experiment = played_by(SALTMERE, groups, QUESTION, items, raters=10, each=4)
    data = one.jobs.wait(one.jobs.submit(experiment, owner="ann"), 4 * WAIT).data
    truth = town_truth(played(data))
    assert truth.right.n == units_of(6, "pairs")
    assert truth.right.value > 0.5
