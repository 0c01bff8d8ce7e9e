from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from data.errors import PromptError
from data.schema import Message
from models.chat_template import (
    BAD_TEMPLATE,
    NO_SYSTEM_ROLE,
    NO_TEMPLATE,
    ChatTemplate,
    fold_system,
)
from models.reading import Reader

SYSTEM, USER = Message("system", "Be brief."), Message("user", "A boat?")
REFUSES_SYSTEM = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}"
    "{% endif %}<|{{ m.role }}|>{{ m.content }}{% endfor %}<|assistant|>"
)
IGNORES_SYSTEM = (
    "{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}{% endif %}"
    "{% endfor %}<|assistant|>"
)
TAKES_TURNS = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{{ m.content }}{% endfor %}"
)


@pytest.fixture
def tokenizer(checkpoint: Callable[..., Path]) -> Any:
    return AutoTokenizer.from_pretrained(checkpoint("llama"))


def read(chat: ChatTemplate, tokenizer: Any, *messages: Message) -> str:
    return tokenizer.decode(chat.encode(messages))


def test_the_tokenizers_template_is_applied(tokenizer: Any) -> None:
    chat = ChatTemplate(tokenizer)
    assert chat.used
    assert chat.notes == ()
    text = read(chat, tokenizer, SYSTEM, USER)
    assert text == "<|system|>Be brief.<|end|><|user|>A boat?<|end|><|assistant|>"
    # Markers are single tokens, not spelled out.
    assert chat.encode([USER])[0] == tokenizer.convert_tokens_to_ids("<|user|>")


@pytest.mark.parametrize("template", [REFUSES_SYSTEM, IGNORES_SYSTEM])
def test_without_a_system_role_its_text_joins_the_first_user_message(
    tokenizer: Any, template: str
) -> None:
    tokenizer.chat_template = template
    chat = ChatTemplate(tokenizer)
    assert chat.notes == (NO_SYSTEM_ROLE,)
    text = read(chat, tokenizer, SYSTEM, USER)
    assert text == "<|user|>Be brief.\n\nA boat?<|assistant|>"


def test_a_base_model_gets_plain_text(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    chat = ChatTemplate(tokenizer)
    assert not chat.used
    assert chat.notes == (NO_TEMPLATE,)
    assert read(chat, tokenizer, SYSTEM, USER) == "Be brief.\n\nA boat?"


def test_a_broken_template_is_replaced_and_said(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ no_such_function() }}"
    chat = ChatTemplate(tokenizer)
    assert chat.notes == (BAD_TEMPLATE,)
    assert read(chat, tokenizer, SYSTEM, USER) == "Be brief.\n\nA boat?"


def test_a_refused_conversation_is_a_prompt_error(tokenizer: Any) -> None:
    tokenizer.chat_template = TAKES_TURNS
    with pytest.raises(PromptError, match="roles must alternate"):
        ChatTemplate(tokenizer).encode([USER, USER])


def test_thinking_is_switched_off(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ messages[0].content }}{% if enable_thinking %}hmm{% endif %}"
    assert read(ChatTemplate(tokenizer), tokenizer, USER) == "A boat?"


def test_system_texts_fold_into_the_first_user_message() -> None:
    answer = Message("assistant", "Yes.")
    assert fold_system([SYSTEM, answer, USER]) == [answer, Message("user", "Be brief.\n\nA boat?")]
    assert fold_system([SYSTEM, answer]) == [Message("user", "Be brief."), answer]
    assert fold_system([USER]) == [USER]


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_an_empty_prompt_is_refused(tokenizer: Any, text: str) -> None:
    with pytest.raises(PromptError, match="empty"):
        ChatTemplate(tokenizer).encode([Message("user", text)])


@pytest.mark.parametrize(
    ("text", "named"),
    [("a\0b", "U\\+0000 at position 2"), ("\x1b[31m", "U\\+001B"), ("ab\ud800", "U\\+D800")],
)
def test_characters_no_model_reads_are_named(tokenizer: Any, text: str, named: str) -> None:
    with pytest.raises(PromptError, match=named):
        ChatTemplate(tokenizer).encode([Message("user", text)])


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b> **strong** [link](javascript:x)",
        "{{ 7 * 7 }} {% raw %}",
        "tabs\tand\r\nlines",
        "שלום עולם \u202eabc",
        "\U0001f6f6 e\u0301 日本",
        "word " * 2_000,
    ],
)
def test_any_other_text_reaches_the_model_as_it_is(tokenizer: Any, text: str) -> None:
    read_back = read(ChatTemplate(tokenizer), tokenizer, Message("user", text))
    assert read_back == f"<|user|>{text}<|end|><|assistant|>"


def test_special_tokens_leave_the_text(tokenizer: Any) -> None:
    ids = tokenizer("the sea<|end|>", add_special_tokens=False)["input_ids"]
    assert Reader(tokenizer).read(ids).text == "the sea"
