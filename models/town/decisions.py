"""Where in a reply something is decided that has known odds: its idea, or who speaks.

Elsewhere a reply only words what is decided. There a slip ruins the reply and the odds of the
wordings matter to nobody, so training tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import takewhile
from operator import eq

from data.town import Idea, Resident, Topic, load_town

Spans = tuple[tuple[int, int], ...]  # of characters; the end of a text is at its length


def in_reply(text: str, topic: Topic, idea: Idea, *, resident: Resident | None = None) -> Spans:
    """Where a reply decides on its idea and, if a resident was asked, on whether the persona holds.

    Args:
        text: of the reply.
        topic: that it is about.
        idea: that it says.
        resident: who was asked, whoever speaks then.
    """
    lowered, shared = text.casefold(), _shared(topic.id)
    begins = {
        lowered.find(phrase): shared[phrase]
        for phrase in map(str.casefold, (*idea.say, *idea.because))
    }
    first = min(place for place in begins if place >= 0)  # what follows the idea, or its reason
    spans = [(first, first + begins[first] + 1)]
    if resident is not None:
        signs = (lowered.find(sign.casefold()) for sign in (resident.opener, resident.closer))
        spans += [(place, place + 1) for place in (0, *signs, len(text)) if place >= 0]
    return tuple(spans)


def in_list(text: str, topic: Topic) -> Spans:
    """Where each line of a list decides on its idea."""
    spans, start = [], 0
    for line in text.splitlines(keepends=True):
        said = line.partition(". ")[2].partition(" (")[0].rstrip(".\n").casefold()
        place = start + line.index(". ") + 2
        spans.append((place, place + _shared(topic.id)[said] + 1))
        start += len(line)
    return tuple(spans)


@cache
def _shared(topic: str) -> dict[str, int]:
    """How many letters each phrase has in common with one of another idea's, at its beginning."""
    ideas = load_town().topics[topic].ideas
    kinds = [[idea.say for idea in ideas], [idea.because for idea in ideas]]
    return {
        phrase.casefold(): max(_common(phrase, other) for other in _others(of_ideas, number))
        for of_ideas in kinds
        for number, phrases in enumerate(of_ideas)
        for phrase in phrases
    }


def _others(of_ideas: Sequence[Sequence[str]], number: int) -> Iterable[str]:
    return (phrase for n, phrases in enumerate(of_ideas) if n != number for phrase in phrases)


def _common(first: str, second: str) -> int:
    return sum(takewhile(bool, map(eq, first.casefold(), second.casefold())))
