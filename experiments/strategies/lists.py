"""Several answers in one reply: asking for them, and reading them back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from data.schema import FinishReason, Sample, Step
from experiments.strategies.base import Question, ShouldStop, shared, void
from models.base import LanguageModel
from models.registry import BUNDLED_ID

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FORM = " Number them, write each on a line of its own, and write nothing else."
_MARK = re.compile(r"\s*(?:[*_]{2})?(?:\(?(\d{1,3})[.):]|[-*•–])(?:[*_]{2})?\s+(.*)")
_TAG = re.compile(r"<(?:response|answer|item)>(.*?)(?:</(?:response|answer|item)>|\Z)", re.S)
_CHANCE = re.compile(
    r"[\s,;:–—-]*[(\[]?\s*(?:(?:p|prob(?:ability)?|chance|likelihood)\s*[:=]?\s*)?"
    r"(\d{1,3}(?:\.\d+)?\s*%|[01]?\.\d+|[01](?=\s*[)\]]))\s*[)\]]?\s*[.;]?\s*$",
    re.I,
)

Orders = Callable[[str], str]  # from a number in words to what asks for so many


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list.

    Attributes:
        text: without its number and probability.
        chance: the probability that stands behind it, in [0, 1]; None without one.
    """

    text: str
    chance: float | None = None


def number_word(count: int) -> str:
    """Two to ten in words, else in digits."""
    return _WORDS[count - 2] if 2 <= count <= 10 else str(count)


def order(model: LanguageModel, text: str) -> str:
    """What asks for a list, with its form said to all models but the bundled one.

    The bundled model learnt short orders word for word, and answers them in this form anyway.
    """
    return text if model.info.ref.id == BUNDLED_ID else text + _FORM


def read_list(text: str, *, chances: bool = False) -> list[Item]:
    """The entries of a list that a model wrote; empty when there is none.

    Read are lines with a number or a dash in front, with the lines that go on with them, and texts
    in response tags. What stands before the first entry is an introduction and is left out.

    Args:
        text: the reply.
        chances: take probabilities off the ends of entries ("12 %", "(0.12)", "p = 0.12").
    """
    tagged = _TAG.findall(text)
    entries = [_untagged(each) for each in tagged] if tagged else _lines(text)
    items = (_item(entry, chances=chances) for entry in entries)
    return [item for item in items if item.text]


def _untagged(text: str) -> str:
    return " ".join(re.sub(r"</?\w+>", " ", text).split())


def _lines(text: str) -> list[str]:
    entries: list[str] = []
    open_ended = False
    for line in text.splitlines():
        found = _MARK.match(line)
        if found:
            entries.append(found[2].strip())
        elif open_ended and line.strip():
            entries[-1] = f"{entries[-1]} {line.strip()}".strip()
        open_ended = bool(entries) and bool(found or (open_ended and line.strip()))
    return entries


def _item(text: str, *, chances: bool) -> Item:
    found = _CHANCE.search(text) if chances else None
    if found is None:
        return Item(text)
    stated = found[1]
    value = float(stated.rstrip("% "))
    chance = value / 100 if stated.endswith("%") else value
    ending = text[found.end(1) :].rstrip()
    rest = text[: found.start()].rstrip()
    return Item(f"{rest}." if ending.endswith(".") and rest[-1:].isalnum() else rest,
                chance if chance <= 1 else None)  # fmt: skip


def draw_lists(
    model: LanguageModel,
    question: Question,
    calls: Sequence[int],
    should_stop: ShouldStop,
    *,
    size: int,
    ask: str,
    chances: bool = False,
) -> Iterator[Sample]:
    """One reply per call, which should hold `size` answers.

    Args:
        model: who answers.
        question: what is asked.
        calls: their numbers.
        should_stop: once true, no more.
        size: answers per call.
        ask: the whole text that asks for them.
        chances: whether each answer comes with its probability.
    """
    replies = model.generate(
        question.messages(order(model, ask)),
        indices=calls,
        decoding=question.longer(size),
        seed=question.seed,
        should_stop=should_stop,
    )
    for reply in replies:
        items = read_list(reply.text, chances=chances)
        yield from _entries(question, reply, items, question.places(reply.index, size))


def _entries(
    question: Question, reply: Sample, items: Sequence[Item], places: range
) -> Iterator[Sample]:
    """A sample for each place of the call, answered or not."""
    steps, spent = (Step("the whole reply", reply.text),), shared(reply.cost, places)
    call_id = question.call_id(reply.index)
    missing = FinishReason.MISSING if items else FinishReason.UNREAD
    cut = len(items) if reply.finish is FinishReason.LENGTH else -1
    for number, place in enumerate(places, start=1):
        if number > len(items):
            yield void(place, call_id, missing, steps, spent[place])
            continue
        item = items[number - 1]
        yield Sample(
            place, call_id, item.text, (), (), (),
            FinishReason.LENGTH if number == cut else FinishReason.STOP,
            origin="" if item.chance is None else f"{100 * item.chance:.3g} % by its own account",
            steps=steps,
            spent=spent[place],
        )  # fmt: skip
