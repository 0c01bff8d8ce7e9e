"""Made-up raters of the town, whose tastes are written down: answers in all five forms.

Members of a group choose by its worths (`data.town.judgements`); the street they live in has
nothing to do with what they like, so that a page has a true split and a true null to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.answer_checks import Kind
from data.importers import Responses, checked_responses
from data.reading_tables import RawTable
from data.town.judgements import rating_distribution, yes_probability
from data.town.town import Topic, find_topic, idea_distribution, load_town

TOPICS = ("quota", "school", "festival", "beach")
IDEAS = 8
PAIRS = 14  # of a rater on each topic
OPTIONS = 4  # of which one is chosen
CHOICES = 10  # of a rater on each topic
RANKED = 5
SEEN = 0.8  # part of the statements that a rater votes on
STREETS = ("Kelp Lane", "Mill Rise")

_Row = dict[str, Any]
_Draw = Callable[[Topic, str, np.random.Generator], Iterator[_Row]]


def town_raters(
    kind: Kind, *, per_group: int, seed: int, topics: tuple[str, ...] = TOPICS
) -> Responses:
    """Answers of made-up members of all six groups.

    Args:
        kind: what they are asked.
        per_group: members of each group.
        seed: of all that is drawn.
        topics: ids of the questions, of each of which the eight most popular ideas are judged.

    Raises:
        ValueError: there is no such topic.
    """
    rng = np.random.default_rng(seed)
    draw, rows = _DRAWS[kind], []
    for group in load_town().groups:
        for number in range(per_group):
            rater = {"rater_id": f"{group} {number + 1}", "group": group}
            rater["street"] = STREETS[int(rng.integers(len(STREETS)))]
            for name in topics:
                rows += [{**rater, **row} for row in draw(find_topic(name), group, rng)]
    return checked_responses(RawTable(pd.DataFrame(rows).fillna(""), 1, ()))


def town_texts(topics: tuple[str, ...] = TOPICS) -> Mapping[str, str]:
    """What items, responses and statements of `town_raters` say, by id."""
    texts = {}
    for topic in map(find_topic, topics):
        texts[topic.id] = topic.questions[0]
        texts |= {f"{topic.id} {k}": topic.questions[0] for k in range(1, CHOICES + 1)}
        for idea in topic.ideas[:IDEAS]:
            texts[_id(topic, idea.id)] = f"{idea.say[0][0].upper()}{idea.say[0][1:]}"
    return texts


def town_values(topics: tuple[str, ...] = TOPICS) -> Mapping[str, tuple[str, ...]]:
    """What each idea appeals to, by the id it has in `town_raters`."""
    return {
        _id(topic, idea.id): idea.values
        for topic in map(find_topic, topics)
        for idea in topic.ideas[:IDEAS]
    }


def _id(topic: Topic, idea: str) -> str:
    return f"{topic.id}/{idea}"


def _ids(topic: Topic) -> list[str]:
    return [_id(topic, idea.id) for idea in topic.ideas[:IDEAS]]


def _worths(topic: Topic, group: str) -> NDArray[np.float64]:
    return np.array(list(idea_distribution(topic, group).values()))[:IDEAS]


@cache
def _chances(topic: str, group: str) -> NDArray[np.float64]:
    """(IDEAS, 5) probability that a member of the group rates an idea so high or lower."""
    ideas = find_topic(topic).ideas[:IDEAS]
    return np.cumsum([rating_distribution(topic, idea.id, group) for idea in ideas], axis=1)


@cache
def _yes(topic: str, group: str) -> NDArray[np.float64]:
    return np.array(
        [yes_probability(topic, idea.id, group) for idea in find_topic(topic).ideas[:IDEAS]]
    )


def _ratings(topic: Topic, group: str, rng: np.random.Generator) -> Iterator[_Row]:
    chances = _chances(topic.id, group)[:, :-1]
    scores = 1 + (rng.random((IDEAS, 1)) > chances).sum(axis=1)
    for name, score in zip(_ids(topic), scores, strict=True):
        yield {"item_id": topic.id, "response_id": name, "score": int(score)}


def _pairs(topic: Topic, group: str, rng: np.random.Generator) -> Iterator[_Row]:
    ids, worths = _ids(topic), _worths(topic, group)
    every = list(combinations(range(IDEAS), 2))
    for place in rng.choice(len(every), size=PAIRS, replace=False):
        a, b = rng.permutation(every[place])
        won = rng.random() * (worths[a] + worths[b]) < worths[a]
        yield {
            "item_id": topic.id,
            "response_a": ids[a],
            "response_b": ids[b],
            "winner": "a" if won else "b",
        }


def _choices(topic: Topic, group: str, rng: np.random.Generator) -> Iterator[_Row]:
    """Each set of four is an item of its own; the same ten sets are shown to everybody."""
    ids, worths = _ids(topic), _worths(topic, group)
    sets = np.random.default_rng(len(topic.id)).permuted(
        np.tile(np.arange(IDEAS), (CHOICES, 1)), axis=1
    )
    for number, shown in enumerate(sets[:, :OPTIONS], start=1):
        chosen = rng.choice(shown, p=worths[shown] / worths[shown].sum())
        options = {f"option_{x}": ids[i] for x, i in zip("abcd", shown, strict=True)}
        yield {"item_id": f"{topic.id} {number}", **options, "preferred": ids[chosen]}


def _rankings(topic: Topic, group: str, rng: np.random.Generator) -> Iterator[_Row]:
    """A Plackett–Luce order of some: exponential waiting times at rates of the worths."""
    ids, worths = _ids(topic), _worths(topic, group)
    shown = rng.choice(IDEAS, size=RANKED, replace=False)
    order = shown[np.argsort(rng.exponential(size=RANKED) / worths[shown])]
    yield {"item_id": topic.id, "ranking": ">".join(ids[i] for i in order)}


def _votes(topic: Topic, group: str, rng: np.random.Generator) -> Iterator[_Row]:
    seen, drawn = rng.random(IDEAS) < SEEN, rng.random(IDEAS)
    for place, name in enumerate(_ids(topic)):
        if seen[place]:
            vote = "1" if drawn[place] < _yes(topic.id, group)[place] else "-1"
            yield {"statement_id": name, "vote": vote}


_DRAWS: Mapping[Kind, _Draw] = {
    "ratings": _ratings,
    "pairs": _pairs,
    "choice": _choices,
    "ranking": _rankings,
    "votes": _votes,
}
