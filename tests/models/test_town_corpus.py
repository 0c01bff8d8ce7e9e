"""Packed dialogues are trained as if each stood alone."""

import numpy as np
import pytest
import torch

from data.town import PLAIN, load_town, read_back
from data.town.prompts import off_topic_answers
from models.town.corpus import (
    ANSWERS_PER_PROMPT,
    IGNORE,
    PERSONA_SHARE,
    draw_batch,
    draw_dialogue,
)
from models.town.tokenizer import CHAT_TEMPLATE, END, ROLES, train_tokenizer
from models.town.train import build_model, loss_of


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(vocab_size=1200)


def test_dialogues_are_answered_by_the_town():
    rng = np.random.default_rng(0)
    dialogues = [draw_dialogue(rng) for _ in range(400)]
    refusals = [d for d in dialogues if len(d.answers) == 1]
    assert {answer for d in refusals for answer in d.answers} == set(off_topic_answers())
    for dialogue in dialogues:
        if len(dialogue.answers) == ANSWERS_PER_PROMPT:
            readings = [read_back(answer) for answer in dialogue.answers]
            assert None not in readings
            assert len({reading.topic for reading in readings if reading}) == 1
    answers = sum(len(d.answers) for d in dialogues)
    assert 0.03 <= len(refusals) / answers <= 0.15


def test_held_out_questions_are_not_trained():
    rng = np.random.default_rng(1)
    held_out = {q.casefold() for t in load_town().topics.values() for q in t.held_out}
    asked = {draw_dialogue(rng).user.casefold() for _ in range(2000)}
    assert not asked & held_out


def test_system_prompts_carry_personas_and_styles():
    rng = np.random.default_rng(2)
    systems = [d.system for d in (draw_dialogue(rng) for _ in range(2500)) if len(d.answers) > 1]
    asks = [ask for style in load_town().styles.values() for ask in style.asks]
    groups = [group.one for group in load_town().groups.values()]
    assert load_town().styles[PLAIN].asks == ()
    assert {ask for ask in asks if any(ask in system for system in systems)} == set(asks)
    assert all(any(one in system for system in systems) for one in groups)
    assert 0.1 < systems.count("") / len(systems) < 1 - PERSONA_SHARE


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
    assert (batch.labels[batch.tokens == assistant] != IGNORE).all()
    ends = batch.labels == tokenizer.convert_tokens_to_ids(END)
    # every answer that starts also ends
    assert ends.sum() == (batch.tokens == assistant).sum()


def test_packed_answer_is_scored_as_if_alone(tokenizer):
    torch.manual_seed(0)
    model = build_model(tokenizer, hidden=64, layers=2).eval()
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=1, length=200)
    user, assistant = (tokenizer.convert_tokens_to_ids(ROLES[r]) for r in ("user", "assistant"))
    first, second = np.flatnonzero(batch.tokens[0] == assistant)[:2]
    assert user not in batch.tokens[0, first:second]  # two answers to the same prompt
    end = second + int(np.argmax(batch.labels[0, second:] == tokenizer.eos_token_id)) + 1
    alone = np.concatenate([batch.tokens[0, :first], batch.tokens[0, second:end]])
    with torch.no_grad():
        packed = model(
            input_ids=torch.from_numpy(batch.tokens),
            attention_mask=torch.from_numpy(batch.mask),
            position_ids=torch.from_numpy(batch.positions),
        ).logits[0, second:end]
        single = model(input_ids=torch.from_numpy(alone[None])).logits[0, first:]
    assert torch.allclose(packed, single, atol=1e-5)


def test_untrained_loss_is_near_the_uniform_one(tokenizer):
    model = build_model(tokenizer, hidden=64, layers=2)
    batch = draw_batch(tokenizer, np.random.default_rng(0), rows=2, length=128)
    assert loss_of(model, batch).item() == pytest.approx(np.log(len(tokenizer)), rel=0.1)


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
