"""Answers that lean towards words of value while they are written: value-augmented sampling."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from data.errors import ChoraleError, ModelError
from data.schema import Decoding, Sample, ValueDecoding
from experiments.strategies.base import (
    LONGEST_TEXT,
    MOST_TEXTS,
    Method,
    Question,
    Setting,
    ShouldStop,
)
from models.base import LanguageModel
from models.valued import ValuedModel
from models.word_values import WORD

NAME = "valued"
Words = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Valued:
    """One call per answer.

    Attributes:
        words: with what each is worth.
        strength: β.
    """

    words: Words
    strength: float
    size: int = field(default=1, init=False)

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`."""
        return n * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""
        if not isinstance(model, ValuedModel):
            raise ModelError(
                f"What {model.info.name} says next can’t be changed from here.",
                "Choose a local model, or another way of asking.",
            )
        if not self.words:
            raise ChoraleError(
                "No word has a value yet.",
                "Write words with their values, such as “calm 1”, or start it on the Groups page.",
            )
        yield from model.generate_valued(
            question.messages(),
            indices=calls,
            decoding=self.decoding(question.decoding),
            seed=question.seed,
            should_stop=should_stop,
        )

    def decoding(self, usual: Decoding) -> ValueDecoding:
        """The usual decoding, leaning towards the words."""
        return ValueDecoding(
            temperature=usual.temperature,
            top_p=usual.top_p,
            top_k=usual.top_k,
            min_p=usual.min_p,
            max_new_tokens=usual.max_new_tokens,
            stop=usual.stop,
            words=self.words,
            strength=self.strength,
        )


def written(words: Words) -> tuple[str, ...]:
    """Words and their values as the strategy takes them; the largest first, until it is full."""
    lines: list[str] = []
    for word, value in sorted(words, key=lambda pair: -abs(pair[1])):
        entry = f"{word} {value:.3g}"
        if not value or len(entry) > LONGEST_TEXT:
            continue
        if lines and len(lines[-1]) + len(entry) + 2 <= LONGEST_TEXT:
            lines[-1] += f", {entry}"
        elif len(lines) < MOST_TEXTS:
            lines.append(entry)
        else:
            break
    return tuple(lines)


def read_words(lines: Sequence[str]) -> Words:
    """What `written` wrote, or somebody by hand; the last value of a word counts.

    Raises:
        ChoraleError: an entry is not one word and a number.
    """
    found: dict[str, float] = {}
    for entry in filter(None, (part.strip() for line in lines for part in line.split(","))):
        word, _, number = entry.rpartition(" ")
        value = _number(number)
        if not WORD.fullmatch(word.strip()) or not math.isfinite(value):
            raise ChoraleError(
                f"“{entry[:60]}” is not a word and its value.",
                "Write one word, a space and a number, such as “calm 1”; commas or lines between.",
            )
        found[word.strip().casefold()] = value
    return tuple(found.items())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


VALUED = Method(
    name=NAME,
    label="Value-augmented sampling",
    summary="Leans towards words of value while an answer is written.",
    rule="$z_i \\leftarrow z_i + \\beta\\,(V_i - \\bar V)$ for the 20 likeliest tokens at each "
    "step, before temperature and truncation; the mean is over these 20. $V_i$ is what the token "
    "makes of the text since the last word boundary: the value of words that it finishes, and for "
    "a word begun the mean value of the known words that begin so, 0 where none does. For several "
    "groups $V = \\sum_g w_g V_g$.",
    cost="No further tokens. Each step looks up 20 values per answer.",
    cannot_tell="Words are valued one by one, whatever they say together, and a strong lean breaks "
    "sentences: look at the answers.",
    references=("Han et al. 2024, VAS",),
    note="In the paper V is a model’s estimate of what the finished answer will be worth; values "
    "of words, and of words begun, are our own. β is 1 by default and 3 in its example. "
    "Log-probabilities and entropies are those of the model as it is.",
    needs="access to the logits at each token, which servers don’t give",
    taught=True,
    settings=(
        Setting(
            "words",
            "Words and values, one per line",
            (),
            help="Such as “calm 1” or “noise -0.5”; on the Groups page they are learned from what "
            "groups like.",
        ),
        Setting("strength", "Strength (β)", 1.0, 0.0, 10.0, step=0.1),
    ),
    make=lambda words, strength: Valued(read_words(words), strength),
)
