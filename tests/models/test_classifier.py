from __future__ import annotations

import json

import numpy as np
import pytest

from data.errors import MemoryBudgetError, ModelError
from models import classifier
from models.classifier import load_classifier
from tests.models.families import save_family
from tests.models.tiny_classifier import ENTAILMENT, save_classifier

TEXTS = ("the harbour", "the sea and the light and the boat", "old", "mend the pier", "fish")
TURNS = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"


@pytest.fixture(scope="module")
def entailing(tmp_path_factory):
    return load_classifier(str(save_classifier(tmp_path_factory.mktemp("nli"), ENTAILMENT)))


@pytest.fixture(scope="module")
def rewarding(tmp_path_factory):
    return load_classifier(str(save_classifier(tmp_path_factory.mktemp("reward"), ["LABEL_0"])))


def test_the_task_is_told_by_the_labels(entailing, rewarding, tmp_path):
    assert entailing.task == "entailment"
    assert entailing.column("entail") == 1
    assert entailing.column("contra") == 0
    assert rewarding.task == "score"
    pairs = load_classifier(str(save_classifier(tmp_path / "pairs", ["LABEL_0", "LABEL_1"])))
    assert pairs.task == "equivalence"
    binary = save_classifier(tmp_path / "binary", ["not_entailment", "entailment"])
    assert load_classifier(str(binary)).column("entail") == 1
    moods = load_classifier(str(save_classifier(tmp_path / "moods", ["joy", "anger", "fear"])))
    with pytest.raises(ModelError, match="joy, anger, fear"):
        _ = moods.task


def test_a_text_is_read_as_if_it_were_alone(entailing):
    firsts, seconds = TEXTS * 5, tuple(reversed(TEXTS)) * 5  # more than a batch
    together = entailing.logits(firsts, seconds)
    alone = [entailing.logits([a], [b])[0] for a, b in zip(TEXTS, reversed(TEXTS), strict=True)]
    np.testing.assert_allclose(together, np.tile(alone, (5, 1)), atol=1e-5)
    assert together.shape == (25, 3)


def test_it_agrees_with_the_model_called_by_hand(entailing):
    import torch

    read = entailing._tokenizer("the sea", "a boat", return_tensors="pt")
    with torch.inference_mode():
        expected = entailing._model(**read).logits.numpy()
    np.testing.assert_allclose(entailing.logits(["the sea"], ["a boat"]), expected, atol=1e-6)


def test_the_order_of_a_pair_counts(entailing):
    forth, back = entailing.logits([TEXTS[0]], [TEXTS[1]]), entailing.logits([TEXTS[1]], [TEXTS[0]])
    assert np.abs(forth - back).max() > 1e-3


def test_long_texts_are_cut_where_asked_and_where_they_must_be(entailing):
    long = "the boat " * 200
    assert np.isfinite(entailing.logits([long], [long])).all()
    cut = entailing.logits(["the sea a boat in the harbour"], ["the light"], each=2)
    np.testing.assert_allclose(cut, entailing.logits(["the sea"], ["the light"]), atol=1e-6)


def test_nothing_is_read_of_nothing_and_a_stop_leaves_the_rest_out(entailing):
    assert entailing.logits([], []).shape == (0, 3)
    assert np.isnan(entailing.logits(TEXTS, TEXTS, should_stop=lambda: True)).all()


def test_rewards_are_the_one_logit(rewarding, entailing):
    found = rewarding.rewards("the harbour", TEXTS)
    expected = rewarding.logits(["the harbour"] * len(TEXTS), TEXTS)[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(ModelError, match="no reward model"):
        entailing.rewards("the harbour", TEXTS)


def test_a_chat_template_is_used_where_there_is_one(tmp_path):
    chatty = load_classifier(str(save_classifier(tmp_path, ["LABEL_0"], template=TURNS)))
    found = chatty.rewards("the harbour", ["a boat"])
    expected = chatty.logits(["<|user|>the harbour<|assistant|>a boat"])[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_model_that_writes_is_no_classifier(tmp_path):
    save_family(tmp_path, "llama")
    with pytest.raises(ModelError, match="no classification head"):
        load_classifier(str(tmp_path))


def test_what_cannot_be_loaded_is_explained(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="no model or folder"):
        load_classifier("nothing here")
    folder = save_classifier(tmp_path / "broken", ENTAILMENT)
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="can’t be loaded as a classifier"):
        load_classifier(str(folder))
    whole = save_classifier(tmp_path / "whole", ENTAILMENT)
    monkeypatch.setattr(classifier, "available_memory", lambda device: 10)
    with pytest.raises(MemoryBudgetError, match="are free"):
        load_classifier(str(whole))


def test_code_of_a_model_is_never_run(tmp_path):
    folder = save_classifier(tmp_path, ENTAILMENT)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="runs no code from models"):
        load_classifier(str(folder))


def test_weights_that_are_no_numbers_are_found(tmp_path):
    broken = load_classifier(str(save_classifier(tmp_path, ENTAILMENT)))
    broken._model.classifier.bias.data[:] = float("nan")
    with pytest.raises(ModelError, match="not a number"):
        broken.logits(["the sea"], ["a boat"])
