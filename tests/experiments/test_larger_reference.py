"""A larger reference that is really loaded: checkpoints of the bundled model's architecture."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from data.divergences import DivergenceStore
from data.schema import Condition, Decoding, ModelRef, Plan, RunState
from experiments.chats import reference_reply
from experiments.conversation import ConversationExperiment
from experiments.drift import courses, per_reply
from models.local import load_local
from models.registry import BUNDLED_FOLDER
from tests.models.conftest import save_tokenizer

pytestmark = pytest.mark.skipif(
    not (BUNDLED_FOLDER / "tokenizer.json").exists(), reason="No weights are in this copy."
)
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A small and a larger model with the bundled tokenizer, and one with another tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folders = {}
    for seed, (name, layers) in enumerate({"small": 1, "larger": 2, "foreign": 2}.items()):
        folder = tmp_path_factory.mktemp(name)
        torch.manual_seed(seed)
        config = AutoConfig.from_pretrained(BUNDLED_FOLDER)
        config.num_hidden_layers, config.initializer_range = layers, 0.2
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        if name == "foreign":
            save_tokenizer(folder)
        else:
            for file in TOKENIZER:
                shutil.copy(BUNDLED_FOLDER / file, folder / file)
        folders[name] = ModelRef(str(folder), quantization="fp32")
    return folders


def experiment(small, larger):
    plan = Plan(
        ("Who are you?", "And the harbour?"), replicates=4, replies=4, reference="larger",
        larger=larger,
    )  # fmt: skip
    asked = Condition(
        "a", "Plain", small, Decoding(max_new_tokens=5), "You are Marta, a fisher of Saltmere.",
        plan.draws, plan=plan,
    )  # fmt: skip
    return ConversationExperiment("Marta", (asked,), seed=4)


def load(ref):
    return load_local(ref, device="cpu")


def test_two_real_checkpoints_are_held_against_each_other(workshop, tmp_path, checkpoints):
    shop = workshop(loader=load)
    asked = experiment(checkpoints["small"], checkpoints["larger"])
    shown = shop.finished(shop.jobs.submit(asked, owner="ann"))
    assert shown.error is None
    assert shown.run.state is RunState.DONE
    plan = asked.conditions[0].plan
    store = DivergenceStore(tmp_path / "chorale.db")
    apart = store.load(shown.run.id)
    store.close()
    assert len(apart) == len(shown.data.samples) == plan.draws
    course = courses(shown.data, per_reply(apart), "kl", null_runs=100)["a"]
    # Other weights choose otherwise from the first word on, also where both see the same chat.
    assert (course.values > 0.01).all()
    firsts = [s for s in shown.data.samples if s.index % plan.replies == 0]
    assert all(reference_reply(sample) is not None for sample in firsts)


def test_the_divergence_is_that_of_the_two_models_own_distributions(
    workshop, tmp_path, checkpoints
):
    shop = workshop(loader=load)
    asked = experiment(checkpoints["small"], checkpoints["larger"])
    shown = shop.finished(shop.jobs.submit(asked, owner="ann"))
    store = DivergenceStore(tmp_path / "chorale.db")
    apart = store.load(shown.run.id)
    store.close()
    first = next(s for s in shown.data.samples if s.index == 0)
    condition = asked.conditions[0]
    from data.schema import Message

    chat = (Message("system", condition.system), Message("user", condition.plan.lines[0]))
    found = []
    for name in ("small", "larger"):
        model = load(checkpoints[name])
        [(_, _, logprobs)] = list(model.distributions(chat, [first.token_ids]))
        found.append(np.asarray(logprobs, dtype=np.float64))
    own, other = found
    by_hand = (np.exp(own) * (own - other)).sum(axis=-1)
    np.testing.assert_allclose(apart["a", 0].kl, by_hand, rtol=2e-2)  # halves in between


def test_a_reference_with_another_tokenizer_is_refused_by_name(workshop, checkpoints):
    shop = workshop(loader=load)
    asked = experiment(checkpoints["small"], checkpoints["foreign"])
    shown = shop.finished(shop.jobs.submit(asked, owner="ann"))
    assert "has another tokenizer" in str(shown.error)
    assert not shown.data.samples
