"""Strategies in two steps: first a list of ways to go, then one answer by each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from data.schema import FinishReason, Message, Sample, Step
from experiments.strategies.base import Question, ShouldStop, shared, void
from experiments.strategies.lists import order, read_list
from models.base import LanguageModel

Ask = Callable[[str], tuple[Message, ...]]
Choose = Callable[[int, list[str]], list[str]]  # from a call's number and entries to one per answer


def draw_given(
    model: LanguageModel,
    question: Question,
    calls: Sequence[int],
    should_stop: ShouldStop,
    *,
    given: Sequence[str],
    ask: Ask,
) -> Iterator[Sample]:
    """One independent answer per call; a model's call c goes by entry c modulo their number.

    Args:
        model: who answers.
        question: what is asked.
        calls: their numbers, which are the answers' indices.
        should_stop: once true, no more.
        given: roles, wordings or whatever there is.
        ask: from an entry to the chat that asks by it.
    """
    for place, entry in enumerate(given):
        samples = model.generate(
            ask(entry),
            indices=[call for call in calls if question.turn(call) % len(given) == place],
            decoding=question.decoding,
            seed=question.seed,
            should_stop=should_stop,
        )
        for sample in samples:
            yield replace(sample, origin=entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a model is to find first, and how it answers by what it found.

    Attributes:
        size: answers per call.
        wanted: entries asked for; what comes beyond is left out.
        find: the text that asks for the list.
        label: what the list is.
        ask: from an entry to the chat that asks by it.
        choose: by which entries to answer.
    """

    size: int
    wanted: int
    find: str
    label: str
    ask: Ask
    choose: Choose


def draw_found(
    model: LanguageModel,
    question: Question,
    calls: Sequence[int],
    should_stop: ShouldStop,
    search: Search,
) -> Iterator[Sample]:
    """Let the model write a list, then answer by its entries, one after the other."""
    lists = model.generate(
        question.messages(order(model, search.find)),
        indices=calls,
        decoding=question.longer(search.wanted),
        seed=question.step_seed("find"),
        should_stop=should_stop,
    )
    for reply in lists:
        found = [item.text for item in read_list(reply.text)][: search.wanted]
        entries = search.choose(reply.index, found)
        places, call_id = question.places(reply.index, search.size), question.call_id(reply.index)
        spent, steps = shared(reply.cost, places), (Step(search.label, reply.text),)
        for place, entry in zip(places, entries, strict=False):
            for answer in _answers(model, question, place, search.ask(entry), should_stop):
                yield replace(
                    answer, call_id=call_id, origin=entry, steps=steps,
                    spent=answer.cost + spent[place],
                )  # fmt: skip
        missing = FinishReason.MISSING if entries else FinishReason.UNREAD
        for place in places[len(entries) :]:
            yield void(place, call_id, missing, steps, spent[place])


def _answers(
    model: LanguageModel,
    question: Question,
    place: int,
    messages: tuple[Message, ...],
    should_stop: ShouldStop,
) -> Iterator[Sample]:
    return model.generate(
        messages,
        indices=[place],
        decoding=question.decoding,
        seed=question.step_seed("answer"),
        should_stop=should_stop,
    )
