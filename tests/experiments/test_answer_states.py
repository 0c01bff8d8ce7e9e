"""Reading a run's answers again for the model's own states."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from data.schema import Message, ModelRef
from experiments.answer_states import AT_ONCE, answer_pieces, model_of, states_of
from models.echo import EchoModel
from tests.factories import make_data


def data_of(n=20):
    return make_data({"a": [f"word {i % 3}" for i in range(n)], "b": ["other"] * 4})


def kept(data):
    model = model_of(data)
    work = {p.name: p.work(EchoModel(model), lambda: False) for p in answer_pieces(data, model)}
    return json.loads(json.dumps(work))  # as the store gives it back


def test_every_answer_is_read_as_an_answer_to_persona_and_question():
    data = data_of()
    found = kept(data)
    assert len(found) == 3  # 16 and 4 of the first condition, 4 of the second
    states = states_of(found, data)
    model, condition = EchoModel(model_of(data)), data.run.conditions[0]
    persona = (Message("system", condition.system),) if condition.system else ()
    chat = (*persona, Message("user", data.run.prompt))
    own = model.hidden_states(chat, [model.answer_ids("word 0")], layers=[-1])[0, 0]
    np.testing.assert_allclose(states[0], own, atol=1e-4)
    np.testing.assert_array_equal(states[0], states[3])  # the same words
    assert not np.allclose(states[0], states[1])


def test_the_end_of_an_answer_is_its_last_token_in_the_middle_layer():
    data = data_of()
    ends = states_of(kept(data), data, "end")
    model = EchoModel(model_of(data))
    condition = data.run.conditions[0]
    persona = (Message("system", condition.system),) if condition.system else ()
    chat = (*persona, Message("user", data.run.prompt))
    tokens = model.answer_ids("word 0")
    sums = [len(t) * model.hidden_states(chat, [t])[0, 1] for t in (tokens, tokens[:-1])]
    np.testing.assert_allclose(ends[0], sums[0] - sums[1], atol=1e-3)
    assert np.abs(ends - states_of(kept(data), data)).max() > 0.1


def test_nothing_is_told_until_every_row_is_read():
    data = data_of()
    found = kept(data)
    some = dict(list(found.items())[:1])
    assert states_of(some, data) is None
    fewer = replace(
        data,
        keys=data.keys[:AT_ONCE],
        samples=data.samples[:AT_ONCE],
        vectors=data.vectors[:AT_ONCE],
        coordinates=data.coordinates[:AT_ONCE],
    )
    assert states_of(some, fewer).shape[0] == AT_ONCE
    assert states_of({}, data) is None


def test_a_stop_leaves_a_piece_out():
    data = data_of()
    piece = answer_pieces(data, model_of(data))[0]
    assert piece.work(EchoModel(model_of(data)), lambda: True) is None


def test_states_of_two_models_or_of_a_server_are_not_compared():
    data = data_of()
    first, second = data.run.conditions

    def among(*conditions):
        return model_of(replace(data, run=replace(data.run, conditions=conditions)))

    assert among(first, second) == first.model
    assert among(first, replace(second, model=ModelRef("echo:list"))) is None
    assert among(replace(first, choir=(ModelRef("echo:list"),))) is None
    assert among(replace(first, model=ModelRef("server:x@http://localhost:1/v1"))) is None
