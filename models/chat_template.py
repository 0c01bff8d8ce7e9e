"""From messages to the tokens a model reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from data.errors import PromptError
from data.schema import Message
from models.loading import first_line

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
NO_OPENING = (
    "Its chat template doesn't open the answer that is asked for, so that is opened as the answers "
    "of earlier turns are."
)
NO_SYSTEM_ROLE = (
    "Its chat template has no place for a system prompt, so that stands at the start of the first "
    "user message."
)
NO_LATER_SYSTEM = (
    "Its chat template takes a system prompt at the beginning only, so a later one stands at the "
    "start of the user message behind it."
)

# Words that no template has of its own.
SYSTEM, USER = Message("system", "xylophone"), Message("user", "glockenspiel")
ANSWER = Message("assistant", "vibraphone")
LATER_SYSTEM, LATER_USER = Message("system", "marimba"), Message("user", "celesta")


class ChatTemplate:
    """How one model wants to be spoken to.

    With a template of its tokenizer's, that is applied, a thinking mode switched off where there
    is one. A template without a system role gets a system text at the start of the user message
    behind it; one that reads lists of parts gets a list of one part; one that leaves the answer
    unopened gets the opening of earlier answers. Without a template, texts are joined by blank
    lines.

    Args:
        tokenizer: of the model.

    Attributes:
        used: whether the tokenizer's template is applied.
        notes: what of this the user should know.
        prompt_end: what stands behind the last question; "" without a template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._in_parts = self._folds_system = self._folds_later = False
        self._opening = self.prompt_end = ""
        self.used, self.notes = self._probe()

    def _probe(self) -> tuple[bool, tuple[str, ...]]:
        if not self._tokenizer.chat_template:
            return False, (NO_TEMPLATE,)
        if not self._shows(USER):
            self._in_parts = True
            if not self._shows(USER):
                return False, (BAD_TEMPLATE,)
        self._folds_system = not self._shows(SYSTEM, USER)
        self._folds_later = not self._folds_system and not self._shows(
            SYSTEM, USER, ANSWER, LATER_SYSTEM, LATER_USER
        )
        self._opening = self._missing_opening()
        self.prompt_end = self._text([USER]).rpartition(USER.content)[2]
        notes = (
            (self._folds_system, NO_SYSTEM_ROLE),
            (self._folds_later, NO_LATER_SYSTEM),
            (bool(self._opening), NO_OPENING),
        )
        return True, tuple(note for applies, note in notes if applies)

    def _shows(self, *messages: Message) -> bool:
        """Whether the texts of all are in what the template makes of them."""
        try:
            rendered = self._render(messages)
        except Exception:  # a template is a program of its own and raises what it likes
            return False
        return all(message.content in rendered for message in messages)

    def _missing_opening(self) -> str:
        """What stands in front of an earlier answer, if nothing does in front of the next."""
        try:
            unopened = self._render([USER], opened=False)
            whole = self._render([USER, ANSWER], opened=False)
        except Exception:
            return ""
        if self._render([USER]) != unopened or not whole.startswith(unopened):
            return ""
        opening, found, _ = whole[len(unopened) :].partition(ANSWER.content)
        return opening if found and opening.strip() else ""

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of the prompt, template included.

        Raises:
            PromptError: nothing was asked, a text holds what no model can read, or the template
                refuses the conversation.
        """
        check_texts(messages)
        plain = "\n\n".join(message.content for message in messages if message.content)
        text = self._text(messages) if self.used else plain
        # A template has written the special tokens already.
        tokens = list(self._tokenizer(text, add_special_tokens=not self.used)["input_ids"])
        if not tokens:
            raise PromptError(
                "Nothing of the prompt reaches the model: it has no token for any of it.",
                "Write it with other characters, or choose another model.",
            )
        return tokens

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """The tokens in which an answer to a prompt would have been written, without an end.

        Read together with what stands in front of every answer, because a tokenizer may treat the
        beginning of a text in a way of its own; alone where it would merge the two.

        Raises:
            PromptError: the text holds what no model can read.
        """
        if not text:
            return ()
        check_texts([USER, Message("assistant", text)])
        before, whole = (self._plain_ids(self.prompt_end + part) for part in ("", text))
        if self.prompt_end and whole[: len(before)] == before:
            return whole[len(before) :]
        return self._plain_ids(text)

    def _plain_ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _text(self, messages: Sequence[Message]) -> str:
        if self._folds_system:
            messages = fold_system(messages)
        elif self._folds_later:
            messages = [*messages[:1], *fold_system(messages[1:])]
        try:
            return self._render(messages) + self._opening
        except Exception as error:
            raise PromptError(
                f"The model's chat template refuses this conversation: {first_line(error)}.",
                "Let user and assistant take turns, beginning with the user.",
            ) from error

    def _render(self, messages: Sequence[Message], *, opened: bool = True) -> str:
        rendered = self._tokenizer.apply_chat_template(
            [{"role": m.role, "content": self._content(m)} for m in messages],
            add_generation_prompt=opened,
            tokenize=False,
            enable_thinking=False,
        )
        return str(rendered)

    def _content(self, message: Message) -> Any:
        return [{"type": "text", "text": message.content}] if self._in_parts else message.content


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """Put each system text at the start of the next user message, or make one of it."""
    folded: list[Message] = []
    waiting: list[str] = []
    place = 0  # of the first text that waits
    for message in messages:
        if message.role == "system":
            place = place if waiting else len(folded)
            waiting += [message.content] if message.content else []
        elif message.role == "user" and waiting:
            text = "\n\n".join([*waiting, message.content])
            folded.append(replace(message, content=text))
            waiting = []
        else:
            folded.append(message)
    if waiting:
        folded.insert(place, Message("user", "\n\n".join(waiting)))
    return folded


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
