"""What tokens are worth, by hand, and that the loop goes by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from data.schema import Decoding, Message, ValueDecoding
from models.continuation import read_prompt
from models.local import LocalModel
from models.truncation import draw
from models.valued import ValuedModel
from models.word_values import LONGEST, Leaning, WordValues, unfinished_word

WORDS = {"lavender": 2.0, "lava": -1.0, "Sea": 1.0, "don't": 4.0, "dogs": 3.0}
ASK = (Message("user", "What of the harbour?"),)
PIECES = ["", ".", " lav", "ender", "a", " sea", " ", "s", "caf", "\ufffd", "é", "s the", "'"]
END = 0


@pytest.fixture
def values() -> WordValues:
    return WordValues(WORDS)


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("", 0.0),
        (".", 0.0),
        ("lav", 0.5),  # (2 − 1) / 2
        ("LAVEN", 2.0),
        ("lavender", 2.0),  # still begun: nothing else begins so
        ("lava ", -1.0),  # finished
        ("lav ", 0.0),  # finished, and no word
        ("lavender sea", 3.0),
        ("lavender, sea.", 3.0),
        ("sea la", 1.5),  # 1 + (2 − 1) / 2
        ("xyz", 0.0),
        ("don", 4.0),
        ("don'", 4.0),
        ("don’", 0.0),  # another apostrophe, another word
        ("dogs'", 3.0),  # nothing begins so, but it may be the end of a quotation
        ("d", 3.5),
    ],
)
def test_a_text_is_worth_its_words_and_what_may_come_of_the_last(values, text, worth):
    assert values.of(text) == pytest.approx(worth)


def test_nothing_comes_of_a_word_once_the_answer_ends(values):
    assert values.of("lav", ended=True) == 0
    assert values.of("lava", ended=True) == -1


def test_without_words_nothing_is_worth_anything():
    assert WordValues({}).of("lavender sea") == 0


def test_unfinished_words():
    assert unfinished_word("the lav") == "lav"
    assert unfinished_word("the lav.") == unfinished_word("") == unfinished_word("… ") == ""
    assert unfinished_word("I don'") == "don'"


def leaning(values: WordValues, strength: float = 1.0, top: int = 20) -> Leaning:
    def read(tokens):
        whole = "".join(PIECES[token] for token in tokens)
        return whole.replace("\ufffdé", "é")  # the second half of its bytes

    return Leaning(
        values, read, before=(1,), ends=frozenset({END}), strength=strength, top=top
    )  # fmt: skip


def test_amounts_are_beta_times_value_less_its_mean(values):
    # At the start: “ lav” 0.5, “ sea” 1, “ ” 0, end 0; mean 0.375.
    found = leaning(values, 2.0).amounts((), [2, 5, 6, END])
    assert found.tolist() == pytest.approx([0.25, 1.25, -0.75, -0.75])
    # After “ lav”: “ender” 2, “a” −1, “ ” and the end finish a word that is none; mean 0.25.
    found = leaning(values, 1.0).amounts((2,), [3, 4, 6, END])
    assert found.tolist() == pytest.approx([1.75, -1.25, -0.25, -0.25])
    # After “ lava”, the end and a space say what it is worth, and “s” makes another word of it.
    found = leaning(values, 1.0).amounts((2, 4), [END, 6, 7])
    assert found.tolist() == pytest.approx([-1 / 3, -1 / 3, 2 / 3])


def test_only_the_word_being_said_is_remembered(values):
    after = leaning(values).after
    assert after((), 2) == (2,)
    assert after((2,), 3) == (2, 3)  # lav-ender
    assert after((2, 3), 5) == (5,)  # another word
    assert after((2, 3), 1) == (1,)  # a full stop
    assert after((5,), 11) == (11,)  # “s the” goes on and begins another
    assert after((8,), 9) == (8, 9)  # part of a character
    assert after((8, 9), 10) == (8, 9, 10)  # caf-é
    assert len(after((4,) * LONGEST, 4)) == 1


def test_a_lean_changes_what_is_drawn_and_not_what_is_recorded():
    logits = torch.randn(200, 40, generator=torch.Generator().manual_seed(1))
    uniforms = torch.rand(200, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    ids = logits.topk(5).indices
    amounts = torch.zeros(200, 5)
    amounts[:, 3] = 50.0
    token, logprob, entropy = draw(logits, uniforms, Decoding(temperature=0.7), (ids, amounts))
    assert torch.equal(token.long(), ids[:, 3])
    plain = draw(logits, uniforms, Decoding())
    assert torch.equal(entropy, plain[2])
    own = logits.log_softmax(-1).gather(-1, ids[:, 3:4])[:, 0]
    torch.testing.assert_close(logprob, own.double())
    greedy = draw(logits, uniforms, Decoding(temperature=0.0), (ids, amounts))[0]
    assert torch.equal(greedy.long(), ids[:, 3])


def test_a_lean_before_temperature_by_hand():
    # ln 3 more on the second of two equal tokens, at T = 0.5: odds 9 to 1.
    logits = torch.zeros(1000, 2)
    uniforms = torch.linspace(0, 1 - 1e-9, 1000, dtype=torch.float64)
    lean = (torch.tensor([[0, 1]] * 1000), torch.tensor([[0.0, float(np.log(3))]] * 1000))
    drawn = draw(logits, uniforms, Decoding(temperature=0.5), lean)[0]
    assert drawn.mean() == pytest.approx(0.9, abs=0.002)


def drawn(model: LocalModel, strength: float, words: dict[str, float], **options):
    decoding = ValueDecoding(
        max_new_tokens=12, words=tuple(words.items()), strength=strength, **options
    )
    found = model.generate_valued(ASK, indices=range(24), decoding=decoding, seed=3)
    return {sample.index: sample for sample in found}


def test_at_strength_zero_answers_are_the_usual_ones(tiny):
    plain = tiny.generate(ASK, indices=range(24), decoding=Decoding(max_new_tokens=12), seed=3)
    assert drawn(tiny, 0.0, {"the": 9.0}) == {sample.index: sample for sample in plain}
    # Words that can't be said lean to nothing, whatever the strength.
    assert {i: s.token_ids for i, s in drawn(tiny, 9.0, {"δδδδ": 1.0}).items()} == {
        i: s.token_ids for i, s in drawn(tiny, 0.0, {}).items()
    }


def test_a_huge_strength_takes_the_valued_token_among_the_likeliest(tiny):
    logits = read_prompt(tiny._engine, tiny._chat.encode(ASK)).logits[0]
    begun = {
        int(token): unfinished_word("." + tiny._reader.decode([int(token)])).casefold()
        for token in logits.argsort(descending=True)
    }
    likeliest, others = list(begun)[:20], list(begun)[20:]
    word = next(begun[token] for token in likeliest if begun[token])
    best = {t for t in likeliest if begun[t] and word.startswith(begun[t])}
    assert {s.token_ids[0] for s in drawn(tiny, 1e6, {word: 1.0}).values()} <= best
    assert {s.token_ids[0] for s in drawn(tiny, 0.0, {}).values()} - best
    # What isn't among the likeliest can't be pulled up.
    starts = {begun[token][:1] for token in likeliest}
    outside = next(begun[t] for t in others if begun[t] and begun[t][0] not in starts)
    first = {i: s.token_ids[0] for i, s in drawn(tiny, 1e6, {outside: 1.0}).items()}
    assert first == {i: s.token_ids[0] for i, s in drawn(tiny, 0.0, {}).items()}


def test_draws_do_not_depend_on_how_many_are_drawn_together(tiny):
    decoding = ValueDecoding(max_new_tokens=12, words=(("the", 1.0), ("harbour", 2.0)), strength=3)
    whole = list(tiny.generate_valued(ASK, indices=range(20), decoding=decoding, seed=3))
    few = list(tiny.generate_valued(ASK, indices=[3, 17], decoding=decoding, seed=3))
    assert {s.index: s for s in few}.items() <= {s.index: s for s in whole}.items()
    assert whole != list(
        tiny.generate_valued(
            ASK, indices=range(20), decoding=replace(decoding, strength=1.0), seed=3
        )
    )


def test_a_local_model_can_and_says_so(tiny):
    assert isinstance(tiny, ValuedModel)
