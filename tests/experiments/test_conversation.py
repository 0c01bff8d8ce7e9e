"""Conversations side by side: what the model is shown, what is kept, what is compared."""

from dataclasses import replace

import numpy as np
import pytest

from data.errors import ChoraleError, StoreError
from data.schema import (
    Decoding,
    Message,
    ModelRef,
    Plan,
    Speaker,
)
from experiments.chats import chat_before, plan_of, reference_chat, reference_reply
from experiments.conversation import ConversationExperiment
from models.echo import EchoModel
from tests.experiments.scripted import ScriptedModel
from tests.experiments.talking import PERSONA, PLAN, Undivided, condition, held
from tests.experiments.workshop import WAIT


def test_every_place_is_drawn_once_and_measured():
    experiment = ConversationExperiment("Keeper", (condition("a"), condition("b")), seed=1)
    draws, apart = held(experiment, EchoModel())
    for key in "ab":
        assert sorted(draws[key]) == list(range(4 * 3 * 4)) == sorted(apart[key])
        for index, sample in draws[key].items():
            assert len(apart[key][index].kl) == len(sample.token_ids)


def test_conditions_share_the_streams_of_their_replicates():
    experiment = ConversationExperiment("Keeper", (condition("a"), condition("b")), seed=1)
    draws, _ = held(experiment, EchoModel())
    assert [s.text for _, s in sorted(draws["a"].items())] == [
        s.text for _, s in sorted(draws["b"].items())
    ]
    other, _ = held(replace(experiment, seed=2), EchoModel())
    assert [s.text for s in other["a"].values()] != [s.text for s in draws["a"].values()]


def test_the_pace_changes_nothing():
    experiment = ConversationExperiment("Keeper", (condition(),), seed=1)
    fast, slow = (held(experiment, EchoModel(), pace=pace)[0] for pace in (64, 1))
    assert fast == slow


def test_the_first_reply_goes_on():
    model = ScriptedModel(lambda asked, index: f"reply {index} to {asked}")
    held(ConversationExperiment("Keeper", (condition(),)), Undivided(model))
    # the third turn of the second conversation: its replies are 24 to 27, the turn's before 20
    chat = next(asked for asked in model.asked if len(asked) == 6 and "reply 12 " in asked[2])
    assert chat == (
        PERSONA, "Hello.", "reply 12 to Hello.", "And now?", "reply 16 to And now?", "What else?",
    )  # fmt: skip


def test_a_reminder_is_said_before_the_line_or_restated_by_the_system():
    said, restated = (
        condition(plan=replace(PLAN, reminders=(2,), reminder=words), n=PLAN.draws)
        for words in ("Remember your lamp.", "")
    )
    model = EchoModel()
    draws, _ = held(ConversationExperiment("Keeper", (said,)), model)
    chat = chat_before(said, 1, 0, draws["a"], model)
    assert chat.messages[-1] == Message("user", "Remember your lamp. And now?")
    draws, _ = held(ConversationExperiment("Keeper", (restated,)), model)
    chat = chat_before(restated, 1, 0, draws["a"], model)
    assert chat.messages[-2:] == (Message("system", PERSONA), Message("user", "And now?"))
    assert chat_before(restated, 2, 0, draws["a"], model).messages[3:5] == chat.messages[-2:]


def test_the_reference_is_the_persona_alone_or_the_chat_with_it_restated():
    for reference, length in (("alone", 2), ("restated", 5)):
        asked = condition(plan=replace(PLAN, reference=reference))
        model = EchoModel()
        draws, _ = held(ConversationExperiment("Keeper", (asked,)), model)
        chat = chat_before(asked, 1, 0, draws["a"], model)
        found = reference_chat(asked, chat)
        assert len(found) == length
        assert found[-2:] == (Message("system", PERSONA), Message("user", "And now?"))


def test_a_reply_is_drawn_in_the_reference_too():
    model = ScriptedModel(lambda asked, index: f"reply {index} to {asked}")
    draws, _ = held(ConversationExperiment("Keeper", (condition(),)), Undivided(model))
    assert reference_reply(draws["a"][PLAN.index(2, 0, 0)]) is None  # the same chat
    found = draws["a"][PLAN.index(2, 1, 0)]
    assert reference_reply(found) == f"reply {PLAN.draws + 2 * 3 + 1} to And now?"
    assert reference_reply(draws["a"][PLAN.index(2, 1, 1)]) is None
    assert found.cost == len(found.token_ids) + 5
    asked = [chat for chat in model.asked if chat == (PERSONA, "And now?")]
    assert len(asked) == PLAN.replicates


def test_equal_chats_give_no_divergence():
    """In the first turn the conversation is the reference."""
    experiment = ConversationExperiment("Keeper", (condition(),), seed=4)
    _, apart = held(experiment, EchoModel())
    plan = plan_of(experiment.conditions[0])
    for index, one in apart["a"].items():
        first = index // plan.replies % len(plan.lines) == 0
        assert (not one.kl.any()) == first
        assert (one.js.max() < 1e-12) == first


def test_what_is_there_is_not_drawn_again():
    experiment = ConversationExperiment("Keeper", (condition(),), seed=1)
    whole, _ = held(experiment, EchoModel())
    part = {"a": {index: whole["a"][index] for index in range(20)}}  # a replicate and two turns
    model = ScriptedModel(lambda asked, index: whole["a"][index].text if index < 48 else "…")
    again, _ = held(experiment, Undivided(model), drawn=part)
    assert sorted(again["a"]) == sorted(whole["a"])
    assert sum(map(len, model.asked)) > 0
    assert {i: s.text for i, s in again["a"].items()} == {i: s.text for i, s in whole["a"].items()}


