"""From messages to the tokens a model reads, and from its tokens back to text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from data.errors import PromptError
from data.schema import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WRITABLE_CONTROLS = "\t\n\r"
NO_TEMPLATE = (
    "A base model without a chat template: system and user texts are joined by blank lines, and "
    "it writes on from there."
)
BAD_TEMPLATE = (
    "Its chat template can't be used: system and user texts are joined by blank lines instead, "
    "and it writes on from there."
)
NO_SYSTEM_ROLE = (
    "Its chat template has no place for a system prompt, so that stands at the start of the first "
    "user message."
)


class ChatTemplate:
    """How one model wants to be spoken to.

    With a template of its tokenizer's, that is applied, a thinking mode switched off where there
    is one. A template without a system role gets the system text at the start of the first user
    message. Without a template, texts are joined by blank lines.

    Args:
        tokenizer: of the model.

    Attributes:
        used: whether the tokenizer's template is applied.
        notes: what of this the user should know.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._folds_system = False
        self.used, self.notes = self._probe()

    def _probe(self) -> tuple[bool, tuple[str, ...]]:
        if not self._tokenizer.chat_template:
            return False, (NO_TEMPLATE,)
        try:
            self._render([Message("user", "question")])
        except Exception:  # a template is a program of its own and raises what it likes
            return False, (BAD_TEMPLATE,)
        try:
            said = self._render([Message("system", "xylophone"), Message("user", "question")])
        except Exception:
            said = ""
        self._folds_system = "xylophone" not in said
        return True, (NO_SYSTEM_ROLE,) if self._folds_system else ()

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of the prompt, template included.

        Raises:
            PromptError: nothing was asked, a text holds what no model can read, or the template
                refuses the conversation.
        """
        check_texts(messages)
        if not self.used:
            plain = "\n\n".join(message.content for message in messages if message.content)
            return list(self._tokenizer(plain)["input_ids"])
        if self._folds_system:
            messages = fold_system(messages)
        try:
            text = self._render(messages)
        except Exception as error:
            raise PromptError(
                f"The model's chat template refuses this conversation: {error}.",
                "Let user and assistant take turns, beginning with the user.",
            ) from error
        # The template has written the special tokens already.
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _render(self, messages: Sequence[Message]) -> str:
        rendered = self._tokenizer.apply_chat_template(
            [{"role": message.role, "content": message.content} for message in messages],
            add_generation_prompt=True,
            tokenize=False,
            enable_thinking=False,
        )
        return str(rendered)

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of drawn tokens, special ones removed."""
        text = self._tokenizer.decode(
            list(token_ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return str(text)


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """Put system texts at the start of the first user message, or make one of them."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if not system:
        return rest
    first = next((i for i, message in enumerate(rest) if message.role == "user"), None)
    if first is None:
        return [Message("user", system), *rest]
    rest[first] = replace(rest[first], content=f"{system}\n\n{rest[first].content}")
    return rest


def check_texts(messages: Sequence[Message]) -> None:
    """Refuse what no model can read.

    Raises:
        PromptError: every text is blank, or one holds a control character or half a character.
    """
    if not any(message.content.strip() for message in messages):
        raise PromptError("The prompt is empty.", "Type a question first.")
    for place, character in chain.from_iterable(enumerate(m.content, 1) for m in messages):
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in WRITABLE_CONTROLS):
            raise PromptError(
                f"The text holds a character that can't be read, U+{ord(character):04X} at "
                f"position {place:,}.",
                "Delete it; it often comes with text pasted from a PDF or a terminal.",
            )
