"""A model that follows a policy: what it is told, what is fed back, and what comes of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from data.errors import ChoraleError
from data.examples.dialogues import CHANGING, town_corpora
from data.exports import from_parquet, to_parquet
from data.schema import Condition, Decoding, ModelRef, Plan, Run, RunData, RunState
from experiments.base import SampleDrawn
from experiments.closed_loop import TOLD, ClosedLoopExperiment, index_of, line_of, talks_of
from experiments.conversation import plan_of
from experiments.loop_results import finished_turns, loop_frontier, loop_texts, obedience
from experiments.loop_styles import loop_scale, targets
from experiments.mirroring import mirroring_of, policy_of, prompt_of, wording_for
from experiments.settings_file import read_experiment
from experiments.speech import scripts_of, speech_of
from metrics.instructions import WORDING
from metrics.policies import Policy, standard_policies, with_radius
from metrics.policy_language import read_rule
from tests.conftest import ROOT
from tests.experiments.scripted import ScriptedModel

LOUD, QUIET = "Hey you! Are you there? I like it!", "The committee has considered the matter."
ODD, EVEN = (QUIET, LOUD, LOUD, QUIET), (LOUD, QUIET, QUIET, LOUD)
SCRIPTS = tuple(line for n in range(8) for line in (ODD if n % 2 else EVEN))
STATIC, UNCAPPED, HYBRID = (standard_policies()[place] for place in (0, 1, 5))
PLAIN = ("We could ask the council about it.", "I think that it is a good plan.", "Perhaps so.")


@dataclass
class Obedient(ScriptedModel):
    """Speaks formally or informally when it is told to, plainly otherwise."""

    def generate(self, messages, *, indices, **more):
        system = messages[0].content if messages[0].role == "system" else ""
        informal, formal = "Write informally" in system, "Write formally" in system
        self.reply = lambda asked, index: (
            LOUD if informal else QUIET if formal else PLAIN[index % len(PLAIN)]
        )
        yield from super().generate(messages, indices=indices, **more)


def obedient():
    return Obedient(lambda asked, index: "")


def condition(key="a", policy=UNCAPPED, *, base="", remembers=True, feedback=True, **plan):
    mirroring = mirroring_of(policy, remembers=remembers, feedback=feedback)
    given = {"lines": SCRIPTS, "replicates": 2, "replies": 1, "scripts": 8, **plan}
    asked = Plan(**given, mirroring=mirroring)
    return Condition(
        key, policy.label, ModelRef("echo"), Decoding(max_new_tokens=40), base, asked.draws,
        plan=asked,
    )  # fmt: skip


def held(experiment, model, *, drawn=None, pace=64, should_stop=lambda: False):
    draws = {c.key: dict((drawn or {}).get(c.key, {})) for c in experiment.conditions}
    for turn in experiment.turns(draws, lambda: pace):
        for event in turn.work(model, should_stop):
            assert isinstance(event, SampleDrawn)
            assert event.sample.index not in draws[event.condition]
            draws[event.condition][event.sample.index] = event.sample
    return draws


def data_of(experiment, draws):
    run = Run(
        "0" * 32, "", experiment.kind, experiment.prompt, experiment.conditions, experiment.seed,
        RunState.DONE, datetime.now(UTC),
    )  # fmt: skip
    rows = [(key, sample) for key, found in draws.items() for sample in found.values()]
    empty = np.zeros((len(rows), 2), np.float32)
    unit = np.tile(np.float32([1, 0]), (len(rows), 1))
    return RunData(run, tuple(k for k, _ in rows), tuple(s for _, s in rows), unit, empty)


@pytest.fixture(scope="module")
def experiment():
    return ClosedLoopExperiment("Loop", (condition("a", STATIC), condition("b", UNCAPPED)), 3)


@pytest.fixture(scope="module")
def data(experiment):
    return data_of(experiment, held(experiment, obedient()))


def test_every_place_is_drawn_once(experiment):
    draws = held(experiment, obedient(), pace=5)
    assert all(sorted(found) == list(range(16 * 4)) for found in draws.values())
    plan = plan_of(experiment.conditions[0])
    assert talks_of(plan) == 16
    assert line_of(plan, 3, 1) == SCRIPTS[5]  # the second replicate of the second script
    assert index_of(plan, 3, 1) == 13


def test_the_pace_changes_nothing_and_what_is_there_is_not_drawn_again(experiment):
    whole = held(experiment, obedient())
    assert held(experiment, obedient(), pace=3) == whole
    part = {"a": {i: whole["a"][i] for i in range(0, 64, 4)}, "b": {}}
    model = obedient()
    assert held(experiment, model, drawn=part) == whole
    assert len(model.asked) == 2 * 64 - 16


def test_the_first_turn_is_told_nothing_and_static_never_is(experiment):
    draws = held(experiment, obedient())
    assert all(not s.steps for found in draws.values() for i, s in found.items() if i % 4 == 0)
    later = [s for i, s in draws["a"].items() if i % 4]
    assert {s.steps[0].text for s in later} == {""}
    told = [s.steps[0] for i, s in draws["b"].items() if i % 4]
    assert {step.label for step in told} == {TOLD}
    assert any("informally" in step.text for step in told)


def test_a_model_that_obeys_is_seen_to_follow(data):
    frontier = loop_frontier(data)
    static, uncapped = (frontier.estimates["synchrony"][place].value for place in (0, 1))
    assert uncapped > static
    rho = {found.feature: found.rho for found in obedience(frontier, 1)}
    assert rho["informality"] > 0.8
    assert all(np.isnan(found.rho) for found in obedience(frontier, 0))  # nothing was asked for
    assert frontier.estimates["synchrony"][0].n == 8  # scripts, not conversations
    assert frontier.simulation.states.shape[:3] == (2, 16, 3)


def test_targets_of_uncapped_are_the_users_styles(data):
    frontier = loop_frontier(data)
    assert np.allclose(frontier.targets[1], frontier.speech.users.vectors)
    assert np.allclose(frontier.targets[0], frontier.speech.persona)


def test_feedback_starts_from_the_reply_and_without_it_from_the_target(data):
    draws = {key: {} for key in "ab"}
    for key, sample in zip(data.keys, data.samples, strict=True):
        draws[key][sample.index] = sample
    scale = loop_scale(data.run.conditions, draws)
    users, replies = np.array([[[2.0], [2.0], [2.0]]]), np.array([[[8.0], [6.0], [0.0]]])
    one = replace(scale, persona=np.zeros(1), unit=1.0)
    half = Policy(key="ema", label="EMA", follow=0.5)
    # Fed back: (0), then halfway from 8 to 2 = 5, then from 6 to 2 = 4; else from 0: 1, then 1.5.
    fed, own = (
        targets(condition("a", half, feedback=feedback), one, users, replies)[0, :, 0]
        for feedback in (True, False)
    )
    assert fed.tolist() == [0.0, 5.0, 4.0]
    assert own.tolist() == [0.0, 1.0, 1.5]
    gone = np.array([[[np.nan], [6.0], [0.0]]])
    assert targets(condition("a", half), one, users, gone)[0, :, 0].tolist() == [0.0, 1.0, 4.0]


def test_what_the_model_sees():
    model = obedient()
    held(ClosedLoopExperiment("L", (condition(base="You are a clerk."),)), model)
    last = max(model.asked, key=len)
    assert len(last) == 1 + 2 * 3 + 1
    assert last[0].startswith("You are a clerk.")
    assert any("\n- Write" in asked[0] for asked in model.asked)
    alone = obedient()
    held(ClosedLoopExperiment("L", (condition(base="You are a clerk.", remembers=False),)), alone)
    assert {len(asked) for asked in alone.asked} == {2}


def test_the_bundled_model_is_told_in_the_towns_words():
    levels = np.array([1, 0, -1], dtype=np.int8)
    names = ("informality", "sentiment", "sentence_length")
    told, lines = prompt_of("You are Marta.", levels, names, "saltmere")
    assert told == "You are Marta. Answer informally. Use short sentences."
    assert lines == ("Answer informally.", "Use short sentences.")
    assert wording_for("o/m") == WORDING
    assert prompt_of("", levels * 0, names, "o/m") == ("", ())


def test_policies_are_kept_and_read_back():
    for policy in (*standard_policies(), with_radius(HYBRID, 2.0)):
        assert policy_of(mirroring_of(policy), policy.label) == policy
    own = Policy(key="own", label="My own", rule=read_rule("user"))
    assert policy_of(mirroring_of(own), "My own").rule.text == "user"
    with pytest.raises(ValueError, match="written one"):
        mirroring_of(Policy(key="x", label="x", rule=lambda state, user, persona, unit: user))
    with pytest.raises(ChoraleError, match="can’t be read"):
        policy_of(replace(mirroring_of(own), rule="magic("), "My own")


def test_a_run_survives_its_file(data):
    again = from_parquet(to_parquet(data))
    assert again.run.conditions == data.run.conditions
    assert np.allclose(loop_frontier(again).targets, loop_frontier(data).targets)


def test_a_run_that_was_cut_off_shows_its_finished_turns(experiment, data):
    draws = held(experiment, obedient())
    for index in [i for i in draws["b"] if i % 4 == 3]:
        del draws["b"][index]
    part = data_of(experiment, draws)
    assert finished_turns(part) == 3
    assert loop_frontier(part).simulation.states.shape[2] == 2
    assert len(loop_texts(part, "b", 3)) == 16 * 3
    none = data_of(experiment, {"a": {}, "b": {}})
    assert loop_frontier(none) is None


def test_stopped_turns_are_not_measured_halfway():
    calls = iter(range(10_000))
    experiment = ClosedLoopExperiment("L", (condition(),))
    draws = held(experiment, obedient(), should_stop=lambda: next(calls) > 20)
    assert 0 < len(draws["a"]) < 64


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lines": SCRIPTS[:-1]}, "can’t be 8 conversations"),
        ({"lines": (*SCRIPTS[:-1], " ")}, "Line 32 of the users is empty"),
        ({"replicates": 99}, "replicates must be 1 to 16"),
        ({"lines": SCRIPTS[:8]}, "turns of each conversation must be"),
    ],
)
def test_what_cannot_be_is_refused(changed, message):
    with pytest.raises(ChoraleError, match=message):
        ClosedLoopExperiment("Loop", (condition(**changed),))


def test_policies_must_answer_the_same_users_and_differ():
    other = condition("b", STATIC, lines=tuple(reversed(SCRIPTS)))
    with pytest.raises(ChoraleError, match="What users say differs"):
        ClosedLoopExperiment("Loop", (condition(), other))
    with pytest.raises(ChoraleError, match="twice"):
        ClosedLoopExperiment("Loop", (condition("a"), condition("b")))


def test_replies_without_words_end_with_a_reason():
    experiment = ClosedLoopExperiment("Loop", (condition(),))
    with pytest.raises(ChoraleError, match="first replies can’t be measured"):
        held(experiment, ScriptedModel(lambda asked, index: "🙂"))


def test_the_recorded_run_asks_the_bundled_users():
    recorded = read_experiment((ROOT / "data/examples/synchrony.yaml").read_text("utf-8"))
    assert recorded.kind == "closed_loop"
    speech = speech_of(town_corpora()[CHANGING], CHANGING)
    plan = plan_of(recorded.conditions[0])
    scripts = scripts_of(speech, plan.scripts, len(plan.lines) // plan.scripts)
    assert plan.lines == tuple(line for script in scripts for line in script)
