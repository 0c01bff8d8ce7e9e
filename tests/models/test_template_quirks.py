"""The quirks of real chat templates and tokenizers, each tokenizer kind with each template."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from data.errors import PromptError
from data.schema import Message
from models.chat_template import (
    BAD_TEMPLATE,
    NO_LATER_SYSTEM,
    NO_OPENING,
    NO_SYSTEM_ROLE,
    NO_TEMPLATE,
    ChatTemplate,
)
from models.reading import Reader
from tests.models.families import edit_json
from tests.models.templates import ASKED, EACH, TEMPLATES
from tests.models.tokenizer_kinds import ENDS, save_tokenizer

SYSTEM, USER = Message("system", "be brief"), Message("user", "a boat in the harbour")
TALK = [SYSTEM, USER, Message("assistant", "the sea"), Message("user", "and the pier")]
KINDS = sorted(ENDS)
BEGINNINGS = {"bytes": None, "unigram": "<s>", "wordpiece": "[CLS]"}

Reads = Callable[..., Any]


@pytest.fixture
def read(tmp_path: Path) -> Reads:
    """A tokenizer as it comes from a folder."""

    def load(kind: str, template: str | None) -> Any:
        save_tokenizer(tmp_path, kind, template)
        return AutoTokenizer.from_pretrained(tmp_path)

    return load


def said(tokenizer: Any, *messages: Message) -> str:
    """The prompt as text, without the spaces that some kinds put between tokens."""
    text = tokenizer.decode(ChatTemplate(tokenizer).encode(messages))
    return "".join(text.split())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_text_reaches_the_model_once_and_in_order(
    read: Reads, kind: str, template: str
) -> None:
    text = said(read(kind, TEMPLATES[template]), *TALK)
    places = [text.index("".join(message.content.split())) for message in TALK]
    assert places == sorted(places)
    for message in TALK:
        assert text.count("".join(message.content.split())) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_prompt_begins_once_at_most(read: Reads, kind: str, template: str) -> None:
    """Not twice, where template and tokenizer both put a token in front."""
    tokenizer = read(kind, TEMPLATES[template])
    tokens = ChatTemplate(tokenizer).encode([USER])
    begins = template in ("merged", "refuses", "none") and BEGINNINGS[kind] is not None
    assert tokens.count(tokenizer.bos_token_id) == begins
    assert (tokens[0] == tokenizer.bos_token_id) == begins
    assert tokenizer.eos_token_id not in tokens[-1:]  # nothing ends before it is answered


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("template", "notes"),
    [
        ("none", (NO_TEMPLATE,)),
        ("turns", ()),
        ("merged", (NO_LATER_SYSTEM,)),
        ("refuses", (NO_SYSTEM_ROLE,)),
        ("switch", ()),
        ("opened", ()),
        ("headless", (NO_OPENING,)),
        ("parts", ()),
    ],
)
def test_quirks_are_found_and_said(
    read: Reads, kind: str, template: str, notes: tuple[str, ...]
) -> None:
    assert ChatTemplate(read(kind, TEMPLATES[template])).notes == notes


def test_a_missing_opening_is_that_of_earlier_answers(read: Reads) -> None:
    tokenizer = read("bytes", TEMPLATES["headless"])
    assert said(tokenizer, USER) == "<|user|>aboatintheharbour<|end|><|assistant|>"
    tokenizer.chat_template = "{{ messages[0].content }}"  # knows no answers at all
    assert said(tokenizer, USER) == "aboatintheharbour"
    assert ChatTemplate(tokenizer).notes == (NO_SYSTEM_ROLE,)


def test_a_template_that_shows_no_question_is_not_used(read: Reads) -> None:
    tokenizer = read("bytes", "<|user|>{{ messages[0].contents }}<|assistant|>")
    assert ChatTemplate(tokenizer).notes == (BAD_TEMPLATE,)
    assert said(tokenizer, USER) == "aboatintheharbour"


def test_thinking_is_switched_off_where_it_can_be(read: Reads) -> None:
    assert said(read("bytes", TEMPLATES["switch"]), USER).endswith("<think></think>")


def test_a_template_that_fails_says_what_and_what_to_do(read: Reads) -> None:
    moody = "{% if messages | length > 2 %}{{ raise_exception('one\n\ntwo') }}{% endif %}"
    chat = ChatTemplate(read("bytes", moody + EACH + ASKED + "{% endif %}"))
    assert chat.used
    with pytest.raises(PromptError, match=r"refuses this conversation: one\. Let user and") as e:
        chat.encode(TALK)
    assert "two" not in str(e.value)


def test_a_prompt_that_leaves_no_token_is_refused(read: Reads, tmp_path: Path) -> None:
    read("bytes", None)
    content = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    content["normalizer"] = {"type": "Replace", "pattern": {"String": "?"}, "content": ""}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    chat = ChatTemplate(AutoTokenizer.from_pretrained(tmp_path))
    assert chat.encode([Message("user", "a?")])
    with pytest.raises(PromptError, match="Nothing of the prompt reaches the model"):
        chat.encode([Message("user", "???")])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_and_cutting_saved_with_a_tokenizer_change_nothing(
    read: Reads, tmp_path: Path, kind: str, side: str
) -> None:
    expected = ChatTemplate(read(kind, TEMPLATES["turns"])).encode(TALK)
    assert len(expected) > 12
    padding = {
        "strategy": {"Fixed": 64},
        "direction": side.capitalize(),
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "<pad>",
    }
    cutting = {
        "direction": side.capitalize(),
        "max_length": 8,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    edit_json(tmp_path / "tokenizer.json", padding=padding, truncation=cutting)
    edit_json(
        tmp_path / "tokenizer_config.json",
        padding_side=side,
        truncation_side=side,
        model_max_length=8,
    )
    assert ChatTemplate(AutoTokenizer.from_pretrained(tmp_path)).encode(TALK) == expected


@pytest.mark.parametrize("kind", ["bytes", "unigram"])
@pytest.mark.parametrize("text", ["naïve 日本 \U0001f6f6", "two  spaces\n\nand\ttabs ", "{{ 7 }}"])
def test_any_text_survives_bytes_and_byte_fallback(read: Reads, kind: str, text: str) -> None:
    tokenizer = read(kind, "{{ messages[0].content }}")
    chat = ChatTemplate(tokenizer)
    assert Reader(tokenizer).read(chat.encode([Message("user", text)])).text == text


def test_pieces_become_words_again(read: Reads) -> None:
    tokenizer = read("wordpiece", None)
    tokens = tokenizer("the harbours and piers", add_special_tokens=False)["input_ids"]
    assert len(tokens) > 4
    assert Reader(tokenizer).read(tokens).text == "the harbours and piers"
