"""Where a model looks, against transformers' own eager attention; and split-softmax."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from data.decoding import SplitDecoding
from data.errors import PromptError, UnsupportedError
from data.schema import Decoding, Message, ModelRef
from models.attentive import AttentiveModel
from models.local import LocalModel, load_local
from models.shared_prefix import use_attention
from models.watched_attention import _held_up

ASK = [Message("system", "The sea and a boat."), Message("user", "A boat in the harbour?")]
LONGER = [*ASK, Message("assistant", "the sea"), Message("user", "and the harbour?")]
ANSWERS = [(40, 41, 7), (99,), tuple(range(30, 60))]


@torch.inference_mode()
def eager_shares(model: LocalModel, messages: list[Message], answer: tuple[int, ...]) -> list:
    """Per layer, from the weights that transformers puts out for the whole text."""
    engine, prompt = model._engine, model._prompt(messages)
    first, last = model.system_span(messages)
    use_attention(engine.model, "eager")
    text = torch.tensor([[*prompt, *answer]])
    layers = engine.model(input_ids=text, use_cache=False, output_attentions=True).attentions
    use_attention(engine.model, engine.attention)
    return [float(w[0, :, len(prompt) :, first:last].sum(-1).mean()) for w in layers]


def test_shares_are_those_of_eager_attention(tiny: LocalModel) -> None:
    assert isinstance(tiny, AttentiveModel)
    for chat in (ASK, LONGER):
        shares, tokens = tiny.attention_shares(chat, ANSWERS)
        assert shares.shape == (3, 2)
        for answer, found in zip(ANSWERS, shares, strict=True):
            np.testing.assert_allclose(found, eager_shares(tiny, chat, answer), atol=1e-5)
        first, last = tiny.system_span(chat)
        # One answer token is seen after the first one is fed: prompt and one token.
        assert tokens[1] == pytest.approx((last - first) / (tiny.count_tokens(chat) + 1))


def test_the_span_is_what_the_system_prompt_adds(tiny: LocalModel) -> None:
    first, last = tiny.system_span(LONGER)
    whole, rest = tiny._prompt(LONGER), tiny._prompt(LONGER[1:])
    assert [*whole[:first], *whole[last:]] == rest
    assert (first, last) == tiny.system_span(ASK)
    with pytest.raises(PromptError, match="no system prompt"):
        tiny.attention_shares(ASK[1:], ANSWERS)


def test_split_softmax_raises_the_share_to_a_power() -> None:
    # π = 0.05 + 0.15 = 0.2, k = ½: π' = √0.2 = 0.4472; inside × 2.236, outside × 0.5528 / 0.8.
    weights = torch.tensor([0.05, 0.15, 0.3, 0.5])[None, None, None]
    inside = torch.tensor([True, True, False, False])[None, None, None]
    share = (weights * inside).sum(-1, keepdim=True)
    found = _held_up(weights, share, inside, 0.5)[0, 0, 0]
    np.testing.assert_allclose(found, [0.1118, 0.3354, 0.2073, 0.3455], atol=1e-4)
    assert float(found.sum()) == pytest.approx(1)
    for certain in (torch.tensor([0.0, 0, 0.4, 0.6]), torch.tensor([0.5, 0.5, 0, 0])):
        row = certain[None, None, None]
        held = _held_up(row, (row * inside).sum(-1, keepdim=True), inside, 0.5)
        np.testing.assert_array_equal(held[0, 0, 0], certain)


def test_exponent_one_draws_as_without_and_others_draw_otherwise(tiny: LocalModel) -> None:
    chats, indices = [ASK, LONGER, ASK, LONGER], [3, 5, 8, 9]
    plain = {
        s.index: s
        for s in tiny.generate_each(
            chats, indices=indices, decoding=Decoding(max_new_tokens=12), seed=4
        )
    }
    for exponent, same in ((1.0, True), (0.2, False)):
        decoding = SplitDecoding(max_new_tokens=12, exponent=exponent)
        drawn = {
            s.index: s
            for s in tiny.generate_each(chats, indices=indices, decoding=decoding, seed=4)
        }
        assert sorted(drawn) == indices
        assert all(drawn[i].token_ids == plain[i].token_ids for i in indices) == same
    # Each alone, unpadded, is held up as it is among others.
    decoding = SplitDecoding(max_new_tokens=12, exponent=0.2)
    for chat, index in zip(chats, indices, strict=True):
        [alone] = tiny.generate_each([chat], indices=[index], decoding=decoding, seed=4)
        assert alone.token_ids == drawn[index].token_ids
    again = next(
        iter(tiny.generate(ASK, indices=[3], decoding=Decoding(max_new_tokens=12), seed=4))
    )
    assert again.token_ids == plain[3].token_ids  # nothing of it stays behind


def test_windows_are_refused(checkpoint: Callable[..., Path]) -> None:
    model = load_local(ModelRef(str(checkpoint("mistral")), quantization="fp32"), device="cpu")
    with pytest.raises(UnsupportedError, match="can't be watched"):
        model.attention_shares(ASK, ANSWERS)
    with pytest.raises(UnsupportedError, match="can't be watched"):
        list(model.generate_each([ASK], indices=[0], decoding=SplitDecoding(exponent=0.5), seed=1))
