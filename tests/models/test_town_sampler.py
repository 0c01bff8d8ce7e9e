"""Replies drawn in batches are what each chat alone would get."""

import numpy as np
import pytest

from data.schema import Message
from models.town import sampler
from models.town.sampler import TownModel, chat

CHATS = [
    chat("", "boat"),
    chat("the harbour", "the sea and the boat in the harbour, the sea and the boat"),
    [*chat("", "sea"), Message("assistant", "boat"), Message("user", "the harbour and the sea?")],
    chat("", "a boat in the sea"),
]
COLD = 1e-3  # all but surely the likeliest token


@pytest.fixture(autouse=True)
def short_replies(monkeypatch):
    monkeypatch.setattr(sampler, "LONGEST", 16)


@pytest.fixture(scope="module")
def model(checkpoint):
    return TownModel(checkpoint("llama"))


@pytest.fixture
def watched(model, monkeypatch):
    """Shapes of the batches that go in."""
    shapes, generate = [], model.model.generate

    def watch(**inputs):
        shapes.append(tuple(inputs["input_ids"].shape))
        return generate(**inputs)

    monkeypatch.setattr(model.model, "generate", watch)
    return shapes


def test_padding_changes_no_probability(model):
    together = model.option_masses(CHATS, ["boat", "sea", "x"])
    alone = np.concatenate([model.option_masses([each], ["boat", "sea", "x"]) for each in CHATS])
    assert together == pytest.approx(alone, rel=1e-4)
    assert len({round(mass, 6) for mass in together[:, 0]}) == len(CHATS)  # they do differ
    assert (together.sum(axis=1) <= 1).all()


def test_padding_changes_no_reply(model, watched):
    together = model.replies(CHATS, temperature=COLD)
    assert len(watched) == 1
    alone = [model.replies([each], temperature=COLD)[0] for each in CHATS]
    assert len(watched) == 1 + len(CHATS)
    assert together == alone
    assert len(set(together)) > 1


def test_masses_are_those_of_first_tokens(model):
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    [masses] = model.option_masses([CHATS[1]], letters)
    likely = letters[int(masses.argmax())]
    ids = model.tokenizer.apply_chat_template(
        [{"role": message.role, "content": message.content} for message in CHATS[1]],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )["input_ids"]
    shares = model.model(ids).logits[0, -1].softmax(-1)
    first = model.tokenizer(likely)["input_ids"][0]
    assert masses.max() == pytest.approx(shares[first].item())


def test_long_chats_go_in_small_batches(model, watched, monkeypatch):
    monkeypatch.setattr(sampler, "TOKENS_AT_ONCE", 150)
    replies = model.replies(CHATS * 2)
    assert len(replies) == len(CHATS) * 2
    assert sum(rows for rows, _ in watched) == len(CHATS) * 2
    assert max(rows * (width + sampler.LONGEST) for rows, width in watched) <= 150
    monkeypatch.setattr(sampler, "TOKENS_AT_ONCE", 10)  # less than one chat needs
    watched.clear()
    model.replies(CHATS)
    assert [rows for rows, _ in watched] == [1] * len(CHATS)


def test_seed_decides_the_draws(model):
    def draw(seed):
        model.seed(seed)
        return model.answers("", "the sea", 5)

    assert draw(1) == draw(1) != draw(2)
    assert len(set(draw(1))) == 5


def test_options_must_begin_differently(model):
    with pytest.raises(ValueError, match="Expected options to begin differently"):
        model.option_masses(CHATS, ["boat", "boat"])
