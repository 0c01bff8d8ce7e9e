"""Scores and divergences against one plain pass over the whole text, in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import ModelError, PromptError
from data.schema import Decoding, Message, ModelRef, Quantization
from models import divergence, forcing
from models.divergence import compare
from models.local import LocalModel, load_local
from models.registry import BUNDLED_FOLDER, BUNDLED_ID
from models.shared_prefix import use_attention
from tests.models.drawing import record_rows

ASK = [Message("system", "Be brief."), Message("user", "A boat in the harbour?")]
OTHER = [Message("user", "Who keeps the light, and where does he live?")]
ANSWERS = [(40, 41, 7), (), (99,), tuple(range(30, 60)), (1,)]
QUESTION = [Message("user", "What should the town do with the old lighthouse?")]


@torch.inference_mode()
def whole(model: LocalModel, messages: list[Message], answer: tuple[int, ...]) -> np.ndarray:
    """Log-softmax (tokens, vocabulary) along an answer, from one pass over all of the text."""
    engine, prompt = model._engine, model._prompt(messages)
    use_attention(engine.model, engine.attention)
    text = torch.tensor([[*prompt, *answer]], device=engine.model.device)
    logits = engine.model(input_ids=text, use_cache=False).logits[0].double().cpu()
    return logits.log_softmax(-1).numpy()[len(prompt) - 1 : -1]


def scores(model: LocalModel, messages: list[Message], answer: tuple[int, ...]) -> np.ndarray:
    return whole(model, messages, answer)[np.arange(len(answer)), list(answer)]


def kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return (np.exp(p) * (p - q)).sum(-1)


def assert_like_plain(model: LocalModel, tolerance: float) -> None:
    for answer, found in zip(ANSWERS, model.score(ASK, ANSWERS), strict=True):
        assert found.shape == (len(answer),)
        np.testing.assert_allclose(found, scores(model, ASK, answer), atol=tolerance, rtol=0)
    for answer, found in zip(ANSWERS, model.divergence(ASK, OTHER, ANSWERS), strict=True):
        p, q = whole(model, ASK, answer), whole(model, OTHER, answer)
        middle = np.logaddexp(p, q) - np.log(2)
        wanted = (kl(p, q), kl(q, p), (kl(p, middle) + kl(q, middle)) / 2)
        for values, truth in zip((found.kl, found.kl_reverse, found.js), wanted, strict=True):
            np.testing.assert_allclose(values, truth, atol=tolerance, rtol=tolerance)


def test_scores_and_divergences_are_those_of_one_plain_pass(tiny: LocalModel) -> None:
    assert_like_plain(tiny, 1e-4)
    assert tiny.divergence(ASK, OTHER, ANSWERS)[3].kl.mean() > 0.1  # the prompts do matter


def assert_together_like_alone(model: LocalModel) -> None:
    """Chats of several lengths, some of them shared, and an empty answer."""
    chats = [ASK, OTHER, ASK, QUESTION, OTHER]
    others = [OTHER, OTHER, QUESTION, ASK, QUESTION]
    found = model.divergence_each(chats, others, ANSWERS)
    for chat, other, answer, one in zip(chats, others, ANSWERS, found, strict=True):
        [alone] = model.divergence(chat, other, [answer])
        for name in ("kl", "kl_reverse", "js"):
            np.testing.assert_allclose(getattr(one, name), getattr(alone, name), atol=1e-5)
    assert found[3].kl.mean() > 0.01
    assert not found[1].kl.size


@pytest.mark.parametrize("together", [True, False])
def test_divergences_of_many_chats_are_those_of_each(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    assert tiny._scorer._together
    monkeypatch.setitem(tiny._scorer.__dict__, "_together", together)
    rows = record_rows(tiny._engine, monkeypatch)
    assert_together_like_alone(tiny)
    assert (max(rows) > 1) == together


@pytest.mark.parametrize("kind", ["mistral", "gemma2"])
def test_windows_and_soft_caps_are_heeded_where_chats_go_together(
    checkpoint: Callable[..., Path], kind: str
) -> None:
    model = load_local(ModelRef(str(checkpoint(kind)), quantization="fp32"), device="cpu")
    assert_together_like_alone(model)


def test_chats_that_fill_the_memory_go_in_smaller_groups(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tiny._scorer._together
    rows = record_rows(tiny._engine, monkeypatch, fails=lambda count: count > 2)
    assert_together_like_alone(tiny)
    assert max(rows) > 2
    monkeypatch.setattr(forcing, "TOKENS", 1)
    assert_together_like_alone(tiny)


@pytest.mark.parametrize(("tokens", "logits"), [(1, 1), (1, 2100), (160, 10**9), (10**9, 900)])
def test_pieces_of_any_size_add_up_to_the_same(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch, tokens: int, logits: int
) -> None:
    rows = record_rows(tiny._engine, monkeypatch)
    monkeypatch.setattr(forcing, "TOKENS", tokens)
    monkeypatch.setattr(forcing, "LOGITS", logits)
    monkeypatch.setattr(divergence, "AT_ONCE", 900)
    assert_like_plain(tiny, 1e-4)
    pieces = list(tiny.distributions(ASK, ANSWERS))
    assert max(piece.size for *_, piece in pieces) <= max(logits, 300 if logits < 300 else 0)
    assert max(rows) <= 3
    told = sorted((answer, first + i) for answer, first, p in pieces for i in range(len(p)))
    assert told == [(a, i) for a, answer in enumerate(ANSWERS) for i in range(len(answer))]


def test_the_prompt_is_read_once(tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.score(ASK, ANSWERS)
    read: list[int] = []
    forward = tiny._engine.model.forward

    def watched(*, input_ids: torch.Tensor, **options):
        read.append(input_ids.numel())
        return forward(input_ids=input_ids, **options)

    monkeypatch.setattr(tiny._engine.model, "forward", watched)
    tiny.score(ASK, [(7, 8, 9)] * 50)
    assert read == [tiny.count_tokens(ASK), 50 * 2]  # the last token needn't be read


def test_one_prompt_does_not_diverge_from_itself(tiny: LocalModel) -> None:
    for found in tiny.divergence(ASK, ASK, ANSWERS):
        assert not found.kl.any()
        assert not found.kl_reverse.any()
        assert max(found.js, default=0) < 1e-7  # its middle is rounded


def test_the_order_of_the_prompts_turns_the_divergence_round(tiny: LocalModel) -> None:
    for there, back in zip(
        tiny.divergence(ASK, OTHER, ANSWERS), tiny.divergence(OTHER, ASK, ANSWERS), strict=True
    ):
        np.testing.assert_array_equal(there.kl, back.kl_reverse)
        np.testing.assert_allclose(there.js, back.js, atol=1e-7)


def stream(*rows: list[float], cut: int = 10):
    with np.errstate(divide="ignore"):
        told = np.log(np.array(rows, np.float32))
    return ((0, i, told[i : i + cut].copy()) for i in range(0, len(rows), cut))


def test_divergences_by_hand() -> None:
    # KL((½, ½) ‖ (¼, ¾)) = ½ ln 2 + ½ ln ⅔ = ½ ln 4/3, back ¼ ln ½ + ¾ ln 3/2.
    # Against the middle (⅜, ⅝): ½ (½ ln 4/3 + ½ ln 4/5) + ½ (¼ ln ⅔ + ¾ ln 6/5).
    # Nothing shared: infinite both ways, Jensen–Shannon ln 2. The same: 0.
    first = stream([0.5, 0.5], [1, 0], [0.2, 0.8])
    second = stream([0.25, 0.75], [0, 1], [0.2, 0.8], cut=2)
    (found,) = compare(first, second, [(0, 1, 0)])
    np.testing.assert_allclose(found.kl, [0.5 * np.log(4 / 3), np.inf, 0], atol=1e-7)
    back = 0.25 * np.log(0.5) + 0.75 * np.log(1.5)
    np.testing.assert_allclose(found.kl_reverse, [back, np.inf, 0], atol=1e-7)
    js = np.log(4 / 3) / 4 + np.log(4 / 5) / 4 + np.log(2 / 3) / 8 + 3 * np.log(6 / 5) / 8
    np.testing.assert_allclose(found.js, [js, np.log(2), 0], atol=1e-7)


def test_streams_must_tell_of_the_same() -> None:
    rows = [[0.5, 0.5], [0.25, 0.75]]
    for other, why in (
        (stream(rows[0]), "ended early"),
        (stream([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]), "one vocabulary"),
        (((1, i, p) for _, i, p in stream(*rows)), "the same tokens"),
    ):
        with pytest.raises(ValueError, match=why):
            compare(stream(*rows), other, [(0, 1)])
    with pytest.raises(ValueError, match="some lack"):
        compare(stream(*rows), stream(*rows), [(0, 1, 0)])


def test_two_models_are_compared_piece_by_piece(
    tiny: LocalModel, checkpoint: Callable[..., Path]
) -> None:
    folder = str(checkpoint("llama", initializer_range=0.2))
    other = load_local(ModelRef(folder, quantization="fp32"), device="cpu")
    streams = (model.distributions(ASK, ANSWERS) for model in (tiny, other))
    for answer, found in zip(ANSWERS, compare(*streams, ANSWERS), strict=True):
        p, q = whole(tiny, ASK, answer), whole(other, ASK, answer)
        np.testing.assert_allclose(found.kl, kl(p, q), atol=1e-4, rtol=1e-4)


def test_too_little_memory_makes_smaller_groups(
    tiny: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tiny.score(ASK, ANSWERS)
    rows = record_rows(tiny._engine, monkeypatch, fails=lambda count: count > 1)
    for found, wanted in zip(tiny.score(ASK, ANSWERS), usual, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert max(rows) > 1


def test_no_memory_at_all_is_said(tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.score(ASK, ANSWERS)
    prompt = tiny.count_tokens(ASK)
    record_rows(tiny._engine, monkeypatch)
    forward = tiny._engine.model.forward

    def fails(*, input_ids: torch.Tensor, **options):
        if input_ids.shape[1] != prompt:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(input_ids=input_ids, **options)

    monkeypatch.setattr(tiny._engine.model, "forward", fails)
    with pytest.raises(ModelError, match="no memory left to read even one answer"):
        tiny.score(ASK, ANSWERS)


def test_numbers_that_are_none_are_said(tiny: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.score(ASK, ANSWERS)
    record_rows(tiny._engine, monkeypatch, spoil=True)
    with pytest.raises(ModelError, match="not a number"):
        tiny.score(ASK, ANSWERS)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((5,) * 500, PromptError, r"tokens, but .* reads at most 512"),
        ((5, 300), ModelError, "a token 300, but they know 300 tokens only"),
        ((5, -1), ModelError, "ids are not known"),
    ],
)
def test_answers_that_can_not_be_read(
    tiny: LocalModel, answer: tuple[int, ...], error: type[Exception], message: str
) -> None:
    for ask in (
        lambda: tiny.score(ASK, [(5,), answer]),
        lambda: tiny.divergence(ASK, OTHER, [answer]),
        lambda: tiny.distributions(ASK, [answer]),
        lambda: tiny.hidden_states(ASK, [answer]),
    ):
        with pytest.raises(error, match=message):
            ask()


@pytest.mark.parametrize("quantization", ["bf16", "int8", "nf4"])
def test_the_bundled_models_draws_are_scored_as_they_were_drawn(quantization: Quantization) -> None:
    if not (BUNDLED_FOLDER / "config.json").is_file():
        pytest.skip("the bundled model's weights are not there")
    model = load_local(ModelRef(BUNDLED_ID, quantization=quantization), device="cpu")
    settings = Decoding(max_new_tokens=48, top_k=20)
    drawn = list(model.generate(QUESTION, indices=range(12), decoding=settings, seed=1))
    found = model.score(QUESTION, [sample.token_ids for sample in drawn])
    for sample, logprobs in zip(drawn, found, strict=True):
        # LLM.int8() rounds by what else is in the batch.
        tolerance = 0.2 if quantization == "int8" else 1e-4
        np.testing.assert_allclose(logprobs, sample.logprobs, atol=tolerance)
        assert model.answer_ids(sample.text) == sample.token_ids[: len(sample.token_ids) - 1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("quantization", ["fp32", "bf16", "nf4"])
def test_a_gpu_scores_like_a_plain_pass(
    checkpoint: Callable[..., Path], quantization: Quantization
) -> None:
    model = load_local(ModelRef(str(checkpoint("llama")), quantization=quantization), device="cuda")
    assert_like_plain(model, 1e-3 if quantization == "fp32" else 0.3)
    states = model.hidden_states(ASK, ANSWERS)
    assert np.isfinite(states[[0, 2, 3, 4]]).all()
    masses = model.choice_probabilities([ASK, OTHER], ["a", "harbour"])
    assert ((masses > 0) & (masses < 1)).all()
