"""What a reply may begin with, what a model holds in mind, and how texts become answers."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import ModelError, PromptError
from data.schema import Message
from models.chat_template import ChatTemplate
from models.local import LocalModel
from models.reading import Reader
from models.spelling import spellings
from tests.models.templates import TEMPLATES
from tests.models.tokenizer_kinds import make_tokenizer

ASK = [Message("user", "A boat in the harbour?")]
ANSWERS = [(40, 41, 7), (), (99,)]


def ids(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


def test_a_choice_is_spelled_with_a_space_and_without() -> None:
    assert spellings("yes", ids) == [ids("yes"), ids(" yes")]
    # A tokenizer that drops the space knows one way; where one way begins the other, it counts both
    assert spellings("yes", lambda text: ids(text.strip())) == [ids("yes")]
    assert spellings("yes", lambda text: ids(text.strip() + text[:1].strip())) == [ids("yes")]


@pytest.mark.parametrize("choice", ["", " \n"])
def test_a_blank_choice_is_refused(tiny: LocalModel, choice: str) -> None:
    with pytest.raises(PromptError, match="A choice is empty"):
        tiny.choice_probabilities([ASK], ["yes", choice])
    with pytest.raises(PromptError, match="no token for any"):
        spellings("yes", lambda _: ())


def test_a_longer_choice_is_part_of_the_shorter(tiny: LocalModel) -> None:
    """Of one token and two: the product over the tokens."""
    ((short, long),) = tiny.choice_probabilities([ASK], ["a", "ab"])
    assert 0 < long < short < 1
    one, two = (spellings(text, tiny.answer_ids) for text in ("a", "ab"))
    assert [way[: len(first)] for first, way in zip(one, two, strict=True)] == one


def test_all_beginnings_together_have_all_the_mass(tiny: LocalModel) -> None:
    single = [chr(place) for place in range(33, 127)]
    (row,) = tiny.choice_probabilities([ASK], single)
    assert 0.1 < row.sum() < 1
    (alone,) = tiny.choice_probabilities([ASK], single[:1])
    assert alone[0] == pytest.approx(row[0], rel=1e-5)  # nothing is renormalised


def test_choices_of_no_chat(tiny: LocalModel) -> None:
    assert tiny.choice_probabilities([], ["yes", "no"]).shape == (0, 2)


def test_layers_are_chosen_by_their_number(tiny: LocalModel) -> None:
    both = tiny.hidden_states(ASK, ANSWERS)
    assert both.shape == (3, 2, 64)
    assert both.dtype == np.float32
    assert np.isnan(both[1]).all()
    np.testing.assert_array_equal(tiny.hidden_states(ASK, ANSWERS, layers=[-1, 0]), both[:, ::-1])
    for layer in (2, -3):
        with pytest.raises(ModelError, match=f"no layer {layer}"):
            tiny.hidden_states(ASK, ANSWERS, layers=[0, layer])


def test_the_prompt_is_in_what_the_model_holds_in_mind(tiny: LocalModel) -> None:
    other = tiny.hidden_states([Message("user", "Bread.")], ANSWERS[:1])
    assert np.abs(other - tiny.hidden_states(ASK, ANSWERS[:1])).max() > 0.01


def test_no_hook_stays_behind(tiny: LocalModel) -> None:
    tiny.hidden_states(ASK, ANSWERS)
    assert not any(layer._forward_hooks for layer in tiny._engine.model.model.layers)


@pytest.mark.parametrize("template", ["none", "turns", "merged", "switch", "headless"])
@pytest.mark.parametrize("kind", ["bytes", "unigram"])
def test_texts_become_the_tokens_that_say_them(kind: str, template: str) -> None:
    tokenizer = make_tokenizer(kind, TEMPLATES[template])
    chat = ChatTemplate(tokenizer)
    reader = Reader(tokenizer, prompt_end=chat.prompt_end)
    for text in ("a boat", "the harbour, and so on", "Zürich 7", ""):
        tokens = chat.answer_ids(text)
        assert reader.read(tokens).text.strip() == text
        assert not {0, 1, 2} & set(tokens)  # neither begin nor end nor padding
        prompt = chat.encode(ASK)
        whole = tokenizer.decode([*prompt, *tokens])
        assert whole.endswith(text)


def test_a_text_is_read_with_what_stands_before_it() -> None:
    """Behind a marker Metaspace puts no space in front; at the start of a text it does."""
    tokenizer = make_tokenizer("unigram", TEMPLATES["turns"])
    alone = tuple(tokenizer("boat", add_special_tokens=False)["input_ids"])
    behind = ChatTemplate(tokenizer).answer_ids("boat")
    assert tokenizer.convert_ids_to_tokens(alone)[0] == "▁boat"
    assert tokenizer.convert_ids_to_tokens(behind)[0] != "▁boat"


def test_a_text_that_no_model_reads_is_refused(tiny: LocalModel) -> None:
    with pytest.raises(PromptError, match="can't be read"):
        tiny.answer_ids("a\0b")
