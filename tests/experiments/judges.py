"""A model that judges by the town's rules, with a pull of the first place."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from data.schema import Message, ModelRef
from data.town import load_town
from data.town.judgements import choice_probability, rating_distribution, yes_probability
from data.town.prompts import names_of
from data.town.reading import read_back
from models.echo import EchoModel

PULL, MASS = 0.8, 0.9  # log-odds of the answer that stands first; probability of any option


class TownJudge(EchoModel):
    """Knows the odds that it is asked about; the rest it does as an echo does."""

    def __init__(self, ref: ModelRef, **options) -> None:
        super().__init__(ModelRef("echo"), step_delay=0.0)

    def choice_probabilities(
        self, chats: Sequence[Sequence[Message]], choices: Sequence[str]
    ) -> np.ndarray:
        return np.array([MASS * np.array(judge(chat, choices)) for chat in chats])


def judge(chat: Sequence[Message], choices: Sequence[str]) -> list[float]:
    said = " ".join(message.content for message in chat)
    who = group_in(said.partition("\n")[0] if "\nA: " in said or "\nReply" in said else said)
    if tuple(choices) == ("A", "B"):
        a, b = (read_back(text) for text in re.findall(r"\n[AB]: (.*)", said)[:2])
        odds = logit(choice_probability(a.topic, a.idea, b.idea, who)) + PULL
        return [expit(odds), 1 - expit(odds)]
    if choices[0] == "1":
        who = who or group_in(said.rpartition("\n")[2])  # asked about somebody
        found = read_back(re.findall(r"\nReply: (.*)", said)[0])
        return list(rating_distribution(found.topic, found.idea, who))
    topic, idea = idea_in(said)
    yes = yes_probability(topic, idea, who)
    return [yes, 1 - yes]


def group_in(said: str) -> str | None:
    """The group that is spoken for; None for the town."""
    for group in load_town().groups.values():
        words = names_of(group)
        if re.search(rf"\b({words['one']}|{group.id}|{words['does']})\b", said):
            return group.id
    return None


def idea_in(said: str) -> tuple[str, str]:
    """The longest thing to do that the question names."""
    found = [
        (len(say), topic.id, idea.id)
        for topic in load_town().topics.values()
        for idea in topic.ideas
        for say in idea.say
        if say in said
    ]
    return max(found)[1:]
