"""A stand-in for the bundled model that answers by the town's own truth.

It reads the prompt and knows the held-out wordings only, so it fails on any other.
"""

import re

import numpy as np

from data.town import LEVELS, compose, features, load_town, read_back
from data.town.conversations import hold_probability
from data.town.grammar import sample_ideas
from data.town.judgements import (
    choice_probability,
    list_of_answers,
    rating_distribution,
    yes_probability,
)
from data.town.prompts import off_topic_answers
from data.town.styles import load_styles
from models.town.fidelity.sizes import Sizes

TOWN = load_town()
MOVES = TOWN.phrases["conversations"]
JUDGED = TOWN.phrases["judgements"]
SMALL = Sizes(
    topic_step=8, draws=200, resident_draws=60, cool_draws=1, style_step=6,
    conversations=48, judgements=84, lists=24, off_topic=20,
)  # fmt: skip


class HonestTown:
    """Answers as `models.town.sampler.TownModel` would if it had learned everything."""

    def __init__(self, *, seed=0):
        self.seed(seed)

    def seed(self, seed):
        self.rng = np.random.default_rng(seed)

    def answers(self, system, user, n):
        raise NotImplementedError

    def replies(self, chats, *, temperature=1.0):
        return [self.reply(chat) for chat in chats]

    def reply(self, chat):
        topic, teller = topic_of(chat[-1].content), teller_of(system_of(chat))
        if topic is None:
            return str(self.rng.choice(off_topic_answers()))
        for size, number in JUDGED["numbers"].items():
            if JUDGED["verbalised"]["held_out_asks"][0].format(number=number) in chat[-1].content:
                return self.list(topic, size, teller)
        if teller is None or teller in TOWN.groups.values():
            return self.say(topic, teller, levels_of(system_of(chat)))
        held = self.rng.random() < hold_probability(
            move_of(chat, teller), held_before=held_before(chat, teller)
        )
        return self.say(topic, teller if held else None, {}, speaker=teller if held else None)

    def say(self, topic, teller, levels, speaker=None):
        [idea] = sample_ideas(topic, 1, self.rng, who=teller)
        return compose(idea, self.rng, levels=levels, speaker=speaker)

    def list(self, topic, size, teller):
        return list_of_answers(topic, size, self.rng, judge=teller, verbalised=True)

    def option_masses(self, chats, options):
        return np.array([self.odds(chat, options) for chat in chats])

    def odds(self, chat, options):
        text, judge = chat[-1].content, teller_of(system_of(chat))
        if tuple(options) == ("Yes", "No"):
            topic, idea, named = decided(text)
            p = yes_probability(topic, idea, judge or teller_of(named))
            return p, 1 - p
        question, *shown, ask = text.split("\n")
        topic, judge = topic_of(question), judge or teller_of(ask)
        ideas = [read_back(re.sub(r"^\w+: ", "", line), topic).idea for line in shown]
        if tuple(options) == ("A", "B"):
            p = choice_probability(topic, *ideas, judge)
            return p, 1 - p
        return rating_distribution(topic, ideas[0], judge)


def rng():
    return np.random.default_rng(0)


def rows_of(part, model, sizes=SMALL):
    return {row.name: row for row in part(model, rng(), sizes)}


def met(row):
    return row.aim.verdict(row.value) == "met"


def system_of(chat):
    return " ".join(message.content for message in chat if message.role == "system")


def topic_of(text):
    found = [t for t in TOWN.topics.values() if any(question in text for question in t.held_out)]
    return found[0] if found else None


def teller_of(text):
    for resident in TOWN.residents.values():
        if re.search(rf"\b{resident.name}\b", text):
            return resident
    for group in TOWN.groups.values():
        if re.search(rf"\b({group.one}|{group.id})\b", text):
            return group
    return None


def levels_of(system):
    asked = load_styles().features
    return {
        feature: level
        for feature in features()
        for level in LEVELS
        if any(wording in system for wording in asked[feature][level].held_out_asks)
    }


def move_of(chat, resident):
    text, topic = chat[-1].content, topic_of(chat[-1].content)
    for move in ("distract", "push", "remind"):
        for wording in MOVES[f"held_out_{move}"]:
            for question in topic.held_out:
                if wording.format(question=question, name=resident.name) == text:
                    return move
    assert text in topic.held_out, text
    return "ask"


def held_before(chat, resident):
    said = [message.content for message in chat if message.role == "assistant"]
    if not said:
        return None
    reading = read_back(said[-1])
    return reading is not None and reading.speaker == resident.name


def decided(text):
    for kind in ("held_out_asks", "held_out_own"):
        for wording in JUDGED["decision"][kind]:
            before, after = wording.split("{say}")
            pattern = re.escape(before).replace(r"\{a_one\}", "(?P<named>.+)")
            found = re.fullmatch(f"{pattern}(?P<say>.+){re.escape(after)}", text)
            if found:
                named = found.groupdict().get("named") or ""
                topic, idea = next(
                    (topic, idea.id)
                    for topic in TOWN.topics.values()
                    for idea in topic.ideas
                    if found["say"] in idea.say
                )
                return topic, idea, named
    raise AssertionError(text)
