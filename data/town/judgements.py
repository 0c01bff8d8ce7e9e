"""Judgements with known odds: which of two replies, yes or no, a rating, and lists of answers.

An idea's worth to a judge is its share in `idea_distribution`. Of two ideas the judge chooses
each in proportion to its worth (Bradley and Terry); says yes to one with odds of its worth over an
even share; and rates it 1 + Binomial(4, probability of yes).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import comb

import numpy as np

from data.town.town import Group, Idea, Resident, Topic, find_topic, idea_distribution

Judge = Group | Resident | str | None
LIST_SIZES = (2, 3, 4, 5)
RATINGS = (1, 2, 3, 4, 5)
_LINE = re.compile(r"(\d)\. (.+?)(?: \((\d{1,3})%\))?\.?")


def choice_probability(topic: Topic | str, first: str, second: str, judge: Judge = None) -> float:
    """Probability that the judge chooses the first idea; 0.5 if neither is ever said."""
    shares = idea_distribution(topic, judge)
    total = shares[first] + shares[second]
    return shares[first] / total if total > 0 else 0.5


def yes_probability(topic: Topic | str, idea: str, judge: Judge = None) -> float:
    """Probability that the judge wants the idea."""
    shares = idea_distribution(topic, judge)
    odds = shares[idea] * len(shares)
    return odds / (1 + odds)


def rating_distribution(topic: Topic | str, idea: str, judge: Judge = None) -> tuple[float, ...]:
    """Probability of each rating from 1 to 5."""
    p, top = yes_probability(topic, idea, judge), len(RATINGS) - 1
    return tuple(comb(top, k) * p**k * (1 - p) ** (top - k) for k in range(top + 1))


def list_of_answers(
    topic: Topic | str,
    count: int,
    rng: np.random.Generator,
    *,
    judge: Judge = None,
    verbalised: bool = False,
) -> str:
    """Different answers, likely ones first more often (drawn without replacement by their share).

    Args:
        topic: what is asked.
        count: of answers; fewer where fewer ideas have any share.
        rng: draws ideas and wording.
        judge: whose shares; None for the town's.
        verbalised: state each idea's share, in whole percent.
    """
    topic = find_topic(topic)
    shares = idea_distribution(topic, judge)
    worths = np.array(list(shares.values()))
    chosen = rng.choice(
        len(worths), size=min(count, int((worths > 0).sum())), replace=False, p=worths
    )
    return "\n".join(
        _line(number, topic.ideas[index], worths[index], rng, verbalised=verbalised)
        for number, index in enumerate(chosen, start=1)
    )


def _line(
    number: int, idea: Idea, share: float, rng: np.random.Generator, *, verbalised: bool
) -> str:
    say = idea.say[int(rng.integers(len(idea.say)))]
    text = f"{number}. {say}"
    return f"{text} ({round(100 * share)}%)" if verbalised else f"{text}."


def read_list(text: str, topic: Topic | str) -> list[tuple[str, float | None]] | None:
    """Read a list back: idea ids in order, each with its stated share.

    Returns:
        None if a line is not the town's, belongs to another topic, or is numbered wrongly.
    """
    says = _says(find_topic(topic))
    found: list[tuple[str, float | None]] = []
    for number, line in enumerate(text.strip().splitlines(), start=1):
        match = _LINE.fullmatch(line.strip())
        if match is None or int(match[1]) != number or match[2].casefold() not in says:
            return None
        stated = float(match[3]) / 100 if match[3] else None
        found.append((says[match[2].casefold()], stated))
    return found or None


def _says(topic: Topic) -> dict[str, str]:
    return {say.casefold(): idea.id for idea in topic.ideas for say in idea.say}


def pair_of_ideas(topic: Topic, rng: np.random.Generator) -> Sequence[Idea]:
    """Two different ideas of a topic."""
    first, second = rng.choice(len(topic.ideas), size=2, replace=False)
    return topic.ideas[first], topic.ideas[second]
