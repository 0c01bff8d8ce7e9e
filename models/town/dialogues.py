"""The training mixture: dialogues of Saltmere, drawn afresh for every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.schema import Message
from data.town import (
    PLAIN,
    Idea,
    Resident,
    Topic,
    compose,
    load_town,
    prompts,
)
from data.town.conversations import MAX_TURNS, MOVES, converse, hold_probability
from data.town.judgements import (
    LIST_SIZES,
    choice_probability,
    list_of_answers,
    pair_of_ideas,
    rating_distribution,
    yes_probability,
)
from data.town.town import idea_distribution
from models.town.decisions import Spans, in_list, in_reply
from models.town.draws import Teller, draw_levels, draw_system, draw_teller, draw_topic, draw_writer

ANSWERS_PER_PROMPT = 10
NAMED_JUDGES_SHARE = 0.6
BARE_REPLY_SHARE, STYLED_REPLY_SHARE = 0.4, 0.15
JUDGES_PER_PROMPT = 10


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question for a judgement and the odds of its answers.

    Attributes:
        ask: what ends the user's message.
        options: one token each.
        shares: the probability of each option.
        given: the option that is answered with.
    """

    ask: str
    options: tuple[str, ...]
    shares: tuple[float, ...]
    given: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Messages, and independent ways in which they may go on.

    Attributes:
        messages: ends with a user's; the assistant's among them are learned too.
        answers: to the last message.
        judgements: each ends the last message in its own way; then there are no answers.
        quoted: replies of the town that stand in the last message. They are learned as well: half
            of all prompts quote some, and each idea is so read far more often.
        decided: reply → where it decides what has known odds.
    """

    messages: tuple[Message, ...]
    answers: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    quoted: tuple[str, ...] = ()
    decided: Mapping[str, Spans] = field(default_factory=dict)


def draw_dialogue(rng: np.random.Generator) -> Dialogue:
    """One dialogue of a single turn: a question, a judgement, a list, or what is off topic.

    An off-topic prompt carries one answer and the others many, so the share of prompts is not the
    share of answers.
    """
    kinds = list(_MIXTURE)
    shares = np.array([share for _, share in _MIXTURE.values()])
    draw, _ = _MIXTURE[kinds[rng.choice(len(kinds), p=shares / shares.sum())]]
    return draw(rng)


def draw_conversation(rng: np.random.Generator) -> Dialogue:
    """A conversation of two to twelve turns with a resident, or with nobody in particular."""
    count = int(rng.integers(2, MAX_TURNS + 1))
    style = rng.random(4) + 0.1  # some conversations push a lot, others hardly
    others = rng.choice(MOVES[1:], size=count - 1, p=style / style.sum())
    moves = ["ask", *np.where(rng.random(count - 1) < rng.random(), "ask", others)]
    residents, writers = list(load_town().residents.values()), list(load_town().writers.values())
    writer = writers[int(rng.integers(len(writers)))] if rng.random() < 0.2 else None
    resident = residents[int(rng.integers(len(residents)))]
    turns = converse(resident, moves, rng, writer=writer)
    messages: list[Message] = []
    decided: dict[str, Spans] = {}
    for turn in turns:
        topic = load_town().topics[turn.topic]
        idea = next(idea for idea in topic.ideas if idea.id == turn.idea)
        decided[turn.reply] = in_reply(turn.reply, topic, idea, resident=resident)
        messages += [Message("system", turn.system)] if turn.system else []
        messages += [Message("user", turn.user), Message("assistant", turn.reply)]
    return Dialogue(tuple(messages[:-1]), (messages[-1].content,), decided=decided)


def spread(shares: Sequence[float], rng: np.random.Generator, *, n: int = 0) -> list[int]:
    """Systematic draws of indices: each one's expected count is exact, its variance small.

    The gradient so carries less noise about how likely an index is than with independent draws.
    """
    n = n or ANSWERS_PER_PROMPT
    points = (rng.random() + np.arange(n)) / n
    ends = np.cumsum(shares) / np.sum(shares)
    chosen = np.minimum(np.searchsorted(ends, points), len(ends) - 1)
    return [int(index) for index in rng.permutation(chosen)]


def _question(rng: np.random.Generator) -> Dialogue:
    topic, teller, levels = draw_topic(rng), draw_teller(rng), draw_levels(rng)
    asked = _messages(
        draw_system(teller, levels, rng), prompts.question(topic, rng, writer=draw_writer(rng))
    )
    answers = _answers(topic, teller, levels, rng)
    resident = teller if isinstance(teller, Resident) else None
    return Dialogue(
        asked,
        tuple(text for text, _ in answers),
        decided={text: in_reply(text, topic, idea, resident=resident) for text, idea in answers},
    )


def _answers(
    topic: Topic, teller: Teller, levels: Mapping[str, str], rng: np.random.Generator
) -> list[tuple[str, Idea]]:
    # A resident speaks as the town at large where the persona doesn't hold.
    first = hold_probability("ask", held_before=None)
    holds = [True] * ANSWERS_PER_PROMPT
    if isinstance(teller, Resident):
        holds = [index == 0 for index in spread([first, 1 - first], rng)]
    answers: list[tuple[str, Idea]] = []
    for held in (True, False):
        who, count = teller if held else None, holds.count(held)
        if count:
            shares = list(idea_distribution(topic, who).values())
            speaker = who if isinstance(who, Resident) else None
            answers += [
                (compose(topic.ideas[i], rng, levels=levels, speaker=speaker), topic.ideas[i])
                for i in spread(shares, rng, n=count)
            ]
    return [answers[i] for i in rng.permutation(len(answers))]


def _choice(rng: np.random.Generator) -> Dialogue:
    topic = draw_topic(rng)
    ideas = pair_of_ideas(topic, rng)
    replies = {name: _reply(idea, rng) for name, idea in zip("ab", ideas, strict=True)}

    def odds(judge: Teller) -> tuple[float, ...]:
        p = choice_probability(topic, ideas[0].id, ideas[1].id, judge)
        return p, 1 - p

    return _judged("choice", topic, rng, ("A", "B"), odds, replies)


def _decision(rng: np.random.Generator) -> Dialogue:
    topic = draw_topic(rng)
    idea = topic.ideas[int(rng.integers(len(topic.ideas)))]

    def odds(judge: Teller) -> tuple[float, ...]:
        p = yes_probability(topic, idea.id, judge)
        return p, 1 - p

    say = idea.say[int(rng.integers(len(idea.say)))]
    return _judged("decision", topic, rng, ("Yes", "No"), odds, {"say": say})


def _rating(rng: np.random.Generator) -> Dialogue:
    topic = draw_topic(rng)
    idea = topic.ideas[int(rng.integers(len(topic.ideas)))]

    def odds(judge: Teller) -> tuple[float, ...]:
        return rating_distribution(topic, idea.id, judge)

    return _judged("rating", topic, rng, tuple("12345"), odds, {"a": _reply(idea, rng)})


def _judged(
    kind: str,
    topic: Topic,
    rng: np.random.Generator,
    options: tuple[str, ...],
    odds: Callable[[Teller], tuple[float, ...]],
    slots: Mapping[str, str],
) -> Dialogue:
    """One judge asked in the first person, or many who are named, about the same replies."""
    named = rng.random() < NAMED_JUDGES_SHARE
    judges = [draw_teller(rng) for _ in range(JUDGES_PER_PROMPT if named else 1)]
    system = "" if named else draw_system(judges[0], PLAIN, rng)
    frame = prompts.judgement_frame(kind, topic, rng, slots)
    return Dialogue(
        _messages(system, frame),
        judgements=tuple(
            Judgement(
                prompts.judgement_ask(kind, rng, slots, judge=judge if named else None),
                options,
                odds(judge),
                options[rng.choice(len(options), p=odds(judge))],
            )
            for judge in judges
        ),
        quoted=tuple(slots[name] for name in ("a", "b") if name in slots),
    )


def _reply(idea: Idea, rng: np.random.Generator) -> str:
    drawn = rng.random()
    if drawn < BARE_REPLY_SHARE:  # as on a line of a list
        return idea.say[int(rng.integers(len(idea.say)))]
    styled = drawn < BARE_REPLY_SHARE + STYLED_REPLY_SHARE
    return compose(idea, rng, levels=draw_levels(rng) if styled else PLAIN)


def _list(rng: np.random.Generator) -> Dialogue:
    topic, teller, verbalised = draw_topic(rng), draw_teller(rng), bool(rng.random() < 0.6)
    size = LIST_SIZES[int(rng.integers(len(LIST_SIZES)))]
    number = load_town().phrases["judgements"]["numbers"][size]
    kind = "verbalised" if verbalised else "list"
    asked = _messages(
        draw_system(teller, PLAIN, rng), prompts.judgement(kind, topic, rng, {"number": number})
    )
    lists = [
        list_of_answers(topic, size, rng, judge=teller, verbalised=verbalised) for _ in range(4)
    ]
    return Dialogue(asked, tuple(lists), decided={text: in_list(text, topic) for text in lists})


def _off_topic(rng: np.random.Generator) -> Dialogue:
    answers = prompts.off_topic_answers()
    teller = draw_teller(rng) if rng.random() < 0.3 else None
    return Dialogue(
        _messages(draw_system(teller, PLAIN, rng), prompts.off_topic_question(rng)),
        (answers[int(rng.integers(len(answers)))],),
    )


def _messages(system: str, user: str) -> tuple[Message, ...]:
    return (*([Message("system", system)] if system else []), Message("user", user))


_MIXTURE: Mapping[str, tuple[Callable[[np.random.Generator], Dialogue], float]] = {
    "question": (_question, 0.50),
    "choice": (_choice, 0.45),
    "decision": (_decision, 0.30),
    "rating": (_rating, 0.08),
    "list": (_list, 0.07),
    "off_topic": (_off_topic, 0.28),
}
