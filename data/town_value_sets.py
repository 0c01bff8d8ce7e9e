"""Marks that the town gives to replies, as statements on values whose answers are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.audits import TOWN, town_ideas
from data.town import compose, load_town
from data.town.judgements import RATINGS, rating_distribution
from data.town.prompts import judgement_frame, names_of
from data.town.town import Group, Idea, Topic
from data.value_sets import FIRST, NOWHERE, ValueQuestion, ValueSet


def town_values(count: int = 24, *, seed: int = 0) -> ValueSet:
    """Replies to be marked from 1 to 5: for the town, as one of a group, and about one of a group.

    The bundled model learned all three, and the town's rules say how each group marks, which
    stands in the place of people's answers.

    Args:
        count: of replies, each of another idea.
        seed: draws ideas and wordings.
    """
    rng = np.random.default_rng(seed)
    groups = tuple(load_town().groups)
    questions: list[ValueQuestion] = []
    people: dict[tuple[str, str], tuple[float, ...]] = {}
    for topic, idea in town_ideas(count, rng):
        asked = list(_asked(topic, idea, rng))
        questions += asked
        for judge in (None, *groups):
            marks = rating_distribution(topic, idea.id, judge)
            people[asked[0].scenario, judge or NOWHERE] = marks
    return ValueSet(
        about="Marks for replies, as the groups of Saltmere give them",
        source="The town's own, with known answers",
        points=len(RATINGS),
        questions=tuple(questions),
        countries=groups,
        people=people,
        apart="group",
    )


def _asked(topic: Topic, idea: Idea, rng: np.random.Generator) -> Iterator[ValueQuestion]:
    """One reply in all framings; wordings are the same for all groups."""
    phrases = load_town().phrases
    frame = judgement_frame("rating", topic, rng, {"a": compose(idea, rng)})
    told = phrases["judgements"]["rating"]
    ask, own, persona = (
        options[int(rng.integers(len(options)))]
        for options in (told["asks"], told["own"], phrases["asks"]["group_asks"])
    )
    scenario = f"{topic.id}: {idea.say[0]}"

    def question(framing: str, who: str, ending: str, system: str = "") -> ValueQuestion:
        text = f"{frame}{ending[:1].upper()}{ending[1:]}"
        return ValueQuestion(scenario, framing, who, FIRST, text, "", "", system)

    yield question("neutral", NOWHERE, ask.format(a_one=TOWN))
    groups: list[Group] = list(load_town().groups.values())
    for group in groups:
        names = names_of(group)
        yield question("persona", group.id, own, persona.format(**names))
        yield question("observer", group.id, ask.format(**names))
