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


def test_draws_are_scored_as_they_were_drawn():
    found = draws(temperature=1.0)
    answers = [sample.token_ids for sample in found.values()]
    for sample, logprobs in zip(found.values(), EchoModel().score(ASK, answers), strict=True):
        np.testing.assert_allclose(logprobs, sample.logprobs, atol=1e-4)


def test_words_off_the_script_are_all_but_impossible():
    words = EchoModel().answer_ids("Perhaps nobody knows")
    first, second, third = EchoModel().score(ASK, [words])[0]
    assert -5 < first < 0
    assert second == pytest.approx(np.log(1e-9), abs=1)  # a millionth over a thousand tokens
    assert third == pytest.approx(-np.log(1000), abs=1e-3)  # beyond, all are equally likely


def test_distributions_add_up_and_diverge_by_the_prompt():
    other = (Message("system", "Be terse."), *ASK)
    answers = [draws(indices=[0])[0].token_ids, (), (5,)]
    pieces = list(EchoModel().distributions(ASK, answers))
    assert [(answer, first, len(p)) for answer, first, p in pieces] == [
        (0, 0, len(answers[0])),
        (2, 0, 1),
    ]
    np.testing.assert_allclose(np.exp(pieces[0][2]).sum(-1), 1, atol=1e-5)
    same, empty, _ = EchoModel().divergence(ASK, ASK, answers)
    assert not same.kl.any()
    assert empty.kl.shape == (0,)
    changed = EchoModel().divergence(ASK, other, answers)[0]
    assert changed.kl[0] > 0.1
    assert 0 < changed.js[0] < np.log(2)
    back = EchoModel().divergence(other, ASK, answers)[0]
    np.testing.assert_array_equal(changed.kl, back.kl_reverse)


def test_choices_have_the_mass_of_the_sentences_they_begin():
    model = EchoModel()
    (row,) = model.choice_probabilities([ASK], [text.split()[0] for text in SCRIPT])
    assert row.sum() == pytest.approx(1, abs=1e-4)
    counts = np.mean([s.text.startswith("Perhaps") for s in draws(indices=range(2000)).values()])
    (perhaps,) = model.choice_probabilities([ASK], ["Perhaps"])[0]
    assert counts == pytest.approx(perhaps, abs=4 * np.sqrt(perhaps / 2000))
    with pytest.raises(PromptError, match="empty"):
        model.choice_probabilities([ASK], [" "])


def test_states_are_fixed_by_prompt_answer_and_layer():
    states = EchoModel().hidden_states(ASK, [(5, 6), (6, 5), (), (7,)])
    assert states.shape == (4, 2, 16)
    np.testing.assert_allclose(states[0], states[1], rtol=1e-6)
    assert np.isnan(states[2]).all()
    assert np.abs(states[0] - states[3]).max() > 0.1
    last = EchoModel().hidden_states(ASK, [(5, 6)], layers=[-1])
    np.testing.assert_array_equal(last[0, 0], states[0, 1])


@pytest.mark.parametrize(
    ("answer", "layers", "error"),
    [((1000,), None, ModelError), ((5,) * CONTEXT, None, PromptError), ((5,), [2], ModelError)],
)
def test_what_can_not_be_scored_is_refused(answer, layers, error):
    with pytest.raises(error):
        EchoModel().hidden_states(ASK, [answer], layers=layers)


def test_vectors_are_unit_rows_fixed_by_the_words():
    embedder = HashEmbedder(16)
    vectors = embedder.embed(["a pier", "A  PIER", "bread", ""])
    assert vectors.shape == (4, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert abs(vectors[0] @ vectors[2]) < 0.95
    assert embedder.embed([]).shape == (0, 16)
