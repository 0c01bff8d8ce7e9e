"""Every engine function through every architecture, against plain reading of the whole text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from data.errors import PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef
from models.continuation import Continuation, Engine, read_prompt
from models.decoding import Draw, Request, sample, uniforms
from models.local import LocalModel, load_local
from models.prefix_check import NOT_SHARED, REREADS, WINDOWED
from models.shared_prefix import use_attention
from models.spelling import spellings
from models.truncation import draw
from tests.models.families import CONTEXT, FAMILIES, VOCABULARY, WINDOW, save_family
from tests.models.tokenizer_kinds import ROLES

ASK = [Message("user", "what should the town do with the old pier?")]
LIMIT, SEED = 20, 3
SAMPLING = Decoding(temperature=0.8, top_p=0.95, max_new_tokens=LIMIT)
GREEDY = Decoding(temperature=0, max_new_tokens=LIMIT)
# What can't share one prompt cache, and what the app says of it.
SAID = {
    "deepseek_v3": NOT_SHARED,  # keeps compressed keys, which it expands for every row itself
    "llama4_text": WINDOWED.format(window=WINDOW),  # attends in chunks
    "recurrent_gemma": REREADS,  # hides its state in its layers
    "bloom": NOT_SHARED,  # adds a bias by distance, in an attention of its own
    "mpt": NOT_SHARED,  # likewise
}
# What reads prompt and answers as one text when it scores them.
REREAD = {"llama4_text", "mamba", "recurrent_gemma"}
STATEFUL = {"lfm2", "bamba", "falcon_h1", "qwen3_5_text", "mamba", "recurrent_gemma"}
ENDLESS = {"mamba"}  # nothing but a state of one size: no context is written down


@pytest.fixture(scope="module", params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(name: str, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    folder = save_family(tmp_path_factory.mktemp(name), name)
    return load_local(ModelRef(str(folder), quantization="fp32"), device="cpu")


@pytest.fixture(scope="module")
def engine(model: LocalModel) -> Engine:
    """The model, ending often: every twelfth token ends an answer."""
    return replace(model._engine, eos_ids=frozenset(range(0, VOCABULARY, 12)))


@pytest.fixture(scope="module")
def prompt(model: LocalModel) -> list[int]:
    tokens = model._prompt(ASK)
    assert len(tokens) + LIMIT > 2 * WINDOW  # windows matter while the answers are written
    return tokens


@pytest.fixture(scope="module")
def drawn(engine: Engine, prompt: list[int]) -> dict[int, Draw]:
    return draws(engine, prompt, range(64))


def draws(engine: Engine, prompt: list[int], indices: range, **changes: object) -> dict[int, Draw]:
    request = replace(Request(SAMPLING, SEED, LIMIT), **changes)
    return {draw.index: draw for draw in sample(engine, prompt, indices, request)}


def tokens_of(found: dict[int, Draw]) -> dict[int, tuple[int, ...]]:
    return {index: draw.token_ids for index, draw in sorted(found.items())}


@torch.inference_mode()
def plain(engine: Engine, prompt: list[int], index: int, decoding: Decoding) -> tuple[int, ...]:
    """One answer without any cache: the model reads the whole text before each token."""
    use_attention(engine.model, engine.attention)
    stream = torch.from_numpy(uniforms(SEED, index, LIMIT))
    answer: list[int] = []
    for place in range(LIMIT):
        text = torch.tensor([prompt + answer])
        logits = engine.model(input_ids=text, use_cache=False).logits[:, -1]
        answer.append(int(draw(logits, stream[place : place + 1], decoding)[0, 0]))
        if answer[-1] in engine.eos_ids:
            break
    return tuple(answer)


def test_it_is_said_how_it_is_decoded(name: str, model: LocalModel) -> None:
    engine = model._engine
    assert engine.shares(CONTEXT) == (name not in SAID)
    assert engine.shares(WINDOW) == (name not in SAID or name == "llama4_text")
    known = {NOT_SHARED, REREADS, WINDOWED.format(window=WINDOW)}
    assert known.intersection(model.info.notes) == ({SAID[name]} if name in SAID else set())


def test_sizes_are_read_from_the_folder(name: str, model: LocalModel) -> None:
    weights = model._engine.model
    assert model.info.parameters == sum(t.numel() for t in weights.state_dict().values())
    assert model._shape.layers == weights.config.get_text_config().num_hidden_layers
    assert model._shape.vocabulary == VOCABULARY
    if name not in ENDLESS:
        assert model.info.context == CONTEXT


@pytest.mark.parametrize("decoding", [SAMPLING, GREEDY], ids=["sampled", "greedy"])
def test_draws_are_those_of_plain_generation(
    engine: Engine, prompt: list[int], decoding: Decoding
) -> None:
    found = draws(engine, prompt, range(3), decoding=decoding)
    assert tokens_of(found) == {i: plain(engine, prompt, i, decoding) for i in range(3)}


def test_greedy_draws_are_those_of_transformers(
    name: str, engine: Engine, prompt: list[int]
) -> None:
    use_attention(engine.model, engine.attention)
    text = torch.tensor([prompt])
    expected = engine.model.generate(
        text,
        attention_mask=torch.ones_like(text),
        do_sample=False,
        max_new_tokens=LIMIT,
        eos_token_id=sorted(engine.eos_ids),
        pad_token_id=0,
        use_cache=name != "recurrent_gemma",  # its output has no cache to go on with
    )[0, len(prompt) :]
    found = draws(engine, prompt, range(1), decoding=GREEDY)
    assert found[0].token_ids == tuple(expected.tolist())


def test_draws_are_those_of_a_padded_batch(
    name: str, model: LocalModel, engine: Engine, prompt: list[int]
) -> None:
    """Which needs a mask and shifted positions to leave the padding out."""
    if name in STATEFUL:
        pytest.skip("its states run over the padding")
    short = model._prompt([Message("user", "a boat")])
    width = max(len(prompt), len(short))
    texts = torch.tensor([[0] * (width - len(ids)) + ids for ids in (prompt, short)])
    use_attention(engine.model, engine.attention)
    found = engine.model.generate(
        texts,
        attention_mask=(torch.arange(width) >= torch.tensor([[0], [width - len(short)]])).long(),
        do_sample=False,
        max_new_tokens=8,
        eos_token_id=VOCABULARY,  # none
        pad_token_id=0,
    )
    endless = replace(engine, eos_ids=frozenset())
    for ids, text in zip((prompt, short), found[:, width:].tolist(), strict=True):
        assert draws(endless, ids, range(1), decoding=GREEDY, limit=8)[0].token_ids == tuple(text)


def test_copied_caches_and_rereading_give_the_same_draws(
    engine: Engine, prompt: list[int], drawn: dict[int, Draw]
) -> None:
    first = {i: drawn[i].token_ids for i in range(16)}
    for way in ({"shares_prefix": False}, {"rereads": True}):
        assert tokens_of(draws(replace(engine, **way), prompt, range(16))) == first


def test_every_way_gives_the_same_logits(engine: Engine, prompt: list[int]) -> None:
    """Through rows that leave, and beyond the window."""
    generator = torch.Generator().manual_seed(1)
    steps = torch.randint(VOCABULARY, (2 * WINDOW, 5), generator=generator)
    kept = torch.tensor([0, 2, 4])
    ways = []
    for way in ({}, {"shares_prefix": False}, {"rereads": True}):
        chosen = replace(engine, **way)
        rows = Continuation(chosen, read_prompt(chosen, prompt), rows=5, limit=len(steps))
        logits = [rows.step(tokens) for tokens in steps[:WINDOW]]
        rows.keep(kept)
        logits += [rows.step(tokens[kept]) for tokens in steps[WINDOW:]]
        ways.append(torch.cat(logits))
    usual, *others = ways
    assert usual.std() > 0.1  # it does say something
    for other in others:
        torch.testing.assert_close(other, usual, atol=2e-4, rtol=0)


def test_draws_are_the_same_in_batches_of_1_7_and_64(
    engine: Engine, prompt: list[int], drawn: dict[int, Draw]
) -> None:
    whole = tokens_of(drawn)
    assert len(whole) == 64
    assert len(set(whole.values())) > 32
    for size, count in ((7, 14), (1, 3)):
        for start in range(0, count, size):
            part = range(start, start + size)
            assert tokens_of(draws(engine, prompt, part)) == {i: whole[i] for i in part}


def test_draws_end_with_any_end_token_or_at_the_limit(
    engine: Engine, drawn: dict[int, Draw]
) -> None:
    ended = [d.token_ids for d in drawn.values() if d.finish is FinishReason.STOP]
    assert len({tokens[-1] for tokens in ended}) > 1
    assert all(tokens[-1] in engine.eos_ids for tokens in ended)
    for each in drawn.values():
        assert not engine.eos_ids.intersection(each.token_ids[:-1])
        assert each.finish is FinishReason.STOP or len(each.token_ids) == LIMIT


def test_draws_are_scored_as_they_were_drawn(
    name: str, model: LocalModel, engine: Engine, prompt: list[int], drawn: dict[int, Draw]
) -> None:
    answers = [drawn[index].token_ids for index in range(12)]
    assert len(set(map(len, answers))) > 1
    for found, index in zip(model.score(ASK, answers), range(12), strict=True):
        np.testing.assert_allclose(found, drawn[index].logprobs, atol=1e-4)
    assert model._scorer._blocks == (name not in REREAD)
    (same,) = model.divergence(ASK, ASK, answers[:1])
    assert not same.kl.any()


def test_hidden_states_are_those_of_a_plain_pass(
    name: str, model: LocalModel, engine: Engine, prompt: list[int]
) -> None:
    answers = [(9, 10, 11), (12,)]
    found = model.hidden_states(ASK, answers)
    use_attention(engine.model, engine.attention)
    for answer, states in zip(answers, found, strict=True):
        text = torch.tensor([prompt + list(answer)])
        plain = engine.model(input_ids=text, use_cache=False, output_hidden_states=True)
        # The last of transformers' states has gone through the final norm, and is left out here.
        # The first are the embeddings, except in Mamba, which begins with its first layer.
        raw = plain.hidden_states[0 if name == "mamba" else 1 : -1]
        for layer, wanted in zip(states, raw, strict=False):
            mean = wanted[0, len(prompt) :].mean(0).detach().numpy()
            np.testing.assert_allclose(layer, mean, atol=1e-4 * max(1, abs(mean).max()))
        assert len(raw) >= len(states) - 1
        assert np.isfinite(states[-1]).all()


def test_choices_are_those_of_a_plain_pass(
    model: LocalModel, engine: Engine, prompt: list[int]
) -> None:
    """Of one token each, and of several."""
    short = [Message("user", "a boat")]
    for choices in (["the", "a"], ["the keeper of the light", "a"]):
        masses = model.choice_probabilities([ASK, short, ASK], choices)
        assert masses.shape == (3, 2)
        np.testing.assert_allclose(masses[0], masses[2], rtol=1e-4)
        for chat, row in zip((ASK, short), masses, strict=False):
            for choice, mass in zip(choices, row, strict=True):
                ways = spellings(choice, model.answer_ids)
                wanted = sum(plain_mass(engine, model._prompt(chat), way) for way in ways)
                assert mass == pytest.approx(wanted, rel=1e-3)


@torch.inference_mode()
def plain_mass(engine: Engine, prompt: list[int], answer: tuple[int, ...]) -> float:
    use_attention(engine.model, engine.attention)
    text = torch.tensor([[*prompt, *answer]])
    logits = engine.model(input_ids=text, use_cache=False).logits[0, len(prompt) - 1 : -1]
    told = logits.double().softmax(-1)[range(len(answer)), list(answer)]
    return float(told.prod())


def test_texts_are_free_of_markers(model: LocalModel) -> None:
    settings = Decoding(temperature=3, max_new_tokens=8)
    samples = list(model.generate(ASK, indices=range(16), decoding=settings, seed=SEED))
    drawn = {token for each in samples for token in each.token_ids}
    assert any(token >= len(model._chat._tokenizer) for token in drawn)  # of the padded rows
    for each in samples:
        assert not any(marker in each.text for marker in (*ROLES, "pad", "</s>", "[SEP]"))


def test_answers_end_where_the_context_does(name: str, model: LocalModel) -> None:
    if name in ENDLESS:
        pytest.skip("it has no context to run out of")
    settings = Decoding(max_new_tokens=LIMIT, temperature=2)
    nearly = long_question(model, CONTEXT - 3)
    left = CONTEXT - model.count_tokens(nearly)
    samples = list(model.generate(nearly, indices=range(4), decoding=settings, seed=SEED))
    assert max(len(each.token_ids) for each in samples) == left
    with pytest.raises(PromptError, match=f"reads at most {CONTEXT}"):
        model.generate(long_question(model, CONTEXT), indices=[0], decoding=settings, seed=SEED)


def long_question(model: LocalModel, tokens: int) -> list[Message]:
    """A question of at least so many tokens, and at most a word more."""
    text = "boat"
    while model.count_tokens([Message("user", text)]) < tokens:
        text += " a"
    return [Message("user", text)]
