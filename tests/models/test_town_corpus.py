"""Packed dialogues are trained as if each stood alone."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from models.town.corpus import IGNORE, draw_batch
from models.town.tokenizer import CHAT_TEMPLATE, END, ROLES, train_tokenizer
from models.town.train import JUDGEMENT_WEIGHT, build_model, loss_of


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(vocab_size=1200, dialogues=500)


def test_batch_is_a_function_of_its_seed(tokenizer):
    first, again, other = (
        draw_batch(tokenizer, np.random.default_rng(seed), rows=2, length=160) for seed in (5, 5, 6)
    )
    assert np.array_equal(first.tokens, again.tokens)
    assert not np.array_equal(first.tokens, other.tokens)


def test_only_answers_carry_loss(tokenizer):
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=4, length=200)
    user, assistant = (tokenizer.convert_tokens_to_ids(ROLES[r]) for r in ("user", "assistant"))
    assert (batch.labels[batch.tokens == user] == IGNORE).all()
    answered = batch.labels[batch.tokens == assistant] != IGNORE
    assert (~answered).sum() == len(batch.odds) > 0  # a judgement has odds instead
    ends = batch.labels == tokenizer.convert_tokens_to_ids(END)
    # every answer that starts also ends
    assert ends.sum() == (batch.tokens == assistant).sum()


def test_quoted_replies_are_learned_and_nothing_around_them(tokenizer):
    from models.town.corpus import _encoded
    from models.town.dialogues import draw_dialogue

    rng = np.random.default_rng(0)
    quoting = [d for d in (draw_dialogue(rng) for _ in range(60)) if len(d.quoted) == 2]
    assert len(quoting) > 5
    for dialogue in quoting:
        prompt = _encoded(tokenizer, dialogue)[0]
        learned = tokenizer.decode(
            [i for i, wanted in zip(prompt.ids, prompt.learned, strict=True) if wanted]
        )
        # a token that reaches over a border is left out
        core = [re.escape(quote[:-1]) for quote in dialogue.quoted]
        assert re.fullmatch(f" {core[0]}.? {core[1]}.?", learned), (learned, dialogue.quoted)


def test_replies_within_a_conversation_are_learned(tokenizer):
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=2, length=640, conversations=True)
    assistant = tokenizer.convert_tokens_to_ids(ROLES["assistant"])
    assert (batch.tokens == assistant).sum() >= 8
    assert (batch.labels[batch.tokens == assistant] != IGNORE).sum() >= 7
    # a row is filled to its end but for what is too short to keep
    assert (batch.positions > 0).mean() > 0.8


def test_odds_stand_before_the_option(tokenizer):
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=4, length=256)
    assistant = tokenizer.convert_tokens_to_ids(ROLES["assistant"])
    for row, place, options, shares in batch.odds:
        assert batch.tokens[row, place] == assistant
        assert batch.tokens[row, place + 1] in options
        assert batch.labels[row, place + 1] == tokenizer.eos_token_id
        assert sum(shares) == pytest.approx(1)


def test_packed_answer_is_scored_as_if_alone(tokenizer):
    torch.manual_seed(0)
    model = build_model(tokenizer, hidden=64, layers=2).eval()
    user, assistant = (tokenizer.convert_tokens_to_ids(ROLES[r]) for r in ("user", "assistant"))
    batch, first, second = next(
        (batch, a, b)
        for batch in (
            draw_batch(tokenizer, np.random.default_rng(seed), rows=1, length=200)
            for seed in range(99)
        )
        for a, b in pairwise(np.flatnonzero(batch.tokens[0] == assistant))
        # two answers to the first prompt of the row, nothing between them
        if (batch.tokens[0, a:b] == tokenizer.eos_token_id).sum() == 1
        and batch.tokens[0, b - 1] == tokenizer.eos_token_id
        and (batch.tokens[0, :b] == user).sum() == 1
    )
    end = second + int(np.argmax(batch.labels[0, second:] == tokenizer.eos_token_id)) + 1
    alone = np.concatenate([batch.tokens[0, :first], batch.tokens[0, second:end]])
    with torch.no_grad():
        packed = model(
            input_ids=torch.from_numpy(batch.tokens),
            attention_mask=torch.from_numpy(batch.mask),
            position_ids=torch.from_numpy(batch.positions),
        ).logits[0, second:end]
        single = model(input_ids=torch.from_numpy(alone[None])).logits[0, first:]
    assert torch.allclose(packed, single, atol=1e-4)


def test_untrained_loss_is_near_the_uniform_one(tokenizer):
    model = build_model(tokenizer, hidden=64, layers=2)
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=2, length=128)
    uniform = np.log(len(tokenizer))
    assert batch.odds
    assert loss_of(model, batch).item() == pytest.approx((1 + JUDGEMENT_WEIGHT) * uniform, rel=0.1)
    batch.odds.clear()
    assert loss_of(model, batch).item() == pytest.approx(uniform, rel=0.1)


@pytest.mark.parametrize(
    "text",
    ["We should plant lime trees.", "🌊 héllo", "שלום עולם", "مرحبا", "a\x00b\tc\n", "日本語"],
)
def test_any_text_survives_the_tokenizer(tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids) == text


def test_chat_template_renders_every_role(tokenizer):
    chat = [{"role": role, "content": role[0]} for role in ("system", "user", "assistant")]
    assert tokenizer.chat_template == CHAT_TEMPLATE
    assert tokenizer.apply_chat_template(chat, tokenize=False) == (
        "<|system|>s<|end|><|user|>u<|end|><|assistant|>a<|end|>"
    )
    assert tokenizer.apply_chat_template(chat[1:2], tokenize=False, add_generation_prompt=True) == (
        "<|user|>u<|end|><|assistant|>"
    )


def test_chat_template_refuses_an_unknown_role(tokenizer):
    with pytest.raises(Exception, match="role to be system, user or assistant"):
        tokenizer.apply_chat_template([{"role": "tool", "content": "x"}], tokenize=False)
