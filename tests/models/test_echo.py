"""The model without weights keeps the promises that every model makes."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef
from models.echo import CONTEXT, SCRIPT, EchoModel, HashEmbedder

ASK = (Message("user", "What should we do?"),)


def draws(model=None, indices=range(40), seed=1, messages=ASK, **decoding):
    model = model or EchoModel()
    samples = model.generate(
        messages, indices=list(indices), decoding=Decoding(**decoding), seed=seed
    )
    return {sample.index: sample for sample in samples}


def test_a_draw_depends_on_seed_and_index_alone():
    together = draws()
    assert set(together) == set(range(40))
    assert draws(indices=[17]) == {17: together[17]}
    assert draws(seed=2) != together


def test_every_setting_of_the_question_changes_the_answers():
    texts = [s.text for s in draws().values()]
    assert [
        s.text for s in draws(messages=(Message("system", "Be terse."), *ASK)).values()
    ] != texts
    assert [s.text for s in draws(temperature=0.2).values()] != texts


def test_temperature_widens_the_choice():
    counts = [len({s.text for s in draws(temperature=t).values()}) for t in (0, 0.3, 3)]
    assert counts[0] == 1
    assert counts[0] < counts[1] < counts[2] <= len(SCRIPT)


def test_numbers_agree_with_the_text():
    sample = draws(indices=[0])[0]
    assert len(sample.token_ids) == len(sample.text.split()) + 1  # and the end
    assert len(sample.logprobs) == len(sample.entropies) == len(sample.token_ids)
    assert max(sample.logprobs) <= 0 <= min(sample.entropies)
    assert sample.finish is FinishReason.STOP


def test_the_same_word_is_the_same_token():
    words: dict[str, int] = {}
    for sample in draws().values():
        for word, token in zip(sample.text.split(), sample.token_ids, strict=False):
            assert words.setdefault(word, token) == token


def test_the_limit_of_tokens_cuts_the_answer():
    sample = draws(indices=[0], max_new_tokens=3)[0]
    assert len(sample.token_ids) == 3
    assert sample.finish is FinishReason.LENGTH
    assert draws(indices=[0])[0].text.startswith(sample.text)


def test_temperature_zero_has_no_surprise():
    sample = draws(indices=[0], temperature=0)[0]
    assert sample.logprobs[0] == pytest.approx(0)
    assert sample.entropies[0] == pytest.approx(0)


def test_shorter_answers_come_first_and_a_stop_is_obeyed_within_a_step():
    came = []
    for sample in EchoModel().generate(
        ASK, indices=range(40), decoding=Decoding(), seed=1, should_stop=lambda: bool(came)
    ):
        came.append(sample)
    lengths = {len(sample.token_ids) for sample in came}
    assert len(lengths) == 1
    assert lengths == {min(len(s.token_ids) for s in draws().values())}


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_prompt_is_refused(text):
    with pytest.raises(PromptError, match="empty"):
        draws(messages=(Message("system", "You are a fisher."), Message("user", text)))


def test_a_prompt_beyond_the_context_is_refused():
    with pytest.raises(PromptError, match=str(CONTEXT)):
        draws(messages=(Message("user", "word " * CONTEXT),))


def test_it_misbehaves_when_asked_to():
    for id_, error in (("echo:fail", ModelError), ("echo:crash", RuntimeError)):
        model = EchoModel(ModelRef(id_))
        stream = model.generate(ASK, indices=range(9), decoding=Decoding(), seed=1)
        assert len([next(stream) for _ in range(3)]) == 3
        with pytest.raises(error, match="as it was asked to"):
            next(stream)
    with pytest.raises(ModelError, match="no echo model"):
        EchoModel(ModelRef("echo:nonsense"))


def test_a_twin_behaves_the_same_under_another_name():
    assert draws(EchoModel(ModelRef("echo#two"))) == draws()
    assert EchoModel(ModelRef("echo#two")).info.ref != EchoModel().info.ref


def test_vectors_are_unit_rows_fixed_by_the_words():
    embedder = HashEmbedder(16)
    vectors = embedder.embed(["a pier", "A  PIER", "bread", ""])
    assert vectors.shape == (4, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert abs(vectors[0] @ vectors[2]) < 0.95
    assert embedder.embed([]).shape == (0, 16)
