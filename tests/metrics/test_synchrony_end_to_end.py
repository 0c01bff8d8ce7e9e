"""From texts to a frontier: awkward texts, and the published log."""

import numpy as np
import pytest

from data.dialogues import read_style_log, read_turns
from metrics.policies import simulate, standard_policies
from metrics.style import FEATURES, style_features
from metrics.style_space import by_conversation, fit_style_space, median_step
from metrics.synchrony import measure_policies
from tests.benchmarks.frontier import LOG, pooled_report, published_report

AWKWARD = """conversation_id,speaker,text
a,user,Hello there! Do you know the way?
a,user,Hmm
a,user,🙂🙂
a,user,Thank you so much my friend. I will think about it and come again.
b,user,Привет! Как дела?
c,user,We walked along the long quay because the sea was calm.
d,user,ok
d,user,ok
d,user,ok
e,user,
e,user,我们今天去公园。
"""


def played_awkward():
    corpus = read_turns(AWKWARD)
    texts = [turn.text for dialogue in corpus.dialogues for turn in dialogue.turns]
    ids = [dialogue.id for dialogue in corpus.dialogues for _ in dialogue.turns]
    features = style_features(texts)
    space = fit_style_space(features, reference="eleven turns")
    return features, simulate(
        standard_policies(), users := by_conversation(space.scale(features), ids),
        np.full(len(space.names), 0.1), unit=median_step(users),
    )  # fmt: skip


def test_awkward_turns_are_undefined_and_never_zero():
    features, played = played_awkward()
    russian = dict(zip(FEATURES, features[4], strict=True))
    assert [name for name, value in russian.items() if not np.isnan(value)] == ["sentence_length"]
    for row in (2, 9, 10):  # emoji, nothing, Chinese
        assert np.isnan(features[row]).all()
    assert played.users.unobserved == 4


def test_awkward_conversations_keep_their_place_and_spoil_no_other():
    _, played = played_awkward()
    found = measure_policies(played, informality=0)
    uncapped = found["synchrony"][1]
    assert played.users.ids == ("a", "b", "c", "d", "e")
    # b and e have no turn that can be followed
    assert np.isnan(uncapped).tolist() == [False, True, False, False, True]
    assert uncapped[[0, 2, 3]] == pytest.approx(1)
    # the bot waited at its persona there, so that is steady
    assert found["stability"][1, [1, 4]] == pytest.approx(1)
    # identical turns: one step, then none
    steps = np.linalg.norm(np.diff(played.states[1, 3, :3], axis=0), axis=1)
    assert steps == pytest.approx([0, 0])


def test_the_published_table_and_the_pooled_one_are_met():
    if not LOG.exists():
        pytest.skip(f"{LOG.name} is not beside this checkout")
    log = read_style_log(LOG.read_bytes())
    assert published_report(log) <= 0.03
    assert pooled_report(log) <= 0.02
