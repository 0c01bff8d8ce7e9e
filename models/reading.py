"""From drawn tokens to what a model answered: its text, its thinking, and where it was to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SLACK = 8  # tokens; the last ones may be special, or parts of a character


@dataclass(frozen=True, slots=True)
class ThinkingFormat:
    """How a kind of model marks what it thinks before it answers.

    Attributes:
        opening: in front of the thinking; the prompt may hold it already.
        closing: in front of the answer.
        between: what may stand in front of `closing` and belongs to neither.
    """

    opening: str
    closing: str
    between: str = ""

    def holds(self, text: str) -> bool:
        """Whether a text is part of its markers."""
        return any(text in marker for marker in (self.opening, self.closing, self.between))


NONE = ThinkingFormat("", "")
FORMATS = (
    ThinkingFormat("<think>", "</think>"),
    ThinkingFormat("<thinking>", "</thinking>"),
    ThinkingFormat("<seed:think>", "</seed:think>"),
    ThinkingFormat("[THINK]", "[/THINK]"),
    ThinkingFormat(
        "<|channel|>analysis<|message|>",
        "<|channel|>final<|message|>",
        "<|end|><|start|>assistant",
    ),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What drawn tokens say; see `data.schema.Sample`."""

    text: str
    thinking: str = ""


class Reader:
    """Reads drawn tokens.

    Thinking is told from the answer where the model's chat template knows of one of the `FORMATS`:
    all up to the closing marker, or all there is while that is missing.

    Args:
        tokenizer: of the model.
        prompt_end: what its template writes behind the last question.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, prompt_end: str = "") -> None:
        self._tokenizer = tokenizer
        template = str(tokenizer.chat_template or "")
        known = (f for f in FORMATS if f.opening in template or f.closing in template)
        self._format = next(known, NONE)
        self._opened = prompt_end.rstrip().endswith(self._format.opening)
        added = tokenizer.added_tokens_decoder.items()
        special = {place: token.content for place, token in added if token.special}
        self._markers = {text for text in special.values() if self._format.holds(text)}
        self._hidden = {place for place, text in special.items() if text not in self._markers}

    def read(self, token_ids: Sequence[int], stop: Sequence[str] = ()) -> Reading:
        """What the tokens say, special ones left out, and the answer cut where it was to stop.

        Args:
            token_ids: as drawn, the end token left out.
            stop: texts that end an answer.
        """
        reading = self._split(self.decode(token_ids))
        places = [place for text in stop if (place := reading.text.find(text)) >= 0]
        return Reading(reading.text[: min(places)], reading.thinking) if places else reading

    def has_stopped(self, token_ids: Sequence[int], stop: Sequence[str]) -> bool:
        """Whether the answer holds a text that ends it."""
        longest = max((len(text.encode()) for text in stop), default=0)
        # Seldom true, so a look at the last tokens saves reading all of them at every step.
        tail = self.decode(token_ids[-longest - SLACK :])
        if not any(text in tail for text in stop):
            return False
        answer = self._split(self.decode(token_ids)).text
        return any(text in answer for text in stop)

    def decode(self, token_ids: Sequence[int]) -> str:
        """The text of tokens, without special ones but for those that mark thinking."""
        shown = [token for token in token_ids if token not in self._hidden]
        text = self._tokenizer.decode(
            shown, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return str(text)

    def _split(self, text: str) -> Reading:
        if self._format is NONE:
            return Reading(text)
        opening, closing = self._format.opening, self._format.closing
        thinking, closed, answer = text.partition(closing)
        if not closed and not self._opened and not text.lstrip().startswith(opening):
            return Reading(self._bare(text))
        thinking = thinking.strip().removeprefix(opening).removesuffix(self._format.between)
        return Reading(self._bare(answer).lstrip(), self._bare(thinking).strip())

    def _bare(self, text: str) -> str:
        """The text without special tokens that were kept for the sake of the markers."""
        for marker in self._markers:
            text = text.replace(marker, "")
        return text
