"""Who else speaks in a conversation: a model as the user, a larger one as the reference."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from data.errors import ChoraleError, UnsupportedError
from data.schema import (
    Decoding,
    Message,
    ModelRef,
    Speaker,
    SplitDecoding,
    Step,
)
from experiments.base import SampleDrawn
from experiments.chats import chat_before, reference_reply, user_chat
from experiments.conversation import ConversationExperiment
from models.divergence import compare
from models.echo import EchoModel
from tests.experiments.scripted import ScriptedModel
from tests.experiments.talking import PLAN, Undivided, condition, held

PLAYED = replace(
    PLAN, lines=("Hello.", "", ""), user=Speaker(ModelRef("echo:list"), "You are curious.")
)


def test_a_model_plays_the_user_in_each_conversation():
    talker, asker = EchoModel(), ScriptedModel(lambda asked, index: f"Why {index}?")
    experiment = ConversationExperiment("Keeper", (condition(plan=PLAYED),), seed=1)
    draws = {"a": {}}
    for turn in experiment.turns(draws, lambda: 64):
        model = asker if turn.model == PLAYED.user.model else talker
        for event in turn.work(model, lambda: False):
            if isinstance(event, SampleDrawn):
                draws["a"][event.sample.index] = event.sample
    assert len(draws["a"]) == PLAYED.draws
    for replicate in range(PLAYED.replicates):
        for turn in (1, 2):
            first = draws["a"][PLAYED.index(replicate, turn, 0)]
            said = f"Why {PLAYED.index(replicate, turn, 0)}?"
            assert first.steps[0] == Step("user", said)
            assert not draws["a"][PLAYED.index(replicate, turn, 1)].steps
            chat = chat_before(condition(plan=PLAYED), turn, replicate, draws["a"], talker)
            assert chat.messages[-1] == Message("user", said)
    reply = draws["a"][PLAYED.index(0, 0, 0)].text
    assert asker.asked[0] == ("You are curious.", "Hello.", "Hello.", reply)


def test_the_user_sees_its_own_lines_as_the_assistants():
    experiment = ConversationExperiment("Keeper", (condition(plan=PLAYED),), seed=1)
    draws, _ = held(experiment, EchoModel())
    found = user_chat(PLAYED, 2, 0, draws["a"], EchoModel(), Decoding(max_new_tokens=12))
    roles = ["system", "user", "assistant", "user", "assistant", "user"]
    assert [message.role for message in found] == roles
    assert found[4].content == draws["a"][PLAYED.index(0, 1, 0)].steps[0].text
    assert found[5].content == draws["a"][PLAYED.index(0, 1, 0)].text
    short = user_chat(PLAYED, 2, 0, draws["a"], EchoModel(), Decoding(max_new_tokens=500))
    assert [message.role for message in short] == ["system", "user", "assistant", "user"]
    assert short[3] == found[5]


def test_a_played_user_is_the_same_again_after_a_stop():
    experiment = ConversationExperiment("Keeper", (condition(plan=PLAYED),), seed=1)
    whole, _ = held(experiment, EchoModel())
    part = {"a": {index: whole["a"][index] for index in range(20)}}
    again, _ = held(experiment, EchoModel(), drawn=part)
    assert again == whole


LARGER = replace(PLAN, reference="larger", larger=ModelRef("echo#larger"))


def test_a_larger_model_is_the_reference_in_the_same_chat():
    experiment = ConversationExperiment("Keeper", (condition(plan=LARGER),), seed=1)
    own, larger = EchoModel(), EchoModel(LARGER.larger, script=["Yes.", "No.", "The sea."])
    draws, apart, asked = {"a": {}}, {}, []
    for turn in experiment.turns(draws, lambda: 64):
        asked.append(turn.model)
        for event in turn.work(larger if turn.model == LARGER.larger else own, lambda: False):
            if isinstance(event, SampleDrawn):
                draws["a"][event.sample.index] = event.sample
            else:
                apart[event.index] = event.divergence
    assert asked == [ModelRef("echo"), LARGER.larger] * 3
    assert sorted(draws["a"]) == list(range(LARGER.draws)) == sorted(apart)
    chat = chat_before(condition(plan=LARGER), 2, 1, draws["a"], own).messages
    index = LARGER.index(1, 2, 0)
    tokens = [draws["a"][index].token_ids]
    streams = (model.distributions(chat, tokens) for model in (own, larger))
    [one] = compare(*streams, tokens)
    np.testing.assert_allclose(apart[index].js, one.js, atol=1e-3)  # kept as halves in between
    assert apart[LARGER.index(1, 0, 0)].js.max() > 0.01  # other models differ at once
    assert reference_reply(draws["a"][index]) in ("Yes.", "No.", "The sea.")


def test_a_larger_model_with_another_tokenizer_is_refused():
    class Other(EchoModel):
        def answer_ids(self, text):
            return (*super().answer_ids(text), 5)

    experiment = ConversationExperiment("Keeper", (condition(plan=LARGER),), seed=1)
    first, second = itertools.islice(experiment.turns({"a": {}}, lambda: 64), 2)
    assert not list(first.work(EchoModel(), lambda: False))
    with pytest.raises(ChoraleError, match="has another tokenizer"):
        list(second.work(Other(), lambda: False))


def test_split_softmax_is_asked_of_the_model_and_refused_where_it_cannot_be():
    asked = condition(plan=replace(PLAN, split=0.5), decoding=Decoding(temperature=0.7))
    model = Undivided(ScriptedModel(lambda asked, index: "x"))
    with pytest.raises(UnsupportedError, match="no attention that could be held up"):
        held(ConversationExperiment("Keeper", (asked,)), model)
    found = []
    model.generate_each = lambda chats, *, decoding, **how: found.append(decoding) or iter(())
    held(ConversationExperiment("Keeper", (asked,)), model)
    assert found[0] == SplitDecoding(temperature=0.7, exponent=0.5)
    with pytest.raises(ChoraleError, match="can’t be held up"):
        ConversationExperiment("Keeper", (replace(asked, model=ModelRef("server:x")),))
