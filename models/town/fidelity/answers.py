"""Whether answers can be read, and whether their ideas are as frequent as in the town."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.town import (
    Group,
    Reading,
    Resident,
    Topic,
    idea_distribution,
    load_town,
    prompts,
    read_back,
)
from data.town.conversations import hold_probability
from models.town.fidelity.figures import Aim, Row, honest_floor, mean, share, total_variation
from models.town.fidelity.sizes import Sizes
from models.town.sampler import TownModel, chat

UNREADABLE = ""  # its true share is 0, so that unreadable answers count as distance
COOL = 0.7
READABLE, READABLE_COOL = Aim(low=0.97), Aim(low=0.995)
EXCESS, ADHERENCE, DECLINED = Aim(high=0.08), Aim(low=0.9), Aim(low=0.9)

Teller = Group | Resident | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered.

    Attributes:
        topics: each with the same number of answers.
        tellers: whom each topic was asked of.
        readings: per topic, what each answer says; None where the town can't have said it.
    """

    topics: Sequence[Topic]
    tellers: Sequence[Teller]
    readings: Sequence[Sequence[Reading | None]]

    def readable(self, name: str, aim: Aim) -> Row:
        """Share of answers that read back to an idea of the asked topic."""
        hits = [reading is not None for each in self.readings for reading in each]
        return share(name, hits, clusters=self._topic_of_each(), aim=aim)

    def adherent(self, name: str) -> Row:
        """Share of answers that carry the signature of the resident who was asked."""
        hits = [
            reading is not None and isinstance(teller, Resident) and reading.speaker == teller.name
            for teller, each in zip(self.tellers, self.readings, strict=True)
            for reading in each
        ]
        known = hold_probability("ask", held_before=None)
        note = f"known {known:.2f}"
        return share(name, hits, clusters=self._topic_of_each(), aim=ADHERENCE, note=note)

    def excess(self, name: str, rng: np.random.Generator, *, aim: Aim | None) -> Row:
        """Distance to the true distribution of ideas, beyond that of as many honest draws."""
        distances, floors = [], []
        for topic, teller, readings in zip(self.topics, self.tellers, self.readings, strict=True):
            truth = first_reply_distribution(topic, teller)
            counts = Counter(reading.idea if reading else UNREADABLE for reading in readings)
            distances.append(total_variation(counts, truth))
            floors.append(honest_floor(truth, len(readings), rng))
        note = f"distance {np.mean(distances):.3f}, honest {np.mean(floors):.3f}"
        note += f" at {len(self.readings[0])} draws"
        return mean(name, np.subtract(distances, floors), rng, aim=aim, note=note)

    def _topic_of_each(self) -> list[str]:
        pairs = zip(self.topics, self.readings, strict=True)
        return [topic.id for topic, each in pairs for _ in each]


def first_reply_distribution(topic: Topic, teller: Teller) -> Mapping[str, float]:
    """True probability of each idea in a first reply.

    A resident's persona sometimes doesn't hold; then the town at large is heard.
    """
    own = idea_distribution(topic, teller)
    if not isinstance(teller, Resident):
        return own
    first, town = hold_probability("ask", held_before=None), idea_distribution(topic)
    return {idea: first * own[idea] + (1 - first) * town[idea] for idea in own}


def ask(
    model: TownModel,
    topics: Sequence[Topic],
    tellers: Sequence[Teller],
    rng: np.random.Generator,
    *,
    draws: int,
    temperature: float = 1.0,
) -> Answers:
    """Ask every topic in its held-out phrasings, each with an equal share of the draws."""
    chats = [
        chat(
            prompts.persona(teller, rng, held_out=True) if teller is not None else "",
            topic.held_out[number % len(topic.held_out)],
        )
        for topic, teller in zip(topics, tellers, strict=True)
        for number in range(draws)
    ]
    texts = model.replies(chats, temperature=temperature)
    readings = [
        [read_back(text, topic) for text in texts[place * draws : (place + 1) * draws]]
        for place, topic in enumerate(topics)
    ]
    return Answers(topics, tellers, readings)


def answer_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Readable answers, true ideas and the personas' signatures."""
    some, every = sizes.topics(), list(load_town().topics.values())
    town = ask(model, some, _nobody(some), rng, draws=sizes.draws)
    group = ask(model, some, _groups(some), rng, draws=sizes.draws)
    resident = ask(model, some, _residents(some), rng, draws=sizes.resident_draws)
    cool = [
        ask(model, every, tellers(every), rng, draws=sizes.cool_draws, temperature=COOL)
        for tellers in (_nobody, _groups, _residents)
    ]
    return [
        town.readable("readable", READABLE),
        group.readable("readable, as group", READABLE),
        resident.readable("readable, as resident", READABLE),
        cool[0].readable("readable at 0.7", READABLE_COOL),
        cool[1].readable("readable at 0.7, as group", READABLE_COOL),
        cool[2].readable("readable at 0.7, as resident", READABLE_COOL),
        town.excess("tv_excess", rng, aim=EXCESS),
        group.excess("tv_excess, as group", rng, aim=EXCESS),
        resident.excess("tv_excess, as resident", rng, aim=None),
        resident.adherent("persona"),
    ]


def off_topic_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Share of unseen foreign questions that are answered by saying so."""
    known = set(prompts.off_topic_answers())
    asked = [prompts.off_topic_question(rng, held_out=True) for _ in range(sizes.off_topic)]
    texts = model.replies([chat("", question) for question in asked])
    return [share("off_topic", [text in known for text in texts], unit="questions", aim=DECLINED)]


def _nobody(topics: Sequence[Topic]) -> list[Teller]:
    return [None] * len(topics)


def _groups(topics: Sequence[Topic]) -> list[Teller]:
    groups = list(load_town().groups.values())
    return [groups[place % len(groups)] for place in range(len(topics))]


def _residents(topics: Sequence[Topic]) -> list[Teller]:
    residents = list(load_town().residents.values())
    # in strides, since neighbours in the list are of one group
    return [residents[place * 5 % len(residents)] for place in range(len(topics))]