def test_the_oldest_turns_are_left_out_where_the_context_ends():
    plan = Plan(("word " * 150,) * 6, replicates=4, replies=1)
    asked = condition(plan=plan)
    draws, _ = held(ConversationExperiment("Keeper", (asked,)), EchoModel())  # reads 512 words
    last = draws["a"][plan.index(0, 5, 0)]
    assert last.origin == "turn 6, without the first 3"
    chat = chat_before(asked, 5, 0, draws["a"], EchoModel())
    assert chat.messages[0] == Message("system", PERSONA)
    assert [m.role for m in chat.messages[1:]] == ["user", "assistant", "user", "assistant", "user"]


def test_a_stop_keeps_whole_turns():
    calls = iter(range(10_000))
    experiment = ConversationExperiment("Keeper", (condition(),), seed=1)
    draws, _ = held(experiment, EchoModel(), should_stop=lambda: next(calls) > 260)
    assert 0 < len(draws["a"]) < PLAN.draws
    assert len(draws["a"]) % PLAN.replies == 0


def test_a_model_without_distributions_is_only_talked_to():
    draws, apart = held(
        ConversationExperiment("Keeper", (condition(),)),
        Undivided(ScriptedModel(lambda a, i: "x")),
    )
    assert len(draws["a"]) == PLAN.draws
    assert not apart["a"]


def test_a_talk_grows_in_its_own_run(workshop):
    shop = workshop()
    plan = Plan(("Hello.",), replicates=1, replies=4, live=True)
    first = ConversationExperiment("Keeper", (condition(plan=plan, n=4),), seed=1)
    run_id = shop.jobs.submit(first, owner="ann")
    begun = shop.finished(run_id)
    longer = replace(plan, lines=("Hello.", "And now?"))
    second = ConversationExperiment("Keeper", (condition(plan=longer, n=8),), seed=1)
    with pytest.raises(StoreError):
        shop.jobs.go_on(run_id, second, owner="bob")
    shop.jobs.go_on(run_id, second, owner="ann")
    shown = shop.finished(run_id)
    assert shown.run.conditions == second.conditions == shop.store.run(run_id).conditions
    assert shown.data.samples[:4] == begun.data.samples
    assert [s.origin for s in shown.data.samples[4:]] == ["turn 2"] * 4
    assert len(shop.jobs._divergences.load(run_id)) == 8


ASKER = Speaker(ModelRef("echo:list"), "You are curious.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reference": "larger"}, "either the reference or not there"),
        ({"reference": "larger", "larger": ModelRef("echo")}, "must be another model"),
        ({"split": 0}, "exponent of split-softmax must be 0.05 to 1"),
        ({"live": True}, "number of conversations must be 1 to 1"),
        ({"lines": ("", "x"), "user": ASKER}, "line 1 is empty"),
        ({"user": replace(ASKER, system=" ")}, "isn’t told who it is"),
        ({"lines": ()}, "says nothing"),
        ({"lines": ("Hello.", " ")}, "line 2 is empty"),
        ({"lines": ("x",) * 49}, "number of turns must be 1 to 48"),
        ({"replicates": 3}, "number of conversations must be 4 to 64"),
        ({"replies": 2}, "number of replies must be 1, 4, 8"),
        ({"reminders": (4,)}, "turn of a reminder must be 1 to 3, but it was 4"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes, said):
    plan = replace(PLAN, **changes)
    with pytest.raises(ChoraleError, match=said):
        ConversationExperiment("Keeper", (condition(plan=plan),))


def test_other_refusals():
    other = replace(PLAN, replicates=5)
    for conditions, said in (
        ((condition("a"), condition("b", other)), "differ in their number"),
        ((condition(plan=PLAN, n=9),), "draws must be 48 to 48"),
        ((condition(system=""),), "no persona"),
        ((condition(decoding=Decoding(temperature=-1)),), "temperature must be 0 to 5"),
        ((replace(condition(), plan=None),), "says nothing"),
        ((), "1 to 8 conditions"),
    ):
        with pytest.raises(ChoraleError, match=said):
            ConversationExperiment("Keeper", conditions)


def test_a_job_keeps_conversations_and_divergences_and_goes_on_with_them(workshop):
    shop = workshop()
    experiment = ConversationExperiment("Keeper", (condition(model=ModelRef("echo:slow")),), seed=1)
    run_id = shop.jobs.submit(experiment, owner="ann")
    shop.seen(run_id, lambda shown: shown.drawn["a"] >= 4 * PLAN.replies)
    shop.jobs.stop(run_id, owner="ann")
    shop.jobs.wait(run_id, WAIT)
    some = shop.store.drawn(run_id)["a"]
    assert 0 < len(some) < PLAN.draws
    shop.jobs.resume(run_id, owner="ann")
    shown = shop.finished(run_id)
    assert shown.drawn["a"] == PLAN.draws
    whole, _ = held(experiment, EchoModel())
    found = {s.index: s.text for s in shown.data.samples}
    assert found == {i: s.text for i, s in whole["a"].items()}
    assert shop.store.run(run_id).conditions == experiment.conditions
    assert len(shop.jobs._divergences.load(run_id)) == PLAN.draws
    assert not np.any(shown.data.coordinates)
