"""Looking into the model after each turn, on echoes whose states their prompt and words fix."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from data.errors import ChoraleError
from data.schema import Condition, Decoding, ModelRef, Plan
from experiments.conversation import ConversationExperiment
from experiments.states import frame_of, shares_of_tokens, state_pieces, table_of
from models.echo import LAYERS, WIDTH, EchoModel

PLAN = Plan(("Hello.", "And now?"), replicates=10, replies=1)
ASKED = Condition(
    "a", "Plain", ModelRef("echo"), Decoding(max_new_tokens=12), "You are Marta.", PLAN.draws,
    plan=PLAN,
)  # fmt: skip


class Attentive(EchoModel):
    """Looks at the system prompt less with every message."""

    def attention_shares(self, messages, answers):
        assert messages[0].role == "system"
        share = 1 / len(messages)
        return np.full((len(answers), LAYERS), share), np.full(len(answers), share / 2)


@pytest.fixture
def data(workshop):
    shop = workshop()
    run_id = shop.jobs.submit(ConversationExperiment("Marta", (ASKED,), seed=2), owner="ann")
    return shop.finished(run_id).data


def kept(data, model):
    return {piece.name: piece.work(model, lambda: False) for piece in state_pieces(data)}


def test_every_turn_is_looked_into_layer_by_layer(data):
    found = kept(data, EchoModel())
    assert list(found) == ["a 1", "a 2"]
    table = table_of(found, "a", "axis", 2)
    assert table.shape == (LAYERS, 2, 5)
    mean, low, high, least, most = np.moveaxis(table, -1, 0)
    assert ((low < mean) & (mean < high)).all()
    assert (least < most).all()
    # An echo's state has a part that its prompt fixes: in the first turn the chat is one of those
    # that told the axis, so it lies towards the persona in every layer.
    assert (mean[:, 0] > 0).all()
    assert table_of(found, "a", "attention", 2) is None
    assert np.isnan(shares_of_tokens(found, "a", 2)).all()
    assert table_of({}, "a", "axis", 2) is None


def test_attention_is_kept_where_the_model_tells_it(data):
    found = kept(data, Attentive())
    table = table_of(found, "a", "attention", 3)
    # Two messages before the first reply, four before the second; all conversations agree, and of
    # ten the rule of three leaves room on both sides.
    np.testing.assert_allclose(table[:, :2, 0], [[1 / 2, 1 / 4]] * LAYERS)
    assert (table[:, :2, 1] < table[:, :2, 0]).all()
    assert np.isnan(table[:, 2]).all()
    assert shares_of_tokens(found, "a", 2) == [0.25, 0.125]


def test_the_same_seed_finds_the_same(data):
    assert json.dumps(kept(data, EchoModel())) == json.dumps(kept(data, EchoModel()))


def test_one_half_of_the_neutral_replies_tells_the_axis():
    axes, neutral = frame_of(ASKED, 3, EchoModel())
    assert axes.shape == (LAYERS, WIDTH)
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1)
    assert len(neutral) == 12  # of 2 lines, 12 draws each, every other one


def test_a_stop_leaves_nothing_half_done(data):
    assert state_pieces(data)[0].work(EchoModel(), lambda: True) is None


def test_without_a_persona_there_is_nothing_to_look_for():
    with pytest.raises(ChoraleError, match="no persona to look for"):
        frame_of(replace(ASKED, system=" "), 3, EchoModel())


def test_a_turn_that_is_not_whole_is_left_out(data):
    part = replace(data, keys=data.keys[:-1], samples=data.samples[:-1])
    assert [piece.name for piece in state_pieces(part)] == ["a 1"]
